"""LIDAR: distances to the road border in plan, by walking the rays from patch to patch.

A ray starts inside a patch. It leaves the patch through a border (there it stops) or through an end, where it
goes on in the linked patch; where the neighbour is not linked, the cell behind the exit is searched.

Neighbouring rays take the same way, so a patch is crossed by ``_WINDOW`` rays at a time. Those loops have a constant
length and no branches, and the compiler turns them into vector instructions: half the time of one ray after another.
"""

import math

import numpy as np

from tmenv.engine.compile import SCRATCH, device, scratch
from tmenv.engine.contact import LEAST_FACING, NO_PATCH, cell_of, locate, search_once, surface
from tmenv.engine.sight import scan_round, stop_at_walls
from tmenv.engine.vectors import axes
from tmenv.track.tables import ARC, FLAT, LEVEL_GAP_M, LOOK_UP, NO_LINK, ROUND

RAYS = 19
"""Rays from -90 (right) to +90 degrees (left) of the heading, every 10 degrees."""
RANGE_M = 100.0
"""A ray that meets no border reads this, m."""

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_FAR = np.float32(1.0e9)
_LIMIT = np.float32(RANGE_M)
_STEP_OVER = np.float32(0.05)
_TOUCH = np.float32(0.001)
"""m, roads that meet may be this far apart by rounding."""
_LEVEL_GAP = np.float32(LEVEL_GAP_M)
_PARALLEL = np.float32(1.0e-9)
"""Least share of a ray's direction across a line that it meets: below, the line is out of range anyway."""
_WINDOW = 8
_BLOCKS = 3
"""Windows that hold all rays; scratch arrays are longer by one, so that a window may begin at any ray."""
_MOST_CROSSINGS = 64 * RAYS
_STOPPED = np.int32(NO_LINK)
"""In ``ahead``, of a ray that has arrived; >= 0 is the patch it enters next, and ..."""
_SEARCH = np.int32(LOOK_UP)
"""... this minus a patch means: it left that patch, search what is behind."""

_ANGLES = np.deg2rad(np.linspace(-90.0, 90.0, RAYS))
_PADDING = np.zeros(SCRATCH - RAYS)
COSINES = np.append(np.cos(_ANGLES), _PADDING).astype(np.float32)
SINES = np.append(np.sin(_ANGLES), _PADDING).astype(np.float32)


@device
def scan(world, car, p, readings):
    """Write RAYS distances (m, right to left) into ``readings``; all 0 with the nose off the road.

    The rays start at the nose: the point ``p.nose`` metres ahead of the car origin, moved onto the border if
    it is beyond it.
    """
    track = world.tracks[car.track]
    x, z = car.nose[0], car.nose[2]
    _, up, _ = axes(car.rotation)
    index, _, _, _, _, _, _, _ = search_once(world, track, car.nose_patch, x, car.nose[1], z, up, _ZERO, LEAST_FACING)
    car.nose_patch = index
    if index == NO_PATCH:
        for ray in range(RAYS):
            readings[ray] = _ZERO
        return
    if world.patches[index].surface >= ROUND:
        scan_round(world, car, index, COSINES, SINES, RAYS, _LIMIT, readings)
        return
    x, z = onto_road(world.patches[index], x, z)
    heading_x, heading_z = heading(car.rotation)
    dx, dz, reach, ahead = scratch(np.float32), scratch(np.float32), scratch(np.float32), scratch(np.int32)
    for ray in range(SCRATCH):
        dx[ray] = COSINES[ray] * heading_x + SINES[ray] * heading_z
        dz[ray] = COSINES[ray] * heading_z - SINES[ray] * heading_x
        reach[ray] = _ZERO
        ahead[ray] = np.int32(index) if ray < RAYS else _STOPPED
    ray = 0
    for crossing in range(_MOST_CROSSINGS):
        if crossing < _BLOCKS:  # all rays leave the first patch
            ray = crossing * _WINDOW
        else:
            ray = 0 if crossing == _BLOCKS else ray
            while ray < RAYS and ahead[ray] == _STOPPED:
                ray += 1
            if ray == RAYS:
                break
        if ahead[ray] <= _SEARCH:
            beyond = reach[ray] + _STEP_OVER
            found = road_at(world, track, _SEARCH - ahead[ray], x + beyond * dx[ray], z + beyond * dz[ray])
            if found == NO_PATCH:
                ahead[ray] = _STOPPED
            else:
                last, patch = ray + _WINDOW, world.patches[found]
                enter(patch, np.int32(found), x, z, dx[ray:last], dz[ray:last], reach[ray:last], ahead[ray:last])
        else:
            last = ray + _WINDOW
            cross(world, track, ahead[ray], x, z, dx[ray:last], dz[ray:last], reach[ray:last], ahead[ray:last])
    if track.walls != 0:
        stop_at_walls(world, car, x, z, dx, dz, RAYS, reach)
    for ray in range(RAYS):
        readings[ray] = reach[ray]


@device
def heading(q):
    """Unit vector (x, z) of the car's forward axis in plan."""
    x = np.float32(2.0) * (q[0] * q[2] + q[1] * q[3])
    z = _ONE - np.float32(2.0) * (q[0] * q[0] + q[1] * q[1])
    length = math.sqrt(x * x + z * z)
    if length < _STEP_OVER:
        return _ZERO, _ONE
    return x / length, z / length


@device
def onto_road(patch, x, z):
    """Move a point beyond a border back onto it."""
    _, lateral, left_x, left_z = locate(patch, x, z)
    beyond = max(lateral - patch.border_left, _ZERO) - max(-lateral - patch.border_right, _ZERO)
    return x - beyond * left_x, z - beyond * left_z


@device
def cross(world, track, index, x, z, dx, dz, reach, ahead):
    """Take those of ``_WINDOW`` rays that stand before patch ``index`` through its floor.

    The rays start at (x, z) in the unit directions (dx, dz); ``reach`` is how far they have got, ``ahead`` where
    they go.
    """
    floor = world.floors[index]
    before, after = _ahead(track, floor.before, index), _ahead(track, floor.after, index)
    left, right = _ahead(track, floor.left, index), _ahead(track, floor.right, index)
    if floor.plan == ARC:
        cross_arc(floor, np.int32(index), x, z, dx, dz, reach, ahead, before, after, left, right)
    else:
        cross_straight(floor, np.int32(index), x, z, dx, dz, reach, ahead, before, after, left, right)


@device
def _ahead(track, link, index):
    """What ``ahead`` holds of a ray that leaves the floor of patch ``index`` through a side with this link."""
    if link >= 0:
        return np.int32(track.patch_at + link)
    return np.int32(_SEARCH - index) if link == LOOK_UP else _STOPPED


@device
def cross_straight(floor, index, x, z, dx, dz, reach, ahead, before, after, left, right):
    """``cross`` for a straight floor."""
    rx, rz = x - floor.x0, z - floor.z0
    along_x, along_z = floor.dx, floor.dz
    along, lateral = rx * along_x + rz * along_z, rx * along_z - rz * along_x
    room_left, room_right = floor.border_left - lateral, floor.border_right + lateral
    room_after = floor.length - along
    for ray in range(_WINDOW):
        forward = dx[ray] * along_x + dz[ray] * along_z
        aside = dx[ray] * along_z - dz[ray] * along_x
        to_side = (room_left if aside > _ZERO else room_right) / max(abs(aside), _PARALLEL)
        to_end = (room_after if forward > _ZERO else along) / max(abs(forward), _PARALLEL)
        through_side = left if aside > _ZERO else right
        through_end = after if forward > _ZERO else before
        distance = max(reach[ray], min(to_side, to_end))
        onward = through_end if to_end < to_side else through_side
        mine = ahead[ray] == index
        onward = onward if distance < _LIMIT else _STOPPED
        distance = min(distance, _LIMIT)
        reach[ray] = distance if mine else reach[ray]
        ahead[ray] = onward if mine else ahead[ray]


@device
def cross_arc(floor, index, x, z, dx, dz, reach, ahead, before, after, left, right):
    """``cross`` for an arc: two circles and two radial lines bound it.

    A ray from far away may have crossed the inner circle before it entered; every other crossing in the leaving
    direction lies ahead.
    """
    rx, rz = x - floor.x0, z - floor.z0
    start_x, start_z, end_x, end_z, turn = floor.dx, floor.dz, floor.ex, floor.ez, floor.turn
    square = rx * rx + rz * rz
    outer = floor.radius + (floor.border_right if turn > _ZERO else floor.border_left)
    inner = floor.radius - (floor.border_left if turn > _ZERO else floor.border_right)
    outer, inner = outer * outer - square, inner * inner - square
    outside, inside = (right, left) if turn > _ZERO else (left, right)
    room_after = turn * (rz * end_x - rx * end_z)
    room_before = turn * (start_z * rx - start_x * rz)
    for ray in range(_WINDOW):
        rdx, rdz, entered = dx[ray], dz[ray], reach[ray]
        toward = rx * rdx + rz * rdz
        distance = math.sqrt(max(toward * toward + outer, _ZERO)) - toward
        onward = outside
        hidden = toward * toward + inner
        near = -toward - math.sqrt(max(hidden, _ZERO))
        hit = (toward < _ZERO) & (hidden > _ZERO) & (near > entered - _STEP_OVER) & (near < distance)
        distance = near if hit else distance
        onward = inside if hit else onward
        closing = turn * (rdx * end_z - rdz * end_x)
        to_end = room_after / max(closing, _PARALLEL)
        hit = (closing > _ZERO) & (to_end < distance)
        distance = to_end if hit else distance
        onward = after if hit else onward
        closing = turn * (start_x * rdz - start_z * rdx)
        to_end = room_before / max(closing, _PARALLEL)
        hit = (closing > _ZERO) & (to_end < distance)
        distance = to_end if hit else distance
        onward = before if hit else onward
        distance = max(entered, distance)
        onward = onward if distance < _LIMIT else _STOPPED
        distance = min(distance, _LIMIT)
        mine = ahead[ray] == index
        reach[ray] = distance if mine else entered
        ahead[ray] = onward if mine else ahead[ray]


@device
def road_at(world, track, behind, x, z):
    """A patch between whose borders (x, z) lies, at about the height of patch ``behind`` there, or NO_PATCH."""
    cell = cell_of(track, x, z)
    if cell < 0:
        return NO_PATCH
    level = height_at(world, track, world.patches[behind], x, z)
    starts = track.cell_starts_at + cell
    for cursor in range(world.cells[starts], world.cells[starts + 1]):
        index = track.patch_at + world.cells[track.cell_patches_at + cursor]
        patch = world.patches[index]
        if patch.surface >= ROUND or index == behind:
            continue
        if between_borders(patch, x, z) and abs(height_at(world, track, patch, x, z) - level) < _LEVEL_GAP:
            return index
    return NO_PATCH


@device
def enter(patch, index, x, z, dx, dz, reach, ahead):
    """Let those of ``_WINDOW`` rays into a patch that the first of them has found, which leave the same patch there."""
    first = ahead[0]
    for ray in range(_WINDOW):
        beyond = reach[ray] + _STEP_OVER
        mine = (ahead[ray] == first) & between_borders(patch, x + beyond * dx[ray], z + beyond * dz[ray])
        reach[ray] = beyond if mine else reach[ray]
        ahead[ray] = index if mine else ahead[ray]


@device
def between_borders(patch, x, z):
    """Is (x, z) on a road or height field, with next to no seam? A seam would let a ray that grazes it turn back."""
    rx, rz = x - patch.x0, z - patch.z0
    if patch.plan == ARC:
        start = patch.turn * (patch.dz * rx - patch.dx * rz)
        rest = patch.turn * (rz * patch.ex - rx * patch.ez)
        lateral = patch.turn * (patch.radius - math.sqrt(rx * rx + rz * rz))
    else:
        start = rx * patch.dx + rz * patch.dz
        rest = patch.length - start
        lateral = rx * patch.dz - rz * patch.dx
    return min(start, rest) >= -_TOUCH and lateral <= patch.border_left and -lateral <= patch.border_right


@device
def height_at(world, track, patch, x, z):
    """Height of a road or height field at (x, z), beyond its ends that of its end."""
    if patch.surface == FLAT:
        return patch.y0
    _, lateral, left_x, left_z = locate(patch, x, z)
    y, _, _, _ = surface(world, track, patch, x, z, lateral, left_x, left_z)
    return y
