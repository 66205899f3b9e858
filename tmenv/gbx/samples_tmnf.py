"""Recorded motion of a TMNF ghost: samples every 100 ms."""

import numpy as np

from tmenv.gbx.archive import Reader
from tmenv.gbx.motion import numbers, quaternions, scaled, velocities
from tmenv.gbx.samples import decompress_zlib, make_samples, no_samples

_CAR_CLASS = 0x0A02B000
_SAMPLE_BYTES = 61
_LONGEST_PERIOD_MS = 10_000

# Bit of the last three bytes of a sample (58-60, lowest first) for each wheel FL, FR, RR, RL.
_CONTACT_BITS = np.array([7, 9, 11, 13])
_SLIDE_BITS = np.array([6, 8, 10, 12])


def read_samples_tmnf(record: bytes, source: str, race_time_ms: int | None) -> np.ma.MaskedArray:
    """Samples (n,) of dtype ``SAMPLE`` up to the race time; gears are masked, the game stores none.

    Args:
        record: payload of the ghost's samples chunk: sizes and a zlib stream.
        source: what messages call it.
        race_time_ms: recordings go on behind the finish and are cut there; None to keep all.

    Raises:
        GbxError: the record is damaged or of another vehicle's layout.
    """
    reader = Reader(decompress_zlib(Reader(record, source)), f"{source}, decompressed")
    rows, period_ms = _read_rows(reader)
    times_ms = period_ms * np.arange(len(rows))
    if race_time_ms is not None:
        times_ms = times_ms[times_ms <= race_time_ms]
    rows = rows[: len(times_ms)]
    if not len(rows):
        return no_samples()
    return make_samples({"time_s": times_ms / 1000} | _columns(rows), len(rows), reader)


def _read_rows(reader: Reader) -> tuple[np.ndarray, int]:
    """Bytes of the samples (n, 61) and the time between them, ms."""
    class_id = reader.u32()
    is_fixed_step = reader.u32()
    reader.skip(4)
    period_ms = reader.i32()
    reader.skip(4, "a version")
    buffer = reader.bytes(reader.u32(), "samples")
    number = reader.u32()
    if number == 0 or class_id != _CAR_CLASS:
        return np.empty((0, _SAMPLE_BYTES), np.uint8), 0
    if not is_fixed_step or not 0 < period_ms <= _LONGEST_PERIOD_MS:
        reader.fail("samples at fixed steps of at most 10 s", 4)
    start = reader.u32()
    size = reader.i32() if number > 1 else _SAMPLE_BYTES
    if size != _SAMPLE_BYTES or start + number * size > len(buffer):
        reader.fail(f"{number} samples of {_SAMPLE_BYTES} bytes each")
    return np.frombuffer(buffer, np.uint8, number * size, start).reshape(number, size), period_ms


def _columns(rows: np.ndarray) -> dict[str, np.ndarray]:
    bits = rows[:, 58].astype(np.uint32) | rows[:, 59].astype(np.uint32) << 8
    contact = (bits[:, None] >> _CONTACT_BITS & 1).astype(np.bool_)
    return {
        "position": numbers(rows, 0, "<f4", 3),
        "rotation": quaternions(rows, 12),
        **velocities(rows, 18),
        "forward_speed": scaled(rows, 26, "<u2", -1000, 10000),
        "side_speed": scaled(rows, 28, "<u2", -1000, 1000),
        "rpm": scaled(rows, 30, "<u2", 0, 30000),
        "steer": scaled(rows, 40, "u1", -1, 1),
        "gas": scaled(rows, 41, "u1", 0, 1),
        "brake": scaled(rows, 42, "u1", 0, 1),
        "turbo": scaled(rows, 47, "u1", 0, 1),
        "damper": rows[:, 49:57:2] * (4 / 255) - 2,
        "material": rows[:, 50:58:2],
        "contact": contact,
        "slide": (bits[:, None] >> _SLIDE_BITS & 1).astype(np.bool_),
        "on_ground": contact.max(axis=1),
    }
