"""Kernels that a track is built with: what numpy would do in dozens of calls on short tables.

All code that a kernel calls is in this file: numba's cache does not see changes in others.
"""

import math

import numba
import numpy as np

from tmenv.track.tables import ARC, PLANE, PROFILE, PROFILE_KNOTS, WALL_LEFT, WALL_RIGHT


@numba.njit(cache=True, error_model="numpy")
def sample(rows, starts, profiles, step, points):
    """Fill in the points of a route, ``step`` metres apart from 0 m on.

    The same numbers as ``ribbon.position``, which takes twenty times as long for the few hundred points of a route.

    Args:
        rows: ``PATCH`` (m,), the centreline in the order of travel.
        starts: float64 (m,), route metres at which each row starts.
        profiles: float32 (k, 2, 17), in which ``rows["profile"]`` counts.
        step: m.
        points: ``ROUTE_POINT`` (n,), written.
    """
    number = 0
    for i in range(len(points)):
        s = step * i
        while number + 1 < len(rows) and starts[number + 1] <= s:
            number += 1
        row, along, out = rows[number], s - starts[number], points[i]
        x, z, hx, hz = _frame(row, along)
        y = np.float64(row.y0)
        if row.surface == PLANE:
            y += np.float64(row.slope_x) * (x - np.float64(row.plane_x)) + np.float64(row.slope_z) * (
                z - np.float64(row.plane_z)
            )
        elif row.surface == PROFILE:
            y += _profile(profiles, row.profile, np.float64(row.u_start) + along * np.float64(row.u_per_m))
        out.x, out.y, out.z, out.s = x, y, z, s
        out.left_x, out.left_y, out.left_z = hz, 0.0, -hx
        out.border_left, out.border_right = row.border_left, row.border_right


@numba.njit(cache=True, error_model="numpy")
def _frame(row, along):
    """Point (x, z) and direction (x, z) of a centreline."""
    x0, z0, dx, dz = np.float64(row.x0), np.float64(row.z0), np.float64(row.dx), np.float64(row.dz)
    if row.plan != ARC:
        return x0 + dx * along, z0 + dz * along, dx, dz
    radius, turn = np.float64(row.radius), np.float64(row.turn)
    angle = along / radius
    cos, sin = math.cos(angle), math.sin(angle)
    # (dx, dz) points from the centre to the start; the direction of travel is turn * left of it.
    rx, rz = dx * cos + turn * dz * sin, dz * cos - turn * dx * sin
    return x0 + radius * rx, z0 + radius * rz, turn * rz, -turn * rx


@numba.njit(cache=True, error_model="numpy")
def _profile(profiles, number, u):
    """Height of the centreline over its base, linear between knots."""
    knot = min(max(u, 0.0), 1.0) * (PROFILE_KNOTS - 1)
    low = min(int(knot), PROFILE_KNOTS - 2)
    start, end = profiles[number, 0, low], profiles[number, 0, low + 1]
    return np.float64(start) + np.float64(end - start) * (knot - low)


@numba.njit(cache=True, error_model="numpy")
def turn_back(rows, numbers, opposite):
    """Turn ribbons around, in place, to be driven the other way.

    Args:
        rows: ``PATCH`` (n,).
        numbers: int64 (m,), those to turn.
        opposite: int64 (k,): for each profile the number of the one with the opposite bank.
    """
    for number in numbers:
        row = rows[number]
        dx, dz, ex, ez = row.dx, row.dz, row.ex, row.ez
        if row.plan == ARC:
            row.dx, row.dz, row.ex, row.ez = ex, ez, dx, dz
        else:
            row.x0, row.z0 = row.x0 + dx * row.length, row.z0 + dz * row.length
            row.dx, row.dz, row.ex, row.ez = -dx, -dz, -ex, -ez
        row.turn = -row.turn
        row.u_start, row.u_per_m = row.u_start + row.length * row.u_per_m, -row.u_per_m
        row.border_left, row.border_right = row.border_right, row.border_left
        row.before, row.after = row.after, row.before
        row.walls, row.open_sides = _other_sides(row.walls), _other_sides(row.open_sides)
        row.profile = opposite[row.profile] if row.profile >= 0 else -1


@numba.njit(cache=True, error_model="numpy")
def _other_sides(bits):
    """The left and right bits of ``walls`` or ``open_sides`` exchanged."""
    return (bits & WALL_LEFT) * WALL_RIGHT + (bits & WALL_RIGHT) // WALL_RIGHT
