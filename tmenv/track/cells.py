"""The cell index: which patches and waypoint triggers lie in each 32 m cell."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tmenv.constants import CELL_M
from tmenv.track import ribbon
from tmenv.track.tables import GRID, NO_GROUND, ROUND, WALL

SHRINK_M = 0.05
"""Patches are clipped this much inside their outline: one that ends on a cell's edge is not listed beyond it."""

SPACING_M = 0.25
"""Spacing of the points that find the cells of a patch (done once per catalogue block, then cached)."""

WALL_DEPTH_M, WALL_REACH_M = 0.7, 1.6
"""A wall is listed in every cell that holds a point this deep in it or this far before it."""

_STRIDE = 1 << 10  # more cells than any block is wide

TRIGGER_MARGIN_M = 6.0
"""A trigger is listed this far before and behind its plane: the nose leads the centre of mass by 2.1 m, and a tick at
the games' top speed moves it by 2.8 m."""


class Ground(NamedTuple):
    """The open ground: a plane, terraces that stand out of it, and cells where a block replaces it."""

    y: float
    material: int
    cells: np.ndarray  # int (n, 2): world cells (x, z) with ground of their own
    heights: np.ndarray  # float (n,), m
    materials: np.ndarray  # int (n,)
    cut: np.ndarray  # int (c, 2): world cells without ground


def occupied(patches: np.ndarray) -> np.ndarray:
    """Cells of the patches of an unrotated block: int32 (m, 3) of patch number, cell x, cell z."""
    found = [np.zeros((0, 3), np.int64)]
    for number in range(len(patches)):
        cells = _cells_of(patches[number : number + 1])
        found.append(np.column_stack([np.full(len(cells), number), cells]))
    return np.concatenate(found).astype(np.int32)


def _cells_of(row: np.ndarray) -> np.ndarray:
    x, z = _round_points(row) if row["surface"][0] == ROUND else _strip_points(row)
    codes = np.unique(np.floor(x / CELL_M).astype(np.int64) * _STRIDE + np.floor(z / CELL_M).astype(np.int64))
    # Points left of or below the block belong to negative cells.
    cell_x = (codes + _STRIDE // 2) // _STRIDE
    return np.column_stack([cell_x, codes - cell_x * _STRIDE])


def _strip_points(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, m) of a patch in plan; of a wall those from which it can be reached."""
    length, left, right = (float(row[field][0]) for field in ("length", "border_left", "border_right"))
    behind, before = (WALL_DEPTH_M, WALL_REACH_M) if row["surface"][0] == WALL else (right, left)
    s = _spread(SHRINK_M, length - SHRINK_M)
    lateral = _spread(SHRINK_M - behind, before - SHRINK_M)
    x, z, hx, hz = ribbon.frame(row, s)
    return x[:, None] + hz[:, None] * lateral, z[:, None] - hx[:, None] * lateral


def _round_points(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    radius, shift, left, right = (float(row[f][0]) for f in ("radius", "shift", "border_left", "border_right"))
    s = _spread(SHRINK_M, float(row["length"][0]) - SHRINK_M)
    angle = np.arctan2(row["from_along"][0], -row["from_up"][0]) + s / radius
    lateral = shift * s[:, None] / radius + _spread(SHRINK_M - right, left - SHRINK_M)
    ahead = radius * np.sin(angle)[:, None]
    dx, dz = float(row["dx"][0]), float(row["dz"][0])
    return row["x0"][0] + ahead * dx + lateral * dz, row["z0"][0] + ahead * dz - lateral * dx


def _spread(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high, max(2, int((high - low) / SPACING_M) + 2))


def trigger_cells(waypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cells that each trigger reaches: ``(numbers (m,), cells (m, 2))``, without repetitions."""
    columns = [waypoints[field].tolist() for field in ("x", "z", "nx", "nz", "half_width")]
    found = []
    for number, (x, z, *plane) in enumerate(zip(*columns, strict=True)):
        own_x, own_z = int(x // CELL_M), int(z // CELL_M)
        around = _cells_around(x - CELL_M * own_x, z - CELL_M * own_z, *plane)
        found += [(number, own_x + cell_x, own_z + cell_z) for cell_x, cell_z in around]
    rows = np.array(found, np.int64).reshape(-1, 3)
    return rows[:, 0], rows[:, 1:]


@lru_cache(maxsize=4096)
def _cells_around(x: float, z: float, nx: float, nz: float, half_width: float) -> list[tuple[int, int]]:
    """Cells that a trigger reaches whose middle lies at (x, z) of cell (0, 0), in order."""
    found = set()
    for side in (-1.0, -0.5, 0.0, 0.5, 1.0):
        lateral = side * (half_width - SHRINK_M)
        for along in (-TRIGGER_MARGIN_M, 0.0, TRIGGER_MARGIN_M):
            cell_x, cell_z = (x + nz * lateral + nx * along) // CELL_M, (z - nx * lateral + nz * along) // CELL_M
            found.add((int(cell_x), int(cell_z)))
    return sorted(found)


def index(listed: np.ndarray, walls: np.ndarray, ground: Ground, waypoints: np.ndarray) -> dict[str, np.ndarray]:
    """Build the index of a track; sets ``next_in_cell`` of the waypoints.

    Args:
        listed: int (m, 3): patch number and world cell (x, z) of each pair, without walls.
        walls: the same for walls.
        ground: where it is and is not.
        waypoints: ``WAYPOINT`` (w,), changed in place.

    Returns:
        The tables of a ``Track`` that count in cells, by name.
    """
    numbers, reached = trigger_cells(waypoints)
    everywhere = np.concatenate([listed[:, 1:], walls[:, 1:], ground.cells, reached])
    if not len(everywhere):
        everywhere = np.zeros((1, 2), np.int64)
    low, high = everywhere.min(axis=0), everywhere.max(axis=0)
    columns, rows = (high - low + 1).tolist()
    count = columns * rows
    grid = np.zeros((), GRID)
    grid["cell_x"], grid["cell_z"], grid["columns"], grid["rows"] = low[0], low[1], columns, rows

    def number_of(cells: np.ndarray) -> np.ndarray:
        return (cells[:, 1] - low[1]) * columns + cells[:, 0] - low[0]

    starts, patches = _rows(number_of(listed[:, 1:]), listed[:, 0], count)
    wall_starts, wall_patches = _rows(number_of(walls[:, 1:]), walls[:, 0], count)
    ground_y = np.full(count, ground.y, np.float32)
    ground_material = np.full(count, ground.material, np.int32)
    if len(ground.cells):
        # Highest ground last: terraces are stacked, and the top one is what a car meets.
        order = np.argsort(ground.heights, kind="stable")
        place = number_of(ground.cells[order])
        ground_y[place], ground_material[place] = ground.heights[order], ground.materials[order]
    if len(ground.cut):
        ground_y[number_of(ground.cut)] = NO_GROUND
    return {
        "grid": grid,
        "cell_starts": starts,
        "cell_patches": patches,
        "wall_starts": wall_starts,
        "wall_patches": wall_patches,
        "cell_ground_y": ground_y,
        "cell_ground_material": ground_material,
        "cell_waypoint": _chain(waypoints, numbers, number_of(reached), count),
    }


def _rows(cell: np.ndarray, patch: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Compressed rows: where the patches of each cell begin, and the patches in order."""
    starts = np.zeros(count + 1, np.int32)
    if not len(cell):
        return starts, np.zeros(0, np.int32)
    np.cumsum(np.bincount(cell, minlength=count), out=starts[1:])
    return starts, patch[np.lexsort((patch, cell))].astype(np.int32)


def _chain(waypoints: np.ndarray, numbers: np.ndarray, cell: np.ndarray, cells: int) -> np.ndarray:
    """Chain waypoints that share cells.

    A waypoint has only one ``next_in_cell`` but may reach several cells, so waypoints that are connected
    through any cells form one chain, and each of those cells starts at its head. A trigger that does not
    reach the cell itself costs one comparison there and cannot fire.
    """
    group = np.arange(len(waypoints))
    by_cell: dict[int, int] = {}
    for number, place in zip(numbers.tolist(), cell.tolist(), strict=True):
        first = by_cell.setdefault(place, number)
        if group[first] != group[number]:
            group[group == group[number]] = group[first]
    waypoints["next_in_cell"] = -1
    heads: dict[int, int] = {}
    last: dict[int, int] = {}
    for number, leader in enumerate(group.tolist()):
        if leader in last:
            waypoints["next_in_cell"][last[leader]] = number
        heads.setdefault(leader, number)
        last[leader] = number
    first_of_cell = np.full(cells, -1, np.int32)
    for place, number in by_cell.items():
        first_of_cell[place] = heads[int(group[number])]
    return first_of_cell
