"""Writes the records of blocks, with the nodes that hang on them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tmenv.errors import GbxError
from tmenv.gbx.blocks import (
    FREE,
    HAS_CARDS,
    HAS_NODE,
    HAS_SKIN,
    HAS_VARIANT_ID,
    HAS_WAYPOINT,
    PLACEHOLDER_FLAGS,
    Block,
    Grid,
)
from tmenv.gbx.skins import CHECKSUM_BYTES, FileReference, Skin
from tmenv.gbx.writer import MAX_ID_BYTES, NULL_NODE, Writer, encode, is_whole

SKIN_CLASS = 0x03059000
WAYPOINT_CLASS = 0x2E009000
"""The old id of the class, which is what TM2020 writes."""

_FROM_TEMPLATE_ONLY = HAS_VARIANT_ID | HAS_CARDS | HAS_NODE


class Node(NamedTuple):
    """A reference to a node.

    Attributes:
        index: as in the file it was read from; None for a new node.
        content: class id, chunks and end of the node; None where only the index is known.
    """

    index: int | None
    content: bytes | None


Part = str | bytes | Node
"""What follows the head of a record: an Id, plain bytes, or a node."""


class BlockWriter:
    """Writes blocks one after the other.

    Attributes:
        next_index: index of the next new node.
    """

    def __init__(self, writer: Writer, grid: Grid, next_index: int, written_nodes: Iterable[int] = ()):
        self._writer = writer
        self._grid = grid
        self._written = set(written_nodes)
        self.next_index = next_index

    def add(self, block: Block, number: int, parts: Sequence[Part] | None = None) -> None:
        """Write a block; ``parts`` is what follows its head, if not what its fields say.

        Raises:
            GbxError: a field cannot be written; the message names the block, the ``number``-th of the map.
        """
        try:
            head = self._head(block)
            self.add_raw(block.name, head, new_parts(block, self._grid) if parts is None else parts)
        except GbxError as error:
            raise GbxError(f"block {number} ({block.name!r} at {block.cell}): {error}") from None

    def _head(self, block: Block) -> bytes:
        check_block(block, self._grid)
        grid = self._grid
        stored = [cell + offset for cell, offset in zip(block.cell, (grid.x, grid.y, grid.z), strict=True)]
        head = Writer().u8(block.rotation, *stored)
        return bytes((head.u32(block.flags) if grid.version else head.u16(block.flags)).data)

    def add_raw(self, name: str, head: bytes, parts: Sequence[Part]) -> None:
        """Write a record of a ``name``, the ``head`` of rotation, cell and flags, and the ``parts`` behind it."""
        self._writer.id(name).raw(head)
        for part in parts:
            if isinstance(part, str):
                self._writer.id(part)
            elif isinstance(part, Node):
                self._add_node(part)
            else:
                self._writer.raw(part)

    def _add_node(self, node: Node) -> None:
        index = self.next_index if node.index is None else node.index
        self._writer.i32(index)
        self.next_index = max(self.next_index, index + 1)
        if index not in self._written:
            if node.content is None:
                raise GbxError(f"node {index} of the template stands in a block that is left out; keep that block")
            self._writer.raw(node.content)
        self._written.add(index)


def check_block(block: Block, grid: Grid) -> None:
    """Refuse what a record of this version cannot say, or would be read as something else.

    Raises:
        GbxError: without the block's name.
    """
    if not block.name:
        raise GbxError("the name is empty; give the game's name of the block")
    encode(block.name, MAX_ID_BYTES)
    if block.rotation not in (0, 1, 2, 3):
        raise GbxError(f"rotation {block.rotation!r}; give 0, 1, 2 or 3 quarter turns")
    lowest = (-grid.x, -grid.y, -grid.z)
    if len(block.cell) != 3 or not all(
        is_whole(cell) and 0 <= cell - low <= 255 for cell, low in zip(block.cell, lowest, strict=True)
    ):
        highest = tuple(255 + low for low in lowest)
        raise GbxError(f"the cell is not in {lowest} to {highest}, which is all that the file can hold; move it")
    largest = PLACEHOLDER_FLAGS - 1 if grid.version else 0xFFFF
    if not is_whole(block.flags) or not 0 <= block.flags <= largest:
        raise GbxError(f"flags {block.flags!r}; give a whole number up to {largest:#x}")
    _check_pose(block, grid)


def _check_pose(block: Block, grid: Grid) -> None:
    placed = block.position is not None and block.rotation_euler is not None
    if grid.version < 2:
        if block.waypoint is not None or block.is_free or block.waypoint_order:
            raise GbxError("waypoints and free blocks exist only in TM2020; in TMNF the name tells a waypoint")
    elif block.is_free != bool(block.flags & FREE):
        raise GbxError(f"flags {block.flags:#x} say it is free, but is_free is False; set is_free")
    elif block.is_free and not placed:
        raise GbxError("it is free, but has no place; give position and rotation_euler")
    if not block.is_free and (block.position is not None or block.rotation_euler is not None):
        raise GbxError("it stands on the grid, but has a position; set is_free or leave the position out")
    if block.waypoint is None and block.waypoint_order:
        raise GbxError("it has a waypoint_order but is no waypoint; set waypoint or leave the order 0")


def new_parts(block: Block, grid: Grid) -> list[Part]:
    """What follows the head of a block that is not in a template."""
    parts: list[Part] = []
    if block.flags & HAS_SKIN:
        parts += [block.author, skin_node(block.skin)]
    if grid.version < 2:
        return parts
    if block.flags & _FROM_TEMPLATE_ONLY:
        raise GbxError(
            f"flags {block.flags:#x}: bits 17 to 19 stand for data that only a block of the template brings along; "
            "clear them, or keep name, flags and skin as in the template"
        )
    if block.flags & HAS_WAYPOINT:
        parts.append(waypoint_node(block.waypoint, block.waypoint_order))
    return parts


def skin_node(skin: Skin | None) -> Part:
    """The node of a skin, or the null reference."""
    if skin is None:
        return NULL_NODE
    node = Writer().u32(SKIN_CLASS, SKIN_CLASS | (1 if skin.parent is None else 2)).string(skin.text)
    write_file_reference(node, skin.file)
    if skin.parent is not None:
        write_file_reference(node, skin.parent)
    if skin.foreground is not None:
        write_file_reference(node.u32(SKIN_CLASS | 3, 0), skin.foreground)
    return Node(None, bytes(node.end_node().data))


def write_file_reference(writer: Writer, file: FileReference) -> None:
    """The record of a file that a map refers to.

    Raises:
        GbxError: its version cannot hold its fields.
    """
    if len(file.checksum) != (CHECKSUM_BYTES if file.version >= 3 else 0):
        raise GbxError(f"file {file.path!r}: a checksum has {CHECKSUM_BYTES} bytes from version 3 on, before none")
    has_url = file.version >= 3 or (file.path != "" and file.version >= 1)
    if file.url and not has_url:
        raise GbxError(f"file {file.path!r}: version {file.version} has no url without a path; leave the url out")
    writer.u8(file.version).raw(file.checksum).string(file.path)
    if has_url:
        writer.string(file.url)


def waypoint_node(tag: str | None, order: int) -> Part:
    """The node of a waypoint, or the null reference."""
    if tag is None:
        return NULL_NODE
    node = Writer().u32(WAYPOINT_CLASS, WAYPOINT_CLASS, 2).string(tag).u32(order)
    return Node(None, bytes(node.end_node().data))
