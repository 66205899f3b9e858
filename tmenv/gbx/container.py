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

MAX_LZO_WORK_BYTES = 128 * 2**20
"""A compressed body that could expand beyond this is not handed to the codec (largest bound seen: 44 MiB)."""

HEAVY_CHUNK = 0x80000000
"""Bit of a header chunk's size that only says "large"."""


HEADER_BYTES = 64 * 2**10
"""Part of a file that is read for its header."""


@dataclass(frozen=True)
class Opening:
    """The part of a ``.Gbx`` file before its body.

    Attributes:
        source: how messages call the file.
        class_id: canonical class of the file's main node.
        header: canonical chunk id -> payload of the header chunk; where the file is cut off, the complete ones.
    """

    source: str
    class_id: int
    header: dict[int, bytes] = field(repr=False)


@dataclass(frozen=True)
class Container(Opening):
    """A ``.Gbx`` file, taken apart.

    Attributes:
        node_count: one more than the nodes of the body.
        body: the main node, decompressed.
    """

    node_count: int
    body: bytes = field(repr=False)


def read_opening(source: Source) -> Opening:
    """The part of a ``.Gbx`` file before its body, from its first 64 kB; they may be all there is.

    Raises:
        GbxError: the file is missing, is not a ``.Gbx`` file or is damaged.
    """
    data, label = load(source, HEADER_BYTES)
    reader = Reader(data[:HEADER_BYTES], label)
    _read_format(reader)
    return Opening(label, canonical(reader.u32()), _read_header_chunks(reader, may_be_cut=True))


def read_container(source: Source) -> Container:
    """Take a ``.Gbx`` file apart.

    Raises:
        GbxError: the file is missing, is not a ``.Gbx`` file, is truncated or damaged, or refers to other files.
    """
    return take_apart(*load(source))


def take_apart(data: bytes, label: str) -> Container:
    """The parts of the ``.Gbx`` file ``data``, which messages call ``label``; see ``read_container``."""
    reader = Reader(data, label)
    compressed = _read_format(reader)
    class_id = canonical(reader.u32())
    header = _read_header_chunks(reader)
    node_count = reader.u32()
    if reader.u32() != 0:
        raise GbxError(f"{label}: refers to other files, which tmenv does not load; save it in the game without them")
    body = _decompress(reader) if compressed else data[reader.position :]
    return Container(label, class_id, header, node_count, body)


def load(source: Source, limit: int | None = None) -> tuple[bytes, str]:
    """The bytes of ``source``, at most ``limit`` of a file, and the name that messages use for it."""
    if isinstance(source, bytes | bytearray | memoryview):
        data, label = bytes(source), "Gbx data"
    else:
        path = Path(source)
        data, label = _read_file(path, limit), str(path)
    if not data:
        raise GbxError(f"{label}: the file is empty; save or download it again")
    return data, label


def _read_file(path: Path, limit: int | None) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise GbxError(f"{path}: this is a folder; give the path of one .Gbx file in it")
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            raise GbxError(f"{path}: not a regular file of at most {MAX_FILE_BYTES >> 20} MiB")
        with path.open("rb", buffering=0) as file:
            return file.read(-1 if limit is None else limit)
    except FileNotFoundError:
        raise GbxError(f"{path}: no such file; check the path (relative paths start at {Path.cwd()})") from None
    except (OSError, ValueError) as error:
        raise GbxError(f"{path}: cannot be read ({error})") from None


def _read_format(reader: Reader) -> bool:
    """Whether the body is compressed."""
    if reader.data[:3] != b"GBX":
        raise GbxError(f"{reader.source}: not a .Gbx file (it does not begin with the letters GBX)")
    reader.skip(3)
    if reader.u16() != 6:
        reader.fail("version 6 of the file format", 3)
    letters = reader.bytes(4, "the four format letters")
    if letters[:1] != b"B" or letters[2:3] not in (b"C", b"U"):
        reader.fail("the format letters BUCR, BUCE, BUUR or BUUE (text files are not supported)", 5)
    return letters[2:3] == b"C"


def _read_header_chunks(reader: Reader, may_be_cut: bool = False) -> dict[int, bytes]:
    """Canonical chunk id -> payload."""
    size = reader.u32()
    start = reader.position
    if not may_be_cut:
        reader.skip(size, "the header chunks")
    if size == 0:
        return {}
    # A reader of its own: what the chunks state must stay inside the size of the whole header.
    header = Reader(reader.data, reader.source, start, min(start + size, reader.end))
    entries = [(header.u32(), header.u32() & ~HEAVY_CHUNK) for _ in range(header.count(8, "header chunks"))]
    chunks: dict[int, bytes] = {}
    for chunk, length in entries:
        if may_be_cut and length > header.end - header.position:
            break
        chunks[canonical(chunk)] = header.bytes(length, "a header chunk")
    return chunks


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

    The codec takes the stated size as a hint, not as a limit, so a bomb must be recognised before it goes off. In
    LZO1X an instruction without an extended length makes at most 33 bytes of 3; the three that have one, 288 bytes
    and 255 more for every zero byte.
    """
    extended = sum(compressed.count(instruction) for instruction in (0x10, 0x18, 0x20))
    return 12 * len(compressed) + 288 * extended + 255 * compressed.count(0)
