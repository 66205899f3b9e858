"""Image observations, LIDAR from pixels and ``render()``: what is drawn belongs to its car, episode and step alone."""

import pickle
import subprocess
import sys
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import tmenv
from tmenv.constants import CAMERAS
from tmenv.engine.params import load_parameters
from tmenv.errors import ConfigError
from tmenv.pictures import SCREEN_HEIGHT, SCREEN_WIDTH
from tmenv.render.batch import CarPictures
from tmenv.render.pixel_lidar import TMRL_HEIGHT, TMRL_WIDTH, tmrl_lidar, tmrl_view
from tmenv.render.renderer import Renderer
from tmenv.render.scenery import Scenery

TM2020, TMNF = "tmenv/TM2020-Pixels-v0", "tmenv/TMNF-Pixels-v0"
GAS = np.array([0.1, 1.0], np.float32)
STAND_AND_DRIVE = np.array([[0.0, 0.0], [0.1, 1.0]], np.float32)


def test_images_are_those_the_peers_learn_from():
    assert gym.make(TM2020).observation_space["image"].shape == (4, 64, 64)
    assert gym.make(TMNF).observation_space["image"].shape == (1, 120, 160)
    names = gym.make(TM2020).unwrapped.observation_names
    assert names[:3] == ["speed", "gear", "rpm"]
    assert [name.rpartition("_")[2] for name in names[3:]] == ["1", "1", "0", "0"]
    state = gym.make("tmenv/TMNF-State-v0").unwrapped.observation_names
    assert gym.make(TMNF).unwrapped.observation_names == state


def test_telemetry_is_that_of_the_state():
    env, state = gym.make(TM2020), gym.make("tmenv/TM2020-State-v0")
    env.reset(seed=0)
    state.reset(seed=0)
    for _ in range(80):
        one, other = env.step(GAS)[0]["telemetry"], state.step(GAS)[0]
    named = dict(zip(state.unwrapped.observation_names, other, strict=True))
    assert one[0] == named["velocity_forward"] > 20.0
    assert one[1] == named["gear"] > 1.0
    assert one[2] == named["rpm"] > 1000.0
    np.testing.assert_array_equal(one[3:], other[-4:])


def test_history_starts_with_one_picture_and_moves_up():
    env = gym.make(TM2020, history=3)
    first = env.reset(seed=0)[0]["image"]
    assert (first == first[0]).all()
    for _ in range(10):
        before = env.step(GAS)[0]["image"]
    after = env.step(GAS)[0]["image"]
    np.testing.assert_array_equal(after[:2], before[1:])
    assert (after[2] != before[2]).mean() > 0.01


def test_colour_images_have_three_channels_per_picture_red_first():
    settings = {"history": 2, "image_size": (48, 80)}
    gray, colour = gym.make(TM2020, **settings), gym.make(TM2020, gray=False, **settings)
    for env in (gray, colour):
        env.reset(seed=0)
    for _ in range(20):
        one, other = (env.step(GAS)[0]["image"] for env in (gray, colour))
    assert other.shape == (6, 48, 80)
    luma = np.einsum("hcyx,c->hyx", other.reshape(2, 3, 48, 80).astype(float), [0.299, 0.587, 0.114])
    assert np.abs(luma - one).max() <= 1.5
    sky = other[3:, 2, 40]
    assert sky[2] > sky[0] + 20


def test_cameras_differ_and_the_window_is_squeezed_into_the_image():
    images = {camera: gym.make(TM2020, camera=camera).reset(seed=0)[0]["image"] for camera in CAMERAS}
    assert (images["chase"] != images["cockpit"]).mean() > 0.05
    assert (images["chase"] != images["top"]).mean() > 0.2
    square = images["chase"][0].astype(int)
    wide = gym.make(TM2020, image_size=(64, 128)).reset(seed=0)[0]["image"][0].astype(int)
    assert np.abs(wide.reshape(64, 64, 2).mean(axis=2) - square).mean() < 6.0


@pytest.mark.parametrize("kwargs", [{}, {"visuals": "randomized", "gray": False, "history": 2}])
def test_threads_change_nothing(kwargs):
    def drive(threads: int) -> list:
        envs = gym.make_vec(TM2020, num_envs=40, threads=threads, autoreset_mode="SameStep", **kwargs)
        actions = np.random.default_rng(0).uniform([-1, 0], [1, 1], (60, 40, 2))
        seen = [envs.reset(seed=0)[0], *(envs.step(action)[0] for action in actions)]
        envs.close()
        return seen

    np.testing.assert_equal(drive(1), drive(3))


def two_cars(mode: str, **kwargs) -> gym.vector.VectorEnv:
    """Two cars: one drives, one stands and is cut off for want of progress after 40 steps."""
    envs = gym.make_vec(TM2020, num_envs=2, autoreset_mode=mode, **kwargs)
    envs.reset(seed=0)
    return envs


def test_next_step_mode_shows_the_start_again():
    envs = two_cars("NextStep")
    start = envs.reset(seed=0)[0]["image"]
    for _ in range(40):
        last = envs.step(STAND_AND_DRIVE)[0]["image"]
    fresh = envs.step(STAND_AND_DRIVE)[0]["image"]
    np.testing.assert_array_equal(fresh[0], start[0])
    np.testing.assert_array_equal(fresh[1, :3], last[1, 1:])
    assert (fresh[1, 3] != last[1, 3]).any()


def test_same_step_mode_keeps_the_last_image():
    envs = two_cars("SameStep", visuals="randomized")
    for _ in range(39):
        before = envs.step(STAND_AND_DRIVE)[0]["image"]
    seen, *_, infos = envs.step(STAND_AND_DRIVE)
    last = infos["final_obs"][0]
    assert envs.single_observation_space.contains(last)
    np.testing.assert_array_equal(last["image"][:3], before[0, 1:])
    assert (seen["image"][0] == seen["image"][0, 0]).all()
    assert (seen["image"][0] != last["image"]).mean() > 0.3


def test_disabled_mode_draws_anew_what_the_mask_says():
    envs = two_cars("Disabled", visuals="randomized")
    before = envs.step(STAND_AND_DRIVE)[0]["image"]
    after = envs.reset(options={"reset_mask": np.array([True, False])})[0]["image"]
    assert (after[0] != before[0]).any()
    np.testing.assert_array_equal(after[1], before[1])


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_nothing_returned_shares_memory_with_what_comes_later(mode):
    envs = two_cars(mode)
    kept = envs.step(STAND_AND_DRIVE)[0]
    copies = {key: part.copy() for key, part in kept.items()}
    for _ in range(45):
        envs.step(STAND_AND_DRIVE)
    np.testing.assert_equal(kept, copies)


@pytest.mark.parametrize("visuals", ["plain", "randomized"])
def test_snapshot_continues_bit_for_bit(visuals):
    env = gym.make(TM2020, visuals=visuals)
    env.reset(seed=3)
    for _ in range(30):
        env.step(GAS)
    snapshot = env.unwrapped.snapshot()
    onward = [env.step(GAS)[0] for _ in range(10)]
    other = gym.make(TM2020, visuals=visuals)
    other.reset(seed=9, options={"state": snapshot})
    np.testing.assert_equal([other.step(GAS)[0] for _ in range(10)], onward)
    with pytest.raises(ConfigError, match="observation settings"):
        gym.make(TM2020, visuals=visuals, history=2).reset(options={"state": snapshot})


def test_a_snapshot_stays_as_it_was_taken():
    env = gym.make(TM2020)
    env.reset(seed=0)
    snapshot = env.unwrapped.snapshot()
    before = pickle.dumps(snapshot)
    for _ in range(10):
        env.step(GAS)
    assert pickle.dumps(snapshot) == before


def test_a_change_of_track_is_seen():
    env = gym.make(TM2020)
    first = env.reset(seed=0)[0]["image"]
    other = env.reset(options={"track": "tm2020-hairpins"})[0]["image"]
    assert (first != other).any()
    np.testing.assert_array_equal(other, gym.make(TM2020, track="tm2020-hairpins").reset(seed=0)[0]["image"])


def test_randomized_visuals_change_with_the_episode_and_follow_the_seed():
    def starts(seed: int) -> list[np.ndarray]:
        env = gym.make(TM2020, visuals="randomized")
        return [env.reset(seed=seed)[0]["image"], *(env.reset()[0]["image"] for _ in range(3))]

    one = starts(1)
    np.testing.assert_equal(one, starts(1))
    apart = [(one[0] != other).mean() for other in [*one[1:], starts(2)[0]]]
    assert min(apart) > 0.5
    brightness = [image[0].mean() for image in [*one, *starts(2), *starts(3)]]
    assert np.std(brightness) > 5.0


def test_randomized_visuals_do_not_depend_on_the_batch():
    single = gym.make(TM2020, visuals="randomized")
    image = single.reset(seed=5)[0]["image"]
    for count in (1, 4):
        envs = gym.make_vec(TM2020, num_envs=count, visuals="randomized")
        seeds = [*range(count - 1), 5]
        np.testing.assert_array_equal(envs.reset(seed=seeds)[0]["image"][-1], image)


def test_randomized_pictures_of_a_standing_car_differ_by_noise_only():
    env = gym.make(TM2020, visuals="randomized", termination="finish", history=1)
    for seed in range(3):
        env.reset(seed=seed)
        one, other = (env.step(np.zeros(2, np.float32))[0]["image"].astype(int) for _ in range(2))
        assert (one != other).mean() > 0.1
        assert np.abs(one - other).mean() < 10.0


def test_drivers_do_not_feel_the_visuals():
    plain, random = gym.make(TM2020), gym.make(TM2020, visuals="randomized")
    for env in (plain, random):
        env.reset(seed=0)
    for _ in range(20):
        one, other = plain.step(GAS)[0]["telemetry"], random.step(GAS)[0]["telemetry"]
    np.testing.assert_array_equal(one, other)


# tmrl's LIDAR


def test_tmrl_lidar_is_the_ray_function_on_the_cockpit_view():
    env = gym.make("tmenv/TM2020-Lidar-v0", observation="tmrl_lidar", action="gas_brake_steer")
    first, _ = env.reset(seed=0)
    assert first.shape == (83,)
    frames = first[1:77].reshape(4, 19)
    assert (frames == frames[0]).all()
    for _ in range(25):
        before, after = first, env.step(np.array([1.0, 0.0, 0.3], np.float32))[0]
        np.testing.assert_array_equal(after[1:58], before[20:77])
        first = after
        assert env.observation_space.contains(after)
    scenery = Scenery()
    scenery.add(env.unwrapped.track)
    renderer = Renderer(scenery, TMRL_WIDTH, TMRL_HEIGHT, gray=False)
    out = np.zeros((1, *renderer.frame_shape), np.uint8)
    cars = np.atleast_1d(env.unwrapped.snapshot().car)
    CarPictures(renderer, load_parameters("TM2020"), *tmrl_view(), 1).shoot(cars, out)
    np.testing.assert_array_equal(after[58:77], tmrl_lidar(out[0]))
    assert np.ptp(after[58:77]) > 100.0


def test_tmrl_lidar_of_many_cars_is_that_of_each():
    kwargs = {"observation": "tmrl_lidar"}
    envs = gym.make_vec("tmenv/TMNF-Lidar-v0", num_envs=11, autoreset_mode="SameStep", **kwargs)
    env = gym.make("tmenv/TMNF-Lidar-v0", **kwargs)
    many, _ = envs.reset(seed=0, options={"start": list(np.arange(11) * 20.0)})
    one, _ = env.reset(seed=10, options={"start": 200.0})
    np.testing.assert_array_equal(many[10], one)
    many, *_ = envs.step(np.tile(GAS, (11, 1)))
    np.testing.assert_array_equal(many[10], env.step(GAS)[0])


def test_the_bounds_of_tmrl_lidar_are_those_of_its_picture():
    env = gym.make("tmenv/TM2020-Lidar-v0", observation="tmrl_lidar")
    bright = tmrl_lidar(np.full((TMRL_HEIGHT, TMRL_WIDTH, 3), 200, np.uint8))
    assert env.observation_space.high[1:20].max() == bright.max()


# pictures for people


@pytest.mark.parametrize("env_id", list(tmenv.IDS))
def test_gymnasium_finds_no_fault_with_render(env_id):
    env = gym.make(env_id, render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    env.reset(seed=0)
    before = env.render()
    for _ in range(30):
        env.step(GAS)
    assert before.shape == (SCREEN_HEIGHT, SCREEN_WIDTH, 3)
    assert (env.render() != before).any(axis=2).mean() > 0.05


def test_without_a_render_mode_there_is_no_picture():
    env = gym.make(TM2020).unwrapped
    env.reset(seed=0)
    assert env.render() is None


def test_the_vector_env_shows_every_car_as_the_single_one_does():
    track = ["tm2020-first-drive", "tm2020-hairpins", "tm2020-chicanes"]
    envs = gym.make_vec("tmenv/TM2020-State-v0", num_envs=3, track=track, render_mode="rgb_array", camera="top")
    envs.reset(seed=0)
    for _ in range(10):
        envs.step(np.tile(GAS, (3, 1)))
    pictures = envs.render()
    env = gym.make("tmenv/TM2020-State-v0", track=track[2], render_mode="rgb_array", camera="top")
    env.reset(seed=2)
    for _ in range(10):
        env.step(GAS)
    np.testing.assert_array_equal(pictures[2], env.render())
    assert len(pictures) == 3


def test_human_is_gymnasiums_window(monkeypatch):
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.warns(UserWarning, match="HumanRendering wrapper is being applied"):
        env = gym.make("tmenv/TMNF-Lidar-v0", render_mode="human")
    env.reset(seed=0)
    env.step(GAS)
    assert env.render_mode == "human"
    env.close()


@pytest.mark.parametrize("mode", ["human", "ansi"])
def test_other_render_modes_are_refused(mode):
    with pytest.raises(ConfigError, match="render_mode"):
        gym.make_vec(TM2020, num_envs=2, render_mode=mode)


def test_who_does_not_look_does_not_load_the_renderer():
    code = "import gymnasium, sys, tmenv; gymnasium.make('tmenv/TM2020-Lidar-v0').reset()"
    code += "; print(any(name.startswith('tmenv.render') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_stable_baselines_learns_from_images():
    pytest.importorskip("stable_baselines3")
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import VecEnv

    from tmenv.interop.sb3 import make_sb3_vec_env

    envs: VecEnv = make_sb3_vec_env(TM2020, num_envs=2, max_episode_steps=8)
    model = PPO("MultiInputPolicy", envs, n_steps=16, batch_size=16, n_epochs=1, device="cpu")
    assert model.learn(32).num_timesteps == 32
