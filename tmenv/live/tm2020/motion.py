"""What a stream of TM2020 states tells only by its changes: heading and velocity (of some dialects), and the spin."""

import numpy as np

from tmenv.live.pose import matrix_of_axes
from tmenv.live.tm2020.receiver import Sample

_LEAST_M = 0.05
"""A shorter way tells no direction."""
_MOST_M = 5.0
"""A longer way between two packets is a jump, of a restart or a respawn."""
_LONGEST_S = 0.2
_UP = np.array([0.0, 1.0, 0.0], np.float32)


class Motion:
    """Follows one car through the samples that are taken of it."""

    def __init__(self):
        self._heading = np.array([0.0, 0.0, 1.0], np.float32)
        self._from: np.ndarray | None = None

    def begin(self, yaw: float) -> None:
        """A car at the start that looks along ``yaw`` (radians, forward is (sin yaw, 0, cos yaw))."""
        self._heading = np.array([np.sin(yaw), 0.0, np.cos(yaw)], np.float32)
        self._from = None

    def complete(self, sample: Sample) -> np.ndarray:
        """A copy of its ``STATE`` where the axes and the velocity are known.

        Where the plugin does not tell, the car is level and looks where it came from its place in the sample before;
        at rest it looks as it did.
        """
        state = sample.state.copy()
        if not np.isfinite(state["forward"]).all():
            self._turn(state["position"])
            state["forward"], state["up"] = self._heading, _UP
        if not np.isfinite(state["velocity"]).all():
            state["velocity"] = state["speed"] * state["forward"]
        return state

    def _turn(self, position: np.ndarray) -> None:
        if self._from is None:
            self._from = position.copy()
            return
        way = position - self._from
        way[1] = 0.0
        length = float(np.linalg.norm(way))
        if length >= _LEAST_M:
            self._from = position.copy()
            if length <= _MOST_M:
                self._heading = way / np.float32(length)


def spin_of(sample: Sample) -> np.ndarray:
    """Angular velocity about the car's left, up and forward axes, rad/s, float64 (3,), from the last two states.

    Zero where they do not tell: without axes, or too far apart.
    """
    now, before = sample.state, sample.before
    seconds = 0.0 if before is None else _seconds_between(before, now)
    if before is None or not 0.0 < seconds <= _LONGEST_S or not np.isfinite([now["forward"], before["forward"]]).all():
        return np.zeros(3)
    turned = _rotation(before).T @ _rotation(now)
    sine = 0.5 * np.array([turned[2, 1] - turned[1, 2], turned[0, 2] - turned[2, 0], turned[1, 0] - turned[0, 1]])
    size = float(np.linalg.norm(sine))
    if size == 0.0:
        return np.zeros(3)
    angle = np.arctan2(size, 0.5 * (np.trace(turned) - 1.0))
    return sine * (angle / size / seconds)


def _seconds_between(before: np.ndarray, now: np.ndarray) -> float:
    """By the race's clock, which goes with the physics; by the plugin's where that stands still."""
    race = int(now["race_time_ms"]) - int(before["race_time_ms"])
    return 0.001 * (race if race > 0 else int(now["time_ms"]) - int(before["time_ms"]))


def _rotation(state: np.ndarray) -> np.ndarray:
    return matrix_of_axes(state["forward"].astype(np.float64), state["up"].astype(np.float64))
