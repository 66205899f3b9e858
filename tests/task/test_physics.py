"""``physics="randomized"``: another car at each reset, seeded, for any batch size and thread count."""

import pickle

import gymnasium as gym
import numpy as np
import pytest

from tmenv.errors import ConfigError

ID = "tmenv/TMNF-State-v0"


def drive(count: int, physics: str = "randomized", threads: int = 1, steps: int = 40) -> np.ndarray:
    """Observations (steps, count, size) at full gas with a little steering, row i seeded with i."""
    envs = gym.make_vec(ID, num_envs=count, physics=physics, threads=threads, autoreset_mode="Disabled")
    envs.reset(seed=list(range(count)))
    action = np.tile(np.array([0.2, 1.0], np.float32), (count, 1))
    seen = np.stack([envs.step(action)[0] for _ in range(steps)])
    envs.close()
    return seen


def test_cars_differ_a_little_and_a_seed_gives_the_same_car():
    one, again, nominal = drive(4), drive(4), drive(4, "nominal")
    assert np.array_equal(one, again)
    assert (nominal[:, :1] == nominal).all()
    speed = one[-1, :, 2]
    assert len(set(speed.tolist())) == 4
    assert speed == pytest.approx(nominal[-1, :, 2], rel=0.05)


def test_a_row_does_not_depend_on_the_batch_nor_on_the_threads():
    alone, many, threaded = drive(2), drive(300), drive(300, threads=2)
    assert np.array_equal(many[:, :2], alone)
    assert np.array_equal(many, threaded)


def test_each_episode_has_a_car_of_its_own():
    env = gym.make(ID, physics="randomized")
    first = [env.reset(seed=3 if episode == 0 else None) and env.step(np.array([0.0, 1.0]))[0] for episode in range(2)]
    for _ in range(20):
        first[1] = env.step(np.array([0.0, 1.0]))[0]
    env.reset(seed=3)
    for _ in range(21):
        again = env.step(np.array([0.0, 1.0]))[0]
    assert not np.array_equal(first[1], again)


def test_a_snapshot_holds_the_car_that_was_drawn():
    env, other = (gym.make(ID, physics="randomized").unwrapped for _ in range(2))
    env.reset(seed=1)
    snapshot = pickle.loads(pickle.dumps(env.snapshot()))
    other.reset(seed=2)
    other.restore(snapshot)
    for _ in range(30):
        action = np.array([0.1, 1.0])
        assert np.array_equal(env.step(action)[0], other.step(action)[0])
    nominal = gym.make(ID).unwrapped
    nominal.reset(seed=1)
    with pytest.raises(ConfigError, match="physics"):
        nominal.restore(snapshot)


def test_an_unknown_physics_is_refused():
    with pytest.raises(ConfigError, match="randomized"):
        gym.make(ID, physics="wrong")
