"""Writes small maps of both games for tests, byte by byte and independent of the reader."""

import struct
from collections.abc import Callable, Iterable, Sequence

import lzallright

from tmenv.gbx import Block, FileReference, Item, Skin

END, SKIPPABLE, NULL, EMPTY_ID = 0xFACADE01, b"PIKS", -1, 0xFFFFFFFF
MAP_CLASS, REPLAY_CLASS, GHOST_CLASS = 0x03043000, 0x03093000, 0x03092000
TIMES_MS = (60000, 50000, 40000, 30000)
"""Bronze, silver, gold, author."""


class Writer:
    """Bytes with the table of the Ids that were written."""

    def __init__(self, around: "Writer | None" = None):
        """``around``: the body whose table of Ids this part of it goes on with."""
        self.data = bytearray()
        # Numbers begin at 1, and place 0 stands for the version before the first Id.
        self.ids: list[str] = [] if around is None else around.ids

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
        if not self.ids:
            self.u32(3)
            self.ids.append("")
        if not text:
            return self.u32(EMPTY_ID)
        if text in self.ids:
            return self.u32(0x40000000 | self.ids.index(text))
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


Part = Callable[[Writer], bytes]
"""Writes a part of the body that it is given, whose table of Ids it needs."""


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


def full_header(*, comments: str = "Hello", thumbnail: bytes = b"\xff\xd8jpeg") -> dict[int, bytes]:
    """The header chunks of a TM2020 map, as the game writes them."""
    times = Writer().pack("B", 13).u32(0, *TIMES_MS, 100, 1, 0, 0, 0, 0, 0, 5, 3)
    place = Writer().pack("B", 11).ident("uid_of_test", 26, "author").string("Test").pack("B", 6).u32(0).string("")
    place.ident("48x48Day", 26, "author").pack("4f", 0, 0, 0, 0).pack("16x").string("TrackMania\\TM_Race").string("")
    place.pack("QB", 0, 0).id("TMStadium")
    picture = Writer().u32(1, len(thumbnail))
    picture.data += b"<Thumbnail.jpg>" + thumbnail + b"</Thumbnail.jpg><Comments>"
    picture.string(comments).data += b"</Comments>"
    chunks = {MAP_CLASS | 2: times, MAP_CLASS | 3: place, MAP_CLASS | 4: Writer().u32(6)}
    xml = xml_header("3.3.0", "2022-10-06_21_04")
    return {key: bytes(chunk.data) for key, chunk in chunks.items()} | xml | {MAP_CLASS | 7: bytes(picture.data)}


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
    ghost: Part | None = None,
    items: Sequence[Item] = (),
    baked: Sequence[Block] = (),
    codec: str = "lzo",
    header: dict[int, bytes] | None = None,
) -> bytes:
    """A TM2020 map: version-6 blocks with waypoints, items, poses of free blocks, and the chunks of ``ghost``."""
    blocks = list(blocks)
    body = _opening(times_ms, laps, ghost)
    _blocks_chunk(body, blocks, name, uid, (26, decoration, (48, 40, 48)), version=6)
    body.skippable(0x03043040, _items_chunk(items))
    derived = Writer(body)
    derived.u32(0, 6, len(baked))
    _write_blocks(derived, baked, version=6)
    body.skippable(0x03043048, bytes(derived.u32(0, 0).data))
    poses = Writer().u32(0)
    for block in (*blocks, *baked):
        if block.is_free:
            poses.pack("6f", *(block.position or ()), *(block.rotation_euler or ()))
    body.skippable(0x0304305F, bytes(poses.data)).u32(END)
    header = xml_header("3.3.0", "2022-10-06_21_04") if header is None else header
    return gbx_file(MAP_CLASS, header, bytes(body.data), codec=codec)


def _opening(times_ms: Sequence[int], laps: int, ghost: Part | None) -> Writer:
    """The chunks of a map before its blocks."""
    body = Writer()
    body.u32(0x0304300D).ident("", "", "")
    body.u32(0x03043011, 1, 0x0301B000, 0x0301B000, 0, END, 2, 0x0305B000)
    body.u32(0x0305B001).string("").string("").string("").string("")
    body.u32(0x0305B004).pack("4i", *times_ms).u32(0, 0x0305B008, 60000, EMPTY_ID)
    if ghost is not None:
        body.u32(0x0305B00D, 3, GHOST_CLASS)
        body.data += ghost(body)
    body.u32(END, 6)
    body.skippable(0x03043018, struct.pack("<2I", laps > 0, laps or 3))
    return body.skippable(0x0304301C, bytes(4))


def _blocks_chunk(body: Writer, blocks: list[Block], name: str, uid: str, place: tuple, *, version: int) -> None:
    collection, decoration, size = place
    body.u32(0x0304301F).ident(uid, collection, "author").string(name)
    body.ident(decoration, collection, "author").u32(*size, 0, version, len(blocks))
    _write_blocks(body, blocks, version)


def _write_blocks(body: Writer, blocks: Sequence[Block], version: int) -> None:
    corner = (1, 8, 1) if version == 6 else (0, 0, 0)
    for node, block in enumerate(blocks, start=10):
        flags = block.flags | (block.is_free << 29) | ((block.waypoint is not None) << 20)
        flags |= (block.skin is not None) << 15
        stored = [(cell + offset) & 0xFF for cell, offset in zip(block.cell, corner, strict=True)]
        body.id(block.name).pack("4BI", block.rotation, *stored, flags)
        if block.skin is not None:
            body.id(block.author)
            _skin_node(body, 1000 + node, block.skin)
        if block.waypoint is not None:
            body.u32(node)
            _waypoint_node(body, block.waypoint, block.waypoint_order)


def _waypoint_node(body: Writer, tag: str, order: int) -> None:
    body.u32(0x2E009000, 0x2E009000, 2).string(tag).u32(order)
    body.skippable(0x2E009001, b"other tag").u32(END)


def _skin_node(body: Writer, node: int, skin: Skin) -> None:
    body.u32(node, 0x03059000, 0x03059002).string(skin.text)
    _file_reference(body, skin.file)
    _file_reference(body, skin.parent or FileReference(""))
    if skin.foreground is not None:
        body.u32(0x03059003, 0)
        _file_reference(body, skin.foreground)
    body.u32(END)


def _file_reference(body: Writer, file: FileReference) -> None:
    body.pack("B", file.version)
    body.data += file.checksum
    body.string(file.path)
    if file.version >= 3 or file.path:
        body.string(file.url)


def _items_chunk(items: Sequence[Item]) -> bytes:
    inner = Writer().u32(10, len(items))
    for item in items:
        inner.u32(0x03101000, 0x03101002, 8).ident(item.name, 26, item.author).pack("3f", *item.rotation_euler)
        inner.pack("3B", *(item.cell or (255, 255, 255))).id("").pack("3f", *item.position)
        if item.waypoint is None:
            inner.u32(EMPTY_ID)
        else:
            _waypoint_node(inner, item.waypoint, item.waypoint_order)
        inner.pack("H3ff", item.flags, *item.pivot, item.scale)
        if item.flags & 4:
            _file_reference(inner, FileReference("Skins\\Any.zip", checksum=bytes(32), version=3))
        inner.pack("6f", *[-1.0] * 6).skippable(0x03101004, bytes(8)).u32(END)
    inner.u32(0)
    return struct.pack("<3I", 7, 0, len(inner.data)) + bytes(inner.data)
