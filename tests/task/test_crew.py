"""Threads share out the cars of a step, whatever happens to them."""

import gc
import threading

import gymnasium as gym
import numpy as np
import pytest

import tmenv  # noqa: F401 - registers the environments
from tmenv.task import crew

CARS = 96
GAS = np.tile(np.array([0.1, 1.0], np.float32), (CARS, 1))


def reset(threads: int) -> gym.vector.VectorEnv:
    """Cars on the line."""
    envs = gym.make_vec("tmenv/TM2020-Lidar-v0", num_envs=CARS, threads=threads)
    envs.reset(seed=0)
    return envs


def test_a_few_cars_are_shared_out_and_come_to_the_same():
    alone, together = reset(1), reset(3)
    assert helpers_of(together)
    for _ in range(30):
        for mine, theirs in zip(alone.step(GAS)[:4], together.step(GAS)[:4], strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_waking_the_threads_with_nothing_to_do_changes_nothing():
    alone, together = reset(1), reset(3)
    for _ in range(30):
        for _ in range(5):
            crew._wake(together.unwrapped._batch._crew._wakes)
        np.testing.assert_array_equal(alone.step(GAS)[0], together.step(GAS)[0])


def test_an_interrupt_in_the_middle_of_a_step_leaves_every_car_one_step_further(monkeypatch):
    envs, undisturbed = reset(3), reset(1)

    def interrupt(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(crew, "_wake", interrupt)
        with pytest.raises(KeyboardInterrupt):
            envs.step(GAS)
    undisturbed.step(GAS)
    for mine, theirs in zip(envs.step(GAS)[:4], undisturbed.step(GAS)[:4], strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_step_that_was_left_open_is_finished_by_the_next():
    """As after two interrupts, the second of which came while the first was cleaned up after."""
    envs, undisturbed = reset(3), reset(1)
    batch = envs.unwrapped._batch
    batch.set_actions(GAS)
    results = batch.results()
    batch._open_step(batch.address, *results)
    batch._headers["results"] = 0
    undisturbed.step(GAS)
    for mine, theirs in zip(envs.step(GAS)[:4], undisturbed.step(GAS)[:4], strict=True):
        np.testing.assert_array_equal(mine, theirs)


def helpers_of(envs: gym.vector.VectorEnv) -> list[threading.Thread]:
    """The threads of an env."""
    return envs.unwrapped._batch._crew._threads


def test_closing_ends_the_threads_and_the_cars_still_drive():
    envs, undisturbed = reset(3), reset(1)
    threads = helpers_of(envs)
    assert all(thread.is_alive() for thread in threads)
    envs.close()
    envs.unwrapped._batch.close()
    assert not any(thread.is_alive() for thread in threads)
    for _ in range(3):
        np.testing.assert_array_equal(envs.step(GAS)[0], undisturbed.step(GAS)[0])


def test_dropping_an_env_ends_its_threads():
    envs = reset(3)
    envs.step(GAS)
    threads = helpers_of(envs)
    del envs
    gc.collect()
    for thread in threads:
        thread.join(timeout=30.0)
    assert not any(thread.is_alive() for thread in threads)


def test_results_belong_to_the_caller():
    envs = reset(3)
    first = envs.step(GAS)
    kept = [part.copy() for part in first[:4]]
    position = first[4]["position"].copy()
    for _ in range(5):
        envs.step(GAS)
    for part, copy in zip(first[:4], kept, strict=True):
        np.testing.assert_array_equal(part, copy)
    np.testing.assert_array_equal(first[4]["position"], position)
