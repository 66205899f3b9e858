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


Stretch = Callable[[], tuple[float, int, float]]
"""Drives for a moment; returns its own elapsed seconds, its env steps, and a speed in m/s."""


@dataclass(frozen=True)
class Pace:
    """What a timing loop found.

    Attributes:
        seconds_per_step: median over the slices.
        speed_mps: mean.
        per_other: steps in the time of one step of what was timed in turns with it, the median; None if nothing was.
    """

    seconds_per_step: float
    speed_mps: float
    per_other: float | None = None


def timed(stretch: Stretch, seconds: float, other: Stretch | None = None) -> Pace:
    """Repeat ``stretch`` for about ``seconds``, and ``other`` for as long, in turns: a slow moment hits both."""
    costs, others, speeds = [], [], []
    for _ in range(SLICES):
        cost, speed = _slice(stretch, seconds / SLICES)
        costs.append(cost)
        speeds.append(speed)
        if other is not None:
            others.append(_slice(other, seconds / SLICES)[0])
    ratios = [theirs / ours for theirs, ours in zip(others, costs, strict=False)]
    return Pace(median(costs), fmean(speeds), median(ratios) if ratios else None)


def _slice(stretch: Stretch, seconds: float) -> tuple[float, float]:
    """Seconds per step and mean speed over about ``seconds``."""
    elapsed, steps, speeds = 0.0, 0, []
    while elapsed < seconds:
        took, count, speed = stretch()
        elapsed, steps = elapsed + took, steps + count
        speeds.append(speed)
    return elapsed / steps, fmean(speeds)


def vector_stretch(envs: gym.vector.VectorEnv, driver: Driver) -> Stretch:
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


def vector_figure(
    env_id: str,
    driver: Driver,
    *,
    track: str,
    num_envs: int,
    threads: int,
    seconds: float,
    other: Stretch | None = None,
) -> Figure:
    """Steps per second of ``gym.make_vec(env_id, ...)``, resets included; ``other`` is a step of CarRacing."""
    envs = gym.make_vec(env_id, num_envs=num_envs, threads=threads, track=track, action="steer_throttle")
    try:
        pace = timed(vector_stretch(envs, driver), seconds, other)
        substeps = float(envs.unwrapped.mean_substeps())  # type: ignore[attr-defined]
    finally:
        envs.close()
    rate, how = 1.0 / pace.seconds_per_step, (driver.name, pace.speed_mps, substeps, pace.per_other)
    return Figure(env_id, "make_vec steps", rate, "1/s", num_envs, threads, *how)


def single_stretch(
    env: gym.Env, actions: Iterator[Any], speed: Callable[[gym.Env, dict[str, Any]], float], hold: int
) -> Stretch:
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
    other: Stretch | None = None,
) -> Figure:
    """Microseconds of ``gym.make(...).step()`` with random actions held for ten steps; ``other`` as above."""
    try:
        pace = timed(single_stretch(env, actions, speed, hold=10), seconds, other)
        counter = getattr(env.unwrapped, "mean_substeps", None)
        substeps = None if counter is None else float(counter())
    finally:
        env.close()
    cost, how = 1e6 * pace.seconds_per_step, ("mixed", pace.speed_mps, substeps, pace.per_other)
    return Figure(name, "make().step()", cost, "us", 1, 1, *how)
