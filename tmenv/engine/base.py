"""``Engine``: what moves a car when it is not the simulator's kernels: a running game."""

from typing import Any, NamedTuple, Protocol

import numpy as np


class Moved(NamedTuple):
    """The car as an engine tells of it.

    Attributes:
        car: ``CAR`` record, shape (). Its place on the track (route, patches, nose) is for the task to find.
        wheels_told: are contact, material, damper and slide of the wheels known? Else the track's surface tells.
        waypoints_told: are checkpoints and laps known? Else the triggers of the track tell.
    """

    car: np.ndarray
    wheels_told: bool = True
    waypoints_told: bool = True


class Engine(Protocol):
    """One car in a running game. Every method may raise LiveError; after that, ``reset`` starts anew.

    Attributes:
        realtime: does the game run on while the agent thinks, so that an action takes effect one step later?
    """

    @property
    def realtime(self) -> bool: ...

    def reset(self) -> Moved:
        """Start an episode at the start line; returns the car there, at race time 0."""
        ...

    def advance(self, steer: float, gas: bool, brake: bool) -> Moved:
        """One step with an input: steer -1 left .. 1 right. Returns the car at its end, or at the finish."""
        ...

    def rest(self) -> None:
        """The episode is over: let go of the car until the next ``reset``."""
        ...

    def picture(self) -> np.ndarray:
        """What the game shows, uint8 (height, width, 4) BGRA; not to be written to."""
        ...

    def snapshot(self) -> bytes:
        """The state of the game. Raises ConfigError where that cannot be had."""
        ...

    def restore(self, snapshot: bytes) -> None:
        """Put the game back into a state, any number of times. Raises ConfigError where that cannot be done."""
        ...

    def report(self) -> dict[str, Any]:
        """Figures of the connection, always the same keys."""
        ...

    def close(self) -> None:
        """Let go of the car and of everything else; may be called twice."""
        ...
