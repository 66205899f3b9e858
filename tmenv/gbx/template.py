"""A map file taken apart for splicing: what stands where in its body, and the records of its blocks."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from tmenv.gbx.archive import Reader
from tmenv.gbx.block_writer import Node, Part
from tmenv.gbx.blocks import (
    HAS_CARDS,
    HAS_NODE,
    HAS_SKIN,
    HAS_VARIANT_ID,
    HAS_WAYPOINT,
    PLACEHOLDER_FLAGS,
    Grid,
)
from tmenv.gbx.classes import canonical
from tmenv.gbx.container import Container
from tmenv.gbx.map_chunks import BLOCKS_CHUNK, LAYOUTS, STADIUM_2020_CORNER, TMNF_VERSIONS
from tmenv.gbx.nodes import END_OF_NODE, Properties, read_node, read_reference
from tmenv.gbx.writer import MAX_ID_BYTES, NEW_ID, NEW_LOCAL_ID

_NODE_CLASS_BYTES = 4


class Record(NamedTuple):
    """A block as stored: its name, the bytes of rotation, cell and flags, and what follows them."""

    name: str
    head: bytes
    parts: list[Part]


class Chunk(NamedTuple):
    """A stretch of the body behind the blocks: a chunk that states its size, or several that do not.

    Attributes:
        stored_id: id as stored; of a stretch without sizes, that of its first chunk.
        data: the payload, or of a stretch without sizes all of it, from the first id on.
        has_size: the chunk states its size.
    """

    stored_id: int
    data: bytes
    has_size: bool

    @property
    def chunk(self) -> int:
        """Canonical id."""
        return canonical(self.stored_id)


@dataclass(frozen=True)
class Template:
    """The body of a map file.

    Attributes:
        source: how messages call the file.
        chunk_id: stored id of the chunk of blocks.
        before: the body up to the chunk of blocks.
        ids_before: table of Ids at the chunk of blocks; ``ids_started`` says whether it has begun.
        ids_after: the same behind that chunk.
        nodes_before: indices of the nodes that stand before the blocks.
        next_node: index that no node takes: the file's number of nodes, or more where that is wrong.
        new_kinds: how the uid and the author's login begin as new strings.
        collections: the two environments that the chunk of blocks states: an Id, or the number of a collection.
        decoration_author: third Id of the decoration.
        needs_unlock: a number of that chunk, kept.
        grid: how cells are stored.
        records: the blocks.
        after: what follows the blocks.
    """

    source: str
    chunk_id: bytes
    before: bytes
    ids_before: list[str]
    ids_started: bool
    ids_after: list[str]
    nodes_before: frozenset[int]
    next_node: int
    new_kinds: tuple[int, int]
    collections: tuple[str | int, str | int]
    decoration_author: str
    needs_unlock: int
    grid: Grid
    records: list[Record]
    after: list[Chunk]


def read_template(container: Container) -> Template:
    """Take the body of a map apart, which ``parse_map`` has read without complaint."""
    reader = Reader(container.body, f"{container.source} (template)")
    found = read_node(reader, LAYOUTS | {BLOCKS_CHUNK: _blocks_chunk}, {}, stop_after=BLOCKS_CHUNK)
    return Template(
        source=container.source,
        chunk_id=container.body[found["start"] :][:4],
        before=container.body[: found["start"]],
        ids_after=list(reader.ids),
        next_node=max(container.node_count, max(reader.nodes, default=0) + 1),
        after=split_chunks(container.body, reader.position, reader.source),
        **{name: found[name] for name in _FOUND},
    )


_FOUND = (
    "ids_before",
    "ids_started",
    "nodes_before",
    "new_kinds",
    "collections",
    "decoration_author",
    "needs_unlock",
    "grid",
    "records",
)
"""Attributes of a template that the reader of the chunk of blocks finds."""


def _blocks_chunk(reader: Reader, found: Properties) -> None:
    found["start"] = reader.position - 4
    found["ids_before"], found["ids_started"] = list(reader.ids), reader.ids_started
    found["nodes_before"] = frozenset(reader.nodes)
    uid_kind = new_kind(reader)
    reader.id()
    first = _collection(reader)
    found["new_kinds"] = uid_kind, new_kind(reader)
    reader.id()
    reader.string()
    reader.id()
    found["collections"] = first, _collection(reader)
    found["decoration_author"] = reader.id()
    reader.skip(12, "the size of the map")
    found["needs_unlock"], version = reader.u32(), reader.u32()
    corner = (0, 0, 0) if version in TMNF_VERSIONS else STADIUM_2020_CORNER
    found["grid"] = Grid(version, *corner)
    found["records"] = read_records(reader, version)


def new_kind(reader: Reader) -> int:
    """How the next Id begins, if it is a new string; the usual way if not."""
    return NEW_LOCAL_ID if reader.peek_id() == NEW_LOCAL_ID else NEW_ID


def _collection(reader: Reader) -> str | int:
    stored, name = reader.peek_id(), reader.id()
    return name if stored >> 30 else stored


def read_records(reader: Reader, version: int) -> list[Record]:
    """The records of a list of blocks, without the placeholders."""
    records: list[Record] = []
    content: dict[int, bytes] = {}
    number = reader.count(10, "blocks")
    while len(records) < number:
        name = reader.id()
        head = reader.bytes(8 if version else 6, "a block")
        flags = int.from_bytes(head[4:], "little")
        if flags != PLACEHOLDER_FLAGS:
            records.append(Record(name, head, _read_parts(reader, version, flags, content)))
    return records


def _read_parts(reader: Reader, version: int, flags: int, content: dict[int, bytes]) -> list[Part]:
    parts: list[Part] = []
    if flags & HAS_SKIN:
        parts += [reader.id(), _read_part_node(reader, content)]
    if version < 2:
        return parts
    if flags & HAS_NODE:
        parts.append(_read_part_node(reader, content))
    if flags & HAS_WAYPOINT:
        parts.append(_read_part_node(reader, content))
    if flags & HAS_CARDS:
        reader.fail("a block without cards (they are not supported)")
    if flags & HAS_VARIANT_ID:
        parts += [reader.id(), reader.bytes(8, "a variant")]
    return parts


def _read_part_node(reader: Reader, content: dict[int, bytes]) -> Part:
    start = reader.position
    ids, nodes = len(reader.ids), len(reader.nodes)
    index = reader.i32()
    reader.position = start
    is_new = index not in reader.nodes
    read_reference(reader, LAYOUTS)
    if index < 0:
        return reader.data[start : reader.position]
    if is_new:
        if len(reader.ids) != ids or len(reader.nodes) > nodes + 1:
            reader.fail("a block whose skin or waypoint holds no names and nodes of its own", start)
        content[index] = reader.data[start + _NODE_CLASS_BYTES : reader.position]
    return Node(index, content.get(index))


_NEXT_SIZED = re.compile(rb".\x30(?:\x04\x03|\x00\x24)PIKS", re.DOTALL)
"""The id of a map's chunk, present or old, that states its size."""


def split_chunks(body: bytes, start: int, source: str) -> list[Chunk]:
    """The chunks of a map's body from ``start`` on, with the end of the node as the last.

    Chunks without size (the media tracker's among them) cannot be told apart without knowing them all; they are
    taken together, up to the next chunk of a map that states its size.
    """
    chunks: list[Chunk] = []
    reader = Reader(body, source, start)
    while reader.position < reader.end:
        position = reader.position
        stored = reader.u32()
        has_size = body[position + 4 : position + 8] == b"PIKS"
        if has_size:
            reader.skip(4)
            data = reader.bytes(reader.u32(), "a chunk")
        else:
            found = None if stored == END_OF_NODE else _NEXT_SIZED.search(body, position + 4)
            reader.position = found.start() if found else len(body)
            data = body[position : reader.position]
        chunks.append(Chunk(stored, data, has_size))
    return chunks


def may_hold_ids(data: bytes, table_size: int) -> bool:
    """Whether any four bytes of ``data`` could be an Id that refers to a table of that size, or begin a new one.

    False is certain; True may be chance. References have the upper bits 01 (all 142 000 in the sample files), new
    strings 01 or 10.
    """
    names = sum(_begins_text(data, match.end()) for match in _NEW_ID.finditer(data))
    return names > 0 or any(
        0 < int.from_bytes(match[1][:2], "little") <= table_size for match in _REFERENCE.finditer(data)
    )


_NEW_ID = re.compile(rb"\0\0\0[\x40\x80]", re.DOTALL)
_REFERENCE = re.compile(rb"(?=(..\0\x40))", re.DOTALL)


def _begins_text(data: bytes, start: int) -> bool:
    length = int.from_bytes(data[start : start + 4], "little")
    text = data[start + 4 : start + 4 + length] if 0 < length <= MAX_ID_BYTES else b""
    return bool(text) and len(text) == length and all(byte >= 0x20 for byte in text)
