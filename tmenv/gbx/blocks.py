"""Blocks: the records that a map is built of."""

import struct
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from tmenv.gbx.archive import Reader
from tmenv.gbx.nodes import Layouts, read_reference
from tmenv.gbx.skins import Skin, skin_of

# Bits of a block's flags.
ON_GROUND = 1 << 12
HAS_SKIN = 1 << 15
HAS_VARIANT_ID = 1 << 17
HAS_CARDS = 1 << 18
HAS_NODE = 1 << 19
HAS_WAYPOINT = 1 << 20
FREE = 1 << 29

PLACEHOLDER_FLAGS = 0xFFFFFFFF
"""A record with these flags is no block, and the map's number of blocks leaves it out."""


FREE_CELL = (-1, -8, -1)
"""What the game stores as the cell of a free block: three zero bytes."""

Vector = tuple[float, float, float]

_MAX_PLACEHOLDERS = 10_000
"""Most seen: 1. More would only cost time, as nothing counts them."""

_MODIFIED_GAME = "TMUnlimiter"
"""Maps of this modification hold one block with a notice for its name, and ``NO_ROTATION`` for its rotation; their
real blocks stand in a chunk of its own, which is not read."""

NO_ROTATION = 255


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a map.

    Attributes:
        name: the game's name, e.g. ``"RoadTechStraight"``.
        rotation: quarter turns; the block's local +z points to world +z, -x, -z, +x for 0, 1, 2, 3
            (255 in the notice that the modification TMUnlimiter puts in the place of its blocks).
        cell: world cell (x, y, z); the block's lowest corner is at (32 x, 8 y, 32 z) metres in both games.
            Meaningless for free blocks.
        flags: the bits the file stores; those that other fields imply are set by themselves.
        waypoint: ``"Spawn"``, ``"Checkpoint"``, ``"Goal"``, ``"StartFinish"``, ``"LinkedCheckpoint"``...; None if
            the block is none or the game is TMNF, where the name tells.
        waypoint_order: checkpoints of the same order count as one; 0 unless linked.
        is_free: placed off the grid (TM2020).
        position: world position of a free block's lowest corner, metres, in the file's precision of 32 bits; None for
            other blocks and if not stored.
        rotation_euler: yaw, pitch, roll of a free block, radians: +z turns by yaw to (sin yaw, 0, cos yaw), a
            positive pitch lowers the nose.
        author: login of the author of the block or its skin; "" if not stored. Not shown by ``repr``.
        skin: what the block wears; None if nothing.
    """

    name: str
    rotation: int
    cell: tuple[int, int, int]
    flags: int = 0
    waypoint: str | None = None
    waypoint_order: int = 0
    is_free: bool = False
    position: tuple[float, float, float] | None = None
    rotation_euler: tuple[float, float, float] | None = None
    author: str = field(default="", repr=False)
    skin: Skin | None = None

    def __post_init__(self):
        if self.skin is not None or self.author or self.waypoint is not None or self.is_free:
            implied = HAS_SKIN if self.skin is not None or self.author else 0
            implied |= (HAS_WAYPOINT if self.waypoint is not None else 0) | (FREE if self.is_free else 0)
            object.__setattr__(self, "flags", self.flags | implied)
        if self.position is not None:
            object.__setattr__(self, "position", _as_stored(self.position))
        if self.rotation_euler is not None:
            object.__setattr__(self, "rotation_euler", _as_stored(self.rotation_euler))

    @classmethod
    def free(cls, name: str, position: Vector, rotation_euler: Vector = (0.0, 0.0, 0.0), **fields: Any) -> Self:
        """A TM2020 block off the grid; ``fields`` are further ones of the class."""
        return cls(name, 0, FREE_CELL, is_free=True, position=position, rotation_euler=rotation_euler, **fields)

    @property
    def variant(self) -> int:
        """Variant of the block, 0-63."""
        return self.flags & 0x3F

    @property
    def road_shape(self) -> int:
        """Shape of the TMNF blocks StadiumRoadMain and StadiumRoadDirt: 0 isolated, 1 dead end, 2 corner,
        3 straight, 4 T, 5 cross."""
        return self.flags & 7

    @property
    def on_ground(self) -> bool:
        """The block stands on the ground, as the game sees it."""
        return bool(self.flags & ON_GROUND)


def _as_stored(vector: Vector) -> Vector:
    """``vector`` in the precision of a file."""
    x, y, z = (float(np.float32(value)) for value in vector)
    return x, y, z


class Grid(NamedTuple):
    """How a map stores cells: a version of the record, and the stored cell of world cell (0, 0, 0)."""

    version: int
    x: int
    y: int
    z: int


_PLAIN_RECORD = struct.Struct("<I4BI")
"""A record that begins with an Id of the table: number of the Id, rotation, cell, flags."""

_ID_NUMBER = 0x3FFFFFFF
_ATTACHMENTS = HAS_SKIN | HAS_VARIANT_ID | HAS_CARDS | HAS_NODE | HAS_WAYPOINT


def read_blocks(reader: Reader, grid: Grid, layouts: Layouts) -> list[Block]:
    """The blocks of a map, in the order of the file; free blocks still without position."""
    number = reader.count(12 if grid.version else 10, "blocks")
    blocks: list[Block] = []
    placeholders = 0
    while len(blocks) < number:
        if grid.version:
            _read_plain_blocks(reader, grid, blocks, number)
        if len(blocks) < number:
            block = _read_block(reader, grid, layouts)
            if block is not None:
                blocks.append(block)
            elif (placeholders := placeholders + 1) > _MAX_PLACEHOLDERS:
                reader.fail(f"at most {_MAX_PLACEHOLDERS} placeholders among the blocks")
    return blocks


def _read_plain_blocks(reader: Reader, grid: Grid, blocks: list[Block], number: int) -> None:
    """Read blocks up to the first that is not plain: a new name, or something attached.

    Most blocks are plain, and reading them in one go takes a third of the time.
    """
    ids, position = reader.ids, reader.position
    version, x0, y0, z0 = grid
    free_bit = FREE if version >= 2 else 0
    most = min(number - len(blocks), (reader.end - position) // _PLAIN_RECORD.size)
    records = memoryview(reader.data)[position : position + most * _PLAIN_RECORD.size]
    for name, rotation, x, y, z, flags in _PLAIN_RECORD.iter_unpack(records):
        index = (name & _ID_NUMBER) - 1
        if name >> 30 not in (1, 2) or not 0 <= index < len(ids) or rotation > 3 or flags & _ATTACHMENTS:
            break
        cell = (x - x0, y - y0, z - z0)
        blocks.append(Block(ids[index], rotation, cell, flags, is_free=flags & free_bit != 0))
        position += _PLAIN_RECORD.size
    reader.position = position


def _read_block(reader: Reader, grid: Grid, layouts: Layouts) -> Block | None:
    name = reader.id()
    rotation = reader.u8()
    is_notice = rotation == NO_ROTATION and name.startswith(_MODIFIED_GAME)
    if rotation > 3 and not is_notice:
        reader.fail("a rotation of 0-3", reader.position - 1)
    x, y, z = reader.bytes(3, "a cell")
    flags = reader.u32() if grid.version else reader.u16()
    cell = (x - grid.x, y - grid.y, z - grid.z)
    if is_notice:
        return Block(name, NO_ROTATION, cell)
    if flags == PLACEHOLDER_FLAGS:
        return None
    author, skin = _read_skin(reader, layouts) if flags & HAS_SKIN else ("", None)
    waypoint, order = _read_waypoint(reader, flags, layouts) if grid.version >= 2 else (None, 0)
    is_free = grid.version >= 2 and bool(flags & FREE)
    return Block(name, rotation, cell, flags, waypoint, order, is_free, author=author, skin=skin)


def _read_skin(reader: Reader, layouts: Layouts) -> tuple[str, Skin | None]:
    return reader.id(), skin_of(read_reference(reader, layouts))


def _read_waypoint(reader: Reader, flags: int, layouts: Layouts) -> tuple[str | None, int]:
    """Tag and order of a waypoint, and whatever else follows a TM2020 record by its flags."""
    if flags & HAS_NODE:
        read_reference(reader, layouts)
    waypoint = read_reference(reader, layouts) if flags & HAS_WAYPOINT else None
    if flags & HAS_CARDS:
        reader.fail("a block without cards (they are not supported)")
    if flags & HAS_VARIANT_ID:
        reader.id()
        reader.skip(8)
    return (None, 0) if waypoint is None else (waypoint.get("tag"), waypoint.get("order", 0))
