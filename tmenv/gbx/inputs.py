"""What a driver pressed: as a row per tick of 10 ms, and as the events between which nothing changes."""

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.gbx.archive import Reader

INPUT = np.dtype(
    [
        ("time_ms", np.int32),  # 0 = start of the race; negative during the countdown; drives time_ms -> time_ms + 10
        ("steer", np.float32),  # -1 left .. 1 right
        ("gas", np.bool_),
        ("brake", np.bool_),
        ("respawn", np.bool_),  # pressed at this tick
    ]
)
"""A row of ``Ghost.inputs``."""

EVENT = np.dtype([("time_ms", np.int32), ("name", "U20"), ("value", np.int32)])
"""A row of ``Ghost.events``: the control ``name`` has ``value`` from ``time_ms`` on.

Keys are 0 or 1; ``Steer`` and ``Gas`` run from -65536 to 65536: steering is negative to the left, and a negative
``Gas`` is gas, a positive one brake (measured).
"""

ANALOG_FULL = 65536
"""Value of ``Steer`` and ``Gas`` at full deflection."""

MAX_TICKS = 2 * 3600 * 1000 // TICK_MS
"""Rows of inputs that are made at most: two hours (longest seen: 43 minutes)."""


def checked_ticks(ticks: int, reader: Reader) -> int:
    """``ticks``, if so many rows may be made."""
    if ticks > MAX_TICKS:
        reader.fail(f"at most {MAX_TICKS * TICK_MS // 1000} s of inputs (it says {ticks * TICK_MS // 1000})")
    return ticks
