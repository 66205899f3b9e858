"""Layouts of the chunks of a ghost, of both games.

What takes time to decode is only cut out here: a ghost decodes it when it is asked for.
"""

from dataclasses import dataclass

from tmenv.gbx.archive import Reader
from tmenv.gbx.keys import EVENT_BYTES
from tmenv.gbx.nodes import Layouts, Properties, skip_bytes
from tmenv.gbx.samples_tm2020 import RECORD_START
from tmenv.gbx.skins import read_file_reference


@dataclass(frozen=True, slots=True)
class Keys:
    """Events of a TMNF ghost, undecoded: their names, and their bytes."""

    names: tuple[str, ...]
    events: bytes


def _model_and_record(reader: Reader, ghost: Properties) -> None:
    """The car and the driver's looks, and the record of the run at the end."""
    version = reader.u32()
    looks = reader.u32() if version >= 9 else 0
    # Read also because these Ids count in the table that the block names of a map refer to.
    ghost["vehicle"] = reader.ident()[0]
    start = reader.data.find(RECORD_START, reader.position, reader.end)
    end = start if start >= 0 else reader.end
    ghost["looks"] = looks, reader.data[reader.position : end]
    if start >= 0:
        ghost["record"] = reader.data[start + len(RECORD_START) : reader.end]


def read_nickname(looks: tuple[int, bytes], source: str) -> str:
    """The driver's name among the looks of a TM2020 ghost; "" if what precedes it is not known."""
    version, data = looks
    reader = Reader(data, source)
    reader.skip(12, "a colour")
    for _ in range(reader.count(9, "skins")):
        read_file_reference(reader)
    if reader.u32() != 0:  # a badge, of unknown layout
        return ""
    if version >= 1:
        reader.string()
    return reader.string()


def _race_time(reader: Reader, ghost: Properties) -> None:
    ghost["race_time"] = reader.i32()


def _respawns(reader: Reader, ghost: Properties) -> None:
    ghost["respawns"] = reader.i32()


def _checkpoints(reader: Reader, ghost: Properties) -> None:
    times = []
    for _ in range(reader.count(8, "checkpoint times")):
        times.append(reader.i32())
        reader.skip(4, "a score")
    ghost["checkpoints"] = tuple(times)


def _samples(reader: Reader, ghost: Properties) -> None:
    """Samples of TMNF; TM2020 writes an empty list."""
    start = reader.position
    reader.skip(4)
    reader.skip(reader.u32(), "samples")
    ghost["samples"] = reader.data[start : reader.position]


def _flag_and_samples(reader: Reader, ghost: Properties) -> None:
    reader.skip(4)
    _samples(reader, ghost)


def _id(reader: Reader, _: Properties) -> None:
    reader.id()


def _login(reader: Reader, ghost: Properties) -> None:
    ghost["login"] = reader.string()


def _nickname(reader: Reader, ghost: Properties) -> None:
    for _ in range(reader.count(5, "skins")):
        read_file_reference(reader)
    ghost["nickname"] = reader.string()


def _vehicle(reader: Reader, ghost: Properties) -> None:
    ghost["vehicle"] = reader.ident()[0]


def _keys(reader: Reader, ghost: Properties) -> None:
    if reader.u32() == 0:
        return
    reader.skip(4)
    names = tuple(reader.id() for _ in range(reader.count(4, "names of controls", most=256)))
    number = reader.count(EVENT_BYTES, "events")
    reader.skip(4)
    ghost["keys"] = Keys(names, reader.bytes(EVENT_BYTES * number, "events"))
    reader.string()  # version of the game
    reader.skip(12, "a checksum and the computer")
    reader.string()  # settings of the race


def _keys_and_seed(reader: Reader, ghost: Properties) -> None:
    _keys(reader, ghost)
    if "keys" in ghost:
        reader.skip(4, "a seed")


def _tape(reader: Reader, ghost: Properties) -> None:
    ghost["tape"] = reader.data[reader.position : reader.end]


GHOST_LAYOUTS: Layouts = {
    0x0303F005: _samples,
    0x0303F006: _flag_and_samples,
    0x03092000: _model_and_record,
    0x03092005: _race_time,
    0x03092008: _respawns,
    0x0309200B: _checkpoints,
    0x0309200C: skip_bytes(4),
    0x0309200E: _id,
    0x0309200F: _login,
    0x03092010: _id,
    0x03092011: _keys,
    0x03092012: skip_bytes(20),
    0x03092015: _id,
    0x03092017: _nickname,
    0x03092018: _vehicle,
    0x03092019: _keys_and_seed,
    0x0309201C: skip_bytes(32),
    0x0309201D: _tape,
}
