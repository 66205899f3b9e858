"""Errors of windows driven open loop, and of two guesses that know no physics."""

from dataclasses import dataclass

import numpy as np

from tmenv.calibration.motion import FORWARD, rotate
from tmenv.calibration.windows import Driven, Driver, Windows
from tmenv.constants import KMH_PER_MPS

BASELINES = ("constant velocity", "constant speed and yaw rate")


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors at the end of windows, arrays (w,).

    Attributes:
        windows: what was driven.
        position_m: distance from the recorded car.
        speed_kmh: difference of the speeds.
        heading_deg: angle between the forward axes.
        baselines_m: distance of each of ``BASELINES`` from the recorded car.
    """

    windows: Windows
    position_m: np.ndarray
    speed_kmh: np.ndarray
    heading_deg: np.ndarray
    baselines_m: dict[str, np.ndarray]


def measure(driver: Driver, windows: Windows, params: np.ndarray) -> Errors:
    """Drive windows and compare their ends."""
    driven = driver.drive(windows, params)
    end = driven.recorded_position[:, -1]
    speed = np.linalg.norm(driven.velocity, axis=1) - np.linalg.norm(driven.recorded_velocity, axis=1)
    cosine = (rotate(driven.rotation, FORWARD) * rotate(driven.recorded_rotation, FORWARD)).sum(axis=1)
    return Errors(
        windows=windows,
        position_m=_distance(driven.position[:, -1], end),
        speed_kmh=KMH_PER_MPS * np.abs(speed),
        heading_deg=np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))),
        baselines_m={name: _distance(guess, end) for name, guess in _guesses(driver, windows, driven).items()},
    )


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a - b, axis=1)


def _guesses(driver: Driver, windows: Windows, driven: Driven) -> dict[str, np.ndarray]:
    """Ends of the windows (w, 3) by each of ``BASELINES``."""
    samples = driver.runs.samples
    start = samples["position"][windows.start].astype(np.float64)
    velocity = driver.traits.velocity[windows.start]
    rate = rotate(samples["rotation"][windows.start], driven.start_spin)[:, 1]
    angle = rate * windows.horizon_s
    # on a circle: the way along and beside the first direction, per unit of speed
    ahead, aside = windows.horizon_s * np.sinc(angle / np.pi), windows.horizon_s * _versine(angle)
    left = np.stack([velocity[:, 2], np.zeros(len(angle)), -velocity[:, 0]], axis=1)
    level = velocity * (1.0, 0.0, 1.0)
    rise = velocity * (0.0, windows.horizon_s, 0.0)
    return {
        BASELINES[0]: start + velocity * windows.horizon_s,
        BASELINES[1]: start + ahead[:, None] * level + aside[:, None] * left + rise,
    }


def _versine(angle: np.ndarray) -> np.ndarray:
    """(1 - cos) / angle, 0 at 0."""
    small = np.abs(angle) < 1e-6
    return np.where(small, 0.5 * angle, (1.0 - np.cos(angle)) / np.where(small, 1.0, angle))
