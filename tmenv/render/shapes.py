"""Faces of the patches that are no roads: height fields, round surfaces, walls, roads with a hole, raised ground."""

import numpy as np
from numpy.typing import ArrayLike

from tmenv.constants import CELL_M
from tmenv.render.solids import quads
from tmenv.render.soup import PAINT_OF, Soup, arc_pieces, first_chunks, joined, soup_of
from tmenv.render.tables import FACE, LEVELS, TINT_ONE, Paint
from tmenv.track import Track, ribbon
from tmenv.track.tables import NODE_SPACING_M, NODES, PROFILE, ROUND, WALL

NODE_STEP = (2, 4, 8)
"""Nodes of a height field that one face spans, by level."""

TURN_PER_FACE = np.radians((9.0, 18.0, 36.0))
"""Part of a round surface that one face spans, by level."""

SLICE_M = (2.0, 4.0, 8.0)
"""Length of the faces around a hole, by level."""

_STRIPE_TINTS = (TINT_ONE, TINT_ONE - 9)


def shape_faces(track: Track) -> Soup:
    """All patches that are no plain roads, at all levels."""
    patches, chunks = track.patches, first_chunks(track.patches)
    makers = {NODES: node_faces, ROUND: round_faces, WALL: wall_faces}
    faces, owners, levels = [np.zeros(0, FACE)], [], []
    for number in np.flatnonzero((patches["surface"] > PROFILE) | (patches["opening"] >= 0)):
        row = patches[number : number + 1]
        maker = makers.get(int(row["surface"][0]), holed_faces)
        for level in range(LEVELS):
            faces.append(maker(track, row, level))
            owners.append(chunks[number])
            levels.append(level)
    counts = [len(part) for part in faces[1:]]
    owner, level = (np.repeat(np.array(values, np.int64), counts) for values in (owners, levels))
    return soup_of(np.concatenate(faces), owner, level)


def node_faces(track: Track, row: np.ndarray, level: int) -> np.ndarray:
    """A height field: every second, fourth or eighth node."""
    columns = int(row["node_columns"][0])
    rows = round(float(row["length"][0]) / NODE_SPACING_M) + 1
    at = int(row["nodes"][0])
    heights = track.heights[at : at + rows * columns].reshape(rows, columns).astype(np.float64) + row["y0"]
    i, j = _every(rows, NODE_STEP[level]), _every(columns, NODE_STEP[level])
    s, lateral = i * NODE_SPACING_M, j * NODE_SPACING_M - float(row["border_right"][0])
    x, z, hx, hz = ribbon.frame(row, s)
    points = np.stack(
        [x[:, None] + hz[:, None] * lateral, heights[np.ix_(i, j)], z[:, None] - hx[:, None] * lateral], axis=-1
    )
    return _grid_quads(points, PAINT_OF[row["strip_material_0"][0]])


def _every(count: int, step: int) -> np.ndarray:
    """0, step, ... and always the last of ``count`` numbers."""
    return np.unique(np.append(np.arange(0, count, step), count - 1))


def _grid_quads(points: np.ndarray, paint: ArrayLike) -> np.ndarray:
    """Faces of a grid (rows along, columns to the left, 3), seen from the side of along x left."""
    corners = np.stack([points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]], axis=2)
    stripes = np.broadcast_to((np.arange(len(points) - 1) % 2)[:, None], corners.shape[:2])
    return quads(corners.reshape(-1, 4, 3), paint, np.take(_STRIPE_TINTS, stripes.ravel()))


def round_faces(track: Track, row: np.ndarray, level: int) -> np.ndarray:
    """A quarter pipe or a part of a loop: its inside, and its back seen from outside."""
    patch = row[0]
    radius, y = float(patch["radius"]), float(patch["y0"])
    first = np.arctan2(float(patch["from_up"]), float(patch["from_along"]))
    last = np.arctan2(float(patch["to_up"]), float(patch["to_along"]))
    span = float(np.mod(last - first, 2.0 * np.pi))
    angle = np.linspace(0.0, span, max(1, round(span / TURN_PER_FACE[level])) + 1)
    along, up = radius * np.cos(first + angle), radius * np.sin(first + angle)
    dx, dz = float(patch["dx"]), float(patch["dz"])
    lateral = float(patch["shift"]) * angle[:, None] + np.array([-patch["border_right"], patch["border_left"]])
    x = float(patch["x0"]) + dx * along[:, None] + dz * lateral
    z = float(patch["z0"]) + dz * along[:, None] - dx * lateral
    points = np.stack([x, np.broadcast_to(y + up[:, None], x.shape), z], axis=-1)
    inside = _grid_quads(points, PAINT_OF[patch["strip_material_0"]])
    return np.concatenate([inside, _grid_quads(points[:, ::-1], Paint.UNDERSIDE)])


def wall_faces(track: Track, row: np.ndarray, level: int) -> np.ndarray:
    """A standing wall: the side that is driven on or run into, its left, and its back."""
    patch = row[0]
    count = max(1, int(np.ceil(arc_pieces(row, level)[0] - 1e-6)))
    s = np.linspace(0.0, float(patch["length"]), count + 1)
    x, z, _, _ = ribbon.frame(row, s)
    foot = float(patch["y0"]) + patch["slope_x"] * (x - patch["plane_x"]) + patch["slope_z"] * (z - patch["plane_z"])
    low, high = np.stack([x, foot, z], axis=1), np.stack([x, foot + float(patch["wall_height"]), z], axis=1)
    # up x forward is left
    front = np.stack([low[:-1], high[:-1], high[1:], low[1:]], axis=1)
    return np.concatenate([quads(front, Paint.WALL), quads(front[:, ::-1], Paint.UNDERSIDE)])


def holed_faces(track: Track, row: np.ndarray, level: int) -> np.ndarray:
    """A straight road with a hole: slices across, on both sides of the hole's edge."""
    hole = track.openings[row["opening"][0]]
    length, right, left = (float(row[name][0]) for name in ("length", "border_right", "border_left"))
    middle, reach = float(hole["s"]), float(hole["radius"] or hole["half_length"])
    cuts = np.append(np.arange(0.0, length, SLICE_M[level]), [middle - reach, middle + reach, length])
    s = np.unique(np.clip(cuts, 0.0, length))
    start, end = s[:-1], s[1:]
    halves = [_half_width(hole, s, (start + end) / 2.0) for s in (start, end)]
    centre, faces = float(hole["lateral"]), []
    for side, border in ((-1.0, -right), (1.0, left)):
        edges = [np.clip(centre + side * half, -right, left) for half in halves]
        borders = [np.full(len(start), border)] * 2
        one, other = (borders, edges) if side < 0.0 else (edges, borders)
        ends = ((start, one[0]), (end, one[1]), (end, other[1]), (start, other[0]))
        points = [np.stack(ribbon.position(row, s, lateral, track.profiles), axis=1) for s, lateral in ends]
        faces.append(quads(np.stack(points, axis=1), PAINT_OF[row["strip_material_0"][0]]))
    return np.concatenate(faces)


def _half_width(hole, s: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Half the width of a hole at ``s``, an end of the slice around ``middle``; 0 beside it."""
    if hole["radius"] > 0.0:
        return np.sqrt(np.maximum(float(hole["radius"]) ** 2 - (s - float(hole["s"])) ** 2, 0.0))
    return np.where(np.abs(middle - float(hole["s"])) < hole["half_length"], float(hole["half_width"]), 0.0)


def terrain_faces(track: Track, ground_y: float, first_chunk: int) -> tuple[Soup, int]:
    """Cells whose ground lies at another height, or is of another material, than the endless ground.

    Returns:
        The faces, a chunk per cell from ``first_chunk`` on, and the number of those chunks.
    """
    grid, heights = track.grid, track.cell_ground_y.astype(np.float64)
    other = (heights != ground_y) | (track.cell_ground_material != track.ground_material)
    cells = np.flatnonzero(np.isfinite(heights) & other)
    table = np.where(np.isfinite(heights), heights, ground_y).reshape(int(grid["rows"]), int(grid["columns"]))
    table = np.pad(table, 1, constant_values=ground_y)
    row, column = np.divmod(cells, int(grid["columns"]))
    x, z = CELL_M * (column + int(grid["cell_x"])), CELL_M * (row + int(grid["cell_z"]))
    corners = [(0.0, 0.0), (0.0, CELL_M), (CELL_M, CELL_M), (CELL_M, 0.0)]  # counter-clockwise seen from above
    tops = [np.stack([x + dx, heights[cells], z + dz], axis=1) for dx, dz in corners]
    paint = PAINT_OF[track.cell_ground_material[cells]]
    faces, owners = [quads(np.stack(tops, axis=1), paint)], [np.arange(len(cells))]
    for side, (dx, dz) in enumerate(((-1, 0), (0, 1), (1, 0), (0, -1))):
        below = table[row + 1 + dz, column + 1 + dx]
        bank = np.flatnonzero(below < heights[cells])
        one, two = tops[side][bank], tops[(side + 1) % 4][bank]
        feet = [np.column_stack([top[:, 0], below[bank], top[:, 2]]) for top in (one, two)]
        faces.append(quads(np.stack([one, feet[0], feet[1], two], axis=1), paint[bank]))
        owners.append(bank)
    soups = [soup_of(np.concatenate(faces), first_chunk + np.concatenate(owners), level) for level in range(LEVELS)]
    return joined(soups), len(cells)
