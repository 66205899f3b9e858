"""The task's part of a step whose car something outside the kernels moves: before it moves, and after."""

import numpy as np
from numba import types

from tmenv.engine.compile import device, entry, view
from tmenv.engine.dynamics import find_footing
from tmenv.engine.race import crosses, fire, place_nose
from tmenv.engine.state import CAR
from tmenv.engine.vectors import axes
from tmenv.engine.world import open_world
from tmenv.task.actions import decode
from tmenv.task.kernel import conclude, open_episode, skip_step, take_action
from tmenv.task.observations import all_finite
from tmenv.task.step import ALL_GOOD, BYTE, FLOAT, HEADER, hand_out
from tmenv.task.tables import EPISODE, INFO, TASK

_WHEELS = 4
_ZERO = np.float32(0.0)


@entry(types.int64)
def choose_input(address):
    """Begin a step of the first car: put its action in force, and the input for it into steer, gas and brake.

    Returns ALL_GOOD, or 0 for an action that is not finite. A masked car takes a step that is none.
    """
    header = view(address, 1, HEADER)[0]
    task = view(header.task, 1, TASK)[0]
    car, episode = view(header.cars, 1, CAR)[0], view(header.episodes, 1, EPISODE)[0]
    action = view(header.actions, task.action_columns, FLOAT)
    if not all_finite(action):
        return 0
    if view(header.mask, 1, BYTE)[0] != 0:
        skip_step(view(header.info, 1, INFO)[0])
        hand_out(header, task.observation_size, 0, 1)
        return ALL_GOOD
    take_action(car, episode, task, action)
    car.steer, car.gas, car.brake = decode(task.action, episode.applied)
    return ALL_GOOD


@entry(types.int64, types.int64, types.int64, types.int64)
def judge_moved(address, fresh, wheels_told, waypoints_told):
    """End a step of the first car, or (``fresh``) open its episode, after its record was replaced from outside.

    ``wheels_told`` and ``waypoints_told``: see ``tmenv.engine.base.Moved``.
    """
    header = view(address, 1, HEADER)[0]
    world = open_world(header)
    task = view(header.task, 1, TASK)[0]
    car, episode = view(header.cars, 1, CAR)[0], view(header.episodes, 1, EPISODE)[0]
    action = view(header.actions, task.action_columns, FLOAT)
    observation = view(header.observations, task.observation_size, FLOAT)
    report = view(header.info, 1, INFO)[0]
    p = world.params[car.params]
    place_wheels(world, car, p, wheels_told != 0)
    before = (car.nose[0], car.nose[1], car.nose[2])
    place_nose(car, p)
    if fresh != 0:
        open_episode(world, car, episode, task, observation, report)
        return
    if waypoints_told == 0:
        pass_all_waypoints(world, car, p, before)
    conclude(world, car, episode, task, action, observation, report)
    hand_out(header, task.observation_size, 0, 1)


@device
def place_wheels(world, car, p, told):
    """Find the surface below each wheel; what the engine did not tell of the wheels follows from it."""
    left, up, forward = axes(car.rotation)
    m = car.material
    first, second, third, fourth = m[0], m[1], m[2], m[3]
    find_footing(world, car, p, left, up, forward)
    if told:
        m[0], m[1], m[2], m[3] = first, second, third, fourth
        return
    for wheel in range(_WHEELS):
        car.contact[wheel] = 1 if car.clearance[wheel] < p.suspension_target else 0
        car.damper[wheel] = min(max(car.clearance[wheel], _ZERO), p.suspension_target)


@device
def pass_all_waypoints(world, car, p, before):
    """Fire the triggers that the nose crossed since the last step, during which it may have passed several cells."""
    track = world.tracks[car.track]
    for index in range(track.waypoint_count):
        w = world.waypoints[track.waypoint_at + index]
        crossed, part = crosses(w, before, car.nose)
        if crossed and car.finished == 0:
            fire(car, track, p, w, part)
