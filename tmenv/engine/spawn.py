"""Putting a car on the track: at the spawn point or anywhere on the route, at rest or rolling."""

import math

import numpy as np

from tmenv.engine.compile import device
from tmenv.engine.contact import NO_PATCH
from tmenv.engine.forces import GEARS
from tmenv.engine.race import place_nose
from tmenv.engine.vectors import axes

START_LINE = -1.0
"""Value of ``start`` that means the track's spawn point; any value >= 0 is metres along the route."""

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


@device
def spawn(world, cars, blank, row, start):
    """Put car ``row`` at rest on its track: at the spawn point (``start`` < 0) or ``start`` metres down the route.

    Keeps the car's track and parameters, clears everything else.
    """
    track_index, params_index = cars[row].track, cars[row].params
    cars[row] = blank[0]
    car = cars[row]
    car.track, car.params = track_index, params_index
    track, p = world.tracks[track_index], world.params[params_index]
    if start < _ZERO:
        x, y, z, yaw = track.spawn[0], track.spawn[1], track.spawn[2], track.spawn_yaw
        damper = p.spawn_damper
    else:
        x, y, z, yaw = route_pose(world, car, track, start)
        y += p.rest_height
        damper = p.suspension_target - p.gravity_ground / (np.float32(4.0) * p.suspension_stiffness)
    car.rotation[1], car.rotation[3] = math.sin(yaw * _HALF), math.cos(yaw * _HALF)
    _, up, forward = axes(car.rotation)
    car.position[0] = x + p.com_up * up[0] + p.com_forward * forward[0]
    car.position[1] = y + p.com_up * up[1] + p.com_forward * forward[1]
    car.position[2] = z + p.com_up * up[2] + p.com_forward * forward[2]
    car.gear = 1
    for wheel in range(4):
        car.damper[wheel] = damper
        car.patch[wheel] = NO_PATCH
        car.material[wheel] = track.ground_material
    car.nose_patch = NO_PATCH
    place_nose(car, p)


@device
def route_pose(world, car, track, start):
    """Pose on the route's centre ``start`` metres from the spawn: (x, y, z, yaw); also sets the car's progress."""
    low, high = 0, track.route_count - 2
    while low < high:
        middle = (low + high + 1) // 2
        if world.route[track.route_at + middle].s <= start:
            low = middle
        else:
            high = middle - 1
    a, b = world.route[track.route_at + low], world.route[track.route_at + low + 1]
    part = (start - a.s) / (b.s - a.s)
    car.route_index = low
    car.progress = start
    car.best_progress = start
    mark_passed(world, car, track, start)
    yaw = math.atan2(b.x - a.x, b.z - a.z)
    return a.x + part * (b.x - a.x), a.y + part * (b.y - a.y), a.z + part * (b.z - a.z), yaw


@device
def mark_passed(world, car, track, start):
    """A car that starts down the route has the checkpoints and laps behind it."""
    lap_length = track.length / np.float32(track.laps)
    car.laps = min(int(start / lap_length), track.laps - 1)
    in_lap = start - lap_length * np.float32(car.laps)
    for index in range(track.waypoint_count):
        w = world.waypoints[track.waypoint_at + index]
        if w.group >= 0 and w.s < in_lap:
            car.checkpoint_mask |= np.int64(1) << np.int64(w.group)


@device
def set_rolling(car, p, speed):
    """Give a car on level road a forward speed (m/s) and the gear for it."""
    _, _, forward = axes(car.rotation)
    for axis in range(3):
        car.velocity[axis] = speed * forward[axis]
    while car.gear < GEARS and speed > p.upshift_speed[car.gear - 1]:
        car.gear += 1
