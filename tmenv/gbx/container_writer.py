"""Puts the parts of a ``.Gbx`` map file together: the counterpart of ``container``."""

import struct

import lzallright

from tmenv.gbx.classes import MAP
from tmenv.gbx.container import HEAVY_CHUNK
from tmenv.gbx.writer import Writer

_HEAVY = (MAP | 5, MAP | 7)
"""Header chunks (XML, thumbnail) that carry the mark of large ones, whatever their size."""


def header_bytes(chunks: dict[int, bytes]) -> bytes:
    """The header of a file: its size, the list of chunks and their payloads."""
    if not chunks:
        return bytes(4)
    table = Writer().u32(len(chunks))
    for chunk, payload in chunks.items():
        table.u32(chunk, len(payload) | (HEAVY_CHUNK if chunk in _HEAVY else 0))
    table.raw(b"".join(chunks.values()))
    return struct.pack("<I", len(table.data)) + table.data


def file_bytes(header: bytes, node_count: int, body: bytes) -> bytes:
    """A map file with a compressed ``body``; ``header`` is from ``header_bytes``."""
    packed = bytes(lzallright.LZOCompressor().compress(body))
    start = Writer().raw(b"GBX\x06\x00BUCR").u32(MAP).raw(header)
    return bytes(start.u32(node_count, 0, len(body), len(packed)).raw(packed).data)
