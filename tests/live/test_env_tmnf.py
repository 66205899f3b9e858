"""The TMNF ids with ``backend="live"``: what the simulator's env does, in lock-step, against the stand-in."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from tests.live.rigs import GAS, TMNF, live_tmnf
from tmenv.errors import ConfigError, LiveError

IDS = ["tmenv/TMNF-Lidar-v0", "tmenv/TMNF-State-v0"]


@pytest.mark.parametrize("env_id", IDS)
def test_gymnasium_finds_no_fault(env_id: str):
    with live_tmnf(env_id=env_id) as (env, _), warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, skip_render_check=True)


@pytest.mark.parametrize("env_id", IDS)
def test_stable_baselines_finds_no_fault(env_id: str):
    sb3_check = pytest.importorskip("stable_baselines3.common.env_checker")
    with live_tmnf(env_id=env_id) as (env, _), warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check.check_env(env.unwrapped)


def surfaces_in_air(names: list[str], observation: np.ndarray) -> np.ndarray:
    """Entries on the surface of wheels in the air: that which was touched last, within a step perhaps."""
    lifted = {name.removeprefix("contact_") for name, value in zip(names, observation, strict=True) if not value}
    return np.array([name.startswith(tuple(f"surface_{wheel}_" for wheel in lifted)) for name in names])


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("task", [{}, {"action_delay": 1, "frame_skip": 4, "reward": "tmrl"}])
def test_steps_are_the_simulators(env_id: str, task: dict):
    """A whole race by keys, which the link does not round: the same observations, rewards, end and info."""
    with live_tmnf(env_id=env_id, action="keys", **task) as (env, _):
        sim = gym.make(env_id, track=TMNF, action="keys", **task)
        for live, there in zip(race(env), race(sim), strict=True):
            known = ~surfaces_in_air(sim.unwrapped.observation_names, there[0])
            np.testing.assert_allclose(live[0][known], there[0][known], atol=2e-3, rtol=1e-3)
            assert live[1] == pytest.approx(there[1], abs=1e-3)
            assert live[2:4] == there[2:4]
            same = {name: value for name, value in live[4].items() if name != "live"}
            for name in ("race_time_ms", "checkpoints", "lap", "finished", "outcome"):
                assert same[name] == there[4][name], name
            np.testing.assert_allclose(same["position"], there[4]["position"], atol=1e-3)
            assert same["reward_terms"] == pytest.approx(there[4]["reward_terms"], abs=1e-3)


def race(env: gym.Env, steps: int = 400) -> list[tuple]:
    """What an episode of seeded keys returns, mostly gas, until it ends."""
    keys = np.random.default_rng(3).choice([0, 0, 0, 0, 1, 2, 3, 6], steps)
    observation, info = env.reset(seed=0)
    returned = [(observation, 0.0, False, False, info)]
    for key in keys:
        returned.append(env.step(int(key)))
        if returned[-1][2] or returned[-1][3]:
            break
    return returned


def test_the_finish_is_the_simulators():
    with live_tmnf(action="keys") as (env, game):
        sim = gym.make(IDS[0], track=TMNF, action="keys").unwrapped
        env.reset()
        race_car, track = game.race, game.race.track
        sim.reset(options={"start": track.length_m - 40.0})
        race_car.car["checkpoints"] = track.checkpoints
        for name in (
            "checkpoint_mask",
            "position",
            "rotation",
            "damper",
            "route_index",
            "progress",
            "best_progress",
            "nose",
        ):
            race_car.car[name] = sim._batch.cars[name][0]
        for _ in range(200):
            _, _, terminated, _, info = env.step(0)
            _, _, finished, _, there = sim.step(0)
            assert terminated == finished
            if terminated:
                break
        assert info["outcome"] == "finished" == there["outcome"]
        assert info["race_time_ms"] == there["race_time_ms"]
        with pytest.raises(LiveError, match="reset the env"):
            env.unwrapped.step(0)
        assert env.reset()[1]["race_time_ms"] == 0


def test_a_snapshot_continues_to_the_last_bit():
    with live_tmnf() as (env, _):
        env.reset()
        for _ in range(10):
            env.step(GAS)
        saved = env.unwrapped.snapshot()
        runs = []
        for _ in range(3):
            observation, info = env.reset(options={"state": saved})
            assert info["race_time_ms"] == 500
            steps = [env.step([0.3 * (-1) ** k, 1.0]) for k in range(20)]
            runs.append([observation.tobytes(), *((seen.tobytes(), paid, over) for seen, paid, over, *_ in steps)])
        assert runs[0] == runs[1] == runs[2]


def test_an_old_plugin_steers_with_keys_and_says_so():
    with live_tmnf("linesight") as (env, game):
        game.frames = lambda race, width, height: np.zeros((height, width, 4), np.uint8)
        _, info = env.reset()
        assert info["live"] == {"analog": False, "map_checked": False, "time_exact": True}
        env.step([0.7, 1.0])
        assert game.inputs == (1.0, True, False)


def test_a_state_of_the_simulator_is_refused():
    with live_tmnf() as (env, _):
        sim = gym.make(IDS[0], track=TMNF).unwrapped
        sim.reset()
        env.reset()
        with pytest.raises(ConfigError, match="the snapshot is the simulator's"):
            env.reset(options={"state": sim.snapshot()})


@pytest.mark.parametrize(
    ("live", "message"),
    [
        ({"controls": "gamepad"}, "unknown live settings controls; those of TMNF are port, map_file, speed"),
        ({"speed": 0}, "speed must be from 0.1 to 1000"),
        ({"speed": "fast"}, "speed must be a number"),
        ({"port": -1}, "a port is a whole number"),
    ],
)
def test_impossible_settings_are_refused(live: dict, message: str):
    with pytest.raises(Exception, match=message):
        gym.make(IDS[0], backend="live", track=TMNF, live=live)
