"""Observations from what the game shows: TMNF's frames over its link, TM2020's window on a real screen."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st

from tests.live.rigs import TM2020, TMNF
from tests.live.screen import SIZE, minimise, until, windowed
from tests.live.verb import Verb
from tmenv.errors import ConfigError, LiveError
from tmenv.filmed import squeezed
from tmenv.live.window import find_window

NEARLY = 3.0
"""Mean difference of two gray pictures of the same view, of 255: drawn gray at once, or in colours first."""


def tmnf_env(game: Verb, env_id: str = "tmenv/TMNF-Pixels-v0", **settings) -> gym.Env:
    live = {"port": game.port, "speed": 1000.0}
    return gym.make(env_id, **{"backend": "live", "track": TMNF, "live": live} | settings)


def tm2020_env(game: Verb, env_id: str = "tmenv/TM2020-Pixels-v0", **settings) -> gym.Env:
    live = {"port": game.port, "controls": "keyboard"}
    return gym.make(env_id, **{"backend": "live", "track": TM2020, "live": live} | settings)


def drive(env: gym.Env, steps: int) -> None:
    for _ in range(steps):
        env.step(np.array([0.0, 1.0], np.float32))


def test_gymnasium_finds_no_fault_in_pictures_of_tmnf():
    with Verb("tmnf", "--track", TMNF, "--port", "0") as game, warnings.catch_warnings():
        warnings.simplefilter("error")
        env = tmnf_env(game)
        check_env(env.unwrapped, skip_render_check=True)
        env.close()


def test_tmnf_is_seen_as_in_the_simulator():
    with Verb("tmnf", "--track", TMNF, "--port", "0") as game:
        env = tmnf_env(game, history=2, action="keys")
        sim = gym.make("tmenv/TMNF-Pixels-v0", track=TMNF, history=2, action="keys")
        seen, drawn = env.reset(seed=0)[0], sim.reset(seed=0)[0]
        np.testing.assert_array_equal(seen["image"][0], seen["image"][1])
        for _ in range(40):
            seen, drawn = env.step(1)[0], sim.step(1)[0]
        assert seen["image"].shape == drawn["image"].shape == (2, 120, 160)
        difference = seen["image"].astype(float) - drawn["image"]
        assert np.abs(difference).mean() < NEARLY
        assert np.abs(np.diff(seen["image"].astype(float), axis=0)).max() > 0  # it drives
        env.close()


def test_tmrls_rays_are_measured_in_the_frames_of_tmnf():
    with Verb("tmnf", "--track", TMNF, "--port", "0", "--camera", "cockpit") as game:
        settings = {"observation": "tmrl_lidar", "history": 1, "action": "keys"}
        env, sim = (
            tmnf_env(game, "tmenv/TMNF-Lidar-v0", **settings),
            gym.make("tmenv/TMNF-Lidar-v0", track=TMNF, **settings),
        )
        for seen, drawn in [(env.reset(seed=0), sim.reset(seed=0)), *((env.step(1), sim.step(1)) for _ in range(20))]:
            np.testing.assert_allclose(seen[0][1:20], drawn[0][1:20], atol=2.0)
        env.close()


@pytest.mark.usefixtures("on_screen")
def test_the_window_of_tm2020_is_seen():
    with windowed("tm2020", "--track", TM2020) as game:
        env = tm2020_env(game)
        sim = gym.make("tmenv/TM2020-Pixels-v0", track=TM2020)
        seen, drawn = env.reset(seed=0)[0]["image"], sim.reset(seed=0)[0]["image"]
        assert seen.shape == drawn.shape == (4, 64, 64)
        for _ in range(10):
            moved = env.step(np.array([0.0, 1.0], np.float32))[0]["image"]
        assert np.abs(moved[-1].astype(float) - moved[0]).max() > 0
        env.close()


@pytest.mark.usefixtures("on_screen")
def test_a_window_of_another_size_than_tmrls_is_an_error_that_lets_go():
    with windowed("tm2020", "--track", TM2020) as game:
        env = tm2020_env(game, "tmenv/TM2020-Lidar-v0", observation="tmrl_lidar")
        with pytest.raises(LiveError, match=rf"is {SIZE[0]} x {SIZE[1]} pixels, not 958 x 488"):
            env.reset(seed=0)
        env.close()


@pytest.mark.usefixtures("on_screen")
def test_tmrls_rays_are_measured_in_the_window_of_tm2020():
    size = ("958", "488")
    with Verb("tm2020", "--track", TM2020, "--port", "0", "--window", "--size", *size, "--camera", "cockpit") as game:
        env = tm2020_env(game, "tmenv/TM2020-Lidar-v0", observation="tmrl_lidar", history=1)
        sim = gym.make("tmenv/TM2020-Lidar-v0", track=TM2020, observation="tmrl_lidar", history=1)
        seen, drawn = env.reset(seed=0)[0], sim.reset(seed=0)[0]
        np.testing.assert_allclose(seen[1:20], drawn[1:20], atol=3.0)
        env.close()


@pytest.mark.usefixtures("on_screen")
def test_a_minimised_window_ends_the_step_until_the_next_reset():
    with windowed("tm2020", "--track", TM2020) as game:
        env = tm2020_env(game)
        env.reset(seed=0)
        window = find_window("tm2020")
        minimise(window)
        until(window.minimised)
        with pytest.raises(LiveError, match=r"minimised|focus"):
            drive(env, steps=20)
        window.focus()
        until(lambda: not window.minimised())
        window.close()
        env.reset(seed=1)
        env.close()


def test_a_window_that_nothing_needs_is_refused():
    with pytest.raises(ConfigError, match="window is for"):
        gym.make("tmenv/TM2020-Lidar-v0", backend="live", live={"controls": "none", "window": "Trackmania"})


def test_looks_of_a_game_are_its_own():
    with pytest.raises(ConfigError, match="visuals"):
        gym.make("tmenv/TM2020-Pixels-v0", backend="live", visuals="randomized", live={"controls": "none"})


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 24), st.integers(1, 24))
def test_squeezed_pictures_keep_their_brightness(tall: int, wide: int, height: int, width: int):
    rng = np.random.default_rng(tall * 41 + wide)
    picture = rng.integers(0, 256, (tall, wide, 3)).astype(np.uint8)
    out = squeezed(picture, height, width)
    assert out.shape == (height, width, 3)
    if tall % height == 0 and wide % width == 0:
        blocks = picture.reshape(height, tall // height, width, wide // width, 3).mean(axis=(1, 3))
        assert np.abs(out - blocks).max() <= 0.5
    assert picture.min() <= out.min() <= out.max() <= picture.max()
