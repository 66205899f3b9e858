"""Recorded runs made with our own simulator, in the file format of decoded TMNF runs: the truth is known."""

from pathlib import Path

import numpy as np

from tests.engine.plain import plain
from tmenv.calibration.motion import rotate
from tmenv.constants import Material
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import CONTROL, Simulator

SECONDS = 20
_PERIOD_TICKS = 10


def write_runs(path: Path, count: int = 4, seconds: int = SECONDS, seed: int = 0) -> None:
    """Drive ``count`` cars over an asphalt plain with random keys and write what a replay would hold."""
    rng = np.random.default_rng(seed)
    ticks = seconds * 100
    controls = _keys(rng, count, ticks)
    simulator = Simulator(plain(Material.ASPHALT), load_parameters("TMNF"), count)
    arm = np.array([0.0, 0.4385, 0.2883])
    frames = []
    for first in range(0, ticks, _PERIOD_TICKS):
        cars = simulator.cars
        frames.append({name: cars[name].copy() for name in ("rotation", "contact", "slide", "damper")})
        frames[-1]["position"] = cars["position"] - rotate(cars["rotation"], arm)
        simulator.drive(controls[:, first : first + _PERIOD_TICKS])
    stored = {name: np.concatenate([[f[name][run] for f in frames] for run in range(count)]) for name in frames[0]}
    _save(path, stored, controls, len(frames))


def _keys(rng: np.random.Generator, count: int, ticks: int) -> np.ndarray:
    """Gas nearly always, steering held for 0.3 to 1 s, a little braking."""
    controls = np.zeros((count, ticks), CONTROL)
    controls["gas"] = 1
    for row in range(count):
        tick = 100
        while tick < ticks:
            length = int(rng.integers(30, 100))
            controls["steer"][row, tick : tick + length] = rng.choice([-1.0, 0.0, 0.0, 1.0])
            if rng.random() < 0.15:
                controls["brake"][row, tick : tick + 15] = 1
            tick += length
    return controls


def _save(path: Path, stored: dict[str, np.ndarray], controls: np.ndarray, samples: int) -> None:
    count, ticks = controls.shape
    rows = count * samples
    names = ["Accelerate", "Brake", "SteerLeft", "SteerRight"]
    pressed = [controls["gas"] > 0, controls["brake"] > 0, controls["steer"] < 0, controls["steer"] > 0]
    events = [_events(run, pressed) for run in range(count)]
    shown = np.roll(controls["steer"], 1, axis=1)[:, ::_PERIOD_TICKS].ravel()
    np.savez_compressed(
        path,
        race_time_ms=np.full(count, ticks * 10, np.int32),
        driver=np.arange(count, dtype=np.int16),
        respawns=np.zeros(count, np.int16),
        analog=np.zeros(count, bool),
        sample_offsets=np.arange(count + 1) * samples,
        event_offsets=np.cumsum([0, *(len(e) for e in events)]),
        checkpoint_offsets=np.arange(count + 1),
        checkpoint_ms=np.full(count, ticks * 10, np.int32),
        time_ms=np.tile(np.arange(samples, dtype=np.int32) * 100, count),
        steer=shown.astype(np.float32),
        turbo=np.zeros(rows, np.uint8),
        material=np.full((rows, 4), Material.ASPHALT, np.uint8),
        position=stored["position"].astype(np.float32),
        rotation=stored["rotation"],
        damper=stored["damper"],
        contact=stored["contact"] > 0,
        slide=stored["slide"] > 0,
        event_names=np.array(names),
        event_time_ms=np.array([e[0] for run in events for e in run], np.int32),
        event_name=np.array([e[1] for run in events for e in run], np.uint8),
        event_value=np.array([e[2] for run in events for e in run], np.int32),
    )


def _events(run: int, pressed: list[np.ndarray]) -> list[tuple[int, int, int]]:
    found = []
    for key, held in enumerate(pressed):
        changes = np.flatnonzero(np.diff(held[run].astype(int), prepend=0))
        found += [(int(tick) * 10, key, int(held[run][tick])) for tick in changes]
    return sorted(found)
