"""Recorded inputs of a TM2020 ghost: a bit stream with one record per 10 ms tick."""

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.gbx.archive import Reader

INPUT = np.dtype(
    [
        ("time_ms", np.int32),  # 0 = start of the race; negative during the countdown
        ("steer", np.float32),  # -1 left .. 1 right
        ("gas", np.bool_),
        ("brake", np.bool_),
        ("respawn", np.bool_),  # pressed at this tick
    ]
)
"""A row of ``Ghost.inputs``."""

_DRIVING = (2, 3, 4)
"""Modes (low nibble of a full state) in which a tick's controls are those of a car (measured: 2).

Other modes come before the start; their controls are 8 bits of no use here, a car's are 10. Before the first full
state there are no controls at all. So read, 147 of 148 streams of real ghosts end exactly at their stated last tick.
"""

_RESPAWN_BIT = 1 << 31
_STATE_BITS = {11: 33, 12: 34}
"""Version of the stream -> bits of a full state."""

_SMALLEST_STREAM = 20
"""Bytes of an empty stream, of which four are missing before chunk version 4."""


class _BitReader:
    """Bits of ``data``, lowest bit of each byte first."""

    def __init__(self, data: bytes):
        self._data = data
        self._position = 0

    def take(self, count: int) -> int:
        """The next ``count`` (at most 56) bits as a number; ``EOFError`` behind the last."""
        first, offset = divmod(self._position, 8)
        self._position += count
        if self._position > 8 * len(self._data):
            raise EOFError
        return (int.from_bytes(self._data[first : first + 8], "little") >> offset) & ((1 << count) - 1)


def read_inputs(reader: Reader) -> np.ndarray:
    """The first stream of an inputs chunk, dtype ``INPUT``; empty if the chunk holds none.

    The stream may end before the stated number of ticks.
    """
    chunk_version = reader.u32()
    if reader.count(_SMALLEST_STREAM if chunk_version >= 4 else _SMALLEST_STREAM - 4, "input streams") == 0:
        return np.empty(0, INPUT)
    version = reader.u32()
    if version not in _STATE_BITS:
        reader.fail(f"version 11 or 12 of an input stream instead of {version}", reader.position - 4)
    reader.skip(4)
    start_ms = reader.i32() if chunk_version >= 4 else 0
    ticks = reader.u32()
    stream = reader.bytes(reader.u32(), "an input stream")
    rows = _decode(_BitReader(stream), ticks, _STATE_BITS[version])
    inputs = np.zeros(len(rows), INPUT)
    if rows:
        if not -(2**31) <= start_ms + TICK_MS * len(rows) < 2**31:
            reader.fail("a start of the inputs near the start of the race")
        steer, gas, brake, respawn = zip(*rows, strict=True)
        inputs["time_ms"] = start_ms + TICK_MS * np.arange(len(rows))
        inputs["steer"] = np.clip(np.array(steer) / 127, -1, 1)
        inputs["gas"], inputs["brake"], inputs["respawn"] = gas, brake, respawn
    return inputs


def _decode(bits: _BitReader, ticks: int, state_bits: int) -> list[tuple[int, int, int, bool]]:
    """Steer (-127..127), gas, brake and respawn of every tick; each record says only what has changed."""
    rows = []
    mode = None
    steer = gas = brake = 0
    try:
        for _ in range(ticks):
            respawn = False
            if not bits.take(1):
                if bits.take(1):
                    bits.take(2)  # a small change of the state, which keeps the mode
                else:
                    state = bits.take(state_bits)
                    mode, respawn = state & 0xF, state & _RESPAWN_BIT != 0
            if not bits.take(1):
                bits.take(32)  # mouse
            if mode in _DRIVING and not bits.take(1):
                steer = (bits.take(8) ^ 0x80) - 0x80
                gas, brake = bits.take(1), bits.take(1)
            elif mode is not None and mode not in _DRIVING and not bits.take(1):
                bits.take(8)
            rows.append((steer, gas, brake, respawn))
    except EOFError:
        pass
    return rows
