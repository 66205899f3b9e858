"""Faces of ribbon patches: the road, its kerbs and its walls, at each level of detail."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tmenv.constants import Material
from tmenv.render.solids import quads, settled
from tmenv.render.tables import LEVELS, TINT_ONE, Paint
from tmenv.track import Track, ribbon
from tmenv.track.tables import ARC, PROFILE, WALL_LEFT, WALL_RIGHT

CHUNK_M = 40.0
"""Longest chunk, along the road."""

PIECE_M = (8.0, 32.0, 64.0)
"""Longest face along the road, by level. The plates of level 0 differ in brightness: that shows speed."""

ARC_ERROR_M = (0.1, 0.5, 2.0)
"""How far the outer border of a curve may lie off the true arc, by level."""

PROFILE_KNOTS_PER_PIECE = (2, 4, 8)
"""Knots of a height profile that one face spans, by level."""

WALL_THICKNESS_M = 0.5
DECK_M = 1.2
"""Thickness of a road in the air (our choice; the games' differ by block)."""

EARTHED_M = 3.0
"""A road no higher above the ground than this stands on it: its sides reach down and it shows no underside."""

_PLATE_TINTS = (TINT_ONE, TINT_ONE - 9)
_TOP_LEVEL, _NEAR_LEVEL = LEVELS - 1, 0

PAINT_OF = np.full(Material.COUNT, Paint.ROAD, np.uint8)
"""Paint of each surface material; one that is not listed looks like a road."""
for _material, _paint in (
    (Material.CONCRETE, Paint.CONCRETE),
    (Material.GRASS, Paint.GRASS),
    (Material.METAL, Paint.METAL),
    (Material.DIRT, Paint.DIRT),
    (Material.TURBO, Paint.TURBO),
    (Material.RUBBER, Paint.KERB),
    (Material.FREE_WHEEL, Paint.FREE_WHEEL),
):
    PAINT_OF[_material] = _paint


class Soup(NamedTuple):
    """Faces that do not yet know where they are stored."""

    faces: np.ndarray  # FACE (n,)
    chunk: np.ndarray  # int (n,): the chunk each belongs to


class Line(NamedTuple):
    """A line along the road: metres to the left of the centreline, metres above the surface, one value per piece."""

    lateral: np.ndarray
    lift: np.ndarray


@dataclass(frozen=True, eq=False)
class Pieces:
    """The faces' extents along the road: P pieces of patches."""

    track: Track
    rows: np.ndarray  # PATCH (P,)
    start: np.ndarray  # float64 (P,), metres along the patch
    end: np.ndarray
    number: np.ndarray  # int (P,), 0, 1, ... within each patch
    chunk: np.ndarray  # int (P,)

    def corner(self, s: np.ndarray, line: Line) -> np.ndarray:
        """World points (P, 3)."""
        x, y, z = ribbon.position(self.rows, s, line.lateral, self.track.profiles)
        return np.stack([x, y + line.lift, z], axis=-1)

    def sweep(self, one: Line, other: Line, paint: ArrayLike, tint: ArrayLike, where: ArrayLike = True) -> Soup:
        """Faces between two lines; they are seen from the side of (forward x (other - one))."""
        keep = np.broadcast_to(where, len(self.rows)) & (
            np.hypot(other.lateral - one.lateral, other.lift - one.lift) > 1e-3
        )
        ends = [self.corner(s, line)[keep] for s, line in ((self.start, one), (self.end, one))]
        ends += [self.corner(s, line)[keep] for s, line in ((self.end, other), (self.start, other))]
        paint = np.broadcast_to(paint, len(self.rows))[keep]
        tint = np.broadcast_to(tint, len(self.rows))[keep]
        faces, owner = settled(quads(np.stack(ends, axis=1), paint, tint))
        return Soup(faces, self.chunk[keep][owner])


def chunks_of(patches: np.ndarray) -> np.ndarray:
    """Int (P,): how many chunks each patch is cut into."""
    return np.maximum(1, np.ceil(patches["length"] / CHUNK_M)).astype(np.int64)


def pieces(track: Track, level: int) -> Pieces:
    """Cut every patch into pieces that look right at this level, each within one chunk."""
    rows = track.patches
    chunks = chunks_of(rows)
    counts = np.ceil(_pieces_wanted(rows, level) / chunks).astype(np.int64) * chunks
    owner = np.repeat(np.arange(len(rows)), counts)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    step = rows["length"].astype(np.float64) / counts
    first_chunk = np.cumsum(chunks) - chunks
    return Pieces(
        track=track,
        rows=rows[owner],
        start=step[owner] * number,
        end=step[owner] * (number + 1),
        number=number,
        chunk=first_chunk[owner] + number * chunks[owner] // counts[owner],
    )


def _pieces_wanted(rows: np.ndarray, level: int) -> np.ndarray:
    length = rows["length"].astype(np.float64)
    wanted = length / PIECE_M[level]
    arc = rows["plan"] == ARC
    outer = rows["radius"] + np.maximum(rows["border_left"], rows["border_right"])
    widest = 2.0 * np.arccos(1.0 - ARC_ERROR_M[level] / np.maximum(outer, 8.0))
    wanted = np.where(arc, np.maximum(wanted, length / np.where(arc, rows["radius"], 1.0) / widest), wanted)
    knots = np.abs(rows["u_per_m"]) * length * 16.0 / PROFILE_KNOTS_PER_PIECE[level]
    return np.maximum(1.0, np.where(rows["surface"] == PROFILE, np.maximum(wanted, knots), wanted) - 1e-6)


def ribbon_faces(track: Track, level: int, ground_y: float) -> Soup:
    """All faces of a track's ribbons at one level."""
    parts = pieces(track, level)
    if level == _TOP_LEVEL:
        return joined(_far_surface(parts))
    return joined([*_strips(parts, level), *_sides(parts, level, ground_y)])


def _far_surface(parts: Pieces) -> list[Soup]:
    """Far away the whole width has the colour of its middle."""
    rows = parts.rows
    right, left = _flat_line(-rows["border_right"]), _flat_line(rows["border_left"])
    return [parts.sweep(right, left, PAINT_OF[rows["strip_material_0"]], TINT_ONE)]


def _strips(parts: Pieces, level: int) -> list[Soup]:
    """The road surface, strip by strip from the right border to the left one."""
    rows = parts.rows
    edges = [-rows["border_right"], -rows["strip_edge_1"], -rows["strip_edge_0"]]
    edges += [rows["strip_edge_0"], rows["strip_edge_1"], rows["border_left"]]
    edges = [np.clip(edge, -rows["border_right"], rows["border_left"]) for edge in edges]
    tint = np.take(_PLATE_TINTS, parts.number % 2) if level == _NEAR_LEVEL else TINT_ONE
    soups = []
    for number, (right, left) in enumerate(pairwise(edges)):
        paint = PAINT_OF[rows[f"strip_material_{abs(number - 2)}"]]
        if level == _NEAR_LEVEL:
            paint = np.where((paint == Paint.KERB) & (parts.number % 2 == 1), Paint.KERB_ALTERNATE, paint)
        soups.append(parts.sweep(_flat_line(right), _flat_line(left), paint, tint))
    return soups


def _sides(parts: Pieces, level: int, ground_y: float) -> list[Soup]:
    """Walls, the outer sides down to the ground or round the deck, and the underside of a road in the air."""
    rows = parts.rows
    y = parts.corner((parts.start + parts.end) / 2.0, _flat_line(np.zeros(len(rows))))[:, 1]
    in_air = y - ground_y > EARTHED_M
    bottom = np.where(in_air, -DECK_M, ground_y - y)
    soups = []
    for bit, side, border in ((WALL_LEFT, 1.0, rows["border_left"]), (WALL_RIGHT, -1.0, rows["border_right"])):
        walled = rows["walls"] & bit > 0
        closed = rows["open_sides"] & bit == 0
        top = np.where(walled, rows["wall_height"], 0.0)
        outside = border + np.where(walled, WALL_THICKNESS_M, 0.0)
        foot, crest = Line(side * border, 0.0 * top), Line(side * border, top)
        crest_out, foot_out = Line(side * outside, top), Line(side * outside, bottom)
        soups.append(_facing(parts, side, foot, crest, Paint.WALL, walled))
        if level == _NEAR_LEVEL:
            soups.append(_facing(parts, side, crest, crest_out, Paint.WALL_TOP, walled))
        soups.append(_facing(parts, side, crest_out, foot_out, Paint.WALL, closed))
    left, right = Line(rows["border_left"], bottom), Line(-rows["border_right"], bottom)
    return [*soups, parts.sweep(left, right, Paint.UNDERSIDE, TINT_ONE, in_air)]


def _facing(parts: Pieces, side: float, one: Line, other: Line, paint: int, where: np.ndarray) -> Soup:
    """A sweep for the left side, and its mirror image for the right."""
    first, second = (one, other) if side > 0.0 else (other, one)
    return parts.sweep(first, second, paint, TINT_ONE, where)


def _flat_line(lateral: np.ndarray) -> Line:
    return Line(lateral, np.zeros(len(lateral)))


def joined(soups: list[Soup]) -> Soup:
    """Several soups in one."""
    return Soup(np.concatenate([soup.faces for soup in soups]), np.concatenate([soup.chunk for soup in soups]))
