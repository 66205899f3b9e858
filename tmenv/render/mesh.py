"""``build_mesh``: the scenery of a track as faces in three levels of detail, in chunks and regions."""

from dataclasses import dataclass
from functools import reduce

import numpy as np

from tmenv.constants import CELL_M
from tmenv.render.gates import gate_faces
from tmenv.render.roads import road_faces
from tmenv.render.shapes import shape_faces, terrain_faces
from tmenv.render.soup import Soup, chunks_of, joined
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
    """The mesh of a track's surfaces, walls and gates: some milliseconds for a hundred blocks."""
    ground_y = ground_height(track)
    count = int(chunks_of(track.patches).sum())
    gates = gate_faces(track, count)
    count += len(track.waypoints)
    terrain, cells = terrain_faces(track, ground_y, count)
    soup = joined([road_faces(track, ground_y), shape_faces(track), *gates, terrain])
    chunks, order = _chunks(soup, count + cells)
    chunks, regions = _regions(chunks)
    return Mesh(soup.faces[order], chunks, regions, ground_y)


def ground_height(track: Track) -> float:
    """Height at which the endless ground is drawn, m."""
    if np.isfinite(track.ground_y):
        return track.ground_y
    return float(track.patches["y0"].min()) - GROUND_BELOW_M


def _chunks(soup: Soup, count: int) -> tuple[np.ndarray, np.ndarray]:
    """``CHUNK`` without empty ones, and the order that puts the faces chunk by chunk, in each level by level."""
    key = soup.chunk * LEVELS + soup.level
    order = np.argsort(key, kind="stable")
    counts = np.bincount(key, minlength=count * LEVELS)
    chunks = np.zeros(count, CHUNK)
    chunks["face_count"] = counts.reshape(count, LEVELS)
    chunks["face_at"] = (np.cumsum(counts) - counts).reshape(count, LEVELS)
    full = counts.reshape(count, LEVELS).sum(axis=1)
    chunks = chunks[full > 0]
    starts = (np.cumsum(full) - full)[full > 0]
    corners = soup.faces["corners"][order]
    # corner by corner: numpy is slow at reducing an axis of four
    low = np.minimum.reduceat(reduce(np.minimum, corners.swapaxes(0, 1)), starts)
    high = np.maximum.reduceat(reduce(np.maximum, corners.swapaxes(0, 1)), starts)
    chunks["centre"] = (low + high) / 2.0
    chunks["radius"] = np.linalg.norm(high - low, axis=1) / 2.0
    return chunks, order


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
