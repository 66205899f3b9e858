"""Putting a car on the track: at the spawn point or anywhere on the route, at rest or rolling.

On the route a car takes the attitude of the surface below it; over a gap it is put back to the road before it. Where
nothing holds it at rest, in a loop or on a wall, it rolls fast enough to stay there.
"""

import math

import numpy as np

from tmenv.engine.compile import device, rare
from tmenv.engine.contact import FAR, LEAST_FACING, NO_PATCH, search_once
from tmenv.engine.forces import GEARS
from tmenv.engine.race import place_nose
from tmenv.engine.vectors import axes, cross, dot
from tmenv.track.tables import ROUND

START_LINE = -1.0
"""Value of ``start`` that means the track's spawn point; any value >= 0 is metres along the route."""

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_QUARTER = np.float32(0.25)
_ONE = np.float32(1.0)
_FOUR = np.float32(4.0)
_RAISED = np.float32(0.3)
"""m above the route at which the surface is looked for ..."""
_NEAR = np.float32(0.6)
"""... and m from it within which it must be."""
_LONGEST_GAP, _OFF_EDGE = np.float32(250.0), np.float32(3.0)
"""m that a car over a gap is put back at most, and m from its middle to the edge of the road."""
_STEEP = np.float32(0.995)
"""Sine of the climb from which the plan of a route point says nothing about the direction of the road before it."""
_LOOP_SPEED = np.float32(5.5)
"""A car holds in a loop of radius r at a place of upward normal n with v^2 = g r (_LOOP_SPEED + 2 n): that is the
speed there of one that enters with v^2 = 7.5 g r, which passes loops of 30 and 43 m (simulated) with some to spare."""
_WALL_SPEED = np.float32(40.0)
"""m/s of a car that starts on a standing wall: up and back down takes it some seconds."""


@device
def spawn(world, cars, blank, row, start):
    """Put car ``row`` on its track: at the spawn point (``start`` < 0) or ``start`` metres down the route.

    It stands still unless the surface there would not hold it. Keeps the car's track and parameters, clears everything
    else.
    """
    track_index, params_index = cars[row].track, cars[row].params
    cars[row] = blank[0]
    car = cars[row]
    car.track, car.params = track_index, params_index
    track, p = world.tracks[track_index], world.params[params_index]
    for wheel in range(4):
        car.patch[wheel] = NO_PATCH
        car.material[wheel] = track.ground_material
    car.nose_patch = NO_PATCH
    car.gear = 1
    if start < _ZERO:
        half = _HALF * track.spawn_yaw
        car.rotation[1], car.rotation[3] = math.sin(half), math.cos(half)
        place_origin(car, p, (track.spawn[0], track.spawn[1], track.spawn[2]), p.spawn_damper)
    else:
        stand_on_route(world, car, track, p, start)
    place_nose(car, p)


@device
def place_origin(car, p, origin, damper):
    """Put the car's origin at a world point, as its rotation says, with all wheels ``damper`` metres out."""
    _, up, forward = axes(car.rotation)
    for axis in range(3):
        car.position[axis] = origin[axis] + p.com_up * up[axis] + p.com_forward * forward[axis]
    for wheel in range(4):
        car.damper[wheel] = damper


@rare
def stand_on_route(world, car, track, p, start):
    """Put a car on the surface of the route, looking along it."""
    point, along, up, index, distance, normal = road_at(world, car, track, start)
    if distance >= FAR:
        point, along, up, index, distance, normal = road_before(world, car, track, p, start)
    if distance >= FAR:  # there is no road: level with the route
        distance, normal = _ZERO, up
    climb = dot(along, normal)
    ahead = unit((along[0] - climb * normal[0], along[1] - climb * normal[1], along[2] - climb * normal[2]))
    set_rotation(car, cross(normal, ahead), normal, ahead)
    rest, load = p.gravity_ground / (_FOUR * p.suspension_stiffness), max(normal[1], _ZERO)
    lift = p.rest_height + (_ONE - load) * rest - distance
    origin = (point[0] + lift * normal[0], point[1] + lift * normal[1], point[2] + lift * normal[2])
    place_origin(car, p, origin, p.suspension_target - load * rest)
    if normal[1] < p.slope_full:
        speed = _WALL_SPEED
        if index != NO_PATCH and world.patches[index].surface == ROUND:
            radius = world.patches[index].radius
            speed = math.sqrt(p.gravity_ground * radius * (_LOOP_SPEED + normal[1] + normal[1]))
        set_rolling(car, p, speed)


@rare
def road_at(world, car, track, start):
    """The route at ``start`` metres and its surface: (point, direction, upright, patch, its distance, normal)."""
    point, along, behind = route_pose(world, car, track, start)
    up = upright(along, behind)
    index, distance, normal = surface_near(world, track, point, up)
    if distance >= FAR:
        index, distance, normal = surface_near(world, track, point, (-up[0], -up[1], -up[2]))
    return point, along, up, index, distance, normal


@rare
def road_before(world, car, track, p, start):
    """``road_at`` where the road before a gap still holds a car at rest; over the gap if there is none."""
    at, held = start, FAR
    while held >= FAR and at > _ZERO and start - at < _LONGEST_GAP:
        at = max(at - _ONE, _ZERO)
        _, _, _, _, held, normal = road_at(world, car, track, at)
        if normal[1] < p.slope_full:
            held = FAR
    return road_at(world, car, track, max(at - _OFF_EDGE, _ZERO) if held < FAR else start)


@device
def upright(along, behind):
    """The direction nearest to straight up, across a direction of travel; for a vertical one, back over the road."""
    if abs(along[1]) > _STEEP:
        return unit((-along[1] * behind[0], _ZERO, -along[1] * behind[1]))
    return unit((-along[1] * along[0], _ONE - along[1] * along[1], -along[1] * along[2]))


@rare
def surface_near(world, track, point, up):
    """The surface of a point of the route seen along ``up``: (patch, its distance from the point or FAR, normal)."""
    x, y, z = point[0] + _RAISED * up[0], point[1] + _RAISED * up[1], point[2] + _RAISED * up[2]
    index, distance, nx, ny, nz, _, _, _ = search_once(world, track, NO_PATCH, x, y, z, up, _ZERO, LEAST_FACING)
    normal = (nx, ny, nz)
    distance -= _RAISED * dot(normal, up)
    return index, distance if abs(distance) < _NEAR else FAR, normal


@device
def unit(vector):
    """A vector of length 1; straight up for no direction at all."""
    length = math.sqrt(dot(vector, vector))
    if length <= _ZERO:
        return _ZERO, _ONE, _ZERO
    return vector[0] / length, vector[1] / length, vector[2] / length


@device
def set_rotation(car, left, up, forward):
    """Quaternion of the car from its axes."""
    w = _ONE + left[0] + up[1] + forward[2]
    x = _ONE + left[0] - up[1] - forward[2]
    y = _ONE - left[0] + up[1] - forward[2]
    z = _ONE - left[0] - up[1] + forward[2]
    largest = max(max(w, x), max(y, z))  # four times its square: none is smaller than a quarter
    half = math.sqrt(_QUARTER * largest)
    share = _QUARTER / half
    q = car.rotation
    if largest == w:
        q[0], q[1], q[2] = (up[2] - forward[1]) * share, (forward[0] - left[2]) * share, (left[1] - up[0]) * share
        q[3] = half
    elif largest == x:
        q[0], q[1], q[2] = half, (left[1] + up[0]) * share, (forward[0] + left[2]) * share
        q[3] = (up[2] - forward[1]) * share
    elif largest == y:
        q[0], q[1], q[2] = (left[1] + up[0]) * share, half, (up[2] + forward[1]) * share
        q[3] = (forward[0] - left[2]) * share
    else:
        q[0], q[1], q[2] = (forward[0] + left[2]) * share, (up[2] + forward[1]) * share, half
        q[3] = (left[1] - up[0]) * share


@device
def route_pose(world, car, track, start):
    """Pose on the route's centre ``start`` metres from the spawn; also sets the car's progress.

    Returns (the point, unit vector of travel, direction in plan (x, z) of the last segment before that had one).
    """
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
    behind_x, behind_z, back = b.x - a.x, b.z - a.z, low
    while back > 0 and behind_x * behind_x + behind_z * behind_z < _QUARTER:
        back -= 1
        earlier = world.route[track.route_at + back]
        behind_x, behind_z = b.x - earlier.x, b.z - earlier.z
    point = (a.x + part * (b.x - a.x), a.y + part * (b.y - a.y), a.z + part * (b.z - a.z))
    return point, unit((b.x - a.x, b.y - a.y, b.z - a.z)), (behind_x, behind_z)


@device
def mark_passed(world, car, track, start):
    """A car that starts down the route has the checkpoints and laps behind it."""
    lap_length = track.length / np.float32(track.laps)
    car.laps, car.checkpoint_mask = min(int(start / lap_length), track.laps - 1), np.int64(0)
    in_lap = start - lap_length * np.float32(car.laps)
    for index in range(track.waypoint_count):
        w = world.waypoints[track.waypoint_at + index]
        if w.group >= 0 and w.s < in_lap:
            car.checkpoint_mask |= np.int64(1) << np.int64(w.group)


@device
def set_rolling(car, p, speed):
    """Give a car a forward speed (m/s) and the gear for it."""
    _, _, forward = axes(car.rotation)
    for axis in range(3):
        car.velocity[axis] = speed * forward[axis]
    while car.gear < GEARS and speed > p.upshift_speed[car.gear - 1]:
        car.gear += 1


@device
def speed_of(car):
    """Total speed, m/s."""
    return math.sqrt(dot(car.velocity, car.velocity))
