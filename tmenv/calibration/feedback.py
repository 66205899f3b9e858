"""Driving a recorded run's inputs with a mild hand on the wheel: are the lap times the same?

The inputs belong to places of the recorded line: the car takes those of the place it is beside. Only the steering is
corrected, by no more than ``MOST``; the pedals stay as recorded.
"""

from dataclasses import dataclass

import numpy as np

from tmenv.calibration.motion import FORWARD, rotate
from tmenv.calibration.replay import car_origins, tape_of, times_ms
from tmenv.constants import TICK_MS
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator
from tmenv.errors import GbxError
from tmenv.gbx import Ghost
from tmenv.track import Track

MOST = 0.25
"""Largest correction of the steering (1 is full lock)."""
_PER_M, _PER_RAD = 0.06, 1.5
_LOOK = 40
"""Ticks of the recorded line that are searched for the place beside the car."""
_LONGEST = 1.5
"""Times the recorded time after which a drive is given up."""


@dataclass(frozen=True)
class Lap:
    """A lap with feedback.

    Attributes:
        recorded_s: the recorded time.
        simulated_s: time at the finish; None if it was not reached.
        farthest_m: largest distance from the recorded line on the way; ``median_m`` is the median.
        corrected: mean size of the correction of the steering.
    """

    recorded_s: float
    simulated_s: float | None
    farthest_m: float
    median_m: float
    corrected: float

    def summary(self) -> str:
        """One line in plain English."""
        if self.simulated_s is None:
            return f"did not reach the finish; farthest from the recorded line {self.farthest_m:.1f} m"
        share = 100.0 * (self.simulated_s / self.recorded_s - 1.0)
        return (
            f"lap {self.simulated_s:.3f} s, recorded {self.recorded_s:.3f} s ({share:+.2f} %); from the recorded line "
            f"{self.median_m:.2f} m (median), {self.farthest_m:.2f} m (farthest); "
            f"mean correction of the steering {self.corrected:.3f}"
        )


def with_feedback(track: Track, ghost: Ghost) -> Lap:
    """Drive a ghost's inputs with corrected steering from the start to the finish.

    Raises:
        GbxError: the ghost holds no inputs or no race time.
    """
    if ghost.race_time_ms is None:
        raise GbxError("the recorded run was not finished: no lap time to compare with")
    tape = tape_of(ghost)
    path, heading = _per_tick(ghost, len(tape))
    simulator = Simulator(track, load_parameters(track.game))
    car, place = simulator.cars, 0
    distances, corrections = [], []
    for _ in range(int(_LONGEST * ghost.race_time_ms) // TICK_MS):
        origin = car_origins(simulator)[0]
        place = _beside(path, origin, place)
        aside, ahead = _offset(path, heading, origin, car["rotation"], place)
        correction = float(np.clip(_PER_M * aside + _PER_RAD * ahead, -MOST, MOST))
        control = tape[None, place : place + 1].copy()
        control["steer"] = np.clip(control["steer"] + correction, -1.0, 1.0)
        simulator.drive(control)
        distances.append(abs(aside))
        corrections.append(abs(correction))
        if car["finished"][0]:
            break
    return Lap(
        recorded_s=ghost.race_time_ms / 1000.0,
        simulated_s=float(car["race_time_ms"][0]) / 1000.0 if car["finished"][0] else None,
        farthest_m=float(np.max(distances)),
        median_m=float(np.median(distances)),
        corrected=float(np.mean(corrections)),
    )


def _per_tick(ghost: Ghost, ticks: int) -> tuple[np.ndarray, np.ndarray]:
    """Recorded positions (ticks, 3) and headings (ticks,), rad, at every tick."""
    times = times_ms(ghost)
    samples = ghost.samples.data[: len(times)]
    at = np.arange(ticks) * TICK_MS
    path = np.stack([np.interp(at, times, samples["position"][:, axis]) for axis in range(3)], axis=1)
    forward = rotate(samples["rotation"], FORWARD)
    return path, np.interp(at, times, np.unwrap(np.arctan2(forward[:, 0], forward[:, 2])))


def _beside(path: np.ndarray, origin: np.ndarray, place: int) -> int:
    """Tick of the recording whose position is nearest, from ``place`` on; standing cars go on with time."""
    ahead = path[place : place + _LOOK]
    nearest = place + int(np.argmin(np.linalg.norm(ahead - origin, axis=1)))
    return min(max(nearest, place + (np.ptp(ahead[:2]) < _STANDING_M)), len(path) - 1)


_STANDING_M = 0.02


def _offset(
    path: np.ndarray, heading: np.ndarray, origin: np.ndarray, rotation: np.ndarray, place: int
) -> tuple[float, float]:
    """How far left of the recorded line the car is, m, and how far its heading is turned to the left, rad."""
    yaw = heading[place]
    left = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
    forward = rotate(rotation, FORWARD)[0]
    turned = np.arctan2(forward[0], forward[2]) - yaw
    return float((origin - path[place]) @ left), float((turned + np.pi) % (2.0 * np.pi) - np.pi)
