"""A race on the simulator as the games run it: countdown, driving, finish, restart."""

import numpy as np

from tmenv.constants import TICK_MS, TICK_S
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import CONTROL, Simulator
from tmenv.track.track import Track

PEDAL_ON = 0.3
"""Travel from which a trigger counts as pressed: the games' pedals are switches (assumed: 30 %)."""


class Race:
    """One car on one track, tick by tick, from the countdown to behind the finish.

    Args:
        track: where.
        countdown_ms: length of the countdown; the car stands and inputs do nothing.

    Attributes:
        time_ms: race time; negative in the countdown, standing still after the finish.
        car: the simulator's ``CAR`` record; may be written.
        params: ``PARAMS`` record of the car.
        distance_m: metres driven since the start.
        waypoint_times_ms: race time at each checkpoint and line crossed since the start.
    """

    def __init__(self, track: Track, countdown_ms: int):
        self.track = track
        self.params = load_parameters(track.game)[0]
        self._simulator = Simulator(track, load_parameters(track.game))
        self._control = np.zeros((1, 1), CONTROL)
        self._countdown_ms = countdown_ms
        self.waypoint_times_ms: list[int] = []
        self.restart()

    @property
    def car(self) -> np.ndarray:
        """A view: writing to it moves the car."""
        return self._simulator.cars[0]

    def put(self, car: np.ndarray) -> None:
        """Replace the car by another state of it."""
        track, params = int(self.car["track"]), int(self.car["params"])
        self._simulator.cars[0] = car
        self.car["track"], self.car["params"] = track, params

    @property
    def finished(self) -> bool:
        """Has the car crossed the finish?"""
        return bool(self.car["finished"])

    @property
    def passed(self) -> int:
        """Checkpoints and lines crossed since the start."""
        return int(self.car["checkpoints"]) + int(self.car["laps"])

    @property
    def waypoints(self) -> int:
        """Checkpoints and lines to cross in the whole race."""
        return (self.track.checkpoints + 1) * self.track.laps

    def undo_finish(self) -> None:
        """Race on as if the finish had not been crossed."""
        if self.finished:
            self.car["finished"], self.car["laps"] = 0, self.car["laps"] - 1
            self.time_ms = self.car["race_time_ms"] = int(self.car["ticks"]) * TICK_MS
            del self.waypoint_times_ms[self.passed :]

    def restart(self) -> None:
        """Back to the start, with the countdown."""
        self._simulator.spawn()
        self.time_ms = -self._countdown_ms
        self.distance_m = 0.0
        self.waypoint_times_ms.clear()

    def tick(self, steer: float, gas: bool, brake: bool) -> None:
        """Go on by 10 ms; a car behind the finish rolls out with its brakes on."""
        if self.time_ms < 0:
            self.time_ms += TICK_MS
            return
        rolling = self.finished
        self._control["steer"] = 0.0 if rolling else steer
        self._control["gas"], self._control["brake"] = gas and not rolling, brake or rolling
        self._simulator.drive(self._control)
        self.distance_m += float(np.linalg.norm(self.car["velocity"])) * TICK_S
        self.time_ms = int(self.car["race_time_ms"])
        while self.passed > len(self.waypoint_times_ms):
            self.waypoint_times_ms.append(self.time_ms)
