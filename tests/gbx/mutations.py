"""Damage for files: what a test and a longer run outside the tests do to them."""

import contextlib
import random
import struct
from collections.abc import Callable, Iterator

from tmenv.errors import GbxError
from tmenv.gbx import Ghost, Map, Replay, read, read_header, read_map

ODD_NUMBERS = (0, 1, 2, 3, 0x7F, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFACADE01, 0xFFFFFFFE, 0xFFFFFFFF)


def mutations(data: bytes, number: int, seed: int) -> Iterator[bytes]:
    """``number`` damaged copies of ``data``: flipped, inserted and removed bytes, and edited 32-bit numbers."""
    rng = random.Random(seed)
    for _ in range(number):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            rng.choice(_DAMAGES)(damaged, rng)
        yield bytes(damaged)


def _flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] = rng.randrange(256)


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice((1, 2, 4, 64)))


def _remove(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) - 64)
    del data[at : at + rng.choice((1, 2, 4, 64))]


def _edit_number(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) - 4)
    (before,) = struct.unpack_from("<I", data, at)
    odd = rng.choice((*ODD_NUMBERS, before + 1, before - 1, before * 2, before ^ 1 << rng.randrange(32)))
    struct.pack_into("<I", data, at, odd & 0xFFFFFFFF)


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _overwrite, _insert, _remove, _edit_number)


def use_everything(data: bytes) -> None:
    """Read a file and all that is decoded late; let nothing but ``GbxError`` pass for an answer."""
    with contextlib.suppress(GbxError):
        read_header(data)
    with contextlib.suppress(GbxError):
        found = read(data)
        if isinstance(found, Map):
            with contextlib.suppress(GbxError):
                read_map(data, baked=True)
            _use_ghost(found.validation_ghost)
        elif isinstance(found, Replay):
            for ghost in found.ghosts:
                _use_ghost(ghost)
            _ = found.map
        else:
            _use_ghost(found)


def _use_ghost(ghost: Ghost | None) -> None:
    if ghost is None:
        return
    for part in ("samples", "inputs", "events", "tape_offset_ms", "recorded_by_game", "start_offset_ms"):
        with contextlib.suppress(GbxError):
            getattr(ghost, part)
    with contextlib.suppress(GbxError):
        ghost.driver()
