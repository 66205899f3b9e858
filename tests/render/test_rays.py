"""LIDAR rays in pictures: those that the environment measures, as lines on the road."""

import gymnasium as gym
import numpy as np
import pytest

import tmenv
from tests.render.scenes import poses_at
from tests.render.test_laps import TRACK, drive
from tmenv.engine.lidar import RAYS
from tmenv.render.laps import lap_of
from tmenv.render.rays import rays_along
from tmenv.render.tables import POSE
from tmenv.render.video import film
from tmenv.track import load

gym.register_envs(tmenv)


def test_rays_are_those_of_the_environment():
    env = gym.make("tmenv/TM2020-Lidar-v0", history=1, track="tm2020-hairpins")
    env.reset(seed=0)
    poses, measured = np.zeros(40, POSE), np.zeros((40, RAYS))
    for row in range(40):
        for _ in range(3):
            observation, *_, info = env.step(np.array([0.2, 1.0], np.float32))
        measured[row] = observation[1 : 1 + RAYS]
        poses["position"][row], poses["rotation"][row] = info["position"], env.unwrapped.snapshot().car["rotation"]
    rays = rays_along(env.unwrapped.track, poses)
    lines = rays["ends"] - rays["start"][:, None]
    np.testing.assert_allclose(np.hypot(lines[..., 0], lines[..., 2]), measured, atol=0.02)
    assert np.abs(lines[..., 1]).max() < 6.0  # 100 m ahead of a car that nods by some degrees
    assert np.ptp(measured, axis=0).min() > 1.0


def test_rays_begin_at_the_nose_and_run_from_right_to_left():
    track = load(TRACK)
    poses = poses_at(track, [100.0])
    ray = rays_along(track, poses)[0]
    ahead = np.array(track.position(101.0)) - np.array(track.position(100.0))
    offset = ray["start"] - poses["position"][0]
    assert 1.5 < offset @ ahead / np.linalg.norm(ahead) < 3.0
    left = np.array([ahead[2], 0.0, -ahead[0]])
    sides = (ray["ends"] - ray["start"]) @ left
    assert sides[0] < -5.0
    assert sides[-1] > 5.0


def test_off_the_road_there_are_no_rays():
    poses = poses_at(load(TRACK), [100.0])
    poses["position"] += (0.0, 300.0, 0.0)
    ray = rays_along(load(TRACK), poses)[0]
    assert (ray["ends"] == ray["start"]).all()


@pytest.mark.parametrize("camera", ["top", "cockpit"])
def test_films_show_the_rays(camera: str):
    lap = lap_of("lap", load(TRACK), drive(40, 30.0))
    picture = next(film([lap], camera, (320, 180), 10)).astype(int)
    road = picture[100:150]
    bluish = (road[..., 2] - road[..., 0] > 15) & (road[..., 1] - road[..., 0] > 10)
    assert 30 < bluish.sum() < 3000
