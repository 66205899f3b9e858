"""Pictures of the engine's cars: the camera rides where the simulator says the car is."""

import numpy as np
import pytest

from tests.render.scenes import poses_at, shoot
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator, constant_controls
from tmenv.errors import ConfigError
from tmenv.render.batch import CarPictures
from tmenv.render.cameras import jitter_rigs, make_rigs
from tmenv.render.colours import plain_look, random_look
from tmenv.render.renderer import Renderer
from tmenv.render.scenery import Scenery
from tmenv.track import Track, load

COUNT = 12


@pytest.fixture(scope="module")
def track() -> Track:
    return load("tm2020-first-drive")


def pictures_of(track: Track, **kwargs) -> tuple[Simulator, CarPictures, np.ndarray]:
    params = load_parameters("TM2020")
    simulator, scenery = Simulator(track, params, COUNT), Scenery()
    scenery.add(track)
    renderer = Renderer(scenery, 64, 48)
    given = {"rigs": make_rigs("chase"), "looks": plain_look()} | kwargs
    return simulator, CarPictures(renderer, params, count=COUNT, **given), np.zeros((COUNT, 48, 64), np.uint8)


def test_a_car_at_the_start_is_seen_from_behind(track: Track):
    simulator, pictures, out = pictures_of(track)
    pictures.shoot(simulator.cars, out)
    assert pictures.poses["position"][0] == pytest.approx(track.spawn, abs=1e-3)
    wanted, _ = shoot(track, poses_at(track, [0.0]), size=(64, 48))
    assert (out == out[0]).all()
    assert (np.abs(out[0].astype(int) - wanted[0]) > 2).mean() < 0.02  # the car stands a little above the road


def test_pictures_change_as_the_cars_drive(track: Track):
    simulator, pictures, out = pictures_of(track)
    before = np.zeros_like(out)
    pictures.shoot(simulator.cars, before)
    simulator.drive(constant_controls(COUNT, 200, steer=0.0, gas=True, brake=False))
    pictures.shoot(simulator.cars, out)
    moved = np.linalg.norm(pictures.poses["position"][0] - np.array(track.spawn))
    assert moved > 10.0
    assert (before != out).any(axis=(1, 2)).all()


def test_other_cars_given_later_are_the_ones_that_are_seen(track: Track):
    simulator, pictures, out = pictures_of(track)
    pictures.shoot(simulator.cars, out)
    others = simulator.cars.copy()
    others["position"][:, 1] += 30.0
    elsewhere = np.zeros_like(out)
    pictures.shoot(others, elsewhere)
    assert pictures.poses["position"][0, 1] == pytest.approx(track.spawn[1] + 30.0, abs=1e-3)
    assert (elsewhere != out).any(axis=(1, 2)).all()
    again = np.zeros_like(out)
    pictures.shoot(simulator.cars, again)
    assert (again == out).all()


def test_each_car_may_have_its_own_camera_and_light(track: Track):
    seeds = np.arange(COUNT)
    rigs, looks = jitter_rigs(make_rigs("chase"), seeds), random_look(seeds)
    simulator, pictures, out = pictures_of(track, rigs=rigs, looks=looks)
    pictures.shoot(simulator.cars, out)
    assert len({picture.tobytes() for picture in out}) == COUNT
    again = np.zeros_like(out)
    pictures.rigs[3], pictures.looks[3] = rigs[0], looks[0]
    pictures.shoot(simulator.cars, again)
    assert np.array_equal(again[3], out[0])
    assert np.array_equal(np.delete(again, 3, axis=0), np.delete(out, 3, axis=0))


def test_wrong_tables_are_named(track: Track):
    with pytest.raises(ConfigError, match="rigs must have 1 or 12 rows"):
        pictures_of(track, rigs=make_rigs("chase", 2))
    simulator, pictures, out = pictures_of(track)
    with pytest.raises(ConfigError, match="12 engine cars"):
        pictures.shoot(simulator.cars[:3], out)
