"""Items: objects that stand on a map off its grid (TM2020)."""

import struct
from dataclasses import dataclass, field

from tmenv.gbx.archive import Reader
from tmenv.gbx.nodes import Layouts, Properties, read_node_here
from tmenv.gbx.skins import read_file_reference
from tmenv.gbx.waypoints import WAYPOINT_LAYOUTS

ITEMS_CHUNK = struct.pack("<I", 0x03043040) + b"PIKS"
_ITEM_CLASS = 0x03101000
_SMALLEST_ITEM = 100
"""Bytes; less than any item takes."""

_NONE = 0xFFFFFFFF
_HAS_SKIN = 1 << 2


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a map.

    Attributes:
        name: the game's name, e.g. ``"GateCheckpointCenter8m"``, or the path of an item made by players.
        position: world position, metres.
        rotation_euler: yaw, pitch, roll, radians, as for free blocks.
        cell: stored block cell that it is anchored to; None for none.
        pivot: point of the item, metres in its own axes, that stands at ``position``.
        scale: 1 = as made.
        flags: the bits the file stores.
        waypoint: tag as in ``Block.waypoint``; None if it is none.
        waypoint_order: as in ``Block``.
        author: login of the item's author; not shown by ``repr``.
    """

    name: str
    position: tuple[float, float, float]
    rotation_euler: tuple[float, float, float]
    cell: tuple[int, int, int] | None = None
    pivot: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0
    flags: int = 0
    waypoint: str | None = None
    waypoint_order: int = 0
    author: str = field(default="", repr=False)


def read_items(reader: Reader) -> tuple[Item, ...]:
    """The items that stand in a chunk behind the block list; the reader's position stays.

    The chunks in between hold nodes of many kinds, hence the search for the chunk's id. The chunk has a table of
    Ids and an index of nodes of its own.
    """
    start = reader.data.find(ITEMS_CHUNK, reader.position)
    if start < 0:
        return ()
    outer = Reader(reader.data, reader.source, start + len(ITEMS_CHUNK))
    outer.skip(outer.u32(), "the items")
    chunk = Reader(reader.data, reader.source, start + len(ITEMS_CHUNK) + 4, outer.position)
    version = chunk.u32()
    if version == 0:
        return ()
    chunk.skip(12, "the head of the items")
    number = chunk.count(_SMALLEST_ITEM, "items")
    return tuple(_read_item(chunk) for _ in range(number))


def _read_item(reader: Reader) -> Item:
    if reader.u32() != _ITEM_CLASS:
        reader.fail(f"an item (class {_ITEM_CLASS:08X})", reader.position - 4)
    item = read_node_here(reader, _ITEM_LAYOUTS)
    if "item" not in item:
        reader.fail("an item with a place")
    return item["item"]


def _place(reader: Reader, item: Properties) -> None:
    version = reader.u32()
    if version not in (7, 8):
        reader.fail("version 7 or 8 of an item", reader.position - 4)
    name, _, author = reader.ident()
    euler = (reader.f32(), reader.f32(), reader.f32())
    x, y, z = reader.bytes(3, "a cell")
    reader.id()
    position = reader.position3()
    waypoint = _waypoint(reader)
    flags = reader.u16()
    pivot = reader.position3()
    scale = reader.f32()
    if flags & _HAS_SKIN:
        read_file_reference(reader)
    if version >= 8:
        reader.skip(24, "six unused numbers")
    cell = None if (x, y, z) == (255, 255, 255) else (x, y, z)
    tag, order = waypoint.get("tag"), waypoint.get("order", 0)
    item["item"] = Item(name, position, euler, cell, pivot, scale, flags, tag, order, author)


def _waypoint(reader: Reader) -> Properties:
    """A waypoint node that stands in place, without an index."""
    if reader.u32() == _NONE:
        return {}
    return read_node_here(reader, WAYPOINT_LAYOUTS)


_ITEM_LAYOUTS: Layouts = {0x03101002: _place}
