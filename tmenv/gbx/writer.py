"""A checked little-endian writer: the only place that turns numbers and text into bytes of a ``.Gbx`` file.

The counterpart of ``archive.Reader``: what it writes, the reader returns unchanged. What cannot be written, or would
be read as something else, is refused with ``GbxError``.
"""

import contextlib
import math
import struct
from collections.abc import Iterator, Sequence
from typing import Self

from tmenv.errors import GbxError
from tmenv.gbx.archive import CONTROL_CHARACTERS, EMPTY_ID, ID_VERSION, MAX_COORDINATE_M
from tmenv.gbx.nodes import END_OF_NODE, SKIPPABLE

MAX_TEXT_BYTES = 2**16
"""Longest text that is written, in UTF-8 (longest seen: a map's comments, under 2 kB)."""

MAX_ID_BYTES = 2**10
"""Longest name, uid or login that is written, in UTF-8 (longest seen: 75 bytes)."""

NEW_ID = 0x40000000
"""Begins a string that is new in the table of Ids; the same bits mark references to it."""

NEW_LOCAL_ID = 0x80000000
"""The same for names that only this file knows: the uid, and the logins of players."""

NULL_NODE = b"\xff\xff\xff\xff"
"""The reference to no node."""


class Writer:
    """Appends values to ``data``.

    Attributes:
        data: what was written so far.
        ids: strings that later Ids refer to by number (1-based).
        ids_started: an Id was written, and so was the version of the table.
    """

    __slots__ = ("_numbers", "data", "ids", "ids_started")

    def __init__(self, ids: Sequence[str] = (), ids_started: bool = False):
        self.data = bytearray()
        self.ids = list(ids)
        self.ids_started = ids_started
        self._numbers = {text: number for number, text in reversed(list(enumerate(ids, 1)))}

    def raw(self, data: bytes) -> Self:
        self.data += data
        return self

    def u8(self, *values: int) -> Self:
        return self._pack("B", 0, 0xFF, values)

    def u16(self, *values: int) -> Self:
        return self._pack("H", 0, 0xFFFF, values)

    def u32(self, *values: int) -> Self:
        return self._pack("I", 0, 0xFFFFFFFF, values)

    def i32(self, *values: int) -> Self:
        return self._pack("i", -(2**31), 2**31 - 1, values)

    def _pack(self, letter: str, lowest: int, highest: int, values: tuple[int, ...]) -> Self:
        for value in values:
            if not is_whole(value) or not lowest <= value <= highest:
                raise GbxError(f"cannot write {value!r}: give a whole number from {lowest} to {highest}")
        self.data += struct.pack(f"<{len(values)}{letter}", *values)
        return self

    def f32(self, *values: float) -> Self:
        """Finite floats."""
        for value in values:
            if not math.isfinite(value) or abs(value) > MAX_COORDINATE_M:
                raise GbxError(f"cannot write {value}: give a number within +-{MAX_COORDINATE_M:.0f}")
        self.data += struct.pack(f"<{len(values)}f", *values)
        return self

    def string(self, text: str, limit: int = MAX_TEXT_BYTES, keep: str = "") -> Self:
        """Length-prefixed UTF-8 of at most ``limit`` bytes, without control characters but those in ``keep``."""
        encoded = encode(text, limit, keep)
        self.u32(len(encoded))
        return self.raw(encoded)

    def id(self, text: str, new: int = NEW_ID) -> Self:
        """A string of this writer's Id table; "" stands for none. ``new`` is how it begins if the table lacks it."""
        self._start_ids()
        if not text:
            return self.u32(EMPTY_ID)
        if text in self._numbers:
            return self.u32(NEW_ID | self._numbers[text])
        self.u32(new).string(text, MAX_ID_BYTES)
        self.ids.append(text)
        self._numbers[text] = len(self.ids)
        return self

    def collection(self, number: int) -> Self:
        """An Id that is the number of a collection."""
        self._start_ids()
        return self.u32(number)

    def _start_ids(self) -> None:
        if not self.ids_started:
            self.ids_started = True
            self.u32(ID_VERSION)

    def ident(self, name: str, collection: str, author: str) -> Self:
        """Three Ids."""
        return self.id(name).id(collection).id(author)

    def skippable(self, chunk: int, payload: bytes) -> Self:
        """A chunk that states its size."""
        return self.u32(chunk, SKIPPABLE, len(payload)).raw(payload)

    def end_node(self) -> Self:
        return self.u32(END_OF_NODE)


def is_whole(value: object) -> bool:
    """Whether it is a whole number, of Python or numpy."""
    return hasattr(value, "__index__")


def encode(text: str, limit: int = MAX_TEXT_BYTES, keep: str = "") -> bytes:
    """``text`` in UTF-8, as every string of a file is stored.

    Raises:
        GbxError: it is longer than ``limit`` bytes, or holds what the reader would not return: control characters
            other than those in ``keep``, or halves of surrogate pairs.
    """
    if not isinstance(text, str):
        raise GbxError(f"cannot write {text!r} as text: give a str")
    shown = repr(text if len(text) <= 40 else f"{text[:37]}...")
    bad = next((letter for letter in text if ord(letter) in CONTROL_CHARACTERS and letter not in keep), None)
    if bad is not None:
        raise GbxError(f"cannot write the text {shown}: it holds the control character {bad!r}; remove it")
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise GbxError(f"cannot write the text {shown}: {text[error.start]!r} is no character; remove it") from None
    if len(encoded) > limit:
        raise GbxError(f"cannot write the text {shown}: it takes {len(encoded)} of at most {limit} bytes; shorten it")
    return encoded


@contextlib.contextmanager
def errors_about(subject: str) -> Iterator[None]:
    """Put ``subject`` before the messages of errors."""
    try:
        yield
    except GbxError as error:
        raise GbxError(f"{subject}: {error}") from None
