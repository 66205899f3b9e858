"""A driver for whole races: keeps to the middle, brakes before bends. A plain function of the car's state."""

import numpy as np

from tmenv.track.track import Track

_LOOK_M = 22.0
_BEND_M = 60.0


class Driver:
    """Steers towards the centreline ahead; slow where the road turns."""

    def __init__(self, track: Track):
        self._track = track

    def act(self, position: np.ndarray, forward: np.ndarray, velocity: np.ndarray) -> tuple[float, bool, bool]:
        """Steer, gas and brake for a car at ``position`` that looks along ``forward``."""
        speed = float(np.linalg.norm(velocity))
        s, _ = self._track.local_coordinates(*(float(x) for x in position))
        aim = np.array(self._track.position(s + _LOOK_M * max(0.5, speed / 25.0))) - position
        left = forward[2] * aim[0] - forward[0] * aim[2]
        ahead = forward[0] * aim[0] + forward[2] * aim[2]
        steer = float(np.clip(-2.5 * np.arctan2(left, ahead), -1.0, 1.0))
        turn = self._track.heading_at(s + _BEND_M) - self._track.heading_at(s)
        bend = abs(float(np.arctan2(np.sin(turn), np.cos(turn))))
        limit = 60.0 if bend < 0.2 else 22.0
        return steer, speed < limit, speed > limit + 3.0
