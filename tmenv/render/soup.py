"""Faces on their way into a mesh, and which material looks like what."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tmenv.constants import Material
from tmenv.render.solids import settled
from tmenv.render.tables import Paint
from tmenv.track.tables import ARC

CHUNK_M = 40.0
"""Longest chunk along a patch."""

ARC_ERROR_M = (0.1, 0.5, 2.0)
"""How far a face may lie off the true arc that it replaces, by level."""

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
    chunk: np.ndarray  # int (n,), the chunk each belongs to
    level: np.ndarray  # int (n,), its level of detail


def soup_of(faces: np.ndarray, chunk: ArrayLike, level: ArrayLike) -> Soup:
    """Faces with their chunk and level (one for all, or one each), made fit to be drawn."""
    chunk, level = (np.broadcast_to(values, len(faces)) for values in (chunk, level))
    faces, owner = settled(faces)
    return Soup(faces, chunk[owner], level[owner])


def joined(soups: list[Soup]) -> Soup:
    """Several soups in one."""
    return Soup(*(np.concatenate(columns) for columns in zip(*soups, strict=True)))


def chunks_of(patches: np.ndarray) -> np.ndarray:
    """Int (P,): how many chunks each patch is cut into."""
    return np.maximum(1, np.ceil(patches["length"] / CHUNK_M)).astype(np.int64)


def first_chunks(patches: np.ndarray) -> np.ndarray:
    """Int (P,): the first chunk of each patch."""
    chunks = chunks_of(patches)
    return np.cumsum(chunks) - chunks


def arc_pieces(rows: np.ndarray, level: int) -> np.ndarray:
    """Pieces that each patch needs so that none leaves its arc too far; 1 for straight ones, not yet whole numbers."""
    arc = rows["plan"] == ARC
    outer = np.maximum(rows["radius"] + np.maximum(rows["border_left"], rows["border_right"]), 8.0)
    widest = 2.0 * np.arccos(1.0 - ARC_ERROR_M[level] / outer)
    return np.where(arc, rows["length"] / np.where(arc, rows["radius"], 1.0) / widest, 1.0)
