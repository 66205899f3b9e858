"""The triggers against recorded runs: fed with a recorded path, do they fire in order and at the recorded times?"""

from dataclasses import dataclass

import numpy as np
from numba import types

from tmenv.calibration.paths import Run
from tmenv.constants import TICK_MS
from tmenv.engine.compile import bind, entry, view
from tmenv.engine.params import load_parameters
from tmenv.engine.race import follow_route, pass_waypoints, place_nose, waypoint_near
from tmenv.engine.spawn import place_origin
from tmenv.engine.state import CAR
from tmenv.engine.world import WORLD_FIELDS, World, open_world
from tmenv.track import Track

POSE = np.dtype([("origin", np.float32, 3), ("rotation", np.float32, 4)], align=True)
"""Where a car is: its origin and the quaternion x y z w."""

PLACE = np.dtype([("progress", np.float32), ("best", np.float32), ("lateral", np.float32)], align=True)
"""Metres along the route, the most that earned progress so far, and metres to the left of the route."""

HEADER = np.dtype(
    [
        *WORLD_FIELDS,
        ("car", np.int64),
        ("poses", np.int64),
        ("ticks", np.int64),
        ("places", np.int64),
        ("fired", np.int64),
        ("most", np.int64),
        ("count", np.int64),
    ],
    align=True,
)

COAST_TICKS = 15
"""Ticks by which a path is prolonged behind the last sample, which is up to a sample earlier than the finish."""

_DAMPER_M = np.float32(0.0)


@entry(types.int64)
def feed(address):
    """Lead a car along a path, tick by tick; write its places on the route, and the ticks that fired a trigger."""
    header = view(address, 1, HEADER)[0]
    world = open_world(header)
    car = view(header.car, 1, CAR)[0]
    poses = view(header.poses, header.ticks, POSE)
    places = view(header.places, header.ticks, PLACE)
    fired = view(header.fired, header.most, np.dtype(np.int32))
    p = world.params[car.params]
    for tick in range(header.ticks):
        waypoint = waypoint_near(world, car)
        before = (car.nose[0], car.nose[1], car.nose[2])
        for axis in range(4):
            car.rotation[axis] = poses[tick].rotation[axis]
        origin = poses[tick].origin
        place_origin(car, p, (origin[0], origin[1], origin[2]), _DAMPER_M)
        place_nose(car, p)
        passed = car.checkpoints + car.laps
        if tick > 0:
            car.ticks = tick
            pass_waypoints(world, car, waypoint, before)
        follow_route(world, car)
        places[tick].progress, places[tick].best, places[tick].lateral = car.progress, car.best_progress, car.lateral
        if car.checkpoints + car.laps > passed and header.count < header.most:
            fired[header.count] = tick - 1
            header.count += 1


@dataclass(frozen=True)
class Fired:
    """The triggers of one run.

    Attributes:
        recorded: number of recorded times.
        in_order: every checkpoint and the finish fired, as many as were recorded and in their order of time.
        on_time: fired at the recorded tick, one earlier or one later.
        error_ms: int64 (n,): our time minus the recorded one, of those that fired; empty if not ``in_order``.
    """

    recorded: int
    in_order: bool
    on_time: int
    error_ms: np.ndarray


def fire(track: Track, run: Run) -> Fired:
    """Feed the path of a run through the triggers of its track."""
    wanted = np.array(run.checkpoint_times_ms, np.int64)
    _, ticks = lead(track, poses_of(run), len(wanted) + 1)
    fired = TICK_MS * ticks
    in_order = len(fired) == len(wanted)
    error = fired - wanted if in_order else np.zeros(0, np.int64)
    return Fired(len(wanted), in_order, int((np.abs(error) <= TICK_MS).sum()), error)


def poses_of(run: Run) -> np.ndarray:
    """``POSE`` per tick: cubic between the samples of position, and straight on behind the last."""
    times = run.samples["time_s"]
    at = np.arange(0, round(1000 * times[-1]) + COAST_TICKS * TICK_MS + 1, TICK_MS) / 1000
    row = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    step = (times[row + 1] - times[row])[:, None]
    part = (at - times[row])[:, None] / step
    position = run.samples["position"].astype(np.float64)
    speed = np.gradient(position, times, axis=0)
    a, b, va, vb = position[row], position[row + 1], step * speed[row], step * speed[row + 1]
    u = np.minimum(part, 1.0)
    curve = a + u * (va + u * (3 * (b - a) - 2 * va - vb + u * (2 * (a - b) + va + vb)))
    rotation = run.samples["rotation"].astype(np.float64)
    one, other = rotation[row], rotation[row + 1]
    other = other * np.where((one * other).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    turned = (1 - u) * one + u * other
    poses = np.zeros(len(at), POSE)
    poses["origin"] = curve + (part - u) * vb
    poses["rotation"] = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    return poses


def lead(track: Track, poses: np.ndarray, most: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Lead a car along a path.

    Args:
        track: with triggers and a route.
        poses: ``POSE`` (n,), one per tick.
        most: number of triggers after which no more are noted.

    Returns:
        ``PLACE`` (n,), the car's place on the route; int64 (k,), ticks at whose start the nose stood before a trigger
        that it had crossed at their end.
    """
    world = World(load_parameters(track.game))
    world.add(track)
    car, fired, header = np.zeros(1, CAR), np.zeros(most, np.int32), np.zeros(1, HEADER)
    poses, places = np.ascontiguousarray(poses), np.zeros(len(poses), PLACE)
    world.fill_header(header[0:1])
    for name, table in (("car", car), ("poses", poses), ("places", places), ("fired", fired)):
        header[name] = table.ctypes.data
    header["ticks"], header["most"] = len(poses), most
    bind(feed)(header.ctypes.data)
    return places, fired[: int(header["count"][0])].astype(np.int64)
