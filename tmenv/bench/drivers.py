"""How the cars are driven while they are timed.

The cost of a step depends on pace: a fast car needs more physics sub-steps. So there are two regimes, and the mean
speed stands beside every figure. ``mixed`` is what an untrained policy does: random actions, held for half a second,
many resets. ``race`` is what a good policy does: a driver that follows the road as fast as the corners ahead allow.

Both spread the cars over the whole track (``start="random"``) and look at the cars only between timed stretches: cars
that all did the same thing at once would flatter the caches, and a driver inside the timing would hide the simulator.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from tmenv.constants import KMH_PER_MPS

STEP_S = 0.05
"""Duration of one env step at the default frame_skip, s."""


class Driver(Protocol):
    """Chooses an action per car from the last info."""

    name: str
    hold: int
    """Env steps that an action is held for."""
    warm_up: int
    """Env steps to drive before timing, so that the pace is the regime's own."""

    def act(self, info: dict[str, Any]) -> np.ndarray:
        """Actions (N, 2): steer -1 left .. 1 right, throttle -1 brake .. 1 gas."""
        ...


class Mixed:
    """Random steering around straight on, gas nine times out of ten: 20 m/s on the grand circuit."""

    name = "mixed"
    hold = 10
    warm_up = 60

    def __init__(self, num_envs: int, seed: int = 0):
        self._random = np.random.default_rng(seed)
        self._num_envs = num_envs

    def act(self, info: dict[str, Any]) -> np.ndarray:
        """New random actions, whatever the cars do."""
        steer = np.clip(self._random.normal(0.0, 0.2, self._num_envs), -1.0, 1.0)
        throttle = np.where(self._random.random(self._num_envs) < 0.9, 1.0, -1.0)
        return np.stack([steer, throttle], axis=-1).astype(np.float32)


def held_actions() -> Iterator[np.ndarray]:
    """The actions of ``Mixed`` for one environment, (2,) each."""
    driver = Mixed(1)
    while True:
        yield driver.act({})[0]


class Race:
    """Steers at a point of the road ahead; brakes for the corners it will reach: 50 m/s on the grand circuit.

    Args:
        route: ``Track.route``, the centreline from the start to behind the finish.
    """

    name = "race"
    hold = 2
    warm_up = 200

    LOOK_AHEAD_M = 8.0
    LOOK_AHEAD_S = 0.45
    STEER_PER_RADIAN = 4.0
    CORNERING = 50.0
    """Sideways acceleration that the driver trusts the car with, m/s^2."""
    BRAKING = 25.0
    """Deceleration that the driver trusts the car with, m/s^2."""

    def __init__(self, route: np.ndarray):
        self._s = route["s"].astype(np.float64)
        self._x, self._z = route["x"].astype(np.float64), route["z"].astype(np.float64)
        self._limit = self._speed_limits()
        self._before: np.ndarray | None = None

    def act(self, info: dict[str, Any]) -> np.ndarray:
        """Actions for cars at ``info["position"]`` (N, 3), ``progress_m`` (N,) and ``speed_kmh`` (N,)."""
        speed = np.asarray(info["speed_kmh"], np.float64) / KMH_PER_MPS
        s = np.asarray(info["progress_m"], np.float64)
        here = np.asarray(info["position"], np.float64)[:, [0, 2]]
        ahead = self._point(s + self.LOOK_AHEAD_M + speed * self.LOOK_AHEAD_S) - here
        heading = self._heading(here, s)
        forward = (heading * ahead).sum(axis=1)
        left = heading[:, 1] * ahead[:, 0] - heading[:, 0] * ahead[:, 1]
        steer = np.clip(-self.STEER_PER_RADIAN * np.arctan2(left, forward), -1.0, 1.0)
        spare = np.interp(s + speed * STEP_S * self.hold, self._s, self._limit) - speed
        throttle = np.select([spare > 0.0, spare > -3.0], [1.0, 0.0], -1.0)
        return np.stack([steer, throttle], axis=-1).astype(np.float32)

    def _point(self, s: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(s, self._s, self._x), np.interp(s, self._s, self._z)], axis=-1)

    def _heading(self, here: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Unit vector of travel since the last call; along the road for a car that stood or was reset."""
        moved = np.zeros_like(here) if self._before is None else here - self._before
        self._before = here.copy()
        distance = np.hypot(moved[:, 0], moved[:, 1])
        trusted = (distance > 0.2) & (distance < 25.0)
        vector = np.where(trusted[:, None], moved, self._point(s + 2.0) - self._point(s))
        return vector / np.maximum(np.hypot(vector[:, 0], vector[:, 1]), 1e-6)[:, None]

    def _speed_limits(self) -> np.ndarray:
        """Largest speed at every route point from which every corner ahead can still be braked for."""
        step = np.maximum(np.diff(self._s), 1e-3)
        direction = np.unwrap(np.arctan2(np.diff(self._x), np.diff(self._z)))
        bend = np.abs(np.gradient(direction)) / step
        smooth = np.convolve(bend, np.full(5, 0.2), mode="same")
        limit = np.append(np.sqrt(self.CORNERING / np.maximum(smooth, 1e-4)), np.inf)
        for i in range(len(step) - 1, -1, -1):
            limit[i] = min(limit[i], np.sqrt(limit[i + 1] ** 2 + 2.0 * self.BRAKING * step[i]))
        return limit
