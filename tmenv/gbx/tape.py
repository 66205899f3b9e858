"""Recorded inputs of a TM2020 ghost: a bit stream with one record per tick of 10 ms."""

import re
from functools import cache
from typing import NamedTuple

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.gbx.archive import Reader
from tmenv.gbx.inputs import ANALOG_FULL, EVENT, INPUT, checked_ticks

_STATE_BITS = {11: 33, 12: 34}
"""Version of the stream -> bits of a full state."""

_LONGEST_TICK_BYTES = 10
"""A full state, the mouse and the controls take 80 bits."""

_SMALLEST_STREAM = 20
"""Bytes of an empty stream, of which four are missing before chunk version 4."""

_WINDOW_BITS = 2**18
"""Bits that are looked at in one go, so that a stream of more ticks than stated costs no time."""

# What the records hold by the mode of the game: the low nibble (lowest bit first) of the last full state.
_START, _DRIVING, _OTHER = "start", "driving", "other"
_DRIVING_NIBBLES = (b"0100", b"1100", b"0010")
_NIBBLE = {_DRIVING: b"(?:0100|1100|0010)", _OTHER: b"(?!0100|1100|0010)...."}


def read_tape(data: bytes, source: str) -> np.ndarray:
    """The first stream of an inputs chunk, dtype ``INPUT``; empty if the chunk holds none.

    The stream may end before the stated number of ticks.

    Raises:
        GbxError: the chunk is damaged or of an unknown version.
    """
    reader = Reader(data, source)
    chunk_version = reader.u32()
    if reader.count(_SMALLEST_STREAM if chunk_version >= 4 else _SMALLEST_STREAM - 4, "input streams") == 0:
        return np.empty(0, INPUT)
    version = reader.u32()
    if version not in _STATE_BITS:
        reader.fail(f"version 11 or 12 of an input stream instead of {version}", reader.position - 4)
    reader.skip(4)
    start_ms = reader.i32() if chunk_version >= 4 else 0
    ticks = checked_ticks(reader.u32(), reader)
    if not -(2**31) <= start_ms < 2**31 - TICK_MS * ticks:
        reader.fail("a start of the inputs near the start of the race")
    stream = reader.bytes(reader.u32(), "an input stream")[: _LONGEST_TICK_BYTES * ticks]
    return _rows(_runs(stream, _STATE_BITS[version], ticks), ticks, start_ms)


class _Run(NamedTuple):
    """Records of successive ticks: respawn is pressed (n,), there are controls (n,), and the controls (k, 10) bits."""

    respawn: np.ndarray
    is_change: np.ndarray
    controls: np.ndarray


_NOTHING = _Run(np.empty(0, np.bool_), np.empty(0, np.bool_), np.zeros((1, 10), np.uint8))
"""Comes first: before the first record with controls, they are zero."""


def _rows(runs: list[_Run], ticks: int, start_ms: int) -> np.ndarray:
    """Every tick's controls: those of its record, or of the last record before that has any, or zero."""
    respawn, is_change, controls = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    inputs = np.zeros(min(len(respawn), ticks), INPUT)
    inputs["time_ms"] = start_ms + TICK_MS * np.arange(len(inputs))
    inputs["respawn"] = respawn[: len(inputs)]
    steer = np.packbits(controls[:, :8], axis=1, bitorder="little").view(np.int8)[:, 0]
    last = np.cumsum(is_change[: len(inputs)])
    inputs["steer"] = np.maximum(steer / 127, -1)[last]
    inputs["gas"], inputs["brake"] = controls[last, 8], controls[last, 9]
    return inputs


def _runs(stream: bytes, state_bits: int, ticks: int) -> list[_Run]:
    """The records of at least ``ticks`` ticks, if the stream holds so many.

    The bits, lowest of each byte first, become text, so that regular expressions can take them apart: plain Python
    takes several times as long. Before the first full state a tick has no controls; outside the driving modes it has
    8 bits of them, of no use here; a car's are 10. So read, 147 of 148 streams of real ghosts end exactly at their
    stated last tick.
    """
    bits = (np.unpackbits(np.frombuffer(stream, np.uint8), bitorder="little") + ord("0")).tobytes()
    runs = [_NOTHING]
    mode, position, found = _START, 0, 0
    while found < ticks:
        run, tick = _patterns(mode, state_bits)
        match = run.match(bits, position, min(len(bits), position + _WINDOW_BITS))
        end = match.end() if match else position
        if end == position:
            mode, before = _mode_at(bits, position), mode
            if mode in (None, before):
                break
            continue
        runs.append(_taken_apart(tick.findall(bits, position, end)))
        position, found = end, found + len(runs[-1].respawn)
    return runs


def _taken_apart(records: list[tuple[bytes, bytes]]) -> _Run:
    """Arrays from pairs of respawn ("1" if pressed) and the 10 control bits ("" if unchanged)."""
    respawn, controls = zip(*records, strict=True)
    number = len(records)
    return _Run(
        np.fromiter(map(b"1".__eq__, respawn), np.bool_, number),
        np.fromiter(map(bool, controls), np.bool_, number),
        np.frombuffer(b"".join(controls), np.uint8).reshape(-1, 10) & 1,
    )


def _mode_at(bits: bytes, position: int) -> str | None:
    """The mode that the record at ``position`` switches to; None if it holds no full state."""
    head = bits[position : position + 6]
    if len(head) < 6 or head[:2] != b"00":
        return None
    return _DRIVING if head[2:] in _DRIVING_NIBBLES else _OTHER


@cache
def _patterns(mode: str, state_bits: int) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A run of records that stay in ``mode``, and one of them: with its groups respawn and controls."""
    state, respawn = b"1|01..", b"()"
    if mode != _START:
        # Bits 4-30, bit 31 = respawn, and the rest of a full state that keeps the mode.
        state, respawn = b"1|01..|00" + _NIBBLE[mode] + b".{27}(.).{%d}" % (state_bits - 32), b""
    mouse = b"(?:1|0.{32})"
    controls = {_START: b"()", _DRIVING: b"(?:1|0(.{10}))", _OTHER: b"(?:1|0.{8})()"}[mode]
    tick = b"(?:" + state + b")" + respawn + mouse + controls
    return re.compile(b"(?:" + tick.replace(b"(.", b"(?:.").replace(b"()", b"") + b")*+"), re.compile(tick)


def events_of(inputs: np.ndarray) -> np.ndarray:
    """The changes of ``inputs`` (dtype ``INPUT``), dtype ``EVENT``, by time."""
    values = {
        "Steer": np.rint(inputs["steer"] * ANALOG_FULL).astype(np.int32),
        "Accelerate": inputs["gas"].astype(np.int32),
        "Brake": inputs["brake"].astype(np.int32),
        "Respawn": inputs["respawn"].astype(np.int32),
    }
    rows = [np.flatnonzero(np.diff(value, prepend=np.int32(0))) for value in values.values()]
    events = np.empty(sum(map(len, rows)), EVENT)
    order = np.argsort(every := np.concatenate(rows), kind="stable")
    events["time_ms"] = inputs["time_ms"][every[order]]
    events["name"] = np.repeat(list(values), [len(part) for part in rows])[order]
    changed = [value[part] for value, part in zip(values.values(), rows, strict=True)]
    events["value"] = np.concatenate(changed)[order]
    return events
