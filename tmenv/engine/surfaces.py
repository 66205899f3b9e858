"""What a patch is at a point beyond plain roads: holes in it, height fields, round surfaces and standing walls."""

import math

import numpy as np

from tmenv.engine.compile import device
from tmenv.track.tables import ARC, NODE_SPACING_M

SEAM = np.float32(0.02)
"""m, patches reach this far over their ends, so that no gap opens between neighbours by rounding."""

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_NODES_PER_M = np.float32(1.0 / NODE_SPACING_M)
_LEAST_RADIUS = np.float32(1.0e-6)


@device
def in_opening(world, track, patch, x, z, lateral):
    """Is a place on a straight patch inside its opening, where there is no surface?"""
    hole = world.openings[track.opening_at + patch.opening]
    ahead = (x - patch.x0) * patch.dx + (z - patch.z0) * patch.dz - hole.s
    aside = lateral - hole.lateral
    if hole.radius > _ZERO:
        return ahead * ahead + aside * aside < hole.radius * hole.radius
    return abs(ahead) < hole.half_length and abs(aside) < hole.half_width


@device
def height_field(world, track, patch, x, z, lateral):
    """Height and slopes (along the patch, to its left) of a height field: bilinear between its nodes."""
    along = (x - patch.x0) * patch.dx + (z - patch.z0) * patch.dz
    width = patch.border_left + patch.border_right
    row_at = min(max(along, _ZERO), patch.length) * _NODES_PER_M
    column_at = min(max(lateral + patch.border_right, _ZERO), width) * _NODES_PER_M
    row = min(int(row_at), int(patch.length * _NODES_PER_M) - 1)
    column = min(int(column_at), patch.node_columns - 2)
    p, q = row_at - np.float32(row), column_at - np.float32(column)
    first = track.height_at + patch.nodes + row * patch.node_columns + column
    here, left = world.heights[first], world.heights[first + 1]
    ahead, both = world.heights[first + patch.node_columns], world.heights[first + patch.node_columns + 1]
    near, far = here + q * (left - here), ahead + q * (both - ahead)
    slope_left = (left - here) + p * ((both - ahead) - (left - here))
    return patch.y0 + near + p * (far - near), (far - near) * _NODES_PER_M, slope_left * _NODES_PER_M


@device
def measure_round(patch, x, y, z):
    """A point and the inside of a level cylinder: (inside, distance, nx, ny, nz, lateral, left_x, left_z)."""
    rx, rz = x - patch.x0, z - patch.z0
    a, b = rx * patch.dx + rz * patch.dz, y - patch.y0
    r = max(math.sqrt(a * a + b * b), _LEAST_RADIUS)
    past = patch.from_along * b - patch.from_up * a  # sines of the angles from the first and to the last line, times r
    rest = a * patch.to_up - b * patch.to_along
    lateral = rx * patch.dz - rz * patch.dx
    if patch.shift != _ZERO:
        lateral -= patch.shift * math.atan2(past, patch.from_along * a + patch.from_up * b)
    seam = -SEAM * r
    inside = past * patch.radius >= seam and rest * patch.radius >= seam
    inside = inside and lateral <= patch.border_left + SEAM and -lateral <= patch.border_right + SEAM
    scale = -_ONE / r
    along = a * scale
    return inside, patch.radius - r, along * patch.dx, b * scale, along * patch.dz, lateral, patch.dz, -patch.dx


@device
def measure_wall(patch, x, z):
    """A point and a standing wall: (beside its foot line?, distance in front of it, nx, nz, height of its foot)."""
    rx, rz = x - patch.x0, z - patch.z0
    foot = patch.y0 + patch.slope_x * (x - patch.plane_x) + patch.slope_z * (z - patch.plane_z)
    if patch.plan == ARC:
        start = patch.turn * (patch.dz * rx - patch.dx * rz)
        end = patch.turn * (rz * patch.ex - rx * patch.ez)
        r = max(math.sqrt(rx * rx + rz * rz), _LEAST_RADIUS)
        scale = -patch.turn / r
        beside = start >= -SEAM and end >= -SEAM
        return beside, patch.turn * (patch.radius - r), rx * scale, rz * scale, foot
    along = rx * patch.dx + rz * patch.dz
    beside = along >= -SEAM and along <= patch.length + SEAM
    return beside, rx * patch.dz - rz * patch.dx, patch.dz, -patch.dx, foot
