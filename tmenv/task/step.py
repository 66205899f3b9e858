"""The kernels of a batch: a step of every car, which threads may share, and a reset of some."""

import numpy as np
from numba import from_dtype, types

from tmenv.engine.compile import copy_bytes, device, entry, exchange, fetch_add, rare, view
from tmenv.engine.spawn import spawn
from tmenv.engine.state import CAR
from tmenv.engine.world import WORLD_FIELDS, open_world
from tmenv.task.kernel import conclude, drive_one_tick, open_episode, skip_step, take_action
from tmenv.task.observations import all_finite
from tmenv.task.tables import EPISODE, INFO, TASK

_TABLES = ("cars", "blank", "task", "episodes", "actions", "observations", "info", "mask", "turns")
_RESULTS = ("results", "results_info", "results_rewards", "results_outcomes")
HEADER = np.dtype(
    [*WORLD_FIELDS, *((name, np.int64) for name in (*_TABLES, *_RESULTS)), ("count", np.int64)], align=True
)
"""Addresses of everything a step reads or writes: one argument instead of fifteen, and its own address is the argument:
numba takes 0.15 us to look into an array. ``turns`` is the address of a ``TURNS``, for batches that use threads;
``results`` and what follows, those of the arrays of a ``Results`` to fill, or 0."""

_DONE = 64
TURNS = np.dtype({"names": ["next", "done"], "formats": [np.int64, np.int64], "offsets": [0, _DONE], "itemsize": 128})
"""How the threads of a step share out the cars: the next one whose turn it is and, in a cache line of its own, how many
are done."""
_CARS_PER_TURN = 16
"""On a busy machine the threads that get more of it take more turns."""
_PATIENCE = 8192
"""Looks at the number of cars done, some 50 to 100 us: longer than a turn."""

ALL_GOOD = -1
ALONE, LEADING, HELPING = range(3)
"""Whether a call of ``step_batch`` is the only one of a step, or the one that waits for the others, or another."""
FLOAT = np.dtype(np.float32)
BYTE = np.dtype(np.uint8)
WORD = np.dtype(np.int64)
DOUBLE = np.dtype(np.float64)
_FLOAT_BYTES = FLOAT.itemsize
_INFO_BYTES = INFO.itemsize


@entry(types.int64, types.int64)
def step_batch(address, part):
    """One step of all cars whose ``mask`` is not set; returns the first car with a non-finite action, or ALL_GOOD.

    ``address`` is that of a ``HEADER``. If ``part`` is not ALONE, the cars are those that ``open_step`` has let be
    shared out: each call takes turns of some until none is left; the one that is LEADING then waits for the others,
    but not for long. No car moves if any action is bad.
    """
    header = view(address, 1, HEADER)[0]
    first = 0
    if part == ALONE:
        bad = find_bad_action(header)
        if bad != ALL_GOOD:
            return bad
    else:
        first = fetch_add(header.turns, _CARS_PER_TURN)
    while first < header.count:
        last = min(first + _CARS_PER_TURN, header.count)
        step_range(header, first, last)
        if part == ALONE:
            first = last
        else:
            fetch_add(header.turns + _DONE, last - first)
            first = fetch_add(header.turns, _CARS_PER_TURN)
    if part == LEADING:
        for _ in range(_PATIENCE):
            if fetch_add(header.turns + _DONE, 0) == header.count:
                break
    return ALL_GOOD


@entry(types.int64, types.float32[:, ::1], from_dtype(INFO)[::1], types.float64[::1], types.int64[::1])
def open_step(address, observations, info, rewards, outcomes):
    """Let ``step_batch`` drive a step and fill these results; returns the first car with a non-finite action, or
    ALL_GOOD."""
    header = view(address, 1, HEADER)[0]
    header.results, header.results_info = observations.ctypes.data, info.ctypes.data
    header.results_rewards, header.results_outcomes = rewards.ctypes.data, outcomes.ctypes.data
    bad = find_bad_action(header)
    if bad == ALL_GOOD and header.turns != 0:
        exchange(header.turns + _DONE, 0)
        exchange(header.turns, 0)
    return bad


@device
def find_bad_action(header):
    """The first car with a non-finite action, or ALL_GOOD."""
    columns = view(header.task, 1, TASK)[0].action_columns
    actions = view(header.actions, header.count * columns, FLOAT)
    for row in range(header.count):
        if not all_finite(actions[row * columns : (row + 1) * columns]):
            return row
    return ALL_GOOD


@device
def step_range(header, first, last):
    """One step of cars ``first`` .. ``last`` - 1.

    It reads the header itself, so that a thread that comes late to one step may well take part in the next.
    """
    world, task = open_world(header), view(header.task, 1, TASK)[0]
    cars, episodes = view(header.cars, header.count, CAR), view(header.episodes, header.count, EPISODE)
    columns, size = task.action_columns, task.observation_size
    actions = view(header.actions, header.count * columns, FLOAT)
    observations = view(header.observations, header.count * size, FLOAT)
    info, mask = view(header.info, header.count, INFO), view(header.mask, header.count, BYTE)
    for row in range(first, last):
        if mask[row] != 0:
            skip_step(info[row])
            continue
        car, episode, action = cars[row], episodes[row], actions[row * columns : (row + 1) * columns]
        take_action(car, episode, task, action)
        for tick in range(task.frame_skip):
            if car.finished == 0:
                drive_one_tick(world, car, episode, task, tick)
        observation = observations[row * size : (row + 1) * size]
        conclude(world, car, episode, task, action, observation, info[row])
    hand_out(header, size, first, last)


@rare
def hand_out(header, size, first, last):
    """Copy what a step tells of some cars into the step's results, if there are any."""
    if header.results == 0:
        return
    at, count = first * size * _FLOAT_BYTES, (last - first) * size * _FLOAT_BYTES
    copy_bytes(header.observations + at, header.results + at, count)
    at, count = first * _INFO_BYTES, (last - first) * _INFO_BYTES
    copy_bytes(header.info + at, header.results_info + at, count)
    info = view(header.info, header.count, INFO)
    rewards = view(header.results_rewards, header.count, DOUBLE)
    outcomes = view(header.results_outcomes, header.count, WORD)
    for row in range(first, last):
        rewards[row], outcomes[row] = info[row].reward, info[row].outcome


@entry(types.int64)
def reset_masked(address):
    """Start a new episode for every car whose ``mask`` is set."""
    header = view(address, 1, HEADER)[0]
    world = open_world(header)
    task = view(header.task, 1, TASK)[0]
    cars, blank = view(header.cars, header.count, CAR), view(header.blank, 1, CAR)
    episodes, mask = view(header.episodes, header.count, EPISODE), view(header.mask, header.count, BYTE)
    size = task.observation_size
    observations = view(header.observations, header.count * size, FLOAT)
    info = view(header.info, header.count, INFO)
    for row in range(header.count):
        if mask[row] == 0:
            continue
        episode = episodes[row]
        spawn(world, cars, blank, row, episode.start)
        observation = observations[row * size : (row + 1) * size]
        open_episode(world, cars[row], episode, task, observation, info[row])
