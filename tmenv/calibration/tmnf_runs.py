"""Human TMNF runs stored as npz: decoded replays without names."""

from pathlib import Path

import numpy as np

from tmenv.calibration.recorded import LEAST_AGREEMENT, SAMPLE, TAPE, Part, agreement, held
from tmenv.constants import TICK_MS, Material
from tmenv.errors import ConfigError

ANALOG_FULL = 65536
_PEDAL = 0.3
"""Share of an analog pedal from which it is pressed; negative is gas, positive brake (measured)."""
_AFTER_TURBO = 3
"""Samples of 100 ms for which a turbo pad may still act."""
_FIELDS = ("sample_offsets", "event_offsets", "checkpoint_offsets", "time_ms", "position", "rotation", "event_names")


def is_run_file(path: Path) -> bool:
    """Does an npz file hold runs (and not, say, a track)?"""
    with np.load(path, allow_pickle=False) as data:
        return set(_FIELDS) <= set(data.files)


def read_runs(path: Path) -> tuple[list[Part], dict[str, int]]:
    """Every run of a file as (fields of ``RUN``, samples, tape), and how many were left out, by reason.

    Raises:
        ConfigError: the file does not hold runs.
    """
    data = _read(path)
    parts, rejected = [], {}
    for run in range(len(data["race_time_ms"])):
        part = _one(data, run)
        if isinstance(part, str):
            rejected[part] = rejected.get(part, 0) + 1
        else:
            parts.append(part)
    return parts, rejected


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            data = {name: stored[name] for name in stored.files}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: no npz file of runs ({error})") from None
    missing = set(_FIELDS) - set(data)
    if missing:
        raise ConfigError(f"{path}: no file of runs: it lacks {', '.join(sorted(missing))}")
    return data


def _one(data: dict[str, np.ndarray], run: int) -> Part | str:
    at = slice(*data["sample_offsets"][run : run + 2])
    events = slice(*data["event_offsets"][run : run + 2])
    names = [str(data["event_names"][index]) for index in data["event_name"][events]]
    times, values = data["event_time_ms"][events], data["event_value"][events]
    time_ms = data["time_ms"][at]
    if len(time_ms) < 10 or (np.diff(time_ms) != 100).any():
        return "samples missing"
    tape = tape_of_events(times.tolist(), names, values.tolist(), int(time_ms[-1]) // TICK_MS + 1)
    if agreement(data["steer"][at], time_ms, tape) < LEAST_AGREEMENT:
        return "inputs and samples disagree"
    checkpoints = data["checkpoint_ms"][slice(*data["checkpoint_offsets"][run : run + 2])]
    respawns = [time for time, name in zip(times.tolist(), names, strict=True) if name == "Respawn"]
    samples = _samples(data, at, checkpoints, np.array(respawns, np.int64))
    return {"driver": int(data["driver"][run]), "period_ms": 100}, samples, tape


def _samples(data: dict[str, np.ndarray], at: slice, checkpoints: np.ndarray, respawns: np.ndarray) -> np.ndarray:
    samples = np.zeros(at.stop - at.start, SAMPLE)
    for name in ("time_ms", "position", "rotation", "material", "contact", "slide"):
        samples[name] = data[name][at]
    time = samples["time_ms"]
    on_pad = (samples["contact"] & (samples["material"] == Material.TURBO)).any(axis=1)
    changed = np.diff(data["turbo"][at].astype(int), prepend=int(data["turbo"][at.start])) != 0
    samples["boosted"] = held(on_pad | changed, _AFTER_TURBO)
    samples["free_wheel"] = _until_checkpoint(samples, checkpoints)
    moved = np.linalg.norm(np.diff(samples["position"], axis=0, prepend=samples["position"][:1]), axis=1)
    samples["broken"] = moved > _TOO_FAR_M
    for respawn in respawns:
        samples["broken"] |= (time >= respawn) & (time < respawn + _RESPAWN_MS)
    return samples


_TOO_FAR_M = 30.0
"""m, no car moves so far in 100 ms (1000 km/h are 28 m)."""
_RESPAWN_MS = 300
"""ms after a respawn until the car stands."""


def _until_checkpoint(samples: np.ndarray, checkpoints: np.ndarray) -> np.ndarray:
    """A free wheel block takes the engine until the next checkpoint (measured)."""
    touched = (samples["contact"] & (samples["material"] == Material.FREE_WHEEL)).any(axis=1)
    leg = np.searchsorted(np.sort(checkpoints), samples["time_ms"], side="right")
    off = np.zeros(len(samples), bool)
    for number in np.unique(leg[touched]):
        off |= (leg == number) & (np.arange(len(samples)) >= np.flatnonzero(touched & (leg == number))[0])
    return off


def tape_of_events(times: list[int], names: list[str], values: list[int], ticks: int) -> np.ndarray:
    """Inputs per tick from the changes of keys and pads.

    An event acts from the first tick at or after its time. Left wins over right; of keys and pad steering the newest
    counts.
    """
    tape = np.zeros(ticks, TAPE)
    held = {"SteerLeft": 0, "SteerRight": 0, "Accelerate": 0, "Brake": 0}
    steer = pedal = 0.0
    last = 0
    state = (0.0, False, False)
    for time, name, value in zip(times, names, values, strict=True):
        tick = min(max(-(-time // TICK_MS), 0), ticks)
        if tick > last:
            tape[last:tick] = state
            last = tick
        if name in held:
            held[name] = value
        if name in ("SteerLeft", "SteerRight"):
            steer = -1.0 if held["SteerLeft"] else float(held["SteerRight"] != 0)
        elif name == "Steer":
            steer = value / ANALOG_FULL
        elif name == "Gas":
            pedal = value / ANALOG_FULL
        state = (steer, bool(held["Accelerate"]) or pedal <= -_PEDAL, bool(held["Brake"]) or pedal >= _PEDAL)
    tape[last:] = state
    return tape
