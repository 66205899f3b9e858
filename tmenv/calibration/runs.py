"""Files of many recorded TMNF runs, as ghosts."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.errors import TmenvError
from tmenv.gbx.ghost import Ghost
from tmenv.gbx.inputs import INPUT
from tmenv.gbx.samples import SAMPLE

_FULL = 65536
"""Value of an analog event at its end; negative steering is left, negative gas is the gas pedal."""

_PEDAL = 0.3
"""Analog gas below minus this presses the gas, above it the brake (measured)."""

_SAMPLE_KEYS = ("position", "rotation", "steer", "gas", "brake", "damper", "material")
_EVENT_KEYS = ("event_offsets", "event_time_ms", "event_name", "event_value", "event_names")


def read_runs(path: Path) -> list[Ghost]:
    """The runs of a map without a respawn, fastest first.

    Args:
        path: an ``.npz`` with the arrays of runs one after the other: ``sample_offsets`` (R + 1,), ``time_ms`` and the
            columns of ``gbx.samples.SAMPLE``; ``event_*``: the inputs that changed; ``race_time_ms``, ``respawns``.

    Raises:
        TmenvError: the file is missing or holds no such arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            keys = (*_SAMPLE_KEYS, *_EVENT_KEYS, "sample_offsets", "time_ms", "contact", "race_time_ms", "respawns")
            data = {key: file[key] for key in keys}
    except (OSError, KeyError, ValueError) as error:
        raise TmenvError(f"{path} is not a file of recorded runs: {error}") from error
    return list(_ghosts(data))


def _ghosts(data: dict[str, np.ndarray]) -> Iterator[Ghost]:
    for run in range(len(data["race_time_ms"])):
        if data["respawns"][run]:
            continue
        rows = slice(*data["sample_offsets"][run : run + 2].tolist())
        samples = np.zeros(rows.stop - rows.start, SAMPLE)
        for key in _SAMPLE_KEYS:
            samples[key] = data[key][rows]
        samples["time_s"] = data["time_ms"][rows] / 1000.0
        samples["on_ground"] = data["contact"][rows].any(axis=1)
        time_ms = int(data["race_time_ms"][run])
        yield Ghost(time_ms, None, samples, _inputs(data, run, time_ms))


def _inputs(data: dict[str, np.ndarray], run: int, end_ms: int) -> np.ndarray:
    """Inputs per tick from the events: left wins over right, and of keys and analog the newest event wins."""
    rows = slice(*data["event_offsets"][run : run + 2].tolist())
    names = data["event_names"][data["event_name"][rows]].tolist()
    inputs = np.zeros(end_ms // TICK_MS + 1, INPUT)
    inputs["time_ms"] = TICK_MS * np.arange(len(inputs))
    keys = {"SteerLeft": 0, "SteerRight": 0}
    for time, name, value in zip(
        data["event_time_ms"][rows].tolist(), names, data["event_value"][rows].tolist(), strict=True
    ):
        rest = inputs[max(time, 0) // TICK_MS :]
        if name in keys:
            keys[name] = value
            rest["steer"] = -1.0 if keys["SteerLeft"] else float(bool(keys["SteerRight"]))
        elif name == "Steer":
            rest["steer"] = value / _FULL
        elif name == "Gas":
            rest["gas"], rest["brake"] = value <= -_PEDAL * _FULL, value >= _PEDAL * _FULL
        elif name in ("Accelerate", "Brake"):
            rest["gas" if name == "Accelerate" else "brake"] = bool(value)
    return inputs
