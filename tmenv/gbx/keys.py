"""Recorded inputs of a TMNF ghost: a list of events, and the controls of every tick that follow from it."""

from dataclasses import dataclass

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.gbx.archive import Reader
from tmenv.gbx.inputs import ANALOG_FULL, EVENT, INPUT, checked_ticks

_STORED = np.dtype([("time", "<i4"), ("name", "u1"), ("data", "<u4")])
_TIME_ZERO = 100_000
"""ms, what the file adds to every time."""

EVENT_BYTES = _STORED.itemsize

_RACE_RUNNING = "_FakeIsRaceRunning"
"""Its first event marks the start of the race: times count from there."""

_AXIS_AS_STORED = "_FakeDontInverseAxis"
"""With an event of this name, steering is stored with the sign that events here have (reported)."""

_ANALOG = ("Steer", "Gas")
_PRESSURE = {"AccelerateReal": "Accelerate", "BrakeReal": "Brake"}
"""Keys that know how hard they are pressed -> the same as plain keys; only fully down counts (reported)."""

PEDAL = 0.3 * ANALOG_FULL
"""Analog gas beyond this is a pedal fully down (measured: -0.35..-0.30 is gas, -0.30..-0.25 is not)."""


@dataclass(frozen=True, eq=False)
class KeyLog:
    """Decoded events, in the order of the file.

    Attributes:
        names: what ``name`` refers to.
        name: uint8 (k,), index of each event's control.
        time_ms: int64 (k,), 0 = start of the race.
        value: int64 (k,), as in ``EVENT``.
    """

    names: tuple[str, ...]
    name: np.ndarray
    time_ms: np.ndarray
    value: np.ndarray

    def events(self) -> np.ndarray:
        """The same, dtype ``EVENT``."""
        events = np.empty(len(self.name), EVENT)
        events["time_ms"], events["value"] = self.time_ms, self.value
        events["name"] = np.array(self.names, EVENT["name"])[self.name]
        return events


def decode_events(data: bytes, names: tuple[str, ...], source: str) -> KeyLog:
    """The events in ``data``; ``names`` is what their indices refer to.

    Raises:
        GbxError: an event refers to no name, or to a time that no race has.
    """
    stored = np.frombuffer(data, _STORED)
    if len(stored) and stored["name"].max() >= len(names):
        Reader(data, source).fail(f"events of {len(names)} controls")
    times = stored["time"].astype(np.int64) - _TIME_ZERO
    if _RACE_RUNNING in names:
        starts = stored["name"] == names.index(_RACE_RUNNING)
        times -= times[starts.argmax()] if starts.any() else 0
    if len(times) and max(-times.min(), times.max()) >= 2**31:
        Reader(data, source).fail("events near the start of the race")
    return KeyLog(names, stored["name"], times, _values(stored, names))


def _values(stored: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Values (k,) of stored events, as in ``EVENT``."""
    name, data = stored["name"], stored["data"].astype(np.int64)
    is_analog, is_pressure, is_steer, is_mark = (
        np.array([text in kind for text in names], np.bool_)[name]
        for kind in (_ANALOG, _PRESSURE, ("Steer",), (_AXIS_AS_STORED,))
    )
    value = np.where(is_analog, _analog(data), np.where(is_pressure, data >> 16 == 1, data != 0))
    return np.where(is_steer, -value, value) if is_mark.any() else value


def _analog(data: np.ndarray) -> np.ndarray:
    """Values of analog events: a sign and full deflection in the third byte, the rest below."""
    high, low = data >> 16 & 0xFF, data & 0xFFFF
    value = np.where(high == 255, ANALOG_FULL - low, np.where(high == 1, -ANALOG_FULL, -low * (high + 1)))
    return np.clip(value, -ANALOG_FULL, ANALOG_FULL)


def rows_of(log: KeyLog, race_time_ms: int | None, reader: Reader) -> np.ndarray:
    """The controls of every tick from 0 to the end of the race (or the last event), dtype ``INPUT``.

    As the game decides: left wins over right; of keys and analog axes the newest event wins; an event holds from
    the next whole tick on. Events before the start are left out: the game records a key that is held then anew.

    Args:
        log: the events.
        race_time_ms: time at the finish, None if there was none.
        reader: who complains if that is too long.
    """
    if not (log.time_ms >= 0).any():
        return np.empty(0, INPUT)
    last_ms = int(log.time_ms.max()) + 1 if race_time_ms is None else race_time_ms
    controls = _Controls(log, checked_ticks(-(-last_ms // TICK_MS), reader))
    inputs = np.zeros(controls.ticks, INPUT)
    inputs["time_ms"] = TICK_MS * np.arange(controls.ticks)
    inputs["steer"] = controls.steer()
    inputs["gas"] = controls.pedal("Accelerate", sign=-1)
    inputs["brake"] = controls.pedal("Brake", sign=1)
    inputs["respawn"] = controls.presses("Respawn")
    return inputs


_NEVER = np.empty(0, np.int64)


class _Controls:
    """The state of every control at every tick."""

    def __init__(self, log: KeyLog, ticks: int):
        self.ticks = ticks
        order = np.argsort(log.time_ms, kind="stable")
        order = order[log.time_ms[order] >= 0]
        name = log.name[order]
        self._tick = -(-log.time_ms[order] // TICK_MS)
        self._value = log.value[order]
        control = np.array([_PRESSURE.get(text, text) for text in log.names], "U32")[name]
        self._rows = {text: np.flatnonzero(control == text) for text in set(control.tolist())}

    def _state(self, control: str) -> tuple[np.ndarray, np.ndarray]:
        """Value of a control at every tick, and the number of the event that set it; 0 and -1 before the first."""
        rows = self._rows.get(control, _NEVER)
        if not len(rows):
            return np.zeros(self.ticks, np.int64), np.full(self.ticks, -1)
        # Each event holds until the tick of the next one.
        starts = np.minimum(self._tick[rows], self.ticks)
        lengths = np.diff(starts, prepend=0, append=self.ticks)
        return np.repeat(np.append(0, self._value[rows]), lengths), np.repeat(np.append(-1, rows), lengths)

    def steer(self) -> np.ndarray:
        (left, newest_left), (right, newest_right) = self._state("SteerLeft"), self._state("SteerRight")
        analog, newest_analog = self._state("Steer")
        keys = np.where(left != 0, -1.0, right != 0)
        return np.where(newest_analog > np.maximum(newest_left, newest_right), analog / ANALOG_FULL, keys)

    def pedal(self, key: str, sign: int) -> np.ndarray:
        """Whether a pedal is down; ``sign`` is that of analog gas that means it."""
        (pressed, newest_key), (analog, newest_analog) = self._state(key), self._state("Gas")
        return np.where(newest_analog > newest_key, sign * analog >= PEDAL, pressed != 0)

    def presses(self, key: str) -> np.ndarray:
        """Whether a key goes down at a tick."""
        rows = self._rows.get(key, _NEVER)
        ticks = self._tick[rows[self._value[rows] != 0]]
        pressed = np.zeros(self.ticks, np.bool_)
        pressed[ticks[ticks < self.ticks]] = True
        return pressed
