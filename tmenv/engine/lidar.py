"""LIDAR: distances to the road border in plan, by walking from patch to patch along each ray.

A ray starts inside a patch. It leaves the patch through a border (there it stops) or through an end, where it
goes on in the linked patch; where the neighbour is not linked, the cell behind the exit is searched.
"""

import math

import numpy as np

from tmenv.engine.compile import device
from tmenv.engine.contact import NO_PATCH, cell_of, find_surface, locate
from tmenv.engine.vectors import axes
from tmenv.track.tables import ARC, LOOK_UP, NO_LINK, WALL_LEFT, WALL_RIGHT

RAYS = 19
"""Rays from -90 (right) to +90 degrees (left) of the heading, every 10 degrees."""
RANGE_M = 100.0
"""A ray that meets no border reads this, m."""

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_FAR = np.float32(1.0e9)
_STEP_OVER = np.float32(0.05)
_LEVEL_GAP = np.float32(4.0)
"""m, roads further apart in height than this are different levels."""
_MOST_HOPS = 64
_BORDER, _START, _END, _LEFT_SIDE, _RIGHT_SIDE = 0, 1, 2, 3, 4

_ANGLES = np.deg2rad(np.linspace(-90.0, 90.0, RAYS))
COSINES = np.cos(_ANGLES).astype(np.float32)
SINES = np.sin(_ANGLES).astype(np.float32)


@device
def scan(world, car, p, readings):
    """Write RAYS distances (m, right to left) into ``readings``; all 0 with the nose off the road.

    The rays start at the nose: the point ``p.nose`` metres ahead of the car origin, moved onto the border if
    it is beyond it.
    """
    track = world.tracks[car.track]
    x, z = car.nose[0], car.nose[2]
    _, up, _ = axes(car.rotation)
    index, _, _, _, _, _, _, _ = find_surface(world, track, car.nose_patch, x, car.nose[1], z, up)
    car.nose_patch = index
    if index == NO_PATCH:
        for ray in range(RAYS):
            readings[ray] = _ZERO
        return
    x, z = onto_road(world.patches[index], x, z)
    heading_x, heading_z = heading(car.rotation)
    for ray in range(RAYS):
        c, s = COSINES[ray], SINES[ray]
        readings[ray] = walk(world, track, index, x, z, c * heading_x + s * heading_z, c * heading_z - s * heading_x)


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
def walk(world, track, index, x, z, dx, dz):
    """Distance from (x, z) inside patch ``index`` along the unit vector (dx, dz) to the border, at most RANGE_M."""
    travelled = _ZERO
    limit = np.float32(RANGE_M)
    for _ in range(_MOST_HOPS):
        patch = world.patches[index]
        if patch.plan == ARC:
            distance, exit_ = leave_arc(patch, x, z, dx, dz, travelled)
        else:
            distance, exit_ = leave_straight(patch, x, z, dx, dz)
        travelled = max(travelled, distance)
        if travelled >= limit:
            return limit
        link = NO_LINK
        if exit_ == _START:
            link = patch.before
        elif exit_ == _END:
            link = patch.after
        elif exit_ == _LEFT_SIDE:
            link = LOOK_UP if patch.open_sides & WALL_LEFT else NO_LINK
        elif exit_ == _RIGHT_SIDE:
            link = LOOK_UP if patch.open_sides & WALL_RIGHT else NO_LINK
        if link >= 0:
            index = track.patch_at + link
        else:
            beyond = travelled + _STEP_OVER
            index = NO_PATCH if link == NO_LINK else road_at(world, track, patch.y0, x + beyond * dx, z + beyond * dz)
            if index == NO_PATCH:
                return travelled
    return travelled


@device
def leave_straight(patch, x, z, dx, dz):
    """(distance, exit) at which a ray from inside a straight patch leaves it."""
    rx, rz = x - patch.x0, z - patch.z0
    along, lateral = rx * patch.dx + rz * patch.dz, rx * patch.dz - rz * patch.dx
    ahead, aside = dx * patch.dx + dz * patch.dz, dx * patch.dz - dz * patch.dx
    distance, exit_ = _FAR, _BORDER
    if aside > _ZERO:
        distance, exit_ = (patch.border_left - lateral) / aside, _LEFT_SIDE
    elif aside < _ZERO:
        distance, exit_ = (-patch.border_right - lateral) / aside, _RIGHT_SIDE
    if ahead > _ZERO:
        end = (patch.length - along) / ahead
        if end < distance:
            distance, exit_ = end, _END
    elif ahead < _ZERO:
        end = -along / ahead
        if end < distance:
            distance, exit_ = end, _START
    return distance, exit_


@device
def leave_arc(patch, x, z, dx, dz, entered):
    """(distance, exit) at which a ray that is inside an arc at distance ``entered`` leaves it.

    Two circles and two radial lines bound an arc. A ray from far away may have crossed the inner circle before it
    entered; every other crossing in the leaving direction lies ahead.
    """
    rx, rz = x - patch.x0, z - patch.z0
    toward = rx * dx + rz * dz
    square = rx * rx + rz * rz
    outer = patch.radius + (patch.border_right if patch.turn > _ZERO else patch.border_left)
    inner = patch.radius - (patch.border_left if patch.turn > _ZERO else patch.border_right)
    distance = math.sqrt(max(toward * toward - square + outer * outer, _ZERO)) - toward
    exit_ = _RIGHT_SIDE if patch.turn > _ZERO else _LEFT_SIDE
    if toward < _ZERO:
        reach = toward * toward - square + inner * inner
        if reach > _ZERO:
            near = -toward - math.sqrt(reach)
            if entered - _STEP_OVER < near < distance:
                distance = near
                exit_ = _LEFT_SIDE if patch.turn > _ZERO else _RIGHT_SIDE
    closing = patch.turn * (dz * patch.ex - dx * patch.ez)
    if closing < _ZERO:
        end = patch.turn * (rz * patch.ex - rx * patch.ez) / -closing
        if end < distance:
            distance, exit_ = end, _END
    closing = patch.turn * (patch.dz * dx - patch.dx * dz)
    if closing < _ZERO:
        end = patch.turn * (patch.dz * rx - patch.dx * rz) / -closing
        if end < distance:
            distance, exit_ = end, _START
    return distance, exit_


@device
def road_at(world, track, y, x, z):
    """A patch between whose borders (x, z) lies, at about height ``y``, or NO_PATCH."""
    cell = cell_of(track, x, z)
    if cell < 0:
        return NO_PATCH
    starts = track.cell_starts_at + cell
    for cursor in range(world.cells[starts], world.cells[starts + 1]):
        index = track.patch_at + world.cells[track.cell_patches_at + cursor]
        patch = world.patches[index]
        inside, lateral, _, _ = locate(patch, x, z)
        between = lateral <= patch.border_left and -lateral <= patch.border_right
        if inside and between and abs(patch.y0 - y) < _LEVEL_GAP:
            return index
    return NO_PATCH
