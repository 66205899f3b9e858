"""What random tracks cost: the time to make one, what it adds to a reset, and steps per second with ever new ones."""

from collections.abc import Iterator
from itertools import count
from statistics import median
from time import perf_counter

import gymnasium as gym

from tmenv.bench.drivers import Mixed
from tmenv.bench.figure import Figure
from tmenv.bench.turns import Case, in_turns
from tmenv.constants import GAMES
from tmenv.track import load

RECIPES = {"flat": "", "all families": "?families=flat,slopes,tilts"}
"""What is measured, and the options by which it is named."""

FIXED, DRAWN = "random:0", "random"
NUM_ENVS = 64


def track_figures(seconds: float) -> Iterator[Figure]:
    """Milliseconds per new track of each game and recipe, and per reset of a car on one track and on ever new ones;
    then steps per second on both.

    Args:
        seconds: time budget of each figure.
    """
    for game in GAMES:
        for words, options in RECIPES.items():
            name = f"{game} random track, {words}"
            yield Figure(name, "load()", 1e3 * _seconds_per_track(game, options, seconds), "ms")
    for game in GAMES:
        cases = [_reset_case(game, track) for track in (FIXED, DRAWN)]
        for case, rate in zip(cases, in_turns(cases, seconds), strict=True):
            yield case.figure(rate)
    for game in GAMES:
        cases = [_vector_case(game, track) for track in (FIXED, DRAWN)]
        for case, rate in zip(cases, in_turns(cases, seconds), strict=True):
            yield case.figure(rate)


def _seconds_per_track(game: str, options: str, seconds: float) -> float:
    """The median; the first tracks, which also make the tables of the blocks, do not count."""
    for seed in range(20):
        load(f"random:{seed}{options}", game)
    took, seeds, start = [], count(20), perf_counter()
    while not took or perf_counter() - start < seconds:
        before = perf_counter()
        load(f"random:{next(seeds)}{options}", game)
        took.append(perf_counter() - before)
    return median(took)


def _reset_case(game: str, track: str) -> Case:
    """All cars of a vector env at once; with new tracks each reset makes as many."""
    env_id = f"tmenv/{game}-State-v0"
    envs = gym.make_vec(env_id, num_envs=NUM_ENVS, threads=1, track=track)
    envs.reset(seed=0)
    name = f'{env_id}, track="{track}"'
    return Case(
        lambda rate: Figure(name, "reset of a car", 1e3 / rate, "ms", NUM_ENVS, 1), lambda: _reset(envs), NUM_ENVS
    )


def _reset(envs: gym.vector.VectorEnv) -> None:
    envs.reset()


def _vector_case(game: str, track: str) -> Case:
    """Random driving, which ends an episode every few hundred steps: the most resets that a learner will see."""
    env_id = f"tmenv/{game}-State-v0"
    envs = gym.make_vec(env_id, num_envs=NUM_ENVS, threads=1, track=track, action="steer_throttle")
    driver = Mixed(NUM_ENVS)
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
        lambda rate: Figure(name, "make_vec steps", rate, "1/s", NUM_ENVS, 1, driver.name),
        run,
        NUM_ENVS * driver.hold,
    )
