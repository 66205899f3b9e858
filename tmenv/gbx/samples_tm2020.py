"""Recorded motion of a TM2020 ghost: the car's samples, every 50 ms, among all that its record holds."""

from dataclasses import dataclass

import numpy as np

from tmenv.gbx.archive import Reader
from tmenv.gbx.motion import numbers, quaternions, scaled, velocities
from tmenv.gbx.samples import decompress_zlib, make_samples, no_samples

RECORD_START = bytes.fromhex("00f0110900f01109")
"""Class and first chunk of the record: found by searching, because what precedes it varies between game builds."""

CAR_CLASS = 0x0A018000
"""Class of the recorded entities that are cars."""

MAX_ENTITIES = 1000
MAX_EVENTS = 100_000
"""Entities and events in a record (most seen: 9 entities); more would only cost time."""

_SMALLEST_SAMPLE = 92
_WITHOUT_GEAR = 162
"""Bytes of the oldest samples, whose gear byte says nothing."""

_GEAR = 91


@dataclass(frozen=True, eq=False)
class Entity:
    """One recorded thing.

    Attributes:
        class_id: what it is.
        times_ms: int64 (n,).
        table: uint8 (n, size): the bytes of its samples, or with ``is_difference`` (size, n): the difference of
            each byte to the sample before.
        is_difference: see ``table``.
    """

    class_id: int
    times_ms: np.ndarray
    table: np.ndarray
    is_difference: bool

    @property
    def sample_bytes(self) -> int:
        """Size of one sample."""
        return self.table.shape[0 if self.is_difference else 1]

    def rows(self) -> np.ndarray:
        """Bytes of the samples, (n, size)."""
        return np.cumsum(self.table, axis=1, dtype=np.uint8).T if self.is_difference else self.table


def read_samples_tm2020(record: bytes, source: str, race_time_ms: int | None) -> np.ma.MaskedArray:
    """Samples (n,) of dtype ``SAMPLE`` of the car, up to the race time.

    A ghost records every respawned and foreign car as an entity of its own; the longest one is the driver's. Masked:
    what the game does not store (contact and slide per wheel), and gears where the byte says nothing.

    Args:
        record: the part of the file behind ``RECORD_START``.
        source: what messages call it.
        race_time_ms: samples behind the finish are cut; None to keep all.

    Raises:
        GbxError: the record is damaged or of an unknown version.
    """
    entities, reader = read_entities(record, source)
    cars = [entity for entity in entities if entity.class_id == CAR_CLASS and len(entity.times_ms)]
    if not cars:
        return no_samples()
    car = max(cars, key=lambda car: len(car.times_ms))
    if car.sample_bytes < _SMALLEST_SAMPLE:
        reader.fail(f"samples of at least {_SMALLEST_SAMPLE} bytes instead of {car.sample_bytes}")
    rows, times_ms = car.rows(), car.times_ms
    if race_time_ms is not None:
        within = times_ms <= race_time_ms
        rows, times_ms = rows[within], times_ms[within]
    return make_samples({"time_s": times_ms / 1000} | _columns(rows), len(rows), reader)


def read_entities(record: bytes, source: str) -> tuple[list[Entity], Reader]:
    """Everything in a record, and the reader of its decompressed bytes."""
    outer = Reader(record, source)
    version = outer.u32()
    if version not in (10, 11):
        outer.fail("version 10 or 11 of the ghost's record", 0)
    reader = Reader(decompress_zlib(outer), f"{source}, decompressed")
    reader.skip(8, "the start and end of the record")
    classes = _read_classes(reader)
    reader.skip(12 * reader.count(12, "notices"))
    read_table = _read_differences if version >= 11 else _read_rows
    entities: list[Entity] = []
    events_left = MAX_EVENTS
    more = reader.u8()
    while more:
        if len(entities) >= MAX_ENTITIES:
            reader.fail(f"at most {MAX_ENTITIES} entities")
        index = reader.u32()
        if index >= len(classes):
            reader.fail(f"one of {len(classes)} entity classes", reader.position - 4)
        reader.skip(16)
        entities.append(Entity(classes[index], *read_table(reader), is_difference=version >= 11))
        more = reader.u8()
        events_left = _skip_events(reader, events_left)
    return entities, reader


def _read_classes(reader: Reader) -> list[int]:
    classes = []
    for _ in range(reader.count(24, "entity classes", most=MAX_ENTITIES)):
        classes.append(reader.u32())
        reader.skip(12)
        reader.skip(reader.u32(), "an entity class")
        reader.skip(4)
    return classes


def _read_differences(reader: Reader) -> tuple[np.ndarray, np.ndarray]:
    """Version 11: times as differences, then each byte of the samples as a column of differences."""
    number = reader.count(4, "samples")
    if number == 0:
        return np.empty(0, np.int64), np.empty((0, 0), np.uint8)
    size = reader.u32()
    steps = np.frombuffer(reader.bytes(4 * number, "sample times"), "<i4")
    columns = np.frombuffer(reader.bytes(number * size, "samples"), np.uint8).reshape(size, number)
    return np.cumsum(steps, dtype=np.int64), columns


def _read_rows(reader: Reader) -> tuple[np.ndarray, np.ndarray]:
    """Version 10: samples of one size, each behind a 1, its time and its size; then a 0."""
    start = reader.position
    if not reader.u8():
        return np.empty(0, np.int64), np.empty((0, 0), np.uint8)
    reader.skip(4)
    size = reader.u32()
    reader.skip(size, "a sample")
    head = np.dtype([("more", "u1"), ("time", "<i4"), ("size", "<u4"), ("data", "u1", (size,))])
    table = np.frombuffer(reader.data, head, (reader.end - start) // head.itemsize, start)
    is_sample = (table["more"] == 1) & (table["size"] == size)
    number = len(table) if is_sample.all() else int(is_sample.argmin())
    reader.position = start + number * head.itemsize
    if reader.u8():
        reader.fail(f"a sample of {size} bytes", reader.position - 1)
    return table["time"][:number].astype(np.int64), table["data"][:number]


def _skip_events(reader: Reader, most: int) -> int:
    """Pass over the events of an entity (type, time, data); how many of ``most`` are left."""
    while reader.u8():
        if most == 0:
            reader.fail(f"at most {MAX_EVENTS} events")
        reader.skip(8)
        reader.skip(reader.u32(), "an event")
        most -= 1
    return most


def _columns(rows: np.ndarray) -> dict[str, np.ndarray]:
    columns = {
        "position": numbers(rows, 47, "<f4", 3),
        "rotation": quaternions(rows, 59),
        # The angular velocity is measured: 0.01 rad/s from differences of the rotation.
        **velocities(rows, 65),
        # Measured: differentiated positions give 11000 / 65535 m/s per step and -999.97 m/s.
        "forward_speed": scaled(rows, 0, "<u2", -1000, 10000),
        "side_speed": scaled(rows, 2, "<u2", -1000, 1000),
        # Measured by speed and gear: 370, 220, 160, 110 and 85 rpm per m/s, within 1 %.
        "rpm": scaled(rows, 5, "u1", 0, 30000),
        "steer": scaled(rows, 14, "u1", -1, 1),
        "gas": scaled(rows, 15, "u1", 0, 1),
        "brake": scaled(rows, 18, "u1", 0, 1),
        "turbo": scaled(rows, 21, "u1", 0, 1),
        "damper": rows[:, 23:31:2] * (4 / 255) - 2,
        "material": rows[:, 24:32:2],
        "on_ground": rows[:, 89] & 1,
    }
    if rows.shape[1] != _WITHOUT_GEAR:
        columns["gear"] = np.ma.masked_array(rows[:, _GEAR] >> 2, mask=rows[:, _GEAR] == 0)
    return columns
