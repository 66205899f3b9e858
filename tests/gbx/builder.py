"""Writes small maps of both games for tests, byte by byte and independent of the reader."""

import struct
import zlib
from collections.abc import Iterable, Sequence

import lzallright
import numpy as np
from numpy.typing import ArrayLike

from tmenv.gbx import Block

END, SKIPPABLE, NULL, EMPTY_ID = 0xFACADE01, b"PIKS", -1, 0xFFFFFFFF
MAP_CLASS, GHOST_CLASS = 0x03043000, 0x03092000
TIMES_MS = (60000, 50000, 40000, 30000)
"""Bronze, silver, gold, author."""


class Writer:
    """Bytes with the table of the Ids that were written."""

    def __init__(self):
        self.data = bytearray()
        self.ids: list[str] = []
        self.ids_started = False

    def pack(self, layout: str, *values) -> "Writer":
        self.data += struct.pack("<" + layout, *values)
        return self

    def u32(self, *values: int) -> "Writer":
        return self.pack(f"{len(values)}I", *values)

    def string(self, text: str) -> "Writer":
        encoded = text.encode()
        self.u32(len(encoded))
        self.data += encoded
        return self

    def id(self, text: str) -> "Writer":
        if not self.ids_started:
            self.u32(3)
            self.ids_started = True
        if not text:
            return self.u32(EMPTY_ID)
        if text in self.ids:
            return self.u32(0x40000000 | (self.ids.index(text) + 1))
        self.ids.append(text)
        return self.u32(0x40000000).string(text)

    def ident(self, name: str, collection: str | int, author: str) -> "Writer":
        self.id(name)
        if isinstance(collection, int):
            self.u32(collection)
        else:
            self.id(collection)
        return self.id(author)

    def skippable(self, chunk: int, payload: bytes) -> "Writer":
        self.u32(chunk)
        self.data += SKIPPABLE
        self.u32(len(payload))
        self.data += payload
        return self


def stored_lzo(data: bytes) -> bytes:
    """An LZO1X stream that copies ``data`` literally."""
    if len(data) <= 238:
        head = bytes([17 + len(data)])
    else:
        zeros, rest = divmod(len(data) - 18 - 1, 255)
        head = b"\0" + b"\0" * zeros + bytes([rest + 1])
    return head + data + b"\x11\0\0"


def gbx_file(class_id: int, header: dict[int, bytes], body: bytes, *, codec: str = "lzo") -> bytes:
    """A file of ``class_id``; ``codec`` is "lzo", "stored" (LZO without compression) or "raw"."""
    file = Writer()
    file.data += b"GBX\x06\0" + (b"BUUR" if codec == "raw" else b"BUCR")
    chunks = Writer()
    if header:
        chunks.u32(len(header))
        for chunk, payload in header.items():
            chunks.u32(chunk, len(payload))
        chunks.data += b"".join(header.values())
    file.u32(class_id, len(chunks.data))
    file.data += chunks.data
    file.u32(3, 0)
    if codec != "raw":
        packed = stored_lzo(body) if codec == "stored" else bytes(lzallright.LZOCompressor().compress(body))
        file.u32(len(body), len(packed))
        body = packed
    return bytes(file.data + body)


def xml_header(version: str, build: str = "", environment: str = "Stadium") -> dict[int, bytes]:
    """The header chunk that says which game wrote a map."""
    xml = f'<header type="map" exever="{version}" exebuild="{build}"><desc envir="{environment}"/></header>'
    return {MAP_CLASS | 5: bytes(Writer().string(xml).data)}


def tmnf_map(
    blocks: Iterable[Block],
    *,
    name: str = "Test",
    uid: str = "uid_of_test",
    environment: str = "Stadium",
    times_ms: Sequence[int] = TIMES_MS,
    laps: int = 0,
    codec: str = "lzo",
    header: dict[int, bytes] | None = None,
) -> bytes:
    """A TMNF map; ``laps`` > 0 makes it a lap race."""
    body = _opening(times_ms, laps, ghost=None)
    _blocks_chunk(body, list(blocks), name, uid, (environment, "Day", (32, 32, 32)), version=1)
    body.u32(0x03043021).pack("3i", NULL, NULL, NULL).u32(0x03043022, 1).u32(0x03043024).pack("B", 2).string("")
    body.u32(0x03043025).pack("4f", 0, 0, 0, 0).u32(0x03043026).pack("i", NULL).u32(0x03043028, 0).string("")
    body.skippable(0x03043029, bytes(20)).u32(0x0304302A, 0, END)
    header = xml_header("2.11.26", environment=environment) if header is None else header
    return gbx_file(MAP_CLASS, header, bytes(body.data), codec=codec)


def tm2020_map(
    blocks: Iterable[Block],
    *,
    name: str = "Test",
    uid: str = "uid_of_test",
    decoration: str = "48x48Day",
    times_ms: Sequence[int] = TIMES_MS,
    laps: int = 0,
    ghost: bytes | None = None,
    codec: str = "lzo",
    header: dict[int, bytes] | None = None,
) -> bytes:
    """A TM2020 map: version-6 blocks with waypoints, poses of free blocks, and the chunks of ``ghost``."""
    blocks = list(blocks)
    body = _opening(times_ms, laps, ghost)
    _blocks_chunk(body, blocks, name, uid, (26, decoration, (48, 40, 48)), version=6)
    poses = Writer().u32(0)
    for block in blocks:
        if block.is_free:
            poses.pack("6f", *(block.position or ()), *(block.rotation_euler or ()))
    body.skippable(0x0304305F, bytes(poses.data)).u32(END)
    header = xml_header("3.3.0", "2022-10-06_21_04") if header is None else header
    return gbx_file(MAP_CLASS, header, bytes(body.data), codec=codec)


def _opening(times_ms: Sequence[int], laps: int, ghost: bytes | None) -> Writer:
    """The chunks of a map before its blocks."""
    body = Writer()
    body.u32(0x0304300D).ident("", "", "")
    body.u32(0x03043011, 1, 0x0301B000, 0x0301B000, 0, END, 2, 0x0305B000)
    body.u32(0x0305B001).string("").string("").string("").string("")
    body.u32(0x0305B004).pack("4i", *times_ms).u32(0, 0x0305B008, 60000, EMPTY_ID)
    if ghost is not None:
        body.u32(0x0305B00D, 3, GHOST_CLASS)
        body.data += ghost
    body.u32(END, 6)
    body.skippable(0x03043018, struct.pack("<2I", laps > 0, laps or 3))
    return body.skippable(0x0304301C, bytes(4))


def _blocks_chunk(body: Writer, blocks: list[Block], name: str, uid: str, place: tuple, *, version: int) -> None:
    collection, decoration, size = place
    body.u32(0x0304301F).ident(uid, collection, "author").string(name)
    body.ident(decoration, collection, "author").u32(*size, 0, version, len(blocks))
    corner = (1, 8, 1) if version == 6 else (0, 0, 0)
    for node, block in enumerate(blocks, start=10):
        flags = block.flags | (block.is_free << 29) | ((block.waypoint is not None) << 20)
        stored = [(cell + offset) & 0xFF for cell, offset in zip(block.cell, corner, strict=True)]
        body.id(block.name).pack("4BI", block.rotation, *stored, flags)
        if block.waypoint is not None:
            body.u32(node, 0x2E009000, 0x2E009000, 2).string(block.waypoint).u32(block.waypoint_order)
            body.skippable(0x2E009001, b"other tag").u32(END)


def ghost_chunks(
    times_ms: Sequence[int],
    positions: ArrayLike,
    controls: Sequence[tuple[int, int, int]],
    *,
    start_ms: int = 0,
    race_time_ms: int = 1000,
    record_version: int = 11,
) -> bytes:
    """The chunks of a TM2020 ghost: samples at ``times_ms`` with ``positions`` (n, 3), and per tick of 10 ms
    ``controls`` (steer -127..127, gas, brake)."""
    node = Writer()
    node.skippable(0x03092005, struct.pack("<i", race_time_ms))
    node.skippable(0x0309200B, struct.pack("<I4i", 2, race_time_ms // 2, 0, race_time_ms, 0))
    record = zlib.compress(raw := _record(times_ms, positions, record_version))
    node.data += bytes.fromhex("00f0110900f01109")
    # Inside a chunk that states its size, so that the map around it can be read on.
    payload = node.data[-8:] + struct.pack("<3I", record_version, len(raw), len(record)) + record
    del node.data[-8:]
    node.skippable(0x03092030, bytes(payload))
    stream = input_stream(controls)
    node.skippable(0x0309201D, struct.pack("<4Ii2I", 4, 1, 12, 0, start_ms, len(controls), len(stream)) + stream)
    return bytes(node.u32(END).data)


def _record(times_ms, positions: ArrayLike, version: int) -> bytes:
    """A record with one car; its samples are 107 bytes long and at rest."""
    rows = np.zeros((len(times_ms), 107), np.uint8)
    rows[:, 47:59] = np.ascontiguousarray(positions, "<f4").view(np.uint8).reshape(len(rows), 12)
    rows[:, 65:67] = np.frombuffer(struct.pack("<h", -32768), np.uint8)
    rows[:, 89] = 1
    record = Writer().u32(0, 0, 1, 0x0A018000, 0, 0, 0, 0, 0, 0).pack("B", 1).u32(0, 0, 0, 0, 0)
    if version == 11:
        record.u32(len(rows))
        if len(rows):
            record.u32(107)
            record.data += np.diff(np.array(times_ms, "<i4"), prepend=np.int32(0)).astype("<i4").tobytes()
            record.data += np.diff(rows, axis=0, prepend=np.zeros((1, 107), np.uint8)).T.tobytes()
    else:
        for time, row in zip(times_ms, rows, strict=True):
            record.pack("BiI", 1, time, 107)
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
