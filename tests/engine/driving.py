"""Short words for driving one car on the plain."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.engine.plain import plain
from tmenv.constants import KMH_PER_MPS, TICK_S
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator, constant_controls

COM = (0.0, 0.4385, 0.2883)


class Drive:
    """One car on an endless plain (or on ``track``), driven for seconds at a time."""

    def __init__(self, game: str = "TM2020", track: Any = None, **parameters: Any):
        self.parameters = load_parameters(game, **parameters)
        self.simulator = Simulator(track or plain(), self.parameters)
        self.ticks = 0

    def start(self, kmh: float = 0.0) -> "Drive":
        """Put the car on the line, rolling at ``kmh``; the first tick of a race is skipped when rolling."""
        self.simulator.spawn(speed=kmh / KMH_PER_MPS)
        if kmh:
            self.car["ticks"] = 1
        self.ticks = 0
        return self

    def go(self, ticks: int, steer: float = 0.0, gas: bool = False, brake: bool = False) -> "Drive":
        """Hold one input for ``ticks``."""
        self.simulator.drive(constant_controls(1, ticks, steer, gas, brake))
        self.ticks += ticks
        return self

    def until(self, done, limit_s: float = 120.0, **held: Any) -> float:
        """Hold an input until ``done(self)``; seconds it took."""
        while not done(self):
            self.go(1, **held)
            if self.ticks * TICK_S > limit_s:
                raise AssertionError(f"not reached within {limit_s} s: {self.car}")
        return self.ticks * TICK_S

    @property
    def car(self) -> np.ndarray:
        return self.simulator.cars[0]

    @property
    def velocity(self) -> np.ndarray:
        return self.car["velocity"].astype(np.float64)

    @property
    def axes(self) -> SimpleNamespace:
        """Left, up and forward axes of the car in the world."""
        x, y, z, w = self.car["rotation"].astype(np.float64)
        return SimpleNamespace(
            left=np.array([1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)]),
            up=np.array([2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)]),
            forward=np.array([2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)]),
        )

    @property
    def kmh(self) -> float:
        return float(np.linalg.norm(self.velocity)) * KMH_PER_MPS

    @property
    def forward_speed(self) -> float:
        return float(self.velocity @ self.axes.forward)

    @property
    def side_speed(self) -> float:
        return float(self.velocity @ self.axes.left)

    @property
    def distance(self) -> float:
        """Metres driven along +z from the spawn."""
        return float(self.car["position"][2]) - COM[2]
