"""What a step is for one car: action, physics, race, reward, outcome and observation."""

import numpy as np

from tmenv.constants import KMH_PER_MPS, TICK_S
from tmenv.engine.compile import device
from tmenv.engine.drive import drive_tick
from tmenv.engine.race import follow_route, origin_of, place_nose
from tmenv.engine.vectors import axes, dot
from tmenv.task.actions import decode
from tmenv.task.observations import observe_lidar, observe_state, observe_telemetry, repeat_first_frame
from tmenv.task.tables import LIDAR, PIXEL_LIDAR, RUNNING, TELEMETRY, TERMS
from tmenv.task.terminations import judge

_TERMS = len(TERMS)
_ZERO = np.float32(0.0)
_LEAST_PROGRESS = np.float32(0.01)
_TICK = np.float32(TICK_S)
_KMH = np.float32(KMH_PER_MPS)
_UNIT_24 = np.float32(2.0**-24)


@device
def conclude(world, car, episode, task, action, observation, report):
    """The end of a step, whatever moved the car: progress, outcome, reward, observation and info."""
    follow_route(world, car)
    gained = car.best_progress - episode.progress_before
    episode.idle = 0 if gained > _LEAST_PROGRESS else episode.idle + 1
    episode.steps += 1
    episode.outcome = judge(world, car, episode, task)
    pay(car, episode, task, gained, report)
    observe(world, car, task, observation)
    remember(task, action, observation)
    describe(world, car, episode, report)


@device
def open_episode(world, car, episode, task, observation, report):
    """The first observation and info of an episode, whatever put the car at its start."""
    begin(episode)
    follow_route(world, car)
    observe_afresh(world, car, task, observation)
    skip_step(report)
    describe(world, car, episode, report)


@device
def take_action(car, episode, task, action):
    """Put the action (or, with a delay, the one before it) in force for the ticks of this step."""
    episode.late = 0
    if task.latency_ticks > 0:
        episode.late = int(random_unit(episode) * np.float32(task.latency_ticks + 1))
    for column in range(task.action_columns):
        episode.replaced[column] = episode.applied[column]
        if task.action_delay > 0:
            episode.applied[column] = episode.pending[column]
            episode.pending[column] = action[column]
        else:
            episode.applied[column] = action[column]
    episode.ticks = 0
    episode.progress_before, episode.checkpoints_before = car.best_progress, car.checkpoints


@device
def drive_one_tick(world, car, episode, task, tick):
    """One tick with the action in force."""
    if tick < episode.late:
        steer, gas, brake = decode(task.action, episode.replaced)
    else:
        steer, gas, brake = decode(task.action, episode.applied)
    drive_tick(world, car, steer, gas, brake)
    episode.ticks += 1


@device
def random_unit(episode):
    """Uniform float32 in [0, 1) from the episode's own counter-based generator (splitmix64)."""
    episode.random_state += np.uint64(0x9E3779B97F4A7C15)
    z = episode.random_state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float32(z >> np.uint64(40)) * _UNIT_24


@device
def pay(car, episode, task, gained, report):
    """Write the weighted reward terms of a step."""
    _, _, forward = axes(car.rotation)
    report.terms[0] = task.weights[0] * gained
    report.terms[1] = task.weights[1] if car.finished != 0 else _ZERO
    report.terms[2] = task.weights[2] * np.float32(episode.ticks) * _TICK
    report.terms[3] = task.weights[3] * np.float32(car.checkpoints - episode.checkpoints_before)
    report.terms[4] = task.weights[4] * dot(car.velocity, forward)
    report.reward = np.float64(0.0)
    for term in range(_TERMS):
        report.reward += report.terms[term]


@device
def skip_step(report):
    """A step that did not happen pays nothing."""
    report.reward = np.float64(0.0)
    for term in range(_TERMS):
        report.terms[term] = np.float64(0.0)


@device
def begin(episode):
    """Forget the last episode."""
    episode.steps, episode.idle, episode.off_track, episode.flipped = 0, 0, 0, 0
    episode.outcome = RUNNING
    for column in range(len(episode.pending)):
        episode.pending[column] = _ZERO
        episode.applied[column] = _ZERO
        episode.replaced[column] = _ZERO


@device
def observe(world, car, task, observation):
    """Write everything of an observation but the actions; returns where those begin."""
    p = world.params[car.params]
    if task.observation == LIDAR or task.observation == PIXEL_LIDAR:
        place_nose(car, p)
        return observe_lidar(world, car, p, task, observation)
    if task.observation == TELEMETRY:
        return observe_telemetry(car, observation)
    return observe_state(world, car, p, observation)


@device
def observe_afresh(world, car, task, observation):
    """First observation of an episode: the LIDAR history repeats the first frame, past actions are 0."""
    for index in range(observe(world, car, task, observation), task.observation_size):
        observation[index] = _ZERO
    if task.observation == LIDAR:
        repeat_first_frame(task, observation)


@device
def remember(task, action, observation):
    """Move the action history up by one and append the action just given."""
    columns = task.action_columns
    newest = task.observation_size - columns
    if task.action_history == 0:
        return
    for index in range(task.observation_size - columns * task.action_history, newest):
        observation[index] = observation[index + columns]
    for column in range(columns):
        observation[newest + column] = min(max(action[column], np.float32(-1.0)), np.float32(1.0))


@device
def describe(world, car, episode, report):
    """Write the fields of the info that do not depend on the step's reward."""
    track = world.tracks[car.track]
    left, up, forward = axes(car.rotation)
    place = origin_of(car, world.params[car.params], left, up, forward)
    report.position[0], report.position[1], report.position[2] = place
    report.speed_kmh = np.sqrt(dot(car.velocity, car.velocity)) * _KMH
    report.progress_m = car.progress
    report.progress = min(max(car.progress / track.length, _ZERO), np.float32(1.0))
    report.race_time_ms, report.checkpoints, report.lap = car.race_time_ms, car.checkpoints, car.laps
    report.finished, report.outcome = car.finished, episode.outcome
