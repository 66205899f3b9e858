"""Scripts of TMInterface, the tool that plays recorded inputs back in TrackMania Nations Forever.

A line is ``TIME COMMAND`` or ``TIME-TIME COMMAND``; ``#`` begins a comment, ``;`` separates commands. Times are
seconds (``9.43``, ``1:02.50``) or milliseconds (``9430``), multiples of 10. Lines without a time are console commands.

A script is one tick ahead of a recorded run: what a script does at 0 ms is recorded as an event of 10 ms, the first
that takes effect. Analog gas is written as keys, and a script with the command ``gas`` is refused, because sources
disagree about its sign.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.errors import GbxError
from tmenv.gbx.archive import Reader
from tmenv.gbx.ghost import Ghost
from tmenv.gbx.inputs import ANALOG_FULL, EVENT, MAX_TICKS
from tmenv.gbx.keys import PEDAL, KeyLog, rows_of

KEYS = {
    "up": "Accelerate",
    "down": "Brake",
    "left": "SteerLeft",
    "right": "SteerRight",
    "enter": "Respawn",
    "delete": "GiveUp",
    "horn": "Horn",
}
"""Key of a script -> name of its event. Games record no ``GiveUp``: the run ends there."""

_KEY_OF_EVENT = {event: key for key, event in KEYS.items()} | {"AccelerateReal": "up", "BrakeReal": "down"}

_IGNORED_PREFIX = "_Fake"
"""Events that mark the recording, not what the driver did."""

_LATEST_MS = (MAX_TICKS - 2) * TICK_MS
_TIME = r"(?:(?:\d+:)?\d+:)?\d+(?:\.\d+)?"
_TIMES = re.compile(rf"({_TIME})(?:-({_TIME}))?")
_LOOKS_LIKE_TIME = re.compile(r"[-+.:]?\d")
_INTEGER = re.compile(r"[-+]?\d{1,9}")


def replay_to_script(ghost: Ghost) -> str:
    """The inputs of a recorded run of TMNF as a script, one command per line in the order of the events.

    Args:
        ghost: a run with ``events`` (TMNF).

    Raises:
        GbxError: the run has no events, or one that no command of a script stands for.
    """
    if not len(ghost.events):
        raise GbxError("the ghost has no input events; scripts can be made of TMNF replays that hold their inputs")
    return events_to_script(ghost.events)


def events_to_script(events: np.ndarray) -> str:
    """Input events (n,) of dtype ``EVENT``, sorted by time, as a script; see ``replay_to_script``."""
    commands = _Commands()
    for event in events:
        commands.add(int(event["time_ms"]), str(event["name"]), int(event["value"]))
    return "".join(f"{line}\n" for line in commands.lines)


def script_to_events(text: str) -> np.ndarray:
    """The input events (n,) that a script makes a run record, dtype ``EVENT``, sorted by time.

    Console commands and comments count for nothing. Of commands with the same time, the order of the script stays.

    Raises:
        GbxError: a line is no command, or one that tmenv cannot tell the meaning of; the message gives its number.
    """
    found = [event for number, line in enumerate(text.split("\n"), 1) for event in _read_line(line, number)]
    found.sort(key=lambda event: event[0])
    return np.array(found, EVENT)


def script_to_inputs(text: str) -> np.ndarray:
    """What the driver holds at every tick of 10 ms while a script plays, dtype ``inputs.INPUT``.

    Raises:
        GbxError: as ``script_to_events``.
    """
    events = script_to_events(text)
    names, number = np.unique(events["name"], return_inverse=True)
    log = KeyLog(tuple(names.tolist()), number, events["time_ms"].astype(np.int64), events["value"].astype(np.int64))
    return rows_of(log, None, Reader(b"", "script"))


class _Commands:
    """Lines of a script, and whether its pedals are down: analog gas says where they are, a script what changes."""

    def __init__(self):
        self.lines: list[str] = []
        self._pedals = {"up": False, "down": False}

    def add(self, time_ms: int, name: str, value: int) -> None:
        if name.startswith(_IGNORED_PREFIX):
            return
        start = _script_time(time_ms, name)
        if name == "Steer":
            if abs(value) > ANALOG_FULL:
                raise GbxError(f"event Steer at {time_ms} ms: {value} is not within +-{ANALOG_FULL}; correct the event")
            self.lines.append(f"{start} steer {value}")
        elif name == "Gas":
            for key, down in (("up", -value >= PEDAL), ("down", value >= PEDAL)):
                if down != self._pedals[key]:
                    self._add_key(start, key, down)
        elif name in _KEY_OF_EVENT:
            self._add_key(start, _KEY_OF_EVENT[name], value != 0)
        else:
            raise GbxError(f"event {name!r} at {time_ms} ms: no command of a script does that; remove the event")

    def _add_key(self, start: int, key: str, down: bool) -> None:
        self.lines.append(f"{start} {'press' if down else 'rel'} {key}")
        if key in self._pedals:
            self._pedals[key] = down


def _script_time(event_ms: int, name: str) -> int:
    """Time of a script's command for an event, ms: a tick earlier, and never before the start of the race."""
    on_a_tick = event_ms % TICK_MS == 0
    rounded = event_ms - event_ms % TICK_MS
    return max(0, rounded if name == "Respawn" and not on_a_tick else rounded - TICK_MS)


class _Event(NamedTuple):
    time_ms: int
    name: str
    value: int


def _read_line(line: str, number: int) -> Iterator[_Event]:
    for command in _without_comment(line):
        words = command.split()
        if words:
            yield from _read_command(words, number)


def _without_comment(line: str) -> Iterator[str]:
    """The commands of a line; a ``;`` in quotes separates nothing."""
    quoted, command = False, ""
    for character in line.split("#", 1)[0]:
        quoted ^= character == '"'
        if character == ";" and not quoted:
            yield command
            command = ""
        else:
            command += character
    yield command


def _read_command(words: list[str], number: int) -> Iterator[_Event]:
    if not _LOOKS_LIKE_TIME.match(words[0]):
        if words[0].lower() in ("press", "rel", "steer", "gas"):
            _refuse(number, " ".join(words), f"an input needs a time; write for example '0 {' '.join(words)}'")
        return
    start, end = _read_times(words[0], number)
    name, value = _read_input(words[1:], number)
    yield _Event(start + TICK_MS, name, value)
    if end is not None:
        yield _Event(end + TICK_MS, name, 0)


def _read_times(text: str, number: int) -> tuple[int, int | None]:
    match = _TIMES.fullmatch(text)
    if match is None:
        _refuse(number, text, "a time is seconds like 9.43, milliseconds like 9430, or two of them like 0-9.43")
    start = _milliseconds(match[1], number)
    if match[2] is None:
        return start, None
    end = _milliseconds(match[2], number)
    return min(start, end), max(start, end)


def _milliseconds(text: str, number: int) -> int:
    whole, point, fraction = text.partition(".")
    seconds = 0
    for part in whole.split(":"):
        seconds = 60 * seconds + int(part[:12])
    time = seconds if not point and ":" not in text else 1000 * seconds + int(fraction[:3].ljust(3, "0"))
    if time > _LATEST_MS:
        _refuse(number, text, f"the latest time is {_LATEST_MS - _LATEST_MS % TICK_MS} ms; give an earlier one")
    if time % TICK_MS or fraction[3:].strip("0"):
        _refuse(number, text, f"times are multiples of {TICK_MS} ms; round it")
    return time


def _read_input(words: list[str], number: int) -> tuple[str, int]:
    """Name and value of the event that a command makes."""
    command = " ".join(words)
    action = words[0].lower() if words else ""
    if action in ("press", "rel"):
        if len(words) != 2 or words[1].lower() not in KEYS:
            _refuse(number, command, f"{action} takes one of the keys {', '.join(KEYS)}")
        return KEYS[words[1].lower()], int(action == "press")
    if action == "steer":
        if len(words) != 2 or not _INTEGER.fullmatch(words[1]) or abs(int(words[1])) > ANALOG_FULL:
            _refuse(number, command, f"steer takes one whole number from {-ANALOG_FULL} (left) to {ANALOG_FULL}")
        return "Steer", int(words[1])
    if action == "gas":
        _refuse(number, command, "the sign of analog gas is not certain; use press and rel with up and down")
    return _refuse(
        number, command, "the timed commands that tmenv knows are press, rel and steer; correct or remove it"
    )


def _refuse(number: int, found: str, remedy: str) -> NoReturn:
    shown = found if len(found) <= 40 else f"{found[:37]}..."
    raise GbxError(f"script, line {number}: cannot read {shown!r}: {remedy}")
