"""Standing walls as obstacles: rails of circuits, pillars, the sides of platforms."""

import numpy as np

from tmenv.constants import CELL_M
from tmenv.engine.compile import SCRATCH, device, rare, scratch
from tmenv.engine.contact import cell_of
from tmenv.engine.hull import hit_hull
from tmenv.engine.impacts import mount, mount_point, wall_impulse
from tmenv.engine.surfaces import measure_wall
from tmenv.engine.vectors import axes, dot
from tmenv.track.tables import STRAIGHT, WALL_SQUARES

_ZERO = np.float32(0.0)
_CELLS_PER_M = np.float32(1.0 / CELL_M)
_CELL_OFFSET = 1024
_CELL_BIAS = np.float32(_CELL_OFFSET)
"""Cells added before truncating to an integer: a floor for negative coordinates without a library call."""
_SQUARES = np.float32(WALL_SQUARES)
_BELOW_FOOT = np.float32(1.0)
"""m, a wall stops what comes this far below its foot: the body above a wheel that has left the deck."""
_DEEPEST = np.float32(1.5)
"""m, deeper behind its face a wall does not push: what is there came another way."""
_RIDDEN = np.float32(0.5)
"""Cosine between a wall's normal and the car's up axis from which the car drives on the wall, not into it."""
_REACH = np.float32(2.6)
"""m, a wheel's furthest corner from the centre of mass, and a little more."""


@device
def near_wall(world, car):
    """May a wheel of the car reach a standing wall in this tick?"""
    track = world.tracks[car.track]
    if track.walls == 0:
        return False
    cell = cell_of(track, car.position[0], car.position[2])
    if cell < 0:
        return False
    squares = world.cells[track.cell_walled_at + cell]
    if squares == 0:
        return False
    column, row = square_of(car.position[0]), square_of(car.position[2])
    return (squares >> (row * WALL_SQUARES + column)) & 1 != 0


@device
def square_of(position):
    """Column (or row) of the square of its cell that holds a coordinate."""
    cells = position * _CELLS_PER_M + _CELL_BIAS
    return int((cells - np.float32(int(cells))) * _SQUARES)


@rare
def hit_solids(world, car, p, touching, walls_near):
    """What a car meets that does not roll on four wheels, or has walls around it: the ground and the walls."""
    if touching < 4:
        hit_hull(world, car, p)
    if walls_near:
        hit_obstacles(world, car, p)


@device
def hit_obstacles(world, car, p):
    """Stop the wheels that press into a standing wall, as the walls of roads do; each axle from the same velocities."""
    walls = scratch(np.int32)
    count = walls_beside(world, world.tracks[car.track], car.position[0], car.position[2], walls)
    if count == 0:
        return
    left, up, forward = axes(car.rotation)
    v = car.velocity
    for axle in range(2):
        to_x, to_z, from_x, from_z = _ZERO, _ZERO, _ZERO, _ZERO  # both ways, so that opposite wheels hold each other
        dvx, dvz, spin = _ZERO, _ZERO, _ZERO
        for half in range(2):
            arm = mount(p, 2 * axle + half)
            point = mount_point(car, arm, left, up, forward)
            depth, nx, nz = depth_in_wall(world, walls, count, p, point, left, up, forward)
            if depth <= _ZERO:
                continue
            car.wall_time = p.wall_time
            normal = (nx, _ZERO, nz)
            impulse, friction, tangent, gain = wall_impulse(car, p, arm, normal, left, forward)
            dvx, dvz = dvx + impulse * nx + friction * tangent[0], dvz + impulse * nz + friction * tangent[2]
            spin += gain
            to_x, from_x = max(to_x, depth * nx), min(from_x, depth * nx)
            to_z, from_z = max(to_z, depth * nz), min(from_z, depth * nz)
        v[0], v[2] = v[0] + dvx, v[2] + dvz
        car.spin[1] += spin
        car.position[0] += to_x + from_x
        car.position[2] += to_z + from_z


@device
def walls_beside(world, track, x, z, walls):
    """Write the walls (pool indices) into ``walls`` that a wheel around a centre of mass may be in; returns how many.

    No more than fit: so many walls in the reach of one car would leave it no way.
    """
    count = 0
    first, last = column_of(track, x - _REACH), column_of(track, x + _REACH)
    for row in range(row_of(track, z - _REACH), row_of(track, z + _REACH) + 1):
        starts = track.wall_starts_at + row * track.columns
        for cursor in range(world.cells[starts + first], world.cells[starts + last + 1]):
            index = track.patch_at + world.cells[track.wall_patches_at + cursor]
            patch = world.patches[index]
            if patch.plan == STRAIGHT:
                rx, rz = x - patch.x0, z - patch.z0
                along, distance = rx * patch.dx + rz * patch.dz, rx * patch.dz - rz * patch.dx
                beside = -_REACH < along < patch.length + _REACH
            else:
                _, distance, _, _, _ = measure_wall(patch, x, z)
                beside = True
            if beside and -_REACH - _DEEPEST < distance < _REACH and count < SCRATCH:
                walls[count] = index
                count += 1
    return count


@device
def column_of(track, x):
    """Column of the grid that holds x, or the nearest one."""
    return min(max(int(x * _CELLS_PER_M + _CELL_BIAS) - _CELL_OFFSET - track.cell_x, 0), track.columns - 1)


@device
def row_of(track, z):
    """Row of the grid that holds z, or the nearest one."""
    return min(max(int(z * _CELLS_PER_M + _CELL_BIAS) - _CELL_OFFSET - track.cell_z, 0), track.rows - 1)


@device
def depth_in_wall(world, walls, count, p, point, left, up, forward):
    """How far a wheel is in one of ``count`` walls beyond the slop, and the wall's normal: (depth or 0, nx, nz).

    The wheel is a box of its half width and radius. In several walls at once, the least deep one counts: it is the
    one that the wheel came through.
    """
    least, best_x, best_z = _DEEPEST, _ZERO, _ZERO
    for number in range(count):
        patch = world.patches[walls[number]]
        beside, distance, nx, nz, foot = measure_wall(patch, point[0], point[2])
        if not beside or point[1] > foot + patch.wall_height or point[1] < foot - _BELOW_FOOT:
            continue
        normal = (nx, _ZERO, nz)
        if dot(normal, up) > _RIDDEN:
            continue
        size = p.wheel_half_width * abs(dot(normal, left)) + p.wheel_radius * abs(dot(normal, forward))
        depth = size - distance - p.wall_slop
        if _ZERO < depth < least:
            least, best_x, best_z = depth, nx, nz
    return (least if least < _DEEPEST else _ZERO), best_x, best_z
