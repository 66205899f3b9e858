"""Tables of many owners in a few growing arrays, so that a kernel gets one address per kind of table."""

from collections.abc import Iterable

import numpy as np


class Pools:
    """Pools that grow as owners are added and are reused as their tables are replaced.

    Every owner occupies one *slot*: a region of each pool. A table moves to the end of its pool only when it needs
    more room than the one that it replaces had.

    Args:
        dtypes: name of each pool -> dtype of its rows.
    """

    def __init__(self, dtypes: dict[str, np.dtype]):
        self._pools = {name: np.zeros(0, dtype) for name, dtype in dtypes.items()}
        self._used = dict.fromkeys(dtypes, 0)
        self._regions: list[dict[str, tuple[int, int]]] = []
        self.layout = 0
        """Changes whenever addresses or lengths do: headers filled before are out of date."""

    def __getitem__(self, pool: str) -> np.ndarray:
        return self._pools[pool][: self._used[pool]]

    def fill_header(self, header: np.ndarray) -> None:
        """Write the present addresses and lengths into a header record; call again when ``layout`` has changed."""
        for name, pool in self._pools.items():
            header[name] = pool.ctypes.data
            header[f"{name}_count"] = self._used[name]

    def _add_slot(self, singles: Iterable[str]) -> int:
        """A new slot, with one row of its own number in each of the pools ``singles``."""
        self._regions.append({})
        for pool in singles:
            self._reserve(pool, 1)
        return len(self._regions) - 1

    def _store(self, slot: int, pool: str, table: np.ndarray) -> int:
        """Write a slot's table into a pool; returns its first row there."""
        start, room = self._regions[slot].get(pool, (0, 0))
        if len(table) > room:
            start, room = self._reserve(pool, len(table)), len(table)
            self._regions[slot][pool] = (start, room)
        place = self._pools[pool][start : start + len(table)]
        if place.dtype.fields and place.dtype == table.dtype:
            # As bytes, because numpy copies records column by column.
            record = np.dtype((np.void, place.dtype.itemsize))
            place.view(record)[:] = np.ascontiguousarray(table).view(record)
        else:
            place[:] = table
        return start

    def _reserve(self, pool: str, count: int) -> int:
        """Room for ``count`` more rows; the pool doubles when it is full."""
        start = self._used[pool]
        self.layout += 1
        self._used[pool] = start + count
        if self._used[pool] > len(self._pools[pool]):
            grown = np.zeros(2 * self._used[pool], self._pools[pool].dtype)
            grown[:start] = self._pools[pool][:start]
            self._pools[pool] = grown
        return start
