"""Ghosts, replays and maps with a recorded run, of both games."""

import hashlib
from pathlib import Path

import numpy as np

from tmenv.calibration.recorded import SAMPLE, TAPE, Part, held
from tmenv.constants import TICK_MS
from tmenv.errors import GbxError
from tmenv.gbx import Ghost, Map, Replay, read

CARS = {"TMNF": "StadiumCar", "TM2020": "CarSport"}
_SLIDING_MPS = 2.5
"""Side speed from which all wheels slide (TM2020 stores no slide of single wheels): gripping tyres reach 1.6 m/s."""
_AFTER_TURBO_MS = 300
_TOO_FAST = 300.0
"""m/s, faster than any car: it was put somewhere else."""


def read_recorded(path: Path) -> tuple[str, list[Part], dict[str, int], bool]:
    """What a Gbx file holds: (game, runs, reason -> runs left out, does it also hold their map).

    Raises:
        GbxError: the file is damaged.
    """
    thing = read(path)
    if isinstance(thing, Ghost):
        ghosts, with_map = (thing,), False
    elif isinstance(thing, Replay):
        ghosts, with_map = thing.ghosts, thing.map is not None
    elif isinstance(thing, Map):
        ghosts, with_map = tuple(filter(None, [thing.validation_ghost])), True
    else:
        raise GbxError(f"{path}: holds no recorded run")
    parts, rejected = [], {}
    for ghost in ghosts:
        part = _one(ghost)
        if isinstance(part, str):
            rejected[part] = rejected.get(part, 0) + 1
        else:
            parts.append(part)
    return ghosts[0].game if ghosts else thing.game, parts, rejected, with_map


def _one(ghost: Ghost) -> Part | str:
    if ghost.vehicle != CARS[ghost.game]:
        return f"another car ({ghost.vehicle or 'not named'})"
    if not len(ghost.samples) or not len(ghost.inputs):
        return "no samples or no inputs"
    if ghost.tape_offset_ms is None:
        return "inputs and samples disagree"
    samples = _samples(ghost)
    if isinstance(samples, str):
        return samples
    tape = _tape(ghost, int(samples["time_ms"][-1]) // TICK_MS + 1)
    period = int(samples["time_ms"][1] - samples["time_ms"][0])
    if ghost.game == "TM2020" and not _falls_freely(samples, period / 1000.0):
        return "driven under effects that samples do not show (water, reactor)"
    driver = int.from_bytes(hashlib.sha256(ghost.driver().login.encode()).digest()[:3], "big")
    return {"driver": driver, "period_ms": period}, samples, tape


def _tape(ghost: Ghost, ticks: int) -> np.ndarray:
    """Inputs of each tick from the start of the race; the last ones are held to the end."""
    first = -ghost.start_offset_ms // TICK_MS
    row = np.clip(np.arange(ticks) + first, 0, len(ghost.inputs) - 1)
    tape = np.zeros(ticks, TAPE)
    for name in ("steer", "gas", "brake"):
        tape[name] = ghost.inputs[name][row]
    return tape


def _samples(ghost: Ghost) -> np.ndarray | str:
    """The samples with inputs, on the clock of the inputs."""
    stored = ghost.samples.data
    time = np.rint(1000.0 * stored["time_s"]).astype(np.int64) - int(ghost.tape_offset_ms or 0)
    last = int(ghost.inputs["time_ms"][-1]) if ghost.race_time_ms is None else ghost.race_time_ms
    kept = (time >= 0) & (time < min(last, int(ghost.inputs["time_ms"][-1]) + TICK_MS)) & (time % TICK_MS == 0)
    stored, time = stored[kept], time[kept]
    if len(time) < 20:
        return "shorter than 20 samples"
    gaps = np.flatnonzero(np.diff(time) != time[1] - time[0])
    if len(gaps):  # what comes after a gap belongs to another part of the drive
        stored, time = stored[: gaps[0] + 1], time[: gaps[0] + 1]
        if len(time) < 20:
            return "samples missing"
    samples = np.zeros(len(time), SAMPLE)
    samples["time_ms"] = time
    for name in ("position", "rotation", "material"):
        samples[name] = stored[name]
    if ghost.game == "TMNF":
        samples["contact"], samples["slide"] = stored["contact"], stored["slide"]
    else:
        samples["contact"] = stored["on_ground"][:, None]
        samples["slide"] = (stored["on_ground"] & (np.abs(stored["side_speed"]) > _SLIDING_MPS))[:, None]
    period_s = float(time[1] - time[0]) / 1000.0
    changing = np.diff(stored["turbo"], prepend=stored["turbo"][:1]) != 0
    samples["boosted"] = held(changing | (stored["turbo"] > 0), round(_AFTER_TURBO_MS / 1000.0 / period_s))
    moved = np.linalg.norm(np.diff(stored["position"], axis=0, prepend=stored["position"][:1]), axis=1)
    samples["broken"] = moved > _TOO_FAST * period_s
    pressed = ghost.inputs["time_ms"][ghost.inputs["respawn"]]
    for press in pressed[pressed > 0].tolist():
        samples["broken"] |= (time >= press) & (time < press + 500)
    return samples


def _falls_freely(samples: np.ndarray, period_s: float) -> bool:
    """Does the car fall as a car without effects does, in most of its flights?"""
    height = samples["position"][:, 1].astype(np.float64)
    touching = np.atleast_1d(samples["contact"].any(axis=1))
    aloft = ~(touching[2:] | touching[1:-1] | touching[:-2])
    rise = (height[2:] - height[:-2]) / (2.0 * period_s)
    pull = (height[2:] - 2.0 * height[1:-1] + height[:-2]) / period_s**2 + _AIR_DRAG * rise
    fits = np.abs(pull + _GRAVITY) < _GRAVITY_MARGIN
    return aloft.sum() < _FEW_SAMPLES or float(fits[aloft].mean()) >= 0.5


_GRAVITY, _AIR_DRAG, _GRAVITY_MARGIN = 25.0, 0.03, 3.0
_FEW_SAMPLES = 8
