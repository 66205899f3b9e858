"""Timing loops: environments driven for a time budget, the median over slices of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean, median
from time import perf_counter
from typing import Any

import gymnasium as gym
import numpy as np

from tmenv.bench.drivers import Driver
from tmenv.bench.figure import Figure
from tmenv.constants import KMH_PER_MPS

SLICES = 5
"""A time budget is cut into this many slices; the figure is the median slice."""


@dataclass(frozen=True)
class Pace:
    """What a timing loop found."""

    seconds_per_step: float
    speed_mps: float


def timed(stretch: Callable[[], tuple[float, int, float]], seconds: float) -> Pace:
    """Repeat ``stretch`` for about ``seconds``; it returns its own elapsed time, its env steps, and a speed."""
    costs, speeds = [], []
    for _ in range(SLICES):
        elapsed, steps = 0.0, 0
        while elapsed < seconds / SLICES:
            took, count, speed = stretch()
            elapsed, steps = elapsed + took, steps + count
            speeds.append(speed)
        costs.append(elapsed / steps)
    return Pace(median(costs), fmean(speeds))


def vector_stretch(envs: gym.vector.VectorEnv, driver: Driver) -> Callable[[], tuple[float, int, float]]:
    """Warm the environments up; returns a function that times one held action."""
    _, info = envs.reset(seed=0, options={"start": "random"})
    last = {"info": info}

    def stretch() -> tuple[float, int, float]:
        actions = driver.act(last["info"])
        start = perf_counter()
        for _ in range(driver.hold):
            *_, info = envs.step(actions)
        took = perf_counter() - start
        last["info"] = info
        return took, driver.hold * envs.num_envs, float(np.mean(info["speed_kmh"])) / KMH_PER_MPS

    for _ in range(driver.warm_up // driver.hold):
        stretch()
    return stretch


def vector_figure(env_id: str, driver: Driver, *, track: str, num_envs: int, threads: int, seconds: float) -> Figure:
    """Steps per second of ``gym.make_vec(env_id, ...)``, resets included."""
    envs = gym.make_vec(env_id, num_envs=num_envs, threads=threads, track=track, action="steer_throttle")
    try:
        pace = timed(vector_stretch(envs, driver), seconds)
        substeps = float(envs.unwrapped.mean_substeps())  # type: ignore[attr-defined]
    finally:
        envs.close()
    rate = 1.0 / pace.seconds_per_step
    return Figure(env_id, "make_vec steps", rate, "1/s", num_envs, threads, driver.name, pace.speed_mps, substeps)


def single_stretch(
    env: gym.Env, actions: Iterator[Any], speed: Callable[[gym.Env, dict[str, Any]], float], hold: int
) -> Callable[[], tuple[float, int, float]]:
    """Reset one environment; returns a function that times one held action, resets included."""
    env.reset(seed=0)

    def stretch() -> tuple[float, int, float]:
        action = next(actions)
        start = perf_counter()
        for _ in range(hold):
            _, _, terminated, truncated, info = env.step(action)
            if terminated or truncated:
                env.reset()
        return perf_counter() - start, hold, speed(env, info)

    return stretch


def single_figure(
    name: str,
    env: gym.Env,
    actions: Iterator[Any],
    speed: Callable[[gym.Env, dict[str, Any]], float],
    seconds: float,
) -> Figure:
    """Microseconds of ``gym.make(...).step()`` with random actions held for ten steps."""
    try:
        pace = timed(single_stretch(env, actions, speed, hold=10), seconds)
        counter = getattr(env.unwrapped, "mean_substeps", None)
        substeps = None if counter is None else float(counter())
    finally:
        env.close()
    return Figure(name, "make().step()", 1e6 * pace.seconds_per_step, "us", 1, 1, "mixed", pace.speed_mps, substeps)
