"""The outer layer of every ``.Gbx`` file: header, header chunks, and the body, decompressed."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import lzallright

from tmenv.errors import GbxError
from tmenv.gbx.archive import Reader
from tmenv.gbx.classes import canonical

Source = str | os.PathLike[str] | bytes
"""A path, or the bytes of a file."""

MAX_FILE_BYTES = 64 * 2**20
"""Largest file that is read (largest seen: 4 MB)."""

MAX_BODY_BYTES = 64 * 2**20
"""Largest decompressed body (largest seen: 5.4 MB)."""

MAX_LZO_WORK_BYTES = 2**30
"""A compressed body that could expand beyond this is not handed to the codec."""

HEAVY_CHUNK = 0x80000000
"""Bit of a header chunk's size that only says "large"."""


@dataclass(frozen=True)
class Container:
    """A ``.Gbx`` file, taken apart.

    Attributes:
        source: how messages call the file.
        class_id: canonical class of the file's main node.
        header: canonical chunk id -> payload of the header chunk.
        body: the main node, decompressed.
    """

    source: str
    class_id: int
    header: dict[int, bytes] = field(repr=False)
    body: bytes = field(repr=False)


def read_container(source: Source) -> Container:
    """Take a ``.Gbx`` file apart.

    Raises:
        GbxError: the file is missing, is not a ``.Gbx`` file, is truncated or damaged, or refers to other files.
    """
    data, label = load(source)
    reader = Reader(data, label)
    _check_signature(reader)
    compressed = _read_format(reader)
    class_id = canonical(reader.u32())
    header = _read_header_chunks(reader)
    reader.skip(4, "the number of nodes")
    if reader.u32() != 0:
        raise GbxError(f"{label}: refers to other files, which tmenv does not load; save it in the game without them")
    body = _decompress(reader) if compressed else data[reader.position :]
    return Container(label, class_id, header, body)


def load(source: Source) -> tuple[bytes, str]:
    """The bytes of ``source`` and the name that messages use for it."""
    if isinstance(source, bytes | bytearray | memoryview):
        data, label = bytes(source), "Gbx data"
    else:
        path = Path(source)
        data, label = _read_file(path), str(path)
    if not data:
        raise GbxError(f"{label}: the file is empty; save or download it again")
    return data, label


def _read_file(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise GbxError(f"{path}: this is a folder; give the path of one .Gbx file in it")
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            raise GbxError(f"{path}: not a regular file of at most {MAX_FILE_BYTES >> 20} MiB")
        return path.read_bytes()
    except FileNotFoundError:
        raise GbxError(f"{path}: no such file; check the path (relative paths start at {Path.cwd()})") from None
    except (OSError, ValueError) as error:
        raise GbxError(f"{path}: cannot be read ({error})") from None


def _check_signature(reader: Reader) -> None:
    if reader.data[:3] != b"GBX":
        raise GbxError(f"{reader.source}: not a .Gbx file (it does not begin with the letters GBX)")
    reader.skip(3)


def _read_format(reader: Reader) -> bool:
    """Whether the body is compressed."""
    if reader.u16() != 6:
        reader.fail("version 6 of the file format", 3)
    letters = reader.bytes(4, "the four format letters")
    if letters[:1] != b"B" or letters[2:3] not in (b"C", b"U"):
        reader.fail("the format letters BUCR, BUCE, BUUR or BUUE (text files are not supported)", 5)
    return letters[2:3] == b"C"


def _read_header_chunks(reader: Reader) -> dict[int, bytes]:
    size = reader.u32()
    start = reader.position
    reader.skip(size, "the header chunks")
    if size == 0:
        return {}
    # A reader of its own: what the chunks state must stay inside the size of the whole header.
    header = Reader(reader.data, reader.source, start, reader.position)
    entries = [(header.u32(), header.u32()) for _ in range(header.count(8, "header chunks"))]
    return {canonical(chunk): header.bytes(length & ~HEAVY_CHUNK, "a header chunk") for chunk, length in entries}


def _decompress(reader: Reader) -> bytes:
    size = reader.u32()
    compressed = reader.bytes(reader.u32(), "the compressed body")
    if size > min(MAX_BODY_BYTES, 255 * len(compressed) + 64) or _largest_expansion(compressed) > MAX_LZO_WORK_BYTES:
        raise GbxError(f"{reader.source}: the body claims an impossible size of {size} bytes; the file is damaged")
    try:
        body = lzallright.LZOCompressor.decompress(compressed, size)
    except (lzallright.LZOError, MemoryError):
        raise GbxError(f"{reader.source}: the compressed body is damaged; save or download the file again") from None
    if len(body) != size:
        raise GbxError(f"{reader.source}: the body expands to {len(body)} bytes instead of {size}; it is damaged")
    return body


def _largest_expansion(compressed: bytes) -> int:
    """Upper bound on the decompressed size, bytes.

    The codec takes the stated size as a hint, not as a limit, so a bomb must be recognised before it goes off.
    In LZO1X a zero byte adds at most 255 bytes of output, any other at most 72 (288 bytes by a 4-byte match).
    """
    zeros = compressed.count(0)
    return 255 * zeros + 72 * (len(compressed) - zeros)
