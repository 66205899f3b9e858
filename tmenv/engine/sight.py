"""What LIDAR rays meet beside roads: standing walls, and the borders of a round surface."""

import math

import numpy as np

from tmenv.constants import CELL_M
from tmenv.engine.compile import device, rare
from tmenv.engine.contact import cell_of, measure
from tmenv.engine.vectors import axes
from tmenv.track.tables import ARC, WALL

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_CELL = np.float32(CELL_M)
_BIAS = np.float32(1024 * CELL_M)
"""m added before truncating to cells: a floor for negative coordinates without a library call."""
_MOST_CELLS = 10
_STEP_OVER = np.float32(0.01)
_PARALLEL = np.float32(1.0e-6)
_SEAM = np.float32(0.02)
_BEHIND = np.float32(1.5)
"""m behind a wall's face at which a ray still starts in it; deeper, it starts on its far side."""
_SLOPE = np.float32(0.5)
"""Climb and fall of the steepest decks: a wall counts if such a deck leads from the nose to it."""
_BELOW_FOOT = np.float32(2.0)


@rare
def scan_round(world, car, index, cosines, sines, rays, limit, readings):
    """Distances on a round surface or wall, as if it were unrolled and endless: its side borders stop the rays."""
    patch = world.patches[index]
    if patch.surface == WALL:  # it has no borders at its sides
        for ray in range(rays):
            readings[ray] = limit
        return
    left, _, forward = axes(car.rotation)
    _, _, _, _, _, lateral, left_x, left_z = measure(
        world, world.tracks[car.track], patch, car.nose[0], car.nose[1], car.nose[2]
    )
    aside = forward[0] * left_x + forward[2] * left_z
    along = math.sqrt(max(_ONE - aside * aside, _ZERO))
    room_left, room_right = max(patch.border_left - lateral, _ZERO), max(patch.border_right + lateral, _ZERO)
    backwards = left[0] * left_x + left[2] * left_z < _ZERO
    for ray in range(rays):
        # the car's left is the surface's left, or its right when the car drives it backwards
        turned = -along if backwards else along
        share = cosines[ray] * aside + sines[ray] * turned
        room = room_left if share > _ZERO else room_right
        readings[ray] = min(limit, room / max(abs(share), _PARALLEL))


@rare
def stop_at_walls(world, car, x, z, dx, dz, rays, readings):
    """Shorten the rays from (x, z) in the directions (dx, dz) that meet a standing wall before their end."""
    track = world.tracks[car.track]
    for ray in range(rays):
        readings[ray] = wall_ahead(world, track, x, car.nose[1], z, dx[ray], dz[ray], readings[ray])


@device
def wall_ahead(world, track, x, y, z, dx, dz, limit):
    """Distance from (x, y, z) along a level unit vector to the first standing wall, at most ``limit``."""
    nearest, entered = limit, _ZERO
    for _ in range(_MOST_CELLS):
        px, pz = x + (entered + _STEP_OVER) * dx, z + (entered + _STEP_OVER) * dz
        cell = cell_of(track, px, pz)
        if cell >= 0:
            starts = track.wall_starts_at + cell
            for cursor in range(world.cells[starts], world.cells[starts + 1]):
                patch = world.patches[track.patch_at + world.cells[track.wall_patches_at + cursor]]
                distance, foot = meet_wall(patch, x, z, dx, dz, nearest)
                rise = _SLOPE * distance
                if foot - _BELOW_FOOT - rise < y < foot + patch.wall_height + rise:
                    nearest = min(nearest, distance)
        entered = min(cell_exit(px, dx), cell_exit(pz, dz)) + entered + _STEP_OVER
        if entered >= nearest:
            break
    return nearest


@device
def cell_exit(position, direction):
    """Distance along a ray to the next cell border of one axis."""
    low = np.float32(int((position + _BIAS) / _CELL)) * _CELL - _BIAS
    room = low + _CELL - position if direction > _ZERO else position - low
    return room / max(abs(direction), _PARALLEL)


@device
def meet_wall(patch, x, z, dx, dz, limit):
    """(distance at which a ray meets the face of a wall from its open side or ``limit``, height of the foot there)."""
    rx, rz = x - patch.x0, z - patch.z0
    if patch.plan == ARC:
        toward, square = rx * dx + rz * dz, rx * rx + rz * rz - patch.radius * patch.radius
        hidden = toward * toward - square
        root = math.sqrt(max(hidden, _ZERO))
        distance = -toward + patch.turn * root  # out of a hollow wall, into a round pillar
        hx, hz = rx + max(distance, _ZERO) * dx, rz + max(distance, _ZERO) * dz
        start = patch.turn * (patch.dz * hx - patch.dx * hz)
        end = patch.turn * (hz * patch.ex - hx * patch.ez)
        met = hidden > _ZERO and start >= -_SEAM and end >= -_SEAM
    else:
        closing = -(dx * patch.dz - dz * patch.dx)
        distance = (rx * patch.dz - rz * patch.dx) / max(closing, _PARALLEL)
        hx, hz = rx + max(distance, _ZERO) * dx, rz + max(distance, _ZERO) * dz
        along = hx * patch.dx + hz * patch.dz
        met = closing > _PARALLEL and along >= -_SEAM and along <= patch.length + _SEAM
    foot = patch.y0 + patch.slope_x * (patch.x0 + hx - patch.plane_x) + patch.slope_z * (patch.z0 + hz - patch.plane_z)
    if not met or distance < -_BEHIND or distance > limit:
        return limit, foot
    return max(distance, _ZERO), foot
