"""The TM2020 ids with ``backend="live"``: what the simulator's env does, in real time, against the stand-in."""

import time
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from tests.live.rigs import GAS, TM2020, lets_go, live_of, live_tm2020
from tmenv.errors import ActionError, ConfigError, LiveError
from tmenv.live.standin import ChannelControls, StandInTM2020

IDS = ["tmenv/TM2020-Lidar-v0", "tmenv/TM2020-State-v0"]


@pytest.fixture(autouse=True)
def _short_countdown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tmenv.live.standin.tm2020.COUNTDOWN_MS", 300)


@pytest.mark.parametrize("env_id", IDS)
def test_gymnasium_finds_no_fault(env_id: str):
    with live_tm2020(env_id=env_id) as (env, _), warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, skip_render_check=True)


@pytest.mark.parametrize("env_id", IDS)
def test_steps_are_the_simulators(env_id: str):
    """The stand-in moves by the simulator, and an idle agent keeps the time: step k is the simulator's step k."""
    with live_tm2020(env_id=env_id) as (env, _):
        sim = gym.make(env_id, track=TM2020)
        assert env.observation_space == sim.observation_space
        there, rows = drive(sim), []
        for _ in range(5):  # a busy machine may make a step longer
            live = drive(env)
            equal = [row[0] == other[0] for row, other in zip(live, there, strict=True)]
            rows = max(rows, live[: [*equal, False].index(False)], key=len)
            if len(rows) == len(there):
                break
        assert len(rows) > 3
        for (_, observation, reward, progress), (_, seen, paid, far) in zip(rows, there, strict=False):
            np.testing.assert_allclose(observation, seen, atol=0.02, rtol=0.02)
            assert (reward, progress) == (pytest.approx(paid, abs=0.02), pytest.approx(far, abs=0.05))


def drive(env: gym.Env) -> list[tuple]:
    """Race time, observation, reward and progress of a second of driving."""
    observation, info = env.reset()
    rows = [(info["race_time_ms"], observation, 0.0, info["progress_m"])]
    for step in range(20):
        observation, reward, _, _, info = env.step([0.2 if step > 12 else 0.0, 1.0])
        rows.append((info["race_time_ms"], observation, reward, info["progress_m"]))
    return rows


def test_info_has_the_simulators_keys_and_figures_of_the_game():
    with live_tm2020() as (env, _):
        sim = gym.make(IDS[0], track=TM2020)
        _, simulated = sim.reset()
        _, at_reset = env.reset()
        for _ in range(5):
            *_, info = env.step(GAS)
        assert set(info) == set(simulated) | {"live"} == set(at_reset)
        figures = info["live"]
        assert (figures["dialect"], figures["map_checked"], figures["time_exact"]) == ("framed", True, True)
        assert 10.0 < figures["step_ms"] < 500.0
        assert 0.0 <= figures["age_ms"] < 500.0
        assert set(figures) == set(at_reset["live"])


@pytest.mark.parametrize("plugin", ["tmrl", "connect"])
def test_other_plugins_drive_too(plugin: str):
    with live_tm2020(plugin) as (env, _):
        env.reset()
        for _ in range(40):
            _, _, terminated, truncated, info = env.step(GAS)
        assert not terminated
        assert not truncated
        assert info["progress_m"] > 10.0
        assert 1000 < info["race_time_ms"] < 5000
        assert info["live"]["dialect"] == plugin


def test_checkpoints_and_the_finish_count_where_the_plugin_tells_of_none(monkeypatch: pytest.MonkeyPatch):
    with live_tm2020("tmrl") as (env, game):
        env.reset()
        race = game.race
        track = race.track
        first = float(track.waypoints["s"].min())
        race._simulator.spawn(start_m=first - 15.0, speed=30.0)
        seen = [env.step(GAS)[4]["checkpoints"] for _ in range(20)]
        assert seen[0] == 0
        assert seen[-1] == 1


def test_an_episode_ends_at_the_finish_with_the_games_time():
    with live_tm2020() as (env, game):
        env.reset()
        race = game.race
        race._simulator.spawn(start_m=race.track.length_m - 30.0, speed=30.0)
        terminated = False
        while not terminated:
            _, _, terminated, truncated, info = env.step(GAS)
            assert not truncated
        assert (info["outcome"], info["finished"]) == ("finished", True)
        assert info["race_time_ms"] == race.car["race_time_ms"]
        assert info["reward_terms"]["finish"] == 10.0
        assert lets_go(game)
        with pytest.raises(LiveError, match="reset the env"):
            env.unwrapped.step(GAS)
        _, info = env.reset()
        assert (info["finished"], info["outcome"]) == (False, "")
        assert info["race_time_ms"] < 500


def test_a_vector_of_one_is_possible():
    pads = ChannelControls(0)
    with StandInTM2020(TM2020, "framed", 0, pads) as game:
        envs = gym.make_vec(IDS[0], num_envs=1, backend="live", track=TM2020, live=live_of(game), max_episode_steps=3)
        observations, _ = envs.reset()
        assert observations.shape == envs.observation_space.shape
        ends = [bool(envs.step(np.array([GAS]))[3][0]) for _ in range(8)]
        assert ends == [False, False, True, False, False, False, True, False]
        envs.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"track": "random"}, "name the map"),
        ({"track": [TM2020]}, "must be one map"),
        ({"latency": 0.05}, "latency is for the simulator"),
        ({"action_delay": 0}, "action_delay must be 1"),
        ({"live": {"prt": 9010}}, "unknown live settings prt; those of TM2020 are port, dialect, controls, window"),
        ({"live": {"dialect": "klingon"}}, "unknown dialect 'klingon'; choose one of auto, framed"),
        ({"live": {"controls": "joystick"}}, "unknown controls 'joystick'; choose one of gamepad"),
        ({"live": {"port": 70000}}, "a port is a whole number"),
        ({"live": 9010}, "live must be a dict"),
        ({"backend": "sim", "live": {}}, 'live is for backend="live" only'),
        ({"backend": "real"}, "unknown backend 'real'; choose one of sim, live"),
    ],
)
def test_what_a_game_cannot_do_is_refused(settings: dict, message: str):
    with pytest.raises((ConfigError, LiveError), match=message):
        gym.make(IDS[0], **{"backend": "live", "track": TM2020} | settings)


def test_many_cars_are_refused():
    with pytest.raises(ConfigError, match=r"num_envs=2.*one game per port"):
        gym.make_vec(IDS[0], num_envs=2, backend="live", track=TM2020)


def test_another_start_track_or_state_is_refused():
    with live_tm2020() as (env, _):
        env.reset()
        for options, message in (
            ({"start": 100.0}, "races start at the line"),
            ({"track": TM2020}, "the track cannot change"),
        ):
            with pytest.raises(ConfigError, match=message):
                env.reset(options=options)
        with pytest.raises(ConfigError, match="cannot be rewound"):
            env.unwrapped.snapshot()
        state = gym.make(IDS[0], track=TM2020).unwrapped
        state.reset()
        with pytest.raises(ConfigError, match="the snapshot is the simulator's"):
            env.reset(options={"state": state.snapshot()})


def test_a_bad_action_is_named_before_the_car_moves():
    with live_tm2020() as (env, _):
        env.reset()
        for action in ([np.nan, 1.0], [0.0, 0.0, 0.0]):
            with pytest.raises(ActionError):
                env.unwrapped.step(action)
        env.step(GAS)


def test_twenty_steps_take_a_second():
    with live_tm2020() as (env, _):
        env.reset()
        env.step(GAS)
        started = time.perf_counter()
        for _ in range(20):
            env.step(GAS)
        assert 0.9 < time.perf_counter() - started < 3.0
