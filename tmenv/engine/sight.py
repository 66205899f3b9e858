"""What LIDAR rays meet beside roads: standing walls, and the borders of a round surface."""

import math

import numpy as np

from tmenv.constants import CELL_M
from tmenv.engine.compile import device, rare
from tmenv.engine.contact import measure
from tmenv.engine.vectors import axes
from tmenv.track.tables import ARC, WALL

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_CELL = np.float32(CELL_M)
_BIAS_CELLS = 1024
_BIAS = np.float32(_BIAS_CELLS * CELL_M)
"""m added before truncating to cells: a floor for negative coordinates without a library call."""
_LANES = 24
"""The rays, rounded up to whole vectors."""
_PARALLEL = np.float32(1.0e-6)
_SEAM = np.float32(0.02)
_TOUCH = np.float32(0.001)
"""m, rays that end no further behind a wall than this have met the border of the road along it."""
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
def stop_at_walls(world, car, x, z, dx, dz, rays, reach):
    """Shorten the rays from (x, z) in the directions (dx, dz) that meet a standing wall before their end ``reach``.

    The walls in the cells around the rays are tried on all rays at once, if any ray can end behind them.
    """
    track = world.tracks[car.track]
    low_x, high_x, low_z, high_z = x, x, z, z
    for ray in range(rays):
        end_x, end_z = x + reach[ray] * dx[ray], z + reach[ray] * dz[ray]
        low_x, high_x = min(low_x, end_x), max(high_x, end_x)
        low_z, high_z = min(low_z, end_z), max(high_z, end_z)
    first, last = max(column(low_x) - track.cell_x, 0), min(column(high_x) - track.cell_x, track.columns - 1)
    for row in range(max(column(low_z) - track.cell_z, 0), min(column(high_z) - track.cell_z, track.rows - 1) + 1):
        starts = track.wall_starts_at + row * track.columns
        for cursor in range(world.cells[starts + first], world.cells[starts + last + 1]):
            patch = world.patches[track.patch_at + world.cells[track.wall_patches_at + cursor]]
            rx, rz = x - patch.x0, z - patch.z0
            if patch.plan == ARC:
                beside_x = max(low_x - patch.x0, patch.x0 - high_x) > patch.radius
                beside_z = max(low_z - patch.z0, patch.z0 - high_z) > patch.radius
                if not (beside_x or beside_z):
                    meet_round_wall(patch, rx, car.nose[1], rz, dx, dz, reach)
                continue
            before = rx * patch.dz - rz * patch.dx
            far_x = (low_x if patch.dz > _ZERO else high_x) - x
            far_z = (high_z if patch.dx > _ZERO else low_z) - z
            if before >= -_BEHIND and before + far_x * patch.dz - far_z * patch.dx < -_TOUCH:
                meet_straight_wall(patch, before, rx, car.nose[1], rz, dx, dz, reach)


@device
def column(position):
    """Number of the world's column (or row) of cells that holds a coordinate."""
    return int((position + _BIAS) / _CELL) - _BIAS_CELLS


@device
def meet_straight_wall(patch, before, rx, y, rz, dx, dz, reach):
    """Shorten the rays that meet the face of a straight wall from its open side; they start ``before`` m before it.

    (rx, y, rz) is where they start, in plan from the start of the wall.
    """
    for ray in range(_LANES):
        closing = -(dx[ray] * patch.dz - dz[ray] * patch.dx)
        distance = before / max(closing, _PARALLEL)
        ahead = max(distance, _ZERO)
        hx, hz = rx + ahead * dx[ray], rz + ahead * dz[ray]
        along = hx * patch.dx + hz * patch.dz
        met = (closing > _PARALLEL) & (along >= -_SEAM) & (along <= patch.length + _SEAM)
        stopped = met & (distance >= -_BEHIND) & stands_before(patch, hx, y, hz, distance)
        reach[ray] = min(reach[ray], ahead) if stopped else reach[ray]


@device
def meet_round_wall(patch, rx, y, rz, dx, dz, reach):
    """``meet_straight_wall`` for a hollow wall or a round pillar; (rx, y, rz) is seen from its centre."""
    square = rx * rx + rz * rz - patch.radius * patch.radius
    for ray in range(_LANES):
        toward = rx * dx[ray] + rz * dz[ray]
        hidden = toward * toward - square
        distance = -toward + patch.turn * math.sqrt(max(hidden, _ZERO))  # out of a hollow wall, into a pillar
        ahead = max(distance, _ZERO)
        hx, hz = rx + ahead * dx[ray], rz + ahead * dz[ray]
        start = patch.turn * (patch.dz * hx - patch.dx * hz)
        end = patch.turn * (hz * patch.ex - hx * patch.ez)
        met = (hidden > _ZERO) & (start >= -_SEAM) & (end >= -_SEAM)
        stopped = met & (distance >= -_BEHIND) & stands_before(patch, hx, y, hz, distance)
        reach[ray] = min(reach[ray], ahead) if stopped else reach[ray]


@device
def stands_before(patch, hx, y, hz, distance):
    """Could a deck that climbs or falls lead from height ``y`` over ``distance`` m to the wall, met at (hx, hz)?"""
    foot = patch.y0 + patch.slope_x * (patch.x0 + hx - patch.plane_x) + patch.slope_z * (patch.z0 + hz - patch.plane_z)
    rise = _SLOPE * distance
    return (foot - _BELOW_FOOT - rise < y) & (y < foot + patch.wall_height + rise)
