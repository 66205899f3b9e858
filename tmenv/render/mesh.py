"""``build_mesh``: the scenery of a track as faces in three levels of detail, in chunks and regions."""

from dataclasses import dataclass

import numpy as np

from tmenv.constants import CELL_M
from tmenv.render.gates import gate_faces
from tmenv.render.ribbons import chunks_of, joined, ribbon_faces
from tmenv.render.tables import CHUNK, LEVELS, REGION
from tmenv.track import Track

REGION_M = 8 * CELL_M
"""Edge of a region in plan: chunks whose middles share it are culled together."""

GROUND_BELOW_M = 2.0
"""Where a game's ground height is unknown, it is drawn this far below the lowest road: TM2020's road lies 2.0 m above
the base of its block (measured), and the lowest blocks mostly stand on the grass."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """What a track looks like.

    Attributes:
        faces: ``FACE`` (F,).
        chunks: ``CHUNK`` (C,), sorted by region.
        regions: ``REGION`` (R,).
        ground_y: height of the endless ground, m.
    """

    faces: np.ndarray
    chunks: np.ndarray
    regions: np.ndarray
    ground_y: float


def build_mesh(track: Track) -> Mesh:
    """The mesh of a track's surfaces, walls and gates: a few milliseconds for a hundred blocks."""
    ground_y = ground_height(track)
    ribbon_chunks = int(chunks_of(track.patches).sum())
    count = ribbon_chunks + len(track.waypoints)
    soups = [
        joined([ribbon_faces(track, level, ground_y), gate_faces(track, level, ribbon_chunks)])
        for level in range(LEVELS)
    ]
    chunks, order = _chunks([soup.chunk for soup in soups], [soup.faces for soup in soups], count)
    faces = np.concatenate([soup.faces for soup in soups])[order]
    chunks, regions = _regions(chunks)
    return Mesh(faces, chunks, regions, ground_y)


def ground_height(track: Track) -> float:
    """Height at which the endless ground is drawn, m."""
    if np.isfinite(track.ground_y):
        return track.ground_y
    return float(track.patches["y0"].min()) - GROUND_BELOW_M


def _chunks(owners: list[np.ndarray], faces: list[np.ndarray], count: int) -> tuple[np.ndarray, np.ndarray]:
    """``CHUNK`` (count,) and the order that puts the faces of all levels, one level after the other, by chunk."""
    level = np.repeat(np.arange(LEVELS), [len(owner) for owner in owners])
    owner = np.concatenate(owners)
    order = np.lexsort((level, owner))
    counts = np.bincount(owner * LEVELS + level, minlength=count * LEVELS)
    chunks = np.zeros(count, CHUNK)
    chunks["face_count"] = counts.reshape(count, LEVELS)
    chunks["face_at"] = (np.cumsum(counts) - counts).reshape(count, LEVELS)
    near = np.concatenate([owners[0], owners[-1]])
    low, high = _bounds(near, np.concatenate([faces[0]["corners"], faces[-1]["corners"]]), count)
    chunks["centre"] = (low + high) / 2.0
    chunks["radius"] = np.linalg.norm(high - low, axis=1) / 2.0
    return chunks[counts.reshape(count, LEVELS).sum(axis=1) > 0], order


def _bounds(owner: np.ndarray, corners: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest x, y, z of the faces of each owner: two float64 (count, 3)."""
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, owner, corners.min(axis=1))
    np.maximum.at(high, owner, corners.max(axis=1))
    empty = ~np.isfinite(low[:, 0])
    low[empty], high[empty] = 0.0, 0.0
    return low, high


def _regions(chunks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chunks sorted by region, and the ``REGION`` table over them."""
    cell = np.floor(chunks["centre"][:, [0, 2]] / REGION_M).astype(np.int64)
    code = cell[:, 0] * (1 << 20) + cell[:, 1]
    order = np.argsort(code, kind="stable")
    chunks = chunks[order]
    _, first, counts = np.unique(code[order], return_index=True, return_counts=True)
    regions = np.zeros(len(first), REGION)
    regions["chunk_at"], regions["chunk_count"] = first, counts
    for region in regions:
        part = chunks[region["chunk_at"] : region["chunk_at"] + region["chunk_count"]]
        low = (part["centre"] - part["radius"][:, None]).min(axis=0)
        high = (part["centre"] + part["radius"][:, None]).max(axis=0)
        region["centre"] = (low + high) / 2.0
        region["radius"] = np.linalg.norm(part["centre"] - region["centre"], axis=1).max() + part["radius"].max()
    return chunks, regions
