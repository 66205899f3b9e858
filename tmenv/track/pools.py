"""The shared tables that patches count in: only the rows that a track uses, renumbered."""

import numpy as np

from tmenv.track import catalogue
from tmenv.track.tables import OPENING


def pooled(*tables: np.ndarray) -> dict[str, np.ndarray]:
    """``profiles``, ``heights`` and ``openings`` of a track; the columns of the tables are changed to count in them.

    Args:
        tables: ``PATCH`` arrays that count in the tables of the catalogue.
    """
    return {"profiles": _profiles(tables), "heights": _heights(tables), "openings": _openings(tables)}


def _used(tables: tuple[np.ndarray, ...], column: str) -> np.ndarray:
    every = np.concatenate([rows[column] for rows in tables])
    every = every[every >= 0]
    return np.unique(every) if len(every) else every


def _profiles(tables: tuple[np.ndarray, ...]) -> np.ndarray:
    used = _used(tables, "profile")
    for rows in tables:
        rows["profile"] = np.where(rows["profile"] >= 0, np.searchsorted(used, rows["profile"]), -1)
    return catalogue.profile_table()[used]


def _openings(tables: tuple[np.ndarray, ...]) -> np.ndarray:
    used = _used(tables, "opening")
    if not len(used):
        return np.zeros(0, OPENING)
    for rows in tables:
        rows["opening"] = np.where(rows["opening"] >= 0, np.searchsorted(used, rows["opening"]), -1)
    return catalogue.opening_table()[used]


def _heights(tables: tuple[np.ndarray, ...]) -> np.ndarray:
    used = _used(tables, "nodes")
    if not len(used):
        return np.zeros(0, np.float32)
    fields = list(catalogue.node_fields().values())
    starts = np.array([field.start for field in fields])
    sizes = np.array([field.columns * field.rows for field in fields])
    # A patch may begin in the middle of a field.
    kept = np.unique(np.searchsorted(starts, used, side="right") - 1)
    shifted = np.zeros(len(fields), np.int64)
    shifted[kept] = np.cumsum(sizes[kept]) - sizes[kept] - starts[kept]
    for rows in tables:
        number = np.searchsorted(starts, rows["nodes"], side="right") - 1
        rows["nodes"] += np.where(rows["nodes"] >= 0, shifted[number], 0).astype(np.int32)
    table = catalogue.height_table()
    return np.concatenate([table[starts[i] : starts[i] + sizes[i]] for i in kept])
