"""What is below a point: the patch, its signed distance, normal, material and borders."""

import math

import numpy as np

from tmenv.constants import CELL_M
from tmenv.engine.compile import device, rare
from tmenv.engine.surfaces import SEAM, height_field, in_opening, measure_round, measure_wall
from tmenv.track.tables import ARC, FLAT, NODES, PLANE, PROFILE_KNOTS, ROUND, WALL_LEFT, WALL_RIGHT

NO_PATCH = -1

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_CELLS_PER_M = np.float32(1.0 / CELL_M)
_CELL_OFFSET = 1024
"""Cells added before truncating to an integer: a floor for negative coordinates without a library call."""
_CELL_BIAS = np.float32(_CELL_OFFSET)
_KNOT_SPAN = np.float32(PROFILE_KNOTS - 1)
_PROFILE_SIZE = 2 * PROFILE_KNOTS

_WALL_DEPTH = np.float32(1.5)
"""m, the road goes on this far behind a wall, so that a wheel pushed into it keeps its ground."""
_LOWEST = np.float32(-0.7)
"""m, deepest penetration at which a surface still carries a wheel: deeper, it is another level."""
_HIGHEST = np.float32(1.6)
"""m, a surface further below than this is out of reach of any wheel."""
_HINT_HIGHEST = np.float32(0.45)
"""m, the patch of the last sub-step is taken without a search up to this distance."""
_GROUND_MARGIN = np.float32(0.3)
"""m, open ground wins over a block only if it is higher by this much."""
LEAST_FACING = np.float32(0.3)
"""Least cosine between a surface's normal and the car's up axis at which it carries a wheel."""
_WALLS_FACING = np.float32(0.954)
"""An up axis more upright than this has a smaller cosine than that with every standing wall."""
_LEVEL_MARGIN = np.float32(2.4)
"""m, a wheel's furthest corner from the centre of mass, plus what a sub-step moves it."""
_LEVEL_ASIDE, _LEVEL_BELOW, _LEVEL_AHEAD = np.float32(0.89), np.float32(0.45), np.float32(1.5)
"""m, the lowest points of the wheels from the centre of mass, along the axes of the car, at most."""
_LEVEL_BEND = np.float32(0.1)
"""m, an arc leaves its tangent by less over the length of a car."""
_LEVEL_UPRIGHT = np.float32(0.95)
_LEVEL_LOWEST, _LEVEL_HIGHEST = np.float32(0.3), np.float32(1.2)
"""m, height of the centre of mass over a road that all wheels can reach (0.45 m at rest)."""
FAR = np.float32(1.0e9)
"""Distance reported where there is nothing below."""


@device
def locate(patch, x, z):
    """Is (x, z) on the patch? Returns (inside, lateral, left_x, left_z), left being the unit vector to the left."""
    rx, rz = x - patch.x0, z - patch.z0
    if patch.plan == ARC:
        start = patch.turn * (patch.dz * rx - patch.dx * rz)
        end = patch.turn * (rz * patch.ex - rx * patch.ez)
        r = math.sqrt(rx * rx + rz * rz)
        lateral = patch.turn * (patch.radius - r)
        scale = -patch.turn / max(r, SEAM)
        left_x, left_z = rx * scale, rz * scale
        inside = start >= -SEAM and end >= -SEAM
    else:
        along = rx * patch.dx + rz * patch.dz
        left_x, left_z = patch.dz, -patch.dx
        lateral = rx * left_x + rz * left_z
        inside = along >= -SEAM and along <= patch.length + SEAM
    reach_left = patch.border_left + (_WALL_DEPTH if patch.walls & WALL_LEFT else SEAM)
    reach_right = patch.border_right + (_WALL_DEPTH if patch.walls & WALL_RIGHT else SEAM)
    return inside and lateral <= reach_left and -lateral <= reach_right, lateral, left_x, left_z


@device
def offset(patch, x, z):
    """Metres to the left of the centreline: what ``locate`` says, alone."""
    rx, rz = x - patch.x0, z - patch.z0
    if patch.plan == ARC:
        return patch.turn * (patch.radius - math.sqrt(rx * rx + rz * rz))
    return rx * patch.dz - rz * patch.dx


@device
def level_footing(world, car, left, up, forward):
    """The level floor below the whole car: (index of a patch of it or NO_PATCH, is the car near its edge).

    With an index, ``find_surface`` would find that patch for every wheel, or another one of the same height and
    material, and no wheel need search; away from the edge all wheels stand on its middle strip and far from its walls.
    """
    index = car.patch[0]
    if index < 0 or up[1] < _LEVEL_UPRIGHT:
        return NO_PATCH, False
    patch = world.patches[index]
    height = car.position[1] - patch.y0
    if patch.surface != FLAT or patch.opening >= 0 or height < _LEVEL_LOWEST or height > _LEVEL_HIGHEST:
        return NO_PATCH, False
    rx, rz = car.position[0] - patch.x0, car.position[2] - patch.z0
    first, last, room_left, room_right = _ZERO, patch.length, patch.border_left, patch.border_right
    margin, margin_aside = _LEVEL_MARGIN, _LEVEL_MARGIN
    deck = patch.open_sides != 0
    if deck:  # wider than its patch, or as narrow as a car, so that it counts how the car stands on it
        floor = world.floors[index]
        first, last, room_left, room_right = floor.level_from, floor.level_to, floor.level_left, floor.level_right
    if patch.plan == ARC:
        start = patch.turn * (patch.dz * rx - patch.dx * rz)
        rest = patch.turn * (rz * patch.ex - rx * patch.ez)
        r = math.sqrt(rx * rx + rz * rz)
        lateral = patch.turn * (patch.radius - r)
        if deck:
            margin_aside = extent(left, up, forward, rx / r, rz / r)
    else:
        along = rx * patch.dx + rz * patch.dz
        start, rest = along - first, last - along
        lateral = rx * patch.dz - rz * patch.dx
        if deck:
            margin = extent(left, up, forward, patch.dx, patch.dz)
            margin_aside = extent(left, up, forward, patch.dz, -patch.dx)
    middle_left, middle_right = min(room_left, patch.strip_edge_0), min(room_right, patch.strip_edge_0)
    near_edge = lateral > middle_left - margin_aside or -lateral > middle_right - margin_aside
    walled = patch.walls == WALL_LEFT | WALL_RIGHT and lateral < room_left and -lateral < room_right
    if min(start, rest) < margin or (near_edge and not walled):
        return NO_PATCH, False
    return index, near_edge


@device
def extent(left, up, forward, x, z):
    """How far the lowest points of a car's wheels are from its centre of mass in a direction (x, z) in plan, m."""
    aside, above, ahead = left[0] * x + left[2] * z, up[0] * x + up[2] * z, forward[0] * x + forward[2] * z
    return _LEVEL_ASIDE * abs(aside) + _LEVEL_BELOW * abs(above) + _LEVEL_AHEAD * abs(ahead) + _LEVEL_BEND


@device
def along(patch, x, z):
    """Metres along the centreline from the start of the patch."""
    rx, rz = x - patch.x0, z - patch.z0
    if patch.plan == ARC:
        sine = patch.turn * (patch.dz * rx - patch.dx * rz)
        cosine = patch.dx * rx + patch.dz * rz
        return patch.radius * math.atan2(sine, cosine)
    return rx * patch.dx + rz * patch.dz


@device
def surface(world, track, patch, x, z, lateral, left_x, left_z):
    """Height and upward unit normal of a patch: (y, nx, ny, nz)."""
    if patch.surface == FLAT:
        return patch.y0, _ZERO, _ONE, _ZERO
    if patch.surface == PLANE:
        y = patch.y0 + patch.slope_x * (x - patch.plane_x) + patch.slope_z * (z - patch.plane_z)
        return _with_normal(y, patch.slope_x, patch.slope_z)
    if patch.surface == NODES:
        y, slope, across = height_field(world, track, patch, x, z, lateral)
        return _with_normal(y, left_x * across - left_z * slope, left_z * across + left_x * slope)
    u = patch.u_start + along(patch, x, z) * patch.u_per_m
    position = min(max(u, _ZERO), _ONE) * _KNOT_SPAN
    knot = min(int(position), PROFILE_KNOTS - 2)
    part = position - np.float32(knot)
    row = track.profile_at + patch.profile * _PROFILE_SIZE + knot
    height, height_next = world.profiles[row], world.profiles[row + 1]
    bank, bank_next = world.profiles[row + PROFILE_KNOTS], world.profiles[row + PROFILE_KNOTS + 1]
    slope = ((height_next - height) + lateral * (bank_next - bank)) * _KNOT_SPAN * patch.u_per_m
    if patch.plan == ARC:  # the same height step over a shorter or longer way beside the centreline
        slope *= patch.radius / max(patch.radius - patch.turn * lateral, _ONE)
    across = bank + part * (bank_next - bank)
    y = patch.y0 + height + part * (height_next - height) + lateral * across
    return _with_normal(y, left_x * across - left_z * slope, left_z * across + left_x * slope)


@device
def _with_normal(y, slope_x, slope_z):
    scale = _ONE / math.sqrt(_ONE + slope_x * slope_x + slope_z * slope_z)
    return y, -slope_x * scale, scale, -slope_z * scale


@device
def cell_of(track, x, z):
    """Number of the grid cell that holds (x, z), or -1 outside the grid."""
    i = int(x * _CELLS_PER_M + _CELL_BIAS) - _CELL_OFFSET - track.cell_x
    k = int(z * _CELLS_PER_M + _CELL_BIAS) - _CELL_OFFSET - track.cell_z
    if i < 0 or k < 0 or i >= track.columns or k >= track.rows:
        return -1
    return k * track.columns + i


@device
def measure(world, track, patch, x, y, z):
    """A point and a patch: (inside, signed distance, nx, ny, nz, lateral, left_x, left_z).

    ``inside`` tells whether the patch reaches there, however far above or below; the rest holds only if it does.
    """
    if patch.surface >= ROUND:
        if patch.surface == ROUND:
            return measure_round(patch, x, y, z)
        beside, distance, nx, nz, foot = measure_wall(patch, x, z)
        inside = beside and y >= foot - SEAM and y <= foot + patch.wall_height
        return inside, distance, nx, _ZERO, nz, _ZERO, nx, nz
    inside, lateral, left_x, left_z = locate(patch, x, z)
    if not inside or (patch.opening >= 0 and in_opening(world, track, patch, x, z, lateral)):
        return False, FAR, _ZERO, _ONE, _ZERO, lateral, left_x, left_z
    height, nx, ny, nz = surface(world, track, patch, x, z, lateral, left_x, left_z)
    return True, (y - height) * ny, nx, ny, nz, lateral, left_x, left_z


@device
def ground_height(world, track, x, z):
    """Height of the open ground at (x, z), -inf where there is none."""
    if track.own_ground != 0:
        cell = cell_of(track, x, z)
        if cell >= 0:
            return world.ground[track.ground_at + cell]
    return track.ground_y


@device
def ground_material(world, track, x, z):
    """Surface id of the open ground at (x, z)."""
    cell = cell_of(track, x, z)
    return world.cells[track.cell_ground_at + cell] if cell >= 0 else track.ground_material


@device
def find_surface(world, track, hint, x, y, z, up):
    """The surface nearest below (or slightly above) a wheel of a car with this up axis: see ``search``."""
    return search(world, track, hint, x, y, z, up, _ZERO, LEAST_FACING)


@device
def search(world, track, hint, x, y, z, side, lean, least):
    """The nearest surface to a point, of those within reach that face the right way.

    A surface of normal n at a distance d faces the right way if ``dot(n, side) + lean * d >= least``; standing walls
    count only without ``lean``. ``hint`` is the pool index of a patch to try first, or NO_PATCH. Returns (patch pool
    index or NO_PATCH, distance along the normal, nx, ny, nz, lateral, left_x, left_z); NO_PATCH with a distance below
    FAR is open ground.
    """
    best, best_distance = NO_PATCH, _HIGHEST
    nx, ny, nz = _ZERO, _ONE, _ZERO
    lateral, left_x, left_z = _ZERO, _ONE, _ZERO
    tilted = lean == _ZERO and side[1] < _WALLS_FACING
    candidate, cursor, last, listed = hint, -1, -1, track.cell_patches_at
    while True:
        if candidate >= 0:
            patch = world.patches[candidate]
            inside, distance, ax, ay, az, aside, lx, lz = measure(world, track, patch, x, y, z)
            if inside and _LOWEST < distance < best_distance:
                facing = ax * side[0] + ay * side[1] + az * side[2] + lean * distance
                if facing >= least:
                    best, best_distance = candidate, distance
                    nx, ny, nz, lateral, left_x, left_z = ax, ay, az, aside, lx, lz
                    if cursor < 0 and distance < _HINT_HIGHEST:
                        break
        if cursor < 0:
            cell = cell_of(track, x, z)
            if cell < 0:
                break
            starts = track.cell_starts_at + cell
            cursor, last = world.cells[starts], world.cells[starts + 1]
        else:
            cursor += 1
        if cursor >= last and listed == track.cell_patches_at and track.walls != 0 and tilted:
            starts = track.wall_starts_at + cell_of(track, x, z)
            cursor, last, listed = world.cells[starts], world.cells[starts + 1], track.wall_patches_at
        if cursor >= last:
            break
        candidate = track.patch_at + world.cells[listed + cursor]
    ground = y - ground_height(world, track, x, z)
    below = ground > _LOWEST and side[1] + lean * ground >= least
    if below and (ground < best_distance - _GROUND_MARGIN or (best == NO_PATCH and ground < best_distance)):
        return NO_PATCH, ground, _ZERO, _ONE, _ZERO, _ZERO, _ONE, _ZERO
    if best == NO_PATCH:
        best_distance = FAR
    return best, best_distance, nx, ny, nz, lateral, left_x, left_z


@rare
def search_once(world, track, hint, x, y, z, side, lean, least):
    """``search`` as a real call: a body of its own for every caller would double the time to compile."""
    return search(world, track, hint, x, y, z, side, lean, least)


@device
def strip_material(patch, lateral):
    """Surface id at a lateral offset."""
    distance = abs(lateral)
    if distance < patch.strip_edge_0:
        return patch.strip_material_0
    return patch.strip_material_1 if distance < patch.strip_edge_1 else patch.strip_material_2
