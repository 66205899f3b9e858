"""Things measured in turns, slice by slice: a busy moment of the machine hits all of them alike."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

import gymnasium as gym

from tmenv.bench.drivers import Driver
from tmenv.bench.figure import Figure
from tmenv.bench.measure import SLICES


class Case(NamedTuple):
    """Something to be measured: ``run`` does ``count`` of them."""

    figure: Callable[[float], Figure]
    run: Callable[[], None]
    count: int


def in_turns(cases: list[Case], seconds: float) -> list[float]:
    """How many per second of each case, the median of its slices."""
    rates: list[list[float]] = [[] for _ in cases]
    for case in cases:
        case.run()
    for _ in range(SLICES):
        for case, found in zip(cases, rates, strict=True):
            start, done = perf_counter(), 0
            while perf_counter() - start < seconds / SLICES:
                case.run()
                done += case.count
            found.append(done / (perf_counter() - start))
    return [median(found) for found in rates]


def vector_case(env_id: str, track: str, driver: Driver, num_envs: int) -> Case:
    """Steps of ``gym.make_vec`` with one thread on a track, resets included."""
    envs = gym.make_vec(env_id, num_envs=num_envs, threads=1, track=track, action="steer_throttle")
    _, info = envs.reset(seed=0, options={"start": "random"})
    last = {"info": info}

    def run() -> None:
        actions = driver.act(last["info"])
        for _ in range(driver.hold):
            *_, last["info"] = envs.step(actions)

    for _ in range(driver.warm_up // driver.hold):
        run()
    name = f'{env_id}, track="{track}"'
    return Case(
        lambda rate: Figure(name, "make_vec steps", rate, "1/s", num_envs, 1, driver.name),
        run,
        num_envs * driver.hold,
    )
