"""Where a car stands in the race: progress along the route, checkpoints, laps and the finish."""

import math

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.engine.compile import device
from tmenv.engine.contact import cell_of
from tmenv.engine.vectors import axes, clamp, cross, dot
from tmenv.track.tables import CHECKPOINT, START_FINISH

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_MOST_HOPS = 64
_OFF_ROUTE = np.float32(8.0)
"""m beyond the road border at which a car no longer earns progress."""
_BELOW_ROUTE = np.float32(-6.0)
"""m above the route, at the deepest, at which a car earns progress: below lies another level, or the way down."""
_BELOW_TRIGGER = np.float32(-2.0)
"""m, triggers reach this far below the road."""
_LAP_MARGIN = np.float32(100.0)
"""m before the end of a lap from which the start-finish line counts."""


@device
def origin_of(car, p, left, up, forward):
    """World position of the car origin (the reference point of the games' files)."""
    x = car.position[0] - p.com_up * up[0] - p.com_forward * forward[0]
    y = car.position[1] - p.com_up * up[1] - p.com_forward * forward[1]
    z = car.position[2] - p.com_up * up[2] - p.com_forward * forward[2]
    return x, y, z


@device
def place_nose(car, p):
    """Update the car's nose point from its pose and return it."""
    left, up, forward = axes(car.rotation)
    x, y, z = origin_of(car, p, left, up, forward)
    car.nose[0] = x + p.nose * forward[0]
    car.nose[1] = y + p.nose * forward[1]
    car.nose[2] = z + p.nose * forward[2]
    return car.nose[0], car.nose[1], car.nose[2]


@device
def waypoint_near(world, car):
    """First waypoint whose trigger the car may reach in a tick, or -1 (the cells know, with a margin)."""
    track = world.tracks[car.track]
    cell = cell_of(track, car.position[0], car.position[2])
    return world.cells[track.cell_waypoint_at + cell] if cell >= 0 else -1


@device
def pass_waypoints(world, car, waypoint, before):
    """After a tick that moved the nose from ``before``: fire the triggers it crossed, from ``waypoint`` on."""
    p = world.params[car.params]
    track = world.tracks[car.track]
    while waypoint >= 0 and car.finished == 0:
        w = world.waypoints[track.waypoint_at + waypoint]
        crossed, part = crosses(w, before, car.nose)
        if crossed:
            fire(car, track, p, w, part)
        waypoint = w.next_in_cell


@device
def crosses(w, before, after):
    """Does the path of the nose cross a trigger? Returns (crossed, share of the path before the plane)."""
    old = (before[0] - w.x) * w.nx + (before[2] - w.z) * w.nz
    new = (after[0] - w.x) * w.nx + (after[2] - w.z) * w.nz
    if (old < _ZERO) == (new < _ZERO):
        return False, _ZERO
    part = old / (old - new)
    side = (after[0] - w.x) * w.nz - (after[2] - w.z) * w.nx
    height = after[1] - w.y
    return abs(side) <= w.half_width and _BELOW_TRIGGER <= height <= w.height, part


@device
def fire(car, track, p, w, part):
    """Take a checkpoint, complete a lap or finish."""
    every = (np.int64(1) << np.int64(track.checkpoints)) - np.int64(1)
    if w.kind == CHECKPOINT:
        bit = np.int64(1) << np.int64(w.group)
        if car.checkpoint_mask & bit == 0:
            car.checkpoint_mask |= bit
            car.checkpoints += 1
            car.free_wheel = 0
        return
    if car.checkpoint_mask & every != every:
        return
    lap_end = track.length * np.float32(car.laps + 1) / np.float32(track.laps)
    if w.kind == START_FINISH and car.progress < lap_end - _LAP_MARGIN:
        return
    car.laps += 1
    car.free_wheel = 0
    if car.laps < track.laps:
        car.checkpoint_mask = 0
        return
    car.finished = 1
    # a trigger fires within the last tick: TM2020 interpolates to 1 ms, TMNF reports the tick's start
    fraction = int(part * np.float32(TICK_MS / p.time_step_ms)) * p.time_step_ms
    car.race_time_ms = (car.ticks - 1) * TICK_MS + fraction


@device
def follow_route(world, car):
    """Move the car's place on the route to its present position: progress, best progress, lateral offset."""
    p = world.params[car.params]
    track = world.tracks[car.track]
    left, up, forward = axes(car.rotation)
    place = origin_of(car, p, left, up, forward)
    last = track.route_count - 2
    index = car.route_index
    # of the segment: divided only once it is the right one
    way, offset, along, square = (_ZERO, _ZERO, _ZERO), (_ZERO, _ZERO, _ZERO), _ZERO, _ONE
    came_from = 0
    for _ in range(_MOST_HOPS):
        a, b = world.route[track.route_at + index], world.route[track.route_at + index + 1]
        way = (b.x - a.x, b.y - a.y, b.z - a.z)
        offset = (place[0] - a.x, place[1] - a.y, place[2] - a.z)
        square = dot(way, way)
        along = dot(offset, way)
        if along > square and index < last and came_from >= 0:
            index, came_from = index + 1, 1
        elif along < _ZERO and index > 0 and came_from <= 0:
            index, came_from = index - 1, -1
        else:
            break
    car.route_index = index
    here = world.route[track.route_at + index]
    there = world.route[track.route_at + index + 1]
    aside = (here.left_x, here.left_y, here.left_z)
    turned = dot(way, aside)  # in a bend the segment is not quite across the left of its first point
    side = (dot(offset, aside) - along / square * turned) / math.sqrt(_ONE - turned * turned / square)
    above = dot(offset, cross(way, aside)) / math.sqrt(square)
    part = clamp(along / square, _ZERO, _ONE)
    car.lateral = side
    car.progress = here.s + part * (there.s - here.s)
    on_route = side <= here.border_left + _OFF_ROUTE and -side <= here.border_right + _OFF_ROUTE
    if on_route and above > _BELOW_ROUTE and car.progress > car.best_progress:
        car.best_progress = min(car.progress, track.length)
