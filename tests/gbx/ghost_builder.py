"""Writes small ghosts and replays of both games for tests, byte by byte and independent of the reader."""

import struct
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tests.gbx.builder import END, GHOST_CLASS, REPLAY_CLASS, Part, Writer, gbx_file

RECORD_CLASS = 0x0911F000
KEY_NAMES = (
    "_FakeIsRaceRunning",
    "_FakeFinishLine",
    "Accelerate",
    "Brake",
    "Steer",
    "SteerLeft",
    "SteerRight",
    "Gas",
    "Respawn",
    "AccelerateReal",
    "BrakeReal",
    "_FakeDontInverseAxis",
)


def tm2020_ghost(
    times_ms: Sequence[int],
    positions: ArrayLike,
    controls: Sequence[tuple[int, int, int]],
    *,
    start_ms: int = 0,
    race_time_ms: int = 1000,
    record_version: int = 11,
    sample_bytes: int = 107,
    fields: Mapping[int, ArrayLike] | None = None,
    tape_version: int = 12,
) -> Part:
    """The chunks of a TM2020 ghost: samples at ``times_ms`` with ``positions`` (n, 3), and per tick of 10 ms
    ``controls`` (steer -127..127, gas, brake). ``fields``: offset in a sample -> that byte of every sample."""
    rows = _rows(positions, sample_bytes, {65: 0x00, 66: 0x80, 89: 1, **(fields or {})}, position_at=47)

    def write(body: Writer) -> bytes:
        node = Writer(body).u32(0x0303F006, 1, 4, len(zlib.compress(bytes(4))))
        node.data += zlib.compress(bytes(4))
        record = zlib.compress(raw := _record(times_ms, rows, record_version))
        car = Writer(node).u32(9, 1).ident("CarSport", 10003, "Nadeo").pack("3f", 1, 0, 0.5).u32(0, 0)
        car.string("").string("Nick").string("").string("").u32(2, 1, RECORD_CLASS, RECORD_CLASS)
        car.u32(record_version, len(raw), len(record)).data += record
        node.skippable(0x03092000, bytes(car.u32(END).data))
        node.skippable(0x03092005, struct.pack("<i", race_time_ms)).skippable(0x03092008, struct.pack("<i", -1))
        node.skippable(0x0309200B, struct.pack("<I4i", 2, race_time_ms // 2, 0, race_time_ms, 0))
        node.u32(0x0309200E).id("uid_of_test").u32(0x0309200F).string("secret login").u32(0x03092010).id("")
        stream = input_stream(controls)
        head = struct.pack("<4Ii2I", 4, 1, tape_version, 0, start_ms, len(controls), len(stream))
        return bytes(node.skippable(0x0309201D, head + stream).u32(END).data)

    return write


def _rows(positions: ArrayLike, size: int, fields: Mapping[int, ArrayLike], position_at: int) -> np.ndarray:
    """Bytes of samples (n, size)."""
    places = np.ascontiguousarray(positions, "<f4").reshape(-1, 3)
    rows = np.zeros((len(places), size), np.uint8)
    rows[:, position_at : position_at + 12] = places.view(np.uint8).reshape(-1, 12)
    for offset, value in fields.items():
        rows[:, offset] = value
    return rows


def _record(times_ms: Sequence[int], rows: np.ndarray, version: int) -> bytes:
    """A record with one car."""
    record = Writer().u32(0, 0, 1, 0x0A018000, 0, 0, 0, 0, 0, 0).pack("B", 1).u32(0, 0, 0, 0, 0)
    number, size = rows.shape
    if version == 11:
        record.u32(number)
        if number:
            record.u32(size)
            record.data += np.diff(np.array(times_ms, "<i4"), prepend=np.int32(0)).astype("<i4").tobytes()
            record.data += np.diff(rows, axis=0, prepend=np.zeros((1, size), np.uint8)).T.tobytes()
    else:
        for time, row in zip(times_ms, rows, strict=True):
            record.pack("BiI", 1, time, size)
            record.data += row.tobytes()
        record.pack("B", 0)
    return bytes(record.pack("BB", 0, 0).data)


def input_stream(controls: Sequence[tuple[int, int, int]]) -> bytes:
    """The bit stream of a car that is driven from the first tick on."""
    stream: list[int] = []
    last = None
    for tick, (steer, gas, brake) in enumerate(controls):
        if tick == 0:
            stream += [0, 0, *bits(2, 34)]
        else:
            stream += [1]
        stream += [1]
        changed = (steer, gas, brake) != last
        stream += [0, *bits(steer & 0xFF, 8), gas, brake] if changed else [1]
        last = (steer, gas, brake)
    return pack_bits(stream)


def pack_bits(values: Sequence[int]) -> bytes:
    """Bits as bytes, the lowest bit of each byte first."""
    return np.packbits(np.array(values, np.uint8), bitorder="little").tobytes()


def bits(value: int, count: int) -> list[int]:
    """``count`` bits of ``value``, the lowest first."""
    return [(value >> bit) & 1 for bit in range(count)]


def tmnf_ghost(
    positions: ArrayLike,
    events: Sequence[tuple[int, str, int]],
    *,
    race_time_ms: int = 1000,
    fields: Mapping[int, ArrayLike] | None = None,
    old_ids: bool = False,
) -> Part:
    """The chunks of a TMNF ghost: samples every 100 ms with ``positions`` (n, 3), and ``events`` (ms, name of
    ``KEY_NAMES``, stored data). ``fields`` as in ``tm2020_ghost``; ``old_ids``: class ids of the first games."""
    rows = _rows(positions, 61, {18: 0x00, 19: 0x80, 22: 0x00, 23: 0x80, **(fields or {})}, position_at=0)
    raw = struct.pack("<3I2iI", 0x0A02B000, 1, 0, 100, 9, rows.size) + rows.tobytes()
    raw += struct.pack("<IIi", len(rows), 0, 61) if len(rows) > 1 else struct.pack("<2I", len(rows), 0)
    upper = 0x2401B000 if old_ids else 0x03092000
    packed = zlib.compress(raw)

    def write(body: Writer) -> bytes:
        node = Writer(body).u32(0x24062005 if old_ids else 0x0303F005, len(raw), len(packed))
        node.data += packed
        node.skippable(upper | 0x005, struct.pack("<i", race_time_ms)).skippable(upper | 0x008, struct.pack("<i", 1))
        node.skippable(upper | 0x00B, struct.pack("<I4i", 2, race_time_ms // 2, 0, race_time_ms, 0))
        node.u32(upper | 0x00C, 0, upper | 0x00E).id("uid_of_test").u32(upper | 0x00F).string("secret login")
        node.u32(upper | 0x010).id("").u32(upper | 0x012).pack("20x").u32(upper | 0x015).id("Nick")
        node.skippable(upper | 0x017, bytes(Writer().u32(0).string("Nick").string("").data))
        node.u32(upper | 0x018).ident("StadiumCar", "Vehicles", "Nadeo").u32(upper | 0x019)
        node.u32(1000, 0, len(KEY_NAMES))
        for name in KEY_NAMES:
            node.id(name)
        node.u32(len(events), 0)
        for time, name, data in events:
            node.pack("iBI", time + 100_000, KEY_NAMES.index(name), data)
        return bytes(node.string("TmForever").u32(0, 0, 0).string("").u32(0, END).data)

    return write


def ghost_file(ghost: Part, *, codec: str = "lzo") -> bytes:
    """A ghost without header, as the games write them."""
    return gbx_file(GHOST_CLASS, {}, ghost(Writer()), codec=codec)


def replay_file(
    ghosts: Sequence[Part],
    map_file: bytes | None,
    *,
    version: str = "2.11.26",
    build: str = "",
    race_time_ms: int = 1000,
    old_ids: bool = False,
    codec: str = "lzo",
) -> bytes:
    """A replay with the map file and ``ghosts``; ``version`` says which game wrote it."""
    identity = Writer().u32(7).ident("uid_of_test", "Stadium", "author").pack("i", race_time_ms)
    identity.string("Nick").string("secret login")
    xml = f'<header type="replay" exever="{version}" exebuild="{build}"><times best="{race_time_ms}"/></header>'
    header = {REPLAY_CLASS: bytes(identity.data), REPLAY_CLASS | 1: bytes(Writer().string(xml).data)}
    upper = 0x2407E000 if old_ids else REPLAY_CLASS
    body = Writer()
    if map_file is not None:
        body.u32(upper | 0x002, len(map_file)).data += map_file
    body.skippable(upper | 0x007, bytes(4)).u32(upper | 0x014, 10, len(ghosts))
    for node, ghost in enumerate(ghosts, start=10):
        body.u32(node, 0x2401B000 if old_ids else GHOST_CLASS).data += ghost(body)
    body.u32(0, 0, upper | 0x015, 0xFFFFFFFF, END)
    return gbx_file(upper, header, bytes(body.data), codec=codec)
