"""Nodes and chunks: the tree inside a body.

A node is a list of chunks. A chunk that states its size is skipped unless something here wants it; the layout of
every other chunk must be known, because nothing else tells where it ends.
"""

from collections.abc import Callable
from typing import Any

from tmenv.gbx.archive import MAX_CHUNKS, MAX_NODE_DEPTH, Reader
from tmenv.gbx.classes import canonical

END_OF_NODE = 0xFACADE01
SKIPPABLE = 0x534B4950

Properties = dict[str, Any]
ChunkReader = Callable[[Reader, Properties], None]
Layouts = dict[int, ChunkReader]
"""Canonical chunk id -> the function that reads it and notes what it found."""


def read_node(reader: Reader, layouts: Layouts, properties: Properties, stop_after: int | None = None) -> Properties:
    """Read chunks into ``properties`` until the node ends, or until chunk ``stop_after`` has been read."""
    while (stored := reader.u32()) != END_OF_NODE:
        reader.chunks += 1
        if reader.chunks > MAX_CHUNKS:
            reader.fail(f"at most {MAX_CHUNKS} chunks")
        chunk = canonical(stored)
        if _next_is_size(reader):
            _read_sized_chunk(reader, layouts.get(chunk), properties)
        elif chunk in layouts:
            layouts[chunk](reader, properties)
        else:
            reader.fail(f"a chunk that tmenv knows instead of {stored:08X}", reader.position - 4)
        if chunk == stop_after:
            break
    return properties


def _next_is_size(reader: Reader) -> bool:
    here = reader.position
    return reader.data[here : here + 4] == b"PIKS" and here + 4 <= reader.end


def _read_sized_chunk(reader: Reader, layout: ChunkReader | None, properties: Properties) -> None:
    reader.skip(4)
    start = reader.position + 4
    reader.skip(reader.u32(), "a chunk")
    end, outer_end = reader.position, reader.end
    if layout is not None:
        reader.position, reader.end = start, end
        layout(reader, properties)
    # The stated end counts, not what the layout consumed: newer versions append fields.
    reader.position, reader.end = end, outer_end


def read_reference(reader: Reader, layouts: Layouts) -> Properties | None:
    """A reference to a node, which stands in place the first time its index occurs; None for a null reference."""
    index = reader.i32()
    if index == -1:
        return None
    if index < 0:
        reader.fail("a node index", reader.position - 4)
    if index in reader.nodes:
        return reader.nodes[index]
    properties: Properties = {"class_id": canonical(reader.u32())}
    reader.nodes[index] = properties
    return read_node_here(reader, layouts, properties)


def read_node_here(reader: Reader, layouts: Layouts, properties: Properties | None = None) -> Properties:
    """A node inside another whose chunks begin at the reader's position."""
    if reader.depth >= MAX_NODE_DEPTH:
        reader.fail(f"at most {MAX_NODE_DEPTH} nested nodes")
    reader.depth += 1
    read_node(reader, layouts, found := {} if properties is None else properties)
    reader.depth -= 1
    return found


def skip_bytes(size: int) -> ChunkReader:
    """The layout of a chunk of fixed size that holds nothing of use."""
    return lambda reader, _: reader.skip(size)
