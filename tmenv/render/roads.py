"""Faces of road patches: the surface, its kerbs and walls, its outer sides, at all levels of detail."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tmenv.render.solids import quads
from tmenv.render.soup import PAINT_OF, Soup, arc_pieces, chunks_of, first_chunks, soup_of
from tmenv.render.tables import LEVELS, TINT_ONE, Paint
from tmenv.track import Track, ribbon
from tmenv.track.tables import PROFILE, WALL_LEFT, WALL_RIGHT

PIECE_M = (8.0, 32.0, 64.0)
"""Longest face along the road, by level. The plates of level 0 differ in brightness: that shows speed."""

PROFILE_KNOTS_PER_PIECE = (2, 4, 8)
"""Knots of a height profile that one face spans, by level."""

WALL_THICKNESS_M = 0.5
DECK_M = 1.2
"""Thickness of a road in the air (our choice; the games' differ by block)."""

EARTHED_M = 3.0
"""A road no higher above the ground than this stands on it: its sides reach down and it shows no underside."""

_PLATE_TINTS = (TINT_ONE, TINT_ONE - 9)
_FAR = LEVELS - 1


class Line(NamedTuple):
    """A line along the road, one value per piece."""

    lateral: np.ndarray  # metres to the left of the centreline
    lift: np.ndarray  # metres above the surface


class Band(NamedTuple):
    """Faces between two lines of some pieces; seen from the side of forward x (other - one)."""

    piece: np.ndarray  # int (n,)
    one: np.ndarray  # float64 (2, n), lateral and lift
    other: np.ndarray
    paint: np.ndarray  # (n,)
    tint: np.ndarray


@dataclass(frozen=True, eq=False)
class Pieces:
    """Road patches cut along their centreline, for every level."""

    rows: np.ndarray  # PATCH (P,)
    start: np.ndarray  # float64 (P,), metres along the patch
    end: np.ndarray
    number: np.ndarray  # int (P,), 0, 1, ... within each patch
    chunk: np.ndarray  # int (P,)
    level: np.ndarray  # int (P,)

    def band(
        self, one: Line, other: Line, paint: ArrayLike, tint: ArrayLike = TINT_ONE, where: ArrayLike = True
    ) -> Band:
        """The faces between two lines, of the pieces ``where`` it says so and the lines differ."""
        count = len(self.rows)
        apart = np.hypot(other.lateral - one.lateral, other.lift - one.lift) > 1e-3
        piece = np.flatnonzero(np.broadcast_to(where, count) & apart)
        paint, tint = (np.broadcast_to(values, count)[piece] for values in (paint, tint))
        return Band(piece, np.stack(one)[:, piece], np.stack(other)[:, piece], paint, tint)


def road_faces(track: Track, ground_y: float) -> Soup:
    """All faces of a track's roads."""
    numbers = np.flatnonzero((track.patches["surface"] <= PROFILE) & (track.patches["opening"] < 0))
    parts = _pieces(track.patches, numbers)
    bands = [_far_surface(parts), *_strips(parts), *_sides(track, parts, ground_y)]
    # All bands at once: a call of the ribbon's formulas costs more than the numbers in it.
    band = Band(*(np.concatenate(columns, axis=-1) for columns in zip(*bands, strict=True)))
    rows, start, end = parts.rows[band.piece], parts.start[band.piece], parts.end[band.piece]
    ends = ((start, band.one), (end, band.one), (end, band.other), (start, band.other))
    corners = [_point(track, rows, s, *line) for s, line in ends]
    faces = quads(np.stack(corners, axis=1), band.paint, band.tint)
    return soup_of(faces, parts.chunk[band.piece], parts.level[band.piece])


def _point(track: Track, rows: np.ndarray, s: np.ndarray, lateral: np.ndarray, lift: ArrayLike) -> np.ndarray:
    """World points (n, 3)."""
    x, y, z = ribbon.position(rows, s, lateral, track.profiles)
    return np.stack([x, y + lift, z], axis=-1)


def _pieces(patches: np.ndarray, numbers: np.ndarray) -> Pieces:
    rows, chunks = patches[numbers], chunks_of(patches)[numbers]
    counts = np.concatenate(
        [np.ceil(_wanted(rows, level) / chunks).astype(np.int64) * chunks for level in range(LEVELS)]
    )
    owner = np.repeat(np.tile(np.arange(len(rows)), LEVELS), counts)
    count = np.repeat(counts, counts)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    step = rows["length"].astype(np.float64)[owner] / count
    return Pieces(
        rows=rows[owner],
        start=step * number,
        end=step * (number + 1),
        number=number,
        chunk=first_chunks(patches)[numbers][owner] + number * chunks[owner] // count,
        level=np.repeat(np.arange(LEVELS), counts.reshape(LEVELS, -1).sum(axis=1)),
    )


def _wanted(rows: np.ndarray, level: int) -> np.ndarray:
    """Pieces that each patch should be cut into, not yet whole numbers."""
    wanted = np.maximum(rows["length"] / PIECE_M[level], arc_pieces(rows, level))
    knots = np.abs(rows["u_per_m"]) * rows["length"] * 16.0 / PROFILE_KNOTS_PER_PIECE[level]
    return np.maximum(wanted, np.where(rows["surface"] == PROFILE, knots, 0.0)) - 1e-6


def _far_surface(parts: Pieces) -> Band:
    """Far away the whole width has the colour of its middle."""
    rows = parts.rows
    right, left = _flat(-rows["border_right"]), _flat(rows["border_left"])
    return parts.band(right, left, PAINT_OF[rows["strip_material_0"]], where=parts.level == _FAR)


def _strips(parts: Pieces) -> list[Band]:
    """The road surface, strip by strip from the right border to the left one."""
    rows, plated, odd = parts.rows, parts.level == 0, parts.number % 2
    edges = [-rows["border_right"], -rows["strip_edge_1"], -rows["strip_edge_0"]]
    edges += [rows["strip_edge_0"], rows["strip_edge_1"], rows["border_left"]]
    edges = [np.clip(edge, -rows["border_right"], rows["border_left"]) for edge in edges]
    tint = np.where(plated, np.take(_PLATE_TINTS, odd), TINT_ONE)
    bands = []
    for number, (right, left) in enumerate(pairwise(edges)):
        paint = PAINT_OF[rows[f"strip_material_{abs(number - 2)}"]]
        paint = np.where((paint == Paint.KERB) & plated & (odd == 1), Paint.KERB_ALTERNATE, paint)
        bands.append(parts.band(_flat(right), _flat(left), paint, tint, parts.level < _FAR))
    return bands


def _sides(track: Track, parts: Pieces, ground_y: float) -> list[Band]:
    """Walls, the outer sides down to the ground or round the deck, and the underside of a road in the air."""
    rows = parts.rows
    y = _point(track, rows, (parts.start + parts.end) / 2.0, np.zeros(len(rows)), 0.0)[:, 1]
    near = parts.level < _FAR
    in_air = y - ground_y > EARTHED_M
    bottom = np.where(in_air, -DECK_M, ground_y - y)
    bands = []
    for bit, side, border in ((WALL_LEFT, 1.0, rows["border_left"]), (WALL_RIGHT, -1.0, rows["border_right"])):
        walled, closed = rows["walls"] & bit > 0, rows["open_sides"] & bit == 0
        top = np.where(walled, rows["wall_height"], 0.0)
        outside = border + np.where(walled, WALL_THICKNESS_M, 0.0)
        foot, crest = _flat(side * border), Line(side * border, top)
        crest_out, foot_out = Line(side * outside, top), Line(side * outside, bottom)
        bands.append(_facing(parts, side, foot, crest, Paint.WALL, walled & near))
        bands.append(_facing(parts, side, crest, crest_out, Paint.WALL_TOP, walled & (parts.level == 0)))
        bands.append(_facing(parts, side, crest_out, foot_out, Paint.WALL, closed & near))
    left, right = Line(rows["border_left"], bottom), Line(-rows["border_right"], bottom)
    return [*bands, parts.band(left, right, Paint.UNDERSIDE, where=in_air & near)]


def _facing(parts: Pieces, side: float, one: Line, other: Line, paint: int, where: np.ndarray) -> Band:
    """A band of the left side, and its mirror image on the right."""
    first, second = (one, other) if side > 0.0 else (other, one)
    return parts.band(first, second, paint, where=where)


def _flat(lateral: np.ndarray) -> Line:
    return Line(lateral, np.zeros(len(lateral)))
