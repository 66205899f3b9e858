"""Plane geometry of ribbons: the maths behind the rows of a ``PATCH`` table, vectorised.

Every function takes a ``PATCH`` array (or one row) and arrays that broadcast with it. ``s`` runs along
the centreline from the start of the patch in metres, ``lateral`` is metres to the left of it.
"""

import numpy as np

from tmenv.track.tables import ARC, PATCH, PLANE, PROFILE, PROFILE_KNOTS, WALL, WALL_LEFT, WALL_RIGHT

_NUMBER = {name: number for number, name in enumerate(PATCH.names or ())}


def column_numbers(*names: str) -> np.ndarray:
    """Numbers of columns, for ``numbers``."""
    return np.array([_NUMBER[name] for name in names])


def numbers(rows: np.ndarray) -> np.ndarray:
    """A ``PATCH`` table (n,) as the matrix (n, columns) of its 32 bit floats; whole numbers are there as bits only.

    One call of numpy on a matrix costs as much as one on a column.
    """
    return rows.view(np.float32).reshape(len(rows), len(_NUMBER))


SHAPE = (
    *("plan", "surface", "x0", "z0", "dx", "dz", "turn", "radius"),
    *("y0", "slope_x", "slope_z", "plane_x", "plane_z", "profile", "u_start", "u_per_m"),
)
"""The columns that ``position`` reads."""


def frame(rows, s):
    """Point ``(x, z)`` and unit direction ``(hx, hz)`` of the centreline at ``s``, all float64.

    Outside ``0 <= s <= length`` straights go on straight; arcs go on along their circle.
    """
    arc = rows["plan"] == ARC
    radius = np.where(arc, rows["radius"], 1.0).astype(np.float64)
    turn = rows["turn"].astype(np.float64)
    dx, dz = rows["dx"].astype(np.float64), rows["dz"].astype(np.float64)
    angle = np.where(arc, s / radius, 0.0)
    cos, sin = np.cos(angle), np.sin(angle)
    # On an arc (dx, dz) points from the centre to the start; the direction of travel is turn * left of it.
    rx, rz = dx * cos + turn * dz * sin, dz * cos - turn * dx * sin
    x = rows["x0"] + np.where(arc, radius * rx, dx * s)
    z = rows["z0"] + np.where(arc, radius * rz, dz * s)
    return x, z, np.where(arc, turn * rz, dx), np.where(arc, -turn * rx, dz)


def position(rows, s, lateral, profiles):
    """World ``(x, y, z)`` of the road surface at ``s`` and ``lateral``; see ``height`` for ``profiles``."""
    x, z, hx, hz = frame(rows, s)
    x, z = x + hz * lateral, z - hx * lateral
    return x, height(rows, s, lateral, (x, z), profiles), z


def height(rows, s, lateral, point, profiles):
    """Height of the surface at ``s`` and ``lateral``, which is the world point ``(x, z)``.

    ``profiles`` is the table (K, 2, 17) in which ``rows["profile"]`` counts.
    """
    x, z = point
    plane = rows["slope_x"] * (x - rows["plane_x"]) + rows["slope_z"] * (z - rows["plane_z"])
    y = rows["y0"] + np.where(rows["surface"] == PLANE, plane, 0.0)
    if not np.any(rows["surface"] == PROFILE):
        return y
    centre, bank = profile_at(profiles, rows["profile"], rows["u_start"] + s * rows["u_per_m"])
    return y + np.where(rows["surface"] == PROFILE, centre + bank * lateral, 0.0)


def profile_at(profiles, number, u):
    """Height (m) and bank (dy per metre to the left) of profile ``number`` at ``u`` in 0..1, linear between knots."""
    knot = np.clip(u, 0.0, 1.0) * (PROFILE_KNOTS - 1)
    low = np.minimum(knot.astype(np.int64), PROFILE_KNOTS - 2)
    part = knot - low
    row = np.maximum(number, 0)
    start, end = profiles[row, :, low], profiles[row, :, low + 1]  # (..., 2)
    value = start + (end - start) * np.asarray(part)[..., None]
    return value[..., 0], value[..., 1]


def local(rows, x, z):
    """``(s, lateral)`` of world points relative to each row; ``s`` may lie outside 0..length."""
    arc = rows["plan"] == ARC
    dx, dz = rows["dx"].astype(np.float64), rows["dz"].astype(np.float64)
    vx, vz = x - rows["x0"].astype(np.float64), z - rows["z0"].astype(np.float64)
    turn = np.where(arc, rows["turn"], 1.0)
    along = np.where(arc, turn * (vx * dz - vz * dx), vx * dx + vz * dz)
    across = np.where(arc, vx * dx + vz * dz, vx * dz - vz * dx)
    radius = np.where(arc, rows["radius"], 1.0).astype(np.float64)
    # Angles are measured from the middle of the arc, so that the jump of atan2 lies behind it.
    half = rows["length"] / radius / 2
    angle = np.arctan2(along, across)
    angle = half + np.mod(angle - half + np.pi, 2 * np.pi) - np.pi
    distance = np.hypot(vx, vz)
    return np.where(arc, angle * radius, along), np.where(arc, turn * (radius - distance), across)


def swap_bits(bits):
    """Exchange the left and right bits of ``walls`` or ``open_sides``."""
    return (bits & WALL_LEFT) * WALL_RIGHT + (bits & WALL_RIGHT) // WALL_RIGHT


def reverse(rows, opposite):
    """The same ribbons driven the other way.

    Args:
        rows: ``PATCH`` array (n,).
        opposite: int array (K,): for each profile the number of the one with the opposite bank.
    """
    from tmenv.track.kernels import turn_back  # compiled code is loaded by those who build a track

    out = joined([rows])
    turn_back(out, np.arange(len(out)), opposite)
    return out


def mirror(rows, width, opposite):
    """The same patches with x exchanged for ``width - x``; see ``reverse`` for ``opposite``."""
    out = rows.copy()
    for field in ("x0", "plane_x"):
        out[field] = width - rows[field]
    for field in ("dx", "ex", "turn", "slope_x", "shift"):
        out[field] = -rows[field]
    out["border_left"], out["border_right"] = rows["border_right"], rows["border_left"]
    for field in ("walls", "open_sides"):
        out[field] = swap_bits(rows[field])
    out["profile"] = np.where(rows["profile"] >= 0, opposite[rows["profile"]], -1)
    # A wall must keep its open side on the left, so its foot line is drawn from the other end.
    wall = rows["surface"] == WALL
    out[wall] = reverse(out[wall], opposite)
    return out


def joined(tables) -> np.ndarray:
    """The rows of several ``PATCH`` tables in one new table."""
    # As bytes, because numpy copies and concatenates records column by column.
    return np.frombuffer(bytearray().join(rows.tobytes() for rows in tables), PATCH)
