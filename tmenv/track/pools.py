"""The shared tables that patches count in: only the rows that a track uses, renumbered."""

import numpy as np

from tmenv.track import catalogue


def pooled(*tables: np.ndarray) -> dict[str, np.ndarray]:
    """``profiles``, ``heights`` and ``openings`` of a track; the columns of the tables are changed to count in them.

    Args:
        tables: ``PATCH`` arrays that count in the tables of the catalogue.
    """
    return {"profiles": _profiles(tables), "heights": _heights(tables), "openings": _openings(tables)}


def _used(tables: tuple[np.ndarray, ...], column: str) -> np.ndarray:
    """The numbers that occur in a column, in order; negative ones stand for nothing."""
    return np.flatnonzero(np.bincount(np.concatenate([rows[column] for rows in tables]) + 1)[1:])


def _renumber(tables: tuple[np.ndarray, ...], column: str, used: np.ndarray) -> None:
    new = np.full(used[-1] + 2, -1, np.int32)  # its last entry is the one of -1
    new[used] = np.arange(len(used))
    for rows in tables:
        rows[column] = new[rows[column]]


def _profiles(tables: tuple[np.ndarray, ...]) -> np.ndarray:
    used = _used(tables, "profile")
    if len(used):
        _renumber(tables, "profile", used)
    return catalogue.profile_table()[used]


def _openings(tables: tuple[np.ndarray, ...]) -> np.ndarray:
    used = _used(tables, "opening")
    if len(used):
        _renumber(tables, "opening", used)
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
