"""Recorded motion of a TM2020 ghost: the table of samples inside its compressed record."""

import zlib

import numpy as np

from tmenv.gbx.archive import MAX_COORDINATE_M, Reader

RECORD_START = bytes.fromhex("00f0110900f01109")
"""Class and first chunk of the record: found by searching, because the nodes around it vary between game builds."""

MAX_RECORD_BYTES = 64 * 2**20
"""Largest decompressed record (largest seen: 7.5 MB)."""

CAR_CLASS = 0x0A018000
"""Class of the recorded entities that are cars."""

SAMPLE = np.dtype(
    [
        ("time_s", np.float64),  # 0 = start of the race
        ("position", np.float32, 3),  # world, m
        ("rotation", np.float32, 4),  # quaternion x, y, z, w: car axes to world axes
        ("velocity", np.float32, 3),  # world, m/s; its direction is stored in steps of 1.4 degrees
        ("steer", np.float32),  # -1 left .. 1 right
        ("gas", np.float32),  # 0..1
        ("brake", np.float32),  # 0..1
        ("gear", np.float32),
        ("damper", np.float32, 4),  # FL, FR, RR, RL
        ("material", np.uint8, 4),  # surface under each wheel, same order; see constants.Material
        ("on_ground", np.bool_),
    ]
)
"""A row of ``Ghost.samples``."""

_POSITION, _ROTATION, _VELOCITY = 47, 59, 65
_STEER, _GAS, _BRAKE, _GEAR, _GROUND = 14, 15, 18, 91, 89
_DAMPERS, _MATERIALS = slice(23, 31, 2), slice(24, 32, 2)
_SMALLEST_SAMPLE = 92


def read_samples(data: bytes, source: str) -> np.ndarray:
    """The samples of the car in ``data``, dtype ``SAMPLE``; empty if there is no record.

    A ghost records every respawned and foreign car as an entity of its own; the longest one is the driver's.
    """
    start = data.find(RECORD_START)
    if start < 0:
        return np.empty(0, SAMPLE)
    outer = Reader(data, source, start + len(RECORD_START))
    version = outer.u32()
    if version not in (10, 11):
        outer.fail("version 10 or 11 of the ghost's record", outer.position - 4)
    reader = Reader(decompress_zlib(outer), f"{source} (record)")
    entities = _read_entities(reader, version)
    cars = [(times, rows) for class_id, times, rows in entities if class_id == CAR_CLASS]
    if not cars:
        return np.empty(0, SAMPLE)
    return _decode(*max(cars, key=lambda car: len(car[0])), reader)


def decompress_zlib(reader: Reader) -> bytes:
    """The zlib stream at the reader's position, behind its stated sizes (decompressed, compressed)."""
    size = reader.u32()
    compressed = reader.bytes(reader.u32(), "a compressed record")
    if size > MAX_RECORD_BYTES:
        reader.fail(f"a record of at most {MAX_RECORD_BYTES} bytes (it says {size})")
    decoder = zlib.decompressobj()
    try:
        data = decoder.decompress(compressed, size + 1)
    except zlib.error:
        reader.fail("an undamaged compressed record")
    if len(data) != size:
        reader.fail(f"a record of {size} bytes (it expands to another size)")
    return data


def _read_entities(reader: Reader, version: int) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Class, sample times (n,) in ms and sample bytes (n, size) of every entity in a record."""
    reader.skip(8, "the start and end of the record")
    classes = []
    for _ in range(reader.count(24, "entity classes")):
        classes.append(reader.u32())
        reader.skip(12)
        reader.skip(reader.u32(), "an entity class")
        reader.skip(4)
    reader.skip(12 * reader.count(12, "notices"))
    read_table = _read_columns if version >= 11 else _read_rows
    entities = []
    more = reader.u8()
    while more:
        index = reader.u32()
        if index >= len(classes):
            reader.fail(f"one of {len(classes)} entity classes", reader.position - 4)
        reader.skip(16)
        entities.append((classes[index], *read_table(reader)))
        more = reader.u8()
        _skip_events(reader)
    return entities


def _read_columns(reader: Reader) -> tuple[np.ndarray, np.ndarray]:
    """Version 11: times as differences, then each byte of the sample as a column of differences."""
    number = reader.count(4, "samples")
    if number == 0:
        return np.empty(0, np.int64), np.empty((0, 0), np.uint8)
    size = reader.u32()
    steps = np.frombuffer(reader.bytes(4 * number, "sample times"), "<i4")
    columns = np.frombuffer(reader.bytes(number * size, "samples"), np.uint8).reshape(size, number)
    return np.cumsum(steps, dtype=np.int64), np.cumsum(columns, axis=1, dtype=np.uint8).T


def _read_rows(reader: Reader) -> tuple[np.ndarray, np.ndarray]:
    """Version 10: one sample after the other, all of the size of the first."""
    times, rows = [], []
    while reader.u8():
        times.append(reader.i32())
        rows.append(reader.bytes(reader.u32(), "a sample"))
        if len(rows[-1]) != len(rows[0]):
            reader.fail(f"a sample of {len(rows[0])} bytes")
    samples = np.frombuffer(b"".join(rows), np.uint8)
    return np.array(times, np.int64), samples.reshape(len(rows), -1) if samples.size else np.empty((0, 0), np.uint8)


def _skip_events(reader: Reader) -> None:
    """Events of one entity: type, time, data."""
    while reader.u8():
        reader.skip(8)
        reader.skip(reader.u32(), "an event")


def _decode(times_ms: np.ndarray, rows: np.ndarray, reader: Reader) -> np.ndarray:
    """Samples (n,) of dtype ``SAMPLE`` from their bytes (n, size)."""
    if len(times_ms) and rows.shape[1] < _SMALLEST_SAMPLE:
        reader.fail(f"samples of at least {_SMALLEST_SAMPLE} bytes instead of {rows.shape[1]}")
    samples = np.zeros(len(rows), SAMPLE)
    if not len(rows):
        return samples
    samples["time_s"] = times_ms / 1000
    samples["position"] = _numbers(rows, _POSITION, "<f4", 3)
    if not (np.abs(samples["position"]) <= MAX_COORDINATE_M).all():
        reader.fail(f"positions within {MAX_COORDINATE_M:.0f} m")
    samples["rotation"] = _rotations(rows)
    samples["velocity"] = _velocities(rows)
    samples["steer"] = (rows[:, _STEER] / 255 - 0.5) * 2
    samples["gas"] = rows[:, _GAS] / 255
    samples["brake"] = rows[:, _BRAKE] / 255
    samples["gear"] = (rows[:, _GEAR] - 1.0) / 4
    samples["damper"] = rows[:, _DAMPERS] / 255 * 4 - 2
    samples["material"] = rows[:, _MATERIALS]
    samples["on_ground"] = rows[:, _GROUND] & 1
    return samples


def _numbers(rows: np.ndarray, offset: int, kind: str, count: int) -> np.ndarray:
    """``count`` numbers of dtype ``kind`` at ``offset`` of every row: (n, count)."""
    width = np.dtype(kind).itemsize * count
    return np.ascontiguousarray(rows[:, offset : offset + width]).view(kind)


def _axis(heading: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Unit vectors (n, 3) from two angles; the third component is the sine of the pitch."""
    return np.stack([np.cos(heading) * np.cos(pitch), np.sin(heading) * np.cos(pitch), np.sin(pitch)], axis=1)


def _rotations(rows: np.ndarray) -> np.ndarray:
    """Quaternions (n, 4), stored as half angle and axis."""
    half_angle = _numbers(rows, _ROTATION, "<u2", 1) * (np.pi / 65535)
    angles = _numbers(rows, _ROTATION + 2, "<i2", 2) / 32767.0
    axis = _axis(angles[:, 0] * np.pi, angles[:, 1] * (np.pi / 2))
    return np.concatenate([np.sin(half_angle) * axis, np.cos(half_angle)], axis=1)


def _velocities(rows: np.ndarray) -> np.ndarray:
    """Velocities (n, 3), m/s, stored as the logarithm of the speed and two angles."""
    logarithm = _numbers(rows, _VELOCITY, "<i2", 1)
    speed = np.where(logarithm == -32768, 0.0, np.exp(logarithm / 1000.0))
    angles = _numbers(rows, _VELOCITY + 2, "i1", 2) / 127.0
    return speed * _axis(angles[:, 0] * np.pi, angles[:, 1] * (np.pi / 2))
