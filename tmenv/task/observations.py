"""Observations: flat float32 vectors whose every entry has a name, a unit and finite bounds."""

import math
from dataclasses import dataclass

import numpy as np
from gymnasium import spaces

from tmenv.constants import Material
from tmenv.engine.compile import device
from tmenv.engine.lidar import RANGE_M, RAYS, scan
from tmenv.engine.race import origin_of
from tmenv.engine.vectors import axes, clamp, dot
from tmenv.errors import ConfigError
from tmenv.task.actions import ACTION_COLUMNS
from tmenv.task.tables import LIDAR, PIXEL_LIDAR, STATE, TELEMETRY
from tmenv.track.tables import ROUTE_STEP_M

ROAD_POINTS = 40
ROAD_STEP_M = 10.0
"""The State observation shows the road's centre at 0, 10, ... 390 m ahead of the car's place on the route."""

KERNEL_OBSERVATION = {
    "lidar": LIDAR,
    "state": STATE,
    "pixels": TELEMETRY,
    "pixels_state": STATE,
    "tmrl_lidar": PIXEL_LIDAR,
}
"""Names of observations, and the numbers that the kernel writes for each; pictures are drawn beside them."""

SURFACES = ("asphalt", "dirt", "grass", "turbo", "other")
"""Groups of materials that the State observation tells apart, one-hot per wheel."""

_POINTS_PER_STEP = int(ROAD_STEP_M / ROUTE_STEP_M)
_FASTEST = 350.0
_SPIN = 100.0
_RPM = 30000.0
_ROAD = 1000.0
_LONGEST_RAY = 603.0
"""Largest value of tmrl's LIDAR in its picture of 958 x 488, pixels."""
_WHEELS = ("front_left", "front_right", "rear_right", "rear_left")
_SURFACE_GROUP = np.full(Material.COUNT, SURFACES.index("other"), np.int32)
for _material in (Material.CONCRETE, Material.ASPHALT, Material.FREE_WHEEL):
    _SURFACE_GROUP[_material] = SURFACES.index("asphalt")
_SURFACE_GROUP[Material.DIRT] = SURFACES.index("dirt")
_SURFACE_GROUP[Material.GRASS] = SURFACES.index("grass")
_SURFACE_GROUP[Material.TURBO] = SURFACES.index("turbo")

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)


@dataclass(frozen=True)
class Group:
    """Entries of an observation that belong together: a key of the Dict form."""

    name: str
    entries: tuple[str, ...]
    shape: tuple[int, ...]
    low: float
    high: float
    unit: str


def observation_groups(observation: str, history: int, action: str, action_history: int) -> tuple[Group, ...]:
    """The layout of an observation, in order.

    Raises:
        ConfigError: unknown name.
    """
    columns = ACTION_COLUMNS[action]
    ages = range(action_history - 1, -1, -1)
    names = tuple(f"action_{column}_{age}" for age in ages for column in columns)
    actions = Group("actions", names, (action_history, len(columns)), -1.0, 1.0, "1, newest last, 0 = just given")
    if observation not in KERNEL_OBSERVATION:
        raise ConfigError(f"unknown observation {observation!r}; choose one of {', '.join(KERNEL_OBSERVATION)}")
    groups = {
        LIDAR: lambda: _lidar_groups("lidar", history, RANGE_M, "m"),
        PIXEL_LIDAR: lambda: _lidar_groups("lidar_pixels", history, _LONGEST_RAY, "pixels"),
        TELEMETRY: lambda: (_SPEED, *_ENGINE),
        STATE: _state_groups,
    }
    return (*groups[KERNEL_OBSERVATION[observation]](), actions)


_SPEED = Group("speed", ("speed",), (1,), -_FASTEST, _FASTEST, "m/s along the car's forward axis")
_ENGINE = (
    Group("gear", ("gear",), (1,), 0.0, 5.0, "1 to 5, 0 reverse"),
    Group("rpm", ("rpm",), (1,), 0.0, _RPM, "1/min"),
)


def _lidar_groups(name: str, history: int, reach: float, unit: str) -> tuple[Group, ...]:
    rays = tuple(f"{name}_{age}_{ray:02d}" for age in range(history - 1, -1, -1) for ray in range(RAYS))
    return (
        _SPEED,
        Group(name, rays, (history, RAYS), 0.0, reach, f"{unit}, rays right to left, newest frame (0) last"),
    )


def _state_groups() -> tuple[Group, ...]:
    directions = ("left", "up", "forward")

    def triple(name: str, bound: float, unit: str) -> Group:
        return Group(name, tuple(f"{name}_{axis}" for axis in directions), (3,), -bound, bound, unit)

    def wheels(name: str, high: float, unit: str) -> Group:
        return Group(name, tuple(f"{name}_{wheel}" for wheel in _WHEELS), (4,), 0.0, high, unit)

    surfaces = tuple(f"surface_{wheel}_{surface}" for wheel in _WHEELS for surface in SURFACES)
    road = tuple(f"road_{int(k * ROAD_STEP_M):03d}m_{axis}" for k in range(ROAD_POINTS) for axis in directions)
    return (
        triple("velocity", _FASTEST, "m/s in the car frame"),
        triple("spin", _SPIN, "rad/s about the car's axes"),
        triple("world_up", 1.0, "1, the world's up in the car frame"),
        wheels("contact", 1.0, "1 touches a surface"),
        wheels("slide", 1.0, "1 slides"),
        wheels("damper", 1.0, "m, suspension extension"),
        Group("surface", surfaces, (4, len(SURFACES)), 0.0, 1.0, "1 for the group of the wheel's surface"),
        *_ENGINE,
        Group("steer", ("steer",), (1,), -1.0, 1.0, "1, wheels as turned now, right positive"),
        Group("road", road, (ROAD_POINTS, 3), -_ROAD, _ROAD, "m, centre of the road ahead in the car frame"),
    )


def flat_space(groups: tuple[Group, ...]) -> spaces.Box:
    """The flat Box of a layout."""
    low = np.concatenate([np.full(len(group.entries), group.low, np.float32) for group in groups])
    high = np.concatenate([np.full(len(group.entries), group.high, np.float32) for group in groups])
    return spaces.Box(low, high, dtype=np.float32)


@device
def observe_lidar(world, car, p, task, row):
    """Write speed and LIDAR frames; older frames move up, the newest is last; returns the number of entries.

    The newest frame of a LIDAR from pixels is left for the picture.
    """
    row[0] = speed_of(car)
    newest = 1 + (task.history - 1) * RAYS
    for index in range(1, newest):
        row[index] = row[index + RAYS]
    if task.observation == LIDAR:
        scan(world, car, p, row[newest : newest + RAYS])
    return newest + RAYS


@device
def speed_of(car):
    """Speed along the car's forward axis, m/s."""
    _, _, forward = axes(car.rotation)
    return clamp(dot(car.velocity, forward), np.float32(-_FASTEST), np.float32(_FASTEST))


@device
def observe_telemetry(car, row):
    """Write what a game shows beside its picture: speed, gear, engine speed; returns the number of entries."""
    row[0] = speed_of(car)
    row[1] = np.float32(car.gear)
    row[2] = clamp(car.rpm, _ZERO, np.float32(_RPM))
    return 3


@device
def repeat_first_frame(task, row):
    """After a reset: fill the LIDAR history with the newest frame."""
    newest = 1 + (task.history - 1) * RAYS
    for index in range(1, newest):
        row[index] = row[newest + (index - 1) % RAYS]


@device
def observe_state(world, car, p, row):
    """Write the state of the car and the road ahead in the car frame; returns the number of entries."""
    left, up, forward = axes(car.rotation)
    fastest, most_spin = np.float32(_FASTEST), np.float32(_SPIN)
    v = car.velocity
    row[0] = clamp(dot(v, left), -fastest, fastest)
    row[1] = clamp(dot(v, up), -fastest, fastest)
    row[2] = clamp(dot(v, forward), -fastest, fastest)
    for axis in range(3):
        row[3 + axis] = clamp(car.spin[axis], -most_spin, most_spin)
    row[6], row[7], row[8] = clamp(left[1], -_ONE, _ONE), clamp(up[1], -_ONE, _ONE), clamp(forward[1], -_ONE, _ONE)
    at = 21
    for wheel in range(4):
        row[9 + wheel] = np.float32(car.contact[wheel])
        row[13 + wheel] = np.float32(car.slide[wheel])
        row[17 + wheel] = car.damper[wheel]
        group = _SURFACE_GROUP[car.material[wheel]]
        for surface in range(len(SURFACES)):
            row[at + surface] = _ONE if surface == group else _ZERO
        at += len(SURFACES)
    row[at] = np.float32(car.gear)
    row[at + 1] = clamp(car.rpm, _ZERO, np.float32(_RPM))
    row[at + 2] = car.steer
    return road_ahead(world, car, p, left, up, forward, row, at + 3)


@device
def road_ahead(world, car, p, left, up, forward, row, at):
    """Write ROAD_POINTS points of the route, every ROAD_STEP_M from the car's place on it, in the car frame."""
    track = world.tracks[car.track]
    x, y, z = origin_of(car, p, left, up, forward)
    bound = np.float32(_ROAD)
    index, last = car.route_index, track.route_count - 2
    for point in range(ROAD_POINTS):
        s = car.progress + np.float32(point) * np.float32(ROAD_STEP_M)
        if (
            point > 0
            and index + _POINTS_PER_STEP < last
            and world.route[track.route_at + index + _POINTS_PER_STEP].s <= s
        ):
            index += _POINTS_PER_STEP  # points are about this far apart: the loop below seldom runs
        while index < last and world.route[track.route_at + index + 1].s <= s:
            index += 1
        a, b = world.route[track.route_at + index], world.route[track.route_at + index + 1]
        part = (s - a.s) / (b.s - a.s)  # beyond the last point the road goes straight on
        offset = (a.x + part * (b.x - a.x) - x, a.y + part * (b.y - a.y) - y, a.z + part * (b.z - a.z) - z)
        row[at] = clamp(dot(offset, left), -bound, bound)
        row[at + 1] = clamp(dot(offset, up), -bound, bound)
        row[at + 2] = clamp(dot(offset, forward), -bound, bound)
        at += 3
    return at


@device
def all_finite(values):
    """Is every number of a row finite?"""
    for index in range(len(values)):
        if not math.isfinite(values[index]):
            return False
    return True
