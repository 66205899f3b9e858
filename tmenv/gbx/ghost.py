"""Ghosts: recorded runs, with the motion of the car and what the driver pressed."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tmenv.errors import GbxError
from tmenv.gbx.alignment import tape_offset_ms
from tmenv.gbx.archive import Reader
from tmenv.gbx.classes import GHOST, describe_class
from tmenv.gbx.container import Container, Source, read_container
from tmenv.gbx.ghost_chunks import GHOST_LAYOUTS, Keys, read_nickname
from tmenv.gbx.header import time_or_none
from tmenv.gbx.inputs import INPUT
from tmenv.gbx.keys import KeyLog, decode_events, rows_of
from tmenv.gbx.nodes import Properties, read_node
from tmenv.gbx.samples import no_samples
from tmenv.gbx.samples_tm2020 import read_samples_tm2020
from tmenv.gbx.samples_tmnf import read_samples_tmnf
from tmenv.gbx.tape import events_of, read_tape


@dataclass(frozen=True)
class Driver:
    """Who drove a ghost; not shown by ``repr``.

    Attributes:
        login: account of the driver; "" if not stored.
        nickname: with colour codes; "" if not stored.
    """

    login: str = field(repr=False)
    nickname: str = field(repr=False)


@dataclass(frozen=True)
class Ghost:
    """A recorded run. Samples, inputs and events are decoded on first use, and then raise ``GbxError`` if damaged.

    Attributes:
        game: ``"TMNF"`` or ``"TM2020"``.
        race_time_ms: time at the finish, milliseconds; None if the run was not finished.
        checkpoint_times_ms: times at the checkpoints, the last is the finish; None if not stored.
        respawns: how often the driver went back to a checkpoint; None if not stored.
        vehicle: the car, e.g. ``"StadiumCar"`` or ``"CarSport"``; "" if not stored.
    """

    game: str
    race_time_ms: int | None
    checkpoint_times_ms: tuple[int, ...] | None
    respawns: int | None
    vehicle: str
    _record: bytes = field(repr=False)
    _tape: bytes = field(repr=False)
    _keys: Keys | None = field(repr=False)
    _login: str = field(repr=False)
    _name: str | tuple[int, bytes] = field(repr=False)
    _source: str = field(repr=False, compare=False)

    @cached_property
    def samples(self) -> np.ma.MaskedArray:
        """Motion, masked structured array (n,) of dtype ``SAMPLE``, cut at the race time.

        Every 50 ms (TM2020) or 100 ms (TMNF). A sample is the state before the tick that begins at its time. Fields
        that the game does not store are masked in every row.

        Raises:
            GbxError: the record is damaged or of an unknown version.
        """
        if not self._record:
            return no_samples()
        read = read_samples_tmnf if self.game == "TMNF" else read_samples_tm2020
        return read(self._record, f"{self._source} (samples)", self.race_time_ms)

    @cached_property
    def inputs(self) -> np.ndarray:
        """Controls, one row per tick of 10 ms, structured array (m,) of dtype ``INPUT``; empty if not stored.

        TM2020 stores them so; of several streams the first counts. Of TMNF they follow from ``events``.

        Raises:
            GbxError: the inputs are damaged or of an unknown version.
        """
        source = f"{self._source} (inputs)"
        if self._log is not None:
            return rows_of(self._log, self.race_time_ms, Reader(b"", source))
        return read_tape(self._tape, source) if self._tape else np.empty(0, INPUT)

    @cached_property
    def events(self) -> np.ndarray:
        """Changes of the controls, structured array (k,) of dtype ``EVENT``; empty if not stored.

        TMNF stores them so (times between ticks and before the start included); of TM2020 they follow from ``inputs``.

        Raises:
            GbxError: the inputs are damaged or of an unknown version.
        """
        return events_of(self.inputs) if self._log is None else self._log.events()

    @cached_property
    def _log(self) -> KeyLog | None:
        return decode_events(self._keys.events, self._keys.names, f"{self._source} (inputs)") if self._keys else None

    @cached_property
    def tape_offset_ms(self) -> int | None:
        """How many ms the samples are labelled late against the inputs: 0 as the game records, -10 in files that other
        programs wrote; None if the steering of the samples and of the inputs agrees in less than 95 % of the samples,
        or does not tell (it never changes).

        Raises:
            GbxError: the samples or inputs are damaged.
        """
        return tape_offset_ms(self.samples, self.inputs)

    @property
    def recorded_by_game(self) -> bool | None:
        """Samples and inputs are aligned as the game records them; None if ``tape_offset_ms`` is.

        Raises:
            GbxError: the samples or inputs are damaged.
        """
        return None if self.tape_offset_ms is None else self.tape_offset_ms == 0

    @property
    def start_offset_ms(self) -> int:
        """Time of the first input, milliseconds; negative during the countdown, 0 without inputs.

        Raises:
            GbxError: the inputs are damaged.
        """
        return int(self.inputs["time_ms"][0]) if len(self.inputs) else 0

    def driver(self) -> Driver:
        """Who drove it: personal data, hence never shown unless asked for.

        Raises:
            GbxError: the name is damaged.
        """
        name = self._name
        return Driver(self._login, name if isinstance(name, str) else read_nickname(name, f"{self._source} (driver)"))


def read_ghost(source: Source) -> Ghost:
    """Read a ghost of either game.

    Args:
        source: path of a ``.Ghost.Gbx`` file, or its bytes.

    Raises:
        GbxError: the file is missing, damaged, or not a ghost.
    """
    return parse_ghost(read_container(source))


def parse_ghost(container: Container) -> Ghost:
    """The ghost in a container; see ``read_ghost``."""
    if container.class_id != GHOST:
        kind = describe_class(container.class_id)
        raise GbxError(f"{container.source}: this is {kind}, not a ghost; give a .Ghost.Gbx file")
    node = read_node(Reader(container.body, f"{container.source} (body)"), GHOST_LAYOUTS, {})
    return ghost_of(node, container.source)


def ghost_of(node: Properties, source: str) -> Ghost:
    """The ghost that a node of ``GHOST_LAYOUTS`` describes."""
    game = "TM2020" if "record" in node or "tape" in node else "TMNF"
    return Ghost(
        game=game,
        race_time_ms=time_or_none(node.get("race_time", -1)),
        checkpoint_times_ms=node.get("checkpoints"),
        respawns=time_or_none(node.get("respawns", -1)),
        vehicle=node.get("vehicle", ""),
        _record=node.get("record" if game == "TM2020" else "samples", b""),
        _tape=node.get("tape", b""),
        _keys=node.get("keys"),
        _login=node.get("login", ""),
        _name=node["looks"] if game == "TM2020" and "looks" in node else node.get("nickname", ""),
        _source=source,
    )
