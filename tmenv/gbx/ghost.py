"""Ghosts: recorded runs, with the motion of the car and what the driver pressed."""

import struct
from dataclasses import dataclass

import numpy as np

from tmenv.gbx.archive import Reader
from tmenv.gbx.inputs import INPUT, read_inputs
from tmenv.gbx.samples import read_samples

_RACE_TIME, _CHECKPOINTS, _INPUTS = 0x03092005, 0x0309200B, 0x0309201D


@dataclass(frozen=True, eq=False)
class Ghost:
    """A recorded run.

    Attributes:
        race_time_ms: time at the finish, milliseconds; None if the run was not finished.
        checkpoint_times_ms: times at the checkpoints, the last is the finish; None if not stored.
        samples: motion every 50 ms, structured array (n,) of dtype ``samples.SAMPLE``.
        inputs: one row per tick of 10 ms, structured array (m,) of dtype ``inputs.INPUT``; empty if not stored.
    """

    race_time_ms: int | None
    checkpoint_times_ms: tuple[int, ...] | None
    samples: np.ndarray
    inputs: np.ndarray

    @property
    def start_offset_ms(self) -> int:
        """Time of the first input, milliseconds; negative during the countdown, 0 without inputs."""
        return int(self.inputs["time_ms"][0]) if len(self.inputs) else 0

    def __repr__(self) -> str:
        return f"Ghost(race_time_ms={self.race_time_ms}, {len(self.samples)} samples, {len(self.inputs)} inputs)"


def parse_ghost(data: bytes, source: str) -> Ghost:
    """The first TM2020 ghost in ``data``, the bytes of a decompressed body or of a node in it.

    Chunks are searched for by id, because their order and the nodes between them differ between game builds.

    Raises:
        GbxError: one of the chunks is damaged or of an unknown version.
    """
    inputs = _find_chunk(data, source, _INPUTS)
    return Ghost(
        race_time_ms=_race_time(_find_chunk(data, source, _RACE_TIME)),
        checkpoint_times_ms=_checkpoint_times(_find_chunk(data, source, _CHECKPOINTS)),
        samples=read_samples(data, source),
        inputs=np.empty(0, INPUT) if inputs is None else read_inputs(inputs),
    )


def _find_chunk(data: bytes, source: str, chunk: int) -> Reader | None:
    """A reader of the payload of the first chunk with that id that states its size."""
    start = data.find(struct.pack("<I", chunk) + b"PIKS")
    if start < 0:
        return None
    reader = Reader(data, source, start + 8)
    size = reader.u32()
    payload = reader.position
    reader.skip(size, "a chunk of the ghost")
    return Reader(data, source, payload, payload + size)


def _race_time(reader: Reader | None) -> int | None:
    if reader is None:
        return None
    time = reader.i32()
    return time if time >= 0 else None


def _checkpoint_times(reader: Reader | None) -> tuple[int, ...] | None:
    if reader is None:
        return None
    times = []
    for _ in range(reader.count(8, "checkpoint times")):
        times.append(reader.i32())
        reader.skip(4, "a score")
    return tuple(times)
