"""Skins: pictures and sounds that the author of a map put on a block."""

from dataclasses import dataclass

from tmenv.gbx.archive import Reader
from tmenv.gbx.nodes import Layouts, Properties

CHECKSUM_BYTES = 32


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file that a map refers to. It is never opened.

    Attributes:
        path: as the file states it, with backslashes; "" = none.
        url: where the game may download it; "" = nowhere.
        checksum: 32 bytes from version 3 on, empty before.
        version: version of the record, as stored.
    """

    path: str
    url: str = ""
    checksum: bytes = b""
    version: int = 2


@dataclass(frozen=True, slots=True)
class Skin:
    """What a block wears.

    Attributes:
        text: a word that the game stores beside the file, usually "".
        file: the picture or sound.
        parent: a second file that the games store; None in old files.
        foreground: a third file (TM2020); None if not stored.
    """

    text: str
    file: FileReference
    parent: FileReference | None = None
    foreground: FileReference | None = None


def read_file_reference(reader: Reader) -> FileReference:
    """The record of a file that a map refers to."""
    version = reader.u8()
    checksum = reader.bytes(CHECKSUM_BYTES, "a checksum") if version >= 3 else b""
    path = reader.string()
    url = reader.string() if version >= 3 or (path and version >= 1) else ""
    return FileReference(path, url, checksum, version)


def skin_of(node: Properties | None) -> Skin | None:
    """The skin that a node of ``SKIN_LAYOUTS`` describes; None if it describes none."""
    if node is None or "file" not in node:
        return None
    return Skin(node["text"], node["file"], node.get("parent"), node.get("foreground"))


def _skin(reader: Reader, skin: Properties) -> None:
    skin["text"] = reader.string()
    skin["file"] = read_file_reference(reader)


def _skin_and_parent(reader: Reader, skin: Properties) -> None:
    _skin(reader, skin)
    skin["parent"] = read_file_reference(reader)


def _foreground(reader: Reader, skin: Properties) -> None:
    reader.skip(4)
    skin["foreground"] = read_file_reference(reader)


SKIN_LAYOUTS: Layouts = {0x03059001: _skin, 0x03059002: _skin_and_parent, 0x03059003: _foreground}
