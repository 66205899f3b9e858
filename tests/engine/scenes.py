"""Scenes made of single patches: slopes, pipes, loops, walls and height fields without a catalogue."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.engine.plain import plain
from tmenv.constants import Material
from tmenv.track.floors import floors
from tmenv.track.tables import (
    ARC,
    FLAT,
    GRID,
    NO_GROUND,
    NO_LINK,
    NODE_SPACING_M,
    NODES,
    OPENING,
    PATCH,
    PLANE,
    PROFILE,
    ROUND,
    WALL,
)

CELLS = 64
"""The grid of a scene reaches this many cells to every side of the origin."""


NO_COAST = {"coast_constant": 0.0, "coast_linear": 0.0}
"""A car that rolls and flies freely with all pedals released."""


def strip(yaw_deg: float = 0.0, **columns: Any) -> np.ndarray:
    """One asphalt patch of 32 m x 32 m from the origin along ``yaw_deg``, with columns replaced."""
    row = np.zeros(1, PATCH)
    yaw = np.radians(yaw_deg)
    row["dx"], row["dz"] = np.sin(yaw), np.cos(yaw)
    row["ex"], row["ez"] = row["dx"], row["dz"]
    row["length"] = 32.0
    row["border_left"] = row["border_right"] = 16.0
    row["strip_edge_0"] = row["strip_edge_1"] = 1.0e3
    for column in ("strip_material_0", "strip_material_1", "strip_material_2"):
        row[column] = Material.ASPHALT
    row["before"] = row["after"] = NO_LINK
    row["profile"] = row["nodes"] = row["opening"] = row["block"] = -1
    for name, value in columns.items():
        row[name] = value
    return row


def deck(**columns: Any) -> np.ndarray:
    """A level patch."""
    return strip(surface=FLAT, **columns)


def plane(y: float, slope_x: float, slope_z: float, **columns: Any) -> np.ndarray:
    """An inclined patch of height ``y`` over the world origin."""
    return strip(surface=PLANE, y0=y, slope_x=slope_x, slope_z=slope_z, **columns)


def profiled(**columns: Any) -> np.ndarray:
    """A patch over the whole of a profile, row 0 of the scene's unless told."""
    row = strip(surface=PROFILE, **{"profile": 0, **columns})
    row["u_per_m"] = 1.0 / row["length"]
    return row


def pipe(radius: float, first_deg: float, last_deg: float, **columns: Any) -> np.ndarray:
    """The inside of a cylinder between two angles from its bottom, in the order of travel; bottom over the origin."""
    first, last = np.radians([first_deg, last_deg])
    values = {"y0": radius, "length": radius * (last - first), "border_left": 200.0, "border_right": 200.0, **columns}
    values.update(from_along=np.sin(first), from_up=-np.cos(first), to_along=np.sin(last), to_up=-np.cos(last))
    return strip(surface=ROUND, radius=radius, **values)


def loop(radius: float, **columns: Any) -> np.ndarray:
    """A full circle, as two halves."""
    return np.concatenate([pipe(radius, 0.0, 180.0, **columns), pipe(radius, 180.0, 360.0, **columns)])


def wall(yaw_deg: float = 0.0, **columns: Any) -> np.ndarray:
    """A standing wall of 8 m along ``yaw_deg``, its open side to the left."""
    return strip(yaw_deg, surface=WALL, **{"wall_height": 8.0, "border_left": 0.0, "border_right": 0.0, **columns})


def arc(turn: float, radius: float, first_deg: float, span_deg: float, **columns: Any) -> dict[str, Any]:
    """Columns of an arc around the origin whose radius begins at a yaw angle, for ``strip`` and the others."""
    first, span = np.radians([first_deg, span_deg])
    last = first + turn * span
    start, end = (np.sin(first), np.cos(first)), (np.sin(last), np.cos(last))
    plan = {"plan": ARC, "turn": turn, "radius": radius, "length": radius * span}
    return {**plan, "dx": start[0], "dz": start[1], "ex": end[0], "ez": end[1], **columns}


def field(heights: np.ndarray, **columns: Any) -> np.ndarray:
    """A height field: row k of ``heights`` lies at k * 2 m along; the scene holds the nodes."""
    rows, columns_count = heights.shape
    width = (columns_count - 1) * NODE_SPACING_M
    size = {"length": (rows - 1) * NODE_SPACING_M, "border_left": width / 2, "border_right": width / 2}
    return strip(surface=NODES, nodes=0, node_columns=columns_count, **{**size, **columns})


def scene(*patches: np.ndarray, ground_y: float = NO_GROUND, **tables: Any) -> SimpleNamespace:
    """A track of patches (every cell lists them all) above ``ground_y``, with a straight route along +z."""
    rows = np.concatenate(patches)
    cells = 4 * CELLS * CELLS
    track = plain()
    track.patches, track.ground_y, track.void_y = rows, ground_y, -1.0e3
    track.grid = np.zeros((), GRID)
    track.grid["cell_x"] = track.grid["cell_z"] = -CELLS
    track.grid["columns"] = track.grid["rows"] = 2 * CELLS
    is_wall = rows["surface"] == WALL
    for name, numbers in (("cell", np.flatnonzero(~is_wall)), ("wall", np.flatnonzero(is_wall))):
        setattr(track, f"{name}_starts", np.arange(cells + 1, dtype=np.int32) * len(numbers))
        setattr(track, f"{name}_patches", np.tile(numbers.astype(np.int32), cells))
    track.cell_ground_y = np.full(cells, ground_y, np.float32)
    track.cell_ground_material = np.full(cells, Material.GRASS, np.int32)
    track.cell_waypoint = np.full(cells, -1, np.int32)
    for name, table in tables.items():
        setattr(track, name, table)
    track.floors = floors(track)
    return track


def opening(**columns: Any) -> np.ndarray:
    """One opening, for the table ``openings``."""
    row = np.zeros(1, OPENING)
    for name, value in columns.items():
        row[name] = value
    return row
