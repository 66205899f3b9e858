"""A bounded little-endian reader: the only place that turns bytes of a ``.Gbx`` file into numbers and text.

Whatever is wrong with the bytes, the reader raises ``GbxError`` with the file, the offset and what was expected.
Counts and sizes that a file states are checked against the bytes that are left before anything is allocated.
"""

import math
import struct
from typing import Any, NoReturn

from tmenv.errors import GbxError

MAX_NODE_DEPTH = 32
"""Nodes may nest this deep; far more than real files need, far less than Python's stack allows."""

MAX_RECORDS = 200_000
"""Largest number of records of one kind (most seen: 68 166 blocks); more would only cost time."""

MAX_CHUNKS = 300_000
"""Chunks that are read from one body at most (most seen: 14 000); more would only cost time."""

MAX_COORDINATE_M = 1e5
"""Positions beyond this are damage, not places (maps end at 2 km)."""

COLLECTIONS = {6: "Stadium", 11: "Valley", 12: "Canyon", 26: "Stadium2020"}
"""Names of the block collections that files give by number."""

ID_VERSION = 3
EMPTY_ID = 0xFFFFFFFF

_U16 = struct.Struct("<H").unpack_from
_U32 = struct.Struct("<I").unpack_from
_I32 = struct.Struct("<i").unpack_from
_F32 = struct.Struct("<f").unpack_from

CONTROL_CHARACTERS = dict.fromkeys([*range(32), *range(127, 160), 0xFEFF])
_CONTROL_CHARACTERS_BUT_NEWLINE = {code: None for code in CONTROL_CHARACTERS if code != ord("\n")}


def printable(text: str) -> str:
    """``text`` without control characters and byte order marks."""
    return text if text.isprintable() else text.translate(CONTROL_CHARACTERS)


class Reader:
    """Reads values one after the other from ``data[position:end]``.

    Attributes:
        position: offset of the next byte to read.
        end: no read goes past it; narrowed while a chunk of stated size is read.
        ids: strings that later Ids of the same table refer to by number (1-based).
        ids_started: an Id was read, and so was the version of the table.
        nodes: node index -> its properties, so that a node is read once.
        depth: how many nodes are open.
        chunks: how many chunks have been read.
    """

    __slots__ = ("chunks", "data", "depth", "end", "ids", "ids_started", "nodes", "position", "source")

    def __init__(self, data: bytes, source: str, position: int = 0, end: int | None = None):
        self.data = data
        self.source = source
        self.position = position
        self.end = len(data) if end is None else end
        self.ids: list[str] = []
        self.nodes: dict[int, dict[str, Any]] = {}
        self.depth = 0
        self.chunks = 0
        self.ids_started = False

    def fail(self, expected: str, offset: int | None = None) -> NoReturn:
        """Raise ``GbxError``: at ``offset`` (the current position by default) ``expected`` was not found."""
        at = self.position if offset is None else offset
        raise GbxError(f"{self.source}: expected {expected} at byte {at}; the file is damaged or of an unknown version")

    def _advance(self, size: int, what: str) -> int:
        start = self.position
        if size > self.end - start:
            self.fail(f"{what} ({size} bytes, {self.end - start} left)")
        self.position = start + size
        return start

    def u8(self) -> int:
        return self.data[self._advance(1, "a byte")]

    def u16(self) -> int:
        return _U16(self.data, self._advance(2, "a 16-bit integer"))[0]

    def u32(self) -> int:
        return _U32(self.data, self._advance(4, "a 32-bit integer"))[0]

    def i32(self) -> int:
        return _I32(self.data, self._advance(4, "a 32-bit integer"))[0]

    def f32(self) -> float:
        """A finite float."""
        value = _F32(self.data, self._advance(4, "a 32-bit float"))[0]
        if not math.isfinite(value):
            self.fail("a finite number", self.position - 4)
        return value

    def position3(self) -> tuple[float, float, float]:
        """A world position, metres."""
        start = self.position
        x, y, z = self.f32(), self.f32(), self.f32()
        if max(abs(x), abs(y), abs(z)) > MAX_COORDINATE_M:
            self.fail(f"a position within {MAX_COORDINATE_M:.0f} m", start)
        return x, y, z

    def bytes(self, size: int, what: str = "data") -> bytes:
        start = self._advance(size, what)
        return self.data[start : start + size]

    def skip(self, size: int, what: str = "data") -> None:
        self._advance(size, what)

    def count(self, smallest_record: int, what: str, most: int = MAX_RECORDS) -> int:
        """A u32 number of at most ``most`` records, each at least ``smallest_record`` bytes, that still fit in."""
        start = self.position
        number = self.u32()
        if number > most or number * smallest_record > self.end - self.position:
            self.fail(f"a possible number of {what} (it says {number})", start)
        return number

    def string(self) -> str:
        """Length-prefixed UTF-8, without control characters and byte order marks."""
        return printable(self.bytes(self.u32(), "text").decode("utf-8", "replace"))

    def text(self) -> str:
        """As ``string``, but with its line breaks."""
        text = self.bytes(self.u32(), "text").decode("utf-8", "replace")
        return text.translate(_CONTROL_CHARACTERS_BUT_NEWLINE)

    def id(self) -> str:
        """A string of this reader's Id table ("" = none), or the name of a numbered collection."""
        if not self.ids_started:
            if self.u32() != ID_VERSION:
                self.fail(f"version {ID_VERSION} of the Id table", self.position - 4)
            self.ids_started = True
        value = self.u32()
        if value == EMPTY_ID:
            return ""
        kind, number = value >> 30, value & 0x3FFFFFFF
        if kind == 0:
            return COLLECTIONS.get(number, f"collection {number}")
        if kind == 3 or number > len(self.ids):
            self.fail(f"an Id (the table holds {len(self.ids)})", self.position - 4)
        if number:
            return self.ids[number - 1]
        text = self.string()
        self.ids.append(text)
        return text

    def peek_id(self) -> int:
        """The number that stands for the next Id."""
        start = self.position + (0 if self.ids_started else 4)
        return int.from_bytes(self.data[start : min(start + 4, self.end)], "little")

    def ident(self) -> tuple[str, str, str]:
        """Three Ids: name or uid, collection, author."""
        return self.id(), self.id(), self.id()
