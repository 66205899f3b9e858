"""The simulator without a task: cars on tracks, driven by inputs tick by tick. Used by replays and fits."""

from typing import TYPE_CHECKING

import numpy as np
from numba import types

from tmenv.engine.compile import bind, entry, view
from tmenv.engine.drive import drive_tick
from tmenv.engine.race import follow_route
from tmenv.engine.spawn import START_LINE, set_rolling, spawn, speed_of
from tmenv.engine.state import CAR
from tmenv.engine.world import WORLD_FIELDS, World, open_world
from tmenv.errors import ConfigError

if TYPE_CHECKING:
    from tmenv.track.track import Track

CONTROL = np.dtype([("steer", np.float32), ("gas", np.int32), ("brake", np.int32)], align=True)
"""Input of one car for one tick: steer -1 left .. 1 right, pedals 0 or 1."""

HEADER = np.dtype(
    [
        *WORLD_FIELDS,
        ("cars", np.int64),
        ("cars_count", np.int64),
        ("blank", np.int64),
        ("controls", np.int64),
        ("ticks", np.int64),
        ("start", np.float32),
        ("speed", np.float32),
    ],
    align=True,
)


@entry(types.int64)
def spawn_all(address):
    """Put every car at ``start`` with a forward ``speed``."""
    header = view(address, 1, HEADER)[0]
    world = open_world(header)
    cars, blank = view(header.cars, header.cars_count, CAR), view(header.blank, 1, CAR)
    for row in range(header.cars_count):
        spawn(world, cars, blank, row, header.start)
        if header.speed > speed_of(cars[row]):
            set_rolling(cars[row], world.params[cars[row].params], header.speed)


@entry(types.int64)
def drive_all(address):
    """Drive every car through its row of controls."""
    header = view(address, 1, HEADER)[0]
    world = open_world(header)
    cars = view(header.cars, header.cars_count, CAR)
    controls = view(header.controls, header.cars_count * header.ticks, CONTROL)
    for row in range(header.cars_count):
        car = cars[row]
        for step in range(header.ticks):
            control = controls[row * header.ticks + step]
            drive_tick(world, car, control.steer, control.gas, control.brake)
        follow_route(world, car)


class Simulator:
    """``count`` cars on one track, driven tick by tick.

    Attributes:
        cars: structured array ``CAR`` of shape (count,); may be read and written between calls.
        world: the pooled tables.
    """

    def __init__(self, track: "Track", params: np.ndarray, count: int = 1):
        self.world = World(params)
        self.world.add(track)
        self.cars = np.zeros(count, CAR)
        self._blank = np.zeros(1, CAR)
        self._header = np.zeros(1, HEADER)
        self._spawn = bind(spawn_all)
        self._drive = bind(drive_all)
        self.spawn()

    def spawn(self, start_m: float | None = None, speed: float = 0.0) -> None:
        """Put every car at the spawn point, or ``start_m`` metres down the route, with a forward speed in m/s.

        On the route a car has the attitude of the surface; in a loop or on a wall it rolls at least so fast that it
        stays there.
        """
        header = self._filled_header()
        header["start"] = START_LINE if start_m is None else start_m
        header["speed"] = speed
        self._spawn(self._header.ctypes.data)

    def drive(self, controls: np.ndarray) -> None:
        """Advance every car by one tick per column of ``controls``: ``CONTROL`` array of shape (count, ticks)."""
        if controls.shape[0] != len(self.cars):
            raise ConfigError(f"controls have {controls.shape[0]} rows for {len(self.cars)} cars")
        controls = np.ascontiguousarray(controls, CONTROL)
        header = self._filled_header()
        header["controls"], header["ticks"] = controls.ctypes.data, controls.shape[1]
        self._drive(self._header.ctypes.data)

    def _filled_header(self) -> np.ndarray:
        header = self._header[0:1]
        self.world.fill_header(header)
        header["cars"], header["cars_count"] = self.cars.ctypes.data, len(self.cars)
        header["blank"] = self._blank.ctypes.data
        return header


def constant_controls(count: int, ticks: int, steer: float, gas: bool, brake: bool) -> np.ndarray:
    """``CONTROL`` array of shape (count, ticks) with the same input throughout."""
    controls = np.zeros((count, ticks), CONTROL)
    controls["steer"], controls["gas"], controls["brake"] = steer, gas, brake
    return controls
