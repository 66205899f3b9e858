"""Which surface is below a point: the reference for the engine's kernels, vectorised over points.

The rule is the engine's: of all surfaces within reach whose normal looks up the car, the most penetrated one counts.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tmenv.constants import CELL_M
from tmenv.track import ribbon
from tmenv.track.tables import (
    ARC,
    NODE_SPACING_M,
    NODES,
    PLANE,
    PROFILE,
    PROFILE_KNOTS,
    ROUND,
    WALL,
    WALL_LEFT,
    WALL_RIGHT,
)

if TYPE_CHECKING:
    from tmenv.track.scene import Scene

LOWEST_M, HIGHEST_M = -0.7, 1.6
"""Signed distances within which a surface carries a wheel: deeper is another level, higher is out of reach."""

LEAST_FACING = 0.3
"""Least cosine between a surface's normal and the car's up."""

GROUND_MARGIN_M = 0.3
"""Open ground wins over a patch only if it is higher by this much."""

SEAM_M = 0.02
"""Patches reach this far over their ends, so that no gap opens between neighbours by rounding."""

WALL_DEPTH_M = 1.5
"""The road goes on this far behind a wall on its border."""

IN_WALL_M = (-1.0, 0.6)
"""Signed distances from a wall at which a car cannot be."""

_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class Touch:
    """The surface below each of n points.

    Attributes:
        patch: int64 (n,): patch of the scene, -1 on open ground or over nothing.
        distance: float64 (n,): signed distance along the normal, m; inf over nothing.
        normal: float64 (n, 3): unit normal, towards the open side.
        material: int64 (n,): ``constants.Material``; -1 over nothing.
        block: int64 (n,): index of the block in the map, -1 on open ground or over nothing.
    """

    patch: np.ndarray
    distance: np.ndarray
    normal: np.ndarray
    material: np.ndarray
    block: np.ndarray


def below(scene: "Scene", points: np.ndarray, up: np.ndarray | None = None) -> Touch:
    """The surface below (or slightly above) each point.

    Args:
        scene: a scene or track.
        points: float (n, 3): world positions.
        up: float (n, 3) or (3,): the car's up axis at each point; None means upright cars.
    """
    points = np.asarray(points, np.float64)
    up = np.broadcast_to(np.array([0.0, 1.0, 0.0]) if up is None else np.asarray(up, np.float64), points.shape)
    parts = [_below(scene, points[i : i + _CHUNK], up[i : i + _CHUNK]) for i in range(0, max(1, len(points)), _CHUNK)]
    return Touch(*(np.concatenate([getattr(part, name) for part in parts]) for name in Touch.__dataclass_fields__))


def _below(scene: "Scene", points: np.ndarray, up: np.ndarray) -> Touch:
    cell = cells_of(scene, points)
    found = Touch(
        np.full(len(points), -1),
        np.full(len(points), np.inf),
        np.tile([0.0, 1.0, 0.0], (len(points), 1)),
        np.full(len(points), -1),
        np.full(len(points), -1),
    )
    point, patch = _candidates(scene, cell)
    inside, distance, normal, lateral = measure(scene, patch, points[point])
    facing = (normal * up[point]).sum(axis=1)
    near = np.flatnonzero(inside & (facing >= LEAST_FACING) & (distance > LOWEST_M) & (distance < HIGHEST_M))
    order = near[np.lexsort((patch[near], distance[near], point[near]))]
    first = order[np.unique(point[order], return_index=True)[1]]
    point, patch = point[first], patch[first]
    found.patch[point], found.distance[point], found.normal[point] = patch, distance[first], normal[first]
    found.material[point] = strip_material(scene.patches[patch], lateral[first])
    found.block[point] = scene.patches["block"][patch]
    _onto_ground(scene, cell, points, up, found)
    return found


def _onto_ground(scene: "Scene", cell: np.ndarray, points: np.ndarray, up: np.ndarray, found: Touch) -> None:
    """Points that stand on open ground, in place."""
    inside = cell >= 0
    y = np.where(inside, scene.cell_ground_y[cell], scene.ground_y)
    material = np.where(inside, scene.cell_ground_material[cell], scene.ground_material)
    height = points[:, 1] - y
    wins = (height > LOWEST_M) & (height < HIGHEST_M) & (up[:, 1] >= LEAST_FACING)
    wins &= (height < found.distance - GROUND_MARGIN_M) | (found.patch < 0)
    found.patch[wins], found.block[wins], found.material[wins] = -1, -1, material[wins]
    found.distance[wins], found.normal[wins] = height[wins], (0.0, 1.0, 0.0)


def cells_of(scene: "Scene", points: np.ndarray) -> np.ndarray:
    """Number of the cell that holds each point (n, 3), -1 outside the grid."""
    i = np.floor(points[:, 0] / CELL_M).astype(np.int64) - int(scene.grid["cell_x"])
    k = np.floor(points[:, 2] / CELL_M).astype(np.int64) - int(scene.grid["cell_z"])
    columns, rows = int(scene.grid["columns"]), int(scene.grid["rows"])
    outside = (i < 0) | (k < 0) | (i >= columns) | (k >= rows)
    return np.where(outside, -1, k * columns + i)


def _candidates(scene: "Scene", cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of a point and a patch of its cell: two int arrays (m,)."""
    tables = (scene.cell_starts, scene.cell_patches), (scene.wall_starts, scene.wall_patches)
    point, patch = zip(*(pairs(cell, starts, patches) for starts, patches in tables), strict=True)
    return np.concatenate(point), np.concatenate(patch)


def pairs(cell: np.ndarray, starts: np.ndarray, patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of an index into ``cell`` (n,) and a patch of that cell, in the cell's order: two int64 (m,)."""
    point = np.flatnonzero(cell >= 0)
    first, last = starts[cell[point]].astype(np.int64), starts[cell[point] + 1].astype(np.int64)
    count = last - first
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(point, count), patches[np.repeat(first, count) + offset].astype(np.int64)


def in_wall(scene: "Scene", points: np.ndarray) -> np.ndarray:
    """Is each point (n, 3) in a standing wall, or too near to its face for a car? bool (n,)."""
    point, patch = pairs(cells_of(scene, points), scene.wall_starts, scene.wall_patches)
    inside, distance, _, _ = measure(scene, patch, points[point])
    low, high = IN_WALL_M
    found = np.zeros(len(points), bool)
    found[point[inside & (distance > low) & (distance < high)]] = True
    return found


def strip_material(rows: np.ndarray, lateral: np.ndarray) -> np.ndarray:
    """Surface id at a lateral offset of each patch."""
    side = np.abs(lateral)
    outer = np.where(side < rows["strip_edge_1"], rows["strip_material_1"], rows["strip_material_2"])
    return np.where(side < rows["strip_edge_0"], rows["strip_material_0"], outer)


def measure(scene: "Scene", patch: np.ndarray, points: np.ndarray):
    """Points relative to one patch each.

    Args:
        scene: holds the tables that ``patch`` counts in.
        patch: int (m,): patch number for each point.
        points: float (m, 3).

    Returns:
        ``inside`` bool (m,): the patch reaches there, however far above or below; ``distance`` (m,) signed, metres;
        ``normal`` (m, 3); ``lateral`` (m,): metres left of the centreline.
    """
    surface = scene.patches["surface"][patch]
    inside, distance, lateral = np.zeros(len(patch), bool), np.zeros(len(patch)), np.zeros(len(patch))
    normal = np.zeros((len(patch), 3))
    for mask, measured in (
        (surface < NODES, _road),
        (surface == NODES, _nodes),
        (surface == ROUND, _round),
        (surface == WALL, _wall),
    ):
        if mask.any():
            result = measured(scene, scene.patches[patch[mask]], points[mask])
            inside[mask], distance[mask], normal[mask], lateral[mask] = result
    return inside, distance, normal, lateral


def _within(scene: "Scene", rows: np.ndarray, s: np.ndarray, lateral: np.ndarray) -> np.ndarray:
    """Is the place on the patch in plan?"""
    left = rows["border_left"] + np.where(rows["walls"] & WALL_LEFT, WALL_DEPTH_M, SEAM_M)
    right = rows["border_right"] + np.where(rows["walls"] & WALL_RIGHT, WALL_DEPTH_M, SEAM_M)
    inside = (s >= -SEAM_M) & (s <= rows["length"] + SEAM_M) & (lateral <= left) & (-lateral <= right)
    return inside & ~_in_opening(scene, rows, s, lateral)


def _in_opening(scene: "Scene", rows: np.ndarray, s: np.ndarray, lateral: np.ndarray) -> np.ndarray:
    if not len(scene.openings):
        return np.zeros(len(rows), bool)
    opening = scene.openings[np.maximum(rows["opening"], 0)]
    ahead, aside = np.abs(s - opening["s"]), np.abs(lateral - opening["lateral"])
    in_rectangle = (ahead < opening["half_length"]) & (aside < opening["half_width"])
    in_disc = np.hypot(ahead, aside) < opening["radius"]
    return (rows["opening"] >= 0) & np.where(opening["radius"] > 0, in_disc, in_rectangle)


def _road(scene: "Scene", rows: np.ndarray, points: np.ndarray):
    x, y, z = points.T
    s, lateral = ribbon.local(rows, x, z)
    height = ribbon.height(rows, s, lateral, (x, z), scene.profiles)
    slope_x = np.where(rows["surface"] == PLANE, rows["slope_x"], 0.0).astype(np.float64)
    slope_z = np.where(rows["surface"] == PLANE, rows["slope_z"], 0.0).astype(np.float64)
    bent = rows["surface"] == PROFILE
    if bent.any():
        ahead, across = _profile_slopes(scene, rows[bent], s[bent], lateral[bent])
        _, _, hx, hz = ribbon.frame(rows[bent], s[bent])
        slope_x[bent], slope_z[bent] = ahead * hx + across * hz, ahead * hz - across * hx
    return (_within(scene, rows, s, lateral), *_above(y - height, slope_x, slope_z), lateral)


def _above(height: np.ndarray, slope_x: np.ndarray, slope_z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance and normal of points ``height`` above a surface y(x, z) with these slopes."""
    normal = np.stack([-slope_x, np.ones_like(height), -slope_z], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return height * normal[:, 1], normal


def _profile_slopes(scene: "Scene", rows: np.ndarray, s: np.ndarray, lateral: np.ndarray):
    """dy per metre along the centreline's direction and to the left."""
    u = rows["u_start"] + s * rows["u_per_m"]
    low = np.clip((np.clip(u, 0.0, 1.0) * (PROFILE_KNOTS - 1)).astype(np.int64), 0, PROFILE_KNOTS - 2)
    step = scene.profiles[rows["profile"], :, low + 1].astype(np.float64) - scene.profiles[rows["profile"], :, low]
    ahead = (step[:, 0] + lateral * step[:, 1]) * (PROFILE_KNOTS - 1) * rows["u_per_m"]
    # The same height step over a shorter or longer way beside the centreline of an arc.
    radius = np.where(rows["plan"] == ARC, rows["radius"], 1.0)
    ahead = ahead * radius / np.where(rows["plan"] == ARC, np.maximum(radius - rows["turn"] * lateral, 1.0), 1.0)
    return ahead, ribbon.profile_at(scene.profiles, rows["profile"], u)[1]


def _nodes(scene: "Scene", rows: np.ndarray, points: np.ndarray):
    x, y, z = points.T
    s, lateral = ribbon.local(rows, x, z)
    columns = rows["node_columns"].astype(np.int64)
    along = np.clip(s, 0.0, rows["length"]) / NODE_SPACING_M
    across = np.clip(lateral + rows["border_right"], 0.0, (columns - 1) * NODE_SPACING_M) / NODE_SPACING_M
    k = np.minimum(along.astype(np.int64), np.rint(rows["length"] / NODE_SPACING_M).astype(np.int64) - 1)
    j = np.minimum(across.astype(np.int64), columns - 2)
    p, q = along - k, across - j
    first = rows["nodes"] + k * columns + j
    h00, h01 = scene.heights[first].astype(np.float64), scene.heights[first + 1].astype(np.float64)
    h10, h11 = scene.heights[first + columns].astype(np.float64), scene.heights[first + columns + 1].astype(np.float64)
    near, far = h00 + q * (h01 - h00), h10 + q * (h11 - h10)
    ahead = (far - near) / NODE_SPACING_M
    left = ((h01 - h00) + p * ((h11 - h10) - (h01 - h00))) / NODE_SPACING_M
    dx, dz = rows["dx"].astype(np.float64), rows["dz"].astype(np.float64)
    height = y - rows["y0"] - (near + p * (far - near))
    distance, normal = _above(height, ahead * dx + left * dz, ahead * dz - left * dx)
    return _within(scene, rows, s, lateral), distance, normal, lateral


def _round(scene: "Scene", rows: np.ndarray, points: np.ndarray):
    x, y, z = points.T
    dx, dz = rows["dx"].astype(np.float64), rows["dz"].astype(np.float64)
    a = (x - rows["x0"]) * dx + (z - rows["z0"]) * dz
    b = y - rows["y0"]
    r = np.maximum(np.hypot(a, b), 1e-9)
    past = (rows["from_along"] * b - rows["from_up"] * a) / r  # sine of the angle from the first line
    left = (a * rows["to_up"] - b * rows["to_along"]) / r  # and to the last one
    angle = np.arctan2(past, (rows["from_along"] * a + rows["from_up"] * b) / r)
    lateral = (x - rows["x0"]) * dz - (z - rows["z0"]) * dx - rows["shift"] * angle
    inside = (past * rows["radius"] >= -SEAM_M) & (left * rows["radius"] >= -SEAM_M)
    inside &= (lateral <= rows["border_left"] + SEAM_M) & (-lateral <= rows["border_right"] + SEAM_M)
    normal = np.stack([-a / r * dx, -b / r, -a / r * dz], axis=1)
    return inside, rows["radius"] - r, normal, lateral


def _wall(scene: "Scene", rows: np.ndarray, points: np.ndarray):
    x, y, z = points.T
    s, lateral = ribbon.local(rows, x, z)
    foot = rows["y0"] + rows["slope_x"] * (x - rows["plane_x"]) + rows["slope_z"] * (z - rows["plane_z"])
    inside = (s >= -SEAM_M) & (s <= rows["length"] + SEAM_M)
    inside &= (y >= foot - SEAM_M) & (y <= foot + rows["wall_height"])
    _, _, hx, hz = ribbon.frame(rows, s)
    normal = np.stack([hz, np.zeros(len(rows)), -hx], axis=1)
    return inside, lateral, normal, np.zeros(len(rows))
