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

    def place(
        self, origin: tuple[float, float, float], yaw: float = 0, pitch: float = 0, roll: float = 0, speed: float = 0
    ) -> "Drive":
        """Put the car's origin anywhere in the middle of a race: yaw left, nose down, left side up (degrees), m/s."""
        car = self.car
        turned = quaternion(1, yaw), quaternion(0, pitch), quaternion(2, roll)
        car["rotation"] = product(product(turned[0], turned[1]), turned[2])
        axes = self.axes
        car["position"] = np.array(origin) + COM[1] * axes.up + COM[2] * axes.forward
        car["velocity"] = speed * axes.forward
        car["damper"], car["patch"], car["spin"], car["ticks"] = 0.0125, -1, 0.0, 1
        car["gear"] = 1 + sum(speed > shift for shift in self.parameters["upshift_speed"][0])
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

    def aloft(self) -> "Drive":
        """Let the wheels hang, as after a long flight."""
        self.car["contact"], self.car["damper"] = 0, 0.2
        return self

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

    @property
    def wheels(self) -> np.ndarray:
        """World positions of the wheels' lowest points with bottomed suspension, (4, 3)."""
        p, axes = self.parameters[0], self.axes
        front, rear = p["wheel_forward_front"] - COM[2], p["wheel_forward_rear"] - COM[2]
        arms = [(p["wheel_left_front"], front), (-p["wheel_left_front"], front)]
        arms += [(-p["wheel_left_rear"], rear), (p["wheel_left_rear"], rear)]
        base = self.car["position"].astype(np.float64) + p["mount_up"] * axes.up
        return np.array([base + left * axes.left + ahead * axes.forward for left, ahead in arms])


def quaternion(axis: int, degrees: float) -> np.ndarray:
    """Rotation about one car axis, x y z w."""
    result = np.zeros(4)
    result[axis], result[3] = np.sin(np.radians(degrees) / 2), np.cos(np.radians(degrees) / 2)
    return result


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """First ``b``, then ``a``."""
    vector = a[3] * b[:3] + b[3] * a[:3] + np.cross(a[:3], b[:3])
    return np.append(vector, a[3] * b[3] - a[:3] @ b[:3])
