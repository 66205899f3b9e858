"""Pictures: what stands where in them, and that nothing but the view decides about them."""

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render.scenes import only, poses_at, project, shoot
from tmenv.errors import ConfigError
from tmenv.render.cameras import jitter_rigs, make_rigs
from tmenv.render.colours import plain_look, random_look
from tmenv.render.renderer import Renderer
from tmenv.render.scenery import Scenery
from tmenv.render.tables import POSE, VIEW, Paint
from tmenv.track import Track, load

ROAD = (Paint.ROAD, Paint.KERB, Paint.KERB_ALTERNATE, Paint.CHECKPOINT, Paint.FINISH, Paint.FINISH_ALTERNATE)
SOLID = tuple(paint for paint in range(Paint.COUNT) if paint not in (Paint.GROUND, Paint.GROUND_ALTERNATE))


@pytest.fixture(scope="module")
def track() -> Track:
    return load("tm2020-grand-circuit")


def road_points(track: Track, start: float, distances) -> np.ndarray:
    return np.array([track.position(start + d, lateral) for d in distances for lateral in (-8.0, 0.0, 8.0)])


@pytest.mark.parametrize("camera", ["chase", "cockpit", "top"])
def test_road_is_drawn_where_it_projects(track: Track, camera: str):
    size = (320, 240)
    poses = poses_at(track, [100.0])
    (picture,), views = shoot(track, poses, camera, size, looks=only(*ROAD))
    column, row, ahead = project(views[0], road_points(track, 100.0, range(4, 60, 4)), size).T
    seen = (ahead > 0.2) & (column > 1) & (column < size[0] - 1) & (row > 1) & (row < size[1] - 1)
    hidden_by_car = camera != "cockpit"
    pixels = picture[row[seen].astype(int), column[seen].astype(int)]
    assert seen.sum() >= 10
    assert (pixels > 200).mean() >= (0.85 if hidden_by_car else 1.0)


def test_road_has_no_holes(track: Track):
    """Straight down on a curve, nothing of the ground shows between the walls."""
    rigs = make_rigs("top")
    rigs["up"], rigs["forward"], rigs["shows_car"] = 12.0, 0.0, 0
    for start in np.linspace(0.0, track.length_m / 2, 40):
        picture, _ = shoot(track, poses_at(track, [start]), size=(96, 64), rigs=rigs, looks=only(*SOLID))
        assert (picture > 200).all(), start


def test_horizon_lies_where_the_pitch_puts_it(track: Track):
    poses, size = poses_at(track, [50.0]), (80, 120)
    for pitch in (-0.2, 0.0, 0.15):
        rigs = make_rigs("cockpit")
        rigs["up"], rigs["pitch"] = 40.0, pitch
        (picture,), views = shoot(track, poses, size=size, rigs=rigs, looks=only(Paint.SKY_HIGH, Paint.SKY_LOW))
        horizon = size[1] / 2 + views[0]["focal_y"] * math.tan(pitch)
        assert (picture > 0).all(axis=1).sum() == pytest.approx(horizon, abs=1.0)


def test_horizon_tilts_with_the_camera(track: Track):
    rigs = make_rigs("cockpit")
    rigs["up"], rigs["pitch"], rigs["roll"] = 300.0, 0.0, 0.3
    (picture,), _ = shoot(
        track, poses_at(track, [50.0]), size=(100, 100), rigs=rigs, looks=only(Paint.SKY_LOW, Paint.SKY_HIGH)
    )
    sky_left, sky_right = (picture[:, column] > 0 for column in (0, 99))
    # A camera turned clockwise sees the world turned the other way: the horizon rises to the right.
    assert sky_left.sum() - sky_right.sum() == pytest.approx(99 * math.tan(0.3), abs=2.0)


def test_a_symmetric_track_looks_symmetric():
    """A straight start: the picture from the middle of the road is its own mirror image."""
    track = load("tm2020-turbo-alley")
    rigs = make_rigs("chase")
    rigs["far"] = 40.0
    looks = only(*ROAD)
    picture, _ = shoot(track, poses_at(track, [20.0]), size=(101, 80), rigs=rigs, looks=looks)
    differ = (picture[0] != picture[0][:, ::-1]).mean()
    assert (picture > 200).mean() > 0.2
    assert differ < 0.01


@pytest.mark.parametrize("gray", [True, False])
def test_batch_and_threads_do_not_change_a_picture(track: Track, gray: bool):
    poses = poses_at(track, np.linspace(0.0, track.length_m - 1.0, 40), lateral=3.0)
    looks = random_look([7])
    together, _ = shoot(track, poses, gray=gray, looks=looks, threads=3)
    alone = [shoot(track, poses[i : i + 1], gray=gray, looks=looks)[0][0] for i in range(len(poses))]
    assert np.array_equal(together, np.stack(alone))


def test_gray_is_the_luma_of_the_colours(track: Track):
    poses = poses_at(track, [10.0, 300.0])
    gray, _ = shoot(track, poses)
    colour, _ = shoot(track, poses, gray=False)
    luma = colour @ np.array([0.299, 0.587, 0.114])
    assert np.abs(gray - luma).max() <= 1.5


def test_the_car_is_in_the_picture_unless_the_camera_sits_in_it(track: Track):
    poses = poses_at(track, [60.0])
    looks = only(Paint.CAR, Paint.CAR_TYRE, Paint.CAR_GLASS)
    shares = {
        camera: shoot(track, poses, camera, looks=looks)[0].mean() / 255 for camera in ("chase", "cockpit", "top")
    }
    assert shares["cockpit"] == 0.0
    assert 0.01 < shares["chase"] < 0.2
    assert 0.0 < shares["top"] < shares["chase"]


def test_other_cars_are_drawn_in_their_own_paint(track: Track):
    poses = np.concatenate([poses_at(track, [60.0]), poses_at(track, [75.0], lateral=3.0)])
    poses["paint"] = 0, 1
    scenery = Scenery()
    scenery.add(track)
    renderer = Renderer(scenery, 160, 120)
    views, out = np.zeros(1, VIEW), np.zeros((1, 120, 160), np.uint8)
    renderer.place(make_rigs("chase"), poses[:1], views)
    views["car_count"] = 2
    renderer.draw(views, poses, only(Paint.CAR + 1), out)
    assert 10 < (out == 255).sum() < 600


def test_near_walls_hide_what_is_behind_them(track: Track):
    """Right behind a wall, low above the ground, the road beyond it cannot be seen."""
    poses = poses_at(track, [100.0], lateral=track.width_at(100.0) / 2 + 8.0)
    rigs = make_rigs("cockpit")
    rigs["up"], rigs["forward"], rigs["yaw"], rigs["pitch"] = -0.5, 0.0, -math.pi / 2, 0.0
    hidden, _ = shoot(track, poses, rigs=rigs, looks=only(Paint.ROAD))
    rigs["up"] = 12.0
    seen, _ = shoot(track, poses, rigs=rigs, looks=only(Paint.ROAD))
    assert (hidden[0, :, 24:40] == 0).all()
    assert (seen > 200).mean() > 0.1


def test_a_view_from_below_the_ground_shows_no_ground(track: Track):
    rigs = make_rigs("cockpit")
    rigs["up"] = -30.0
    picture, _ = shoot(track, poses_at(track, [10.0]), rigs=rigs, looks=only(Paint.GROUND, Paint.GROUND_ALTERNATE))
    assert (picture == 0).all()


def test_cameras_follow_the_car_upside_down(track: Track):
    """The camera keeps its place above the roof, wherever the roof is."""
    poses = np.zeros(1, POSE)
    poses["position"], poses["rotation"] = (100.0, 40.0, 100.0), (0.0, 0.0, 1.0, 0.0)
    _, views = shoot(track, poses, "cockpit")
    assert views["eye"][0] == pytest.approx([100.0, 40.0 - 1.25, 100.6], abs=0.01)
    assert views["up"][0][1] < -0.9


def test_noise_changes_with_the_seed_and_stays_in_its_bounds(track: Track):
    poses = poses_at(track, [10.0])
    plain, _ = shoot(track, poses)
    looks = plain_look()
    looks["noise"] = 6.0
    noisy, _ = shoot(track, poses, looks=looks)
    again, _ = shoot(track, poses, looks=looks)
    assert np.array_equal(noisy, again)
    change = noisy.astype(int) - plain
    assert np.abs(change).max() in (6, 7)
    assert abs(change.mean()) < 0.3


def test_random_looks_and_rigs_belong_to_their_seeds():
    one, other = random_look([1, 2]), random_look([2, 3])
    assert one[1] == other[0] != one[0]
    rigs = jitter_rigs(make_rigs("chase"), [1, 2])
    assert rigs[1] == jitter_rigs(make_rigs("chase"), [2])[0] != rigs[0]


def test_a_replaced_track_is_drawn_in_its_slot(track: Track):
    scenery, other = Scenery(), load("tmnf-hairpins")
    scenery.add(other)
    scenery.add(track)
    scenery.put(0, track)
    renderer = Renderer(scenery, 64, 64)
    poses, views, out = poses_at(track, [70.0, 70.0]), np.zeros(2, VIEW), np.zeros((2, 64, 64), np.uint8)
    renderer.place(make_rigs("chase"), poses, views)
    views["scene"] = 0, 1
    renderer.draw(views, poses, plain_look(), out)
    assert np.array_equal(out[0], out[1])
    assert np.array_equal(out[0], shoot(track, poses[:1])[0][0])


def test_wrong_arguments_are_named(track: Track):
    scenery = Scenery()
    scenery.add(track)
    with pytest.raises(ConfigError, match="1 to 4096"):
        Renderer(scenery, 0, 64)
    with pytest.raises(ConfigError, match="'chase'"):
        make_rigs("side")
    renderer, poses, views = Renderer(scenery, 64, 64), poses_at(track, [0.0]), np.zeros(1, VIEW)
    renderer.place(make_rigs("chase"), poses, views)
    out = np.zeros((1, 64, 64), np.uint8)
    with pytest.raises(ConfigError, match="shape"):
        renderer.draw(views, poses, plain_look(), out[:, :32])
    with pytest.raises(ConfigError, match="cars 0 to 1 of 0"):
        renderer.draw(views, poses[:0], plain_look(), out)
    views["scene"] = 1
    with pytest.raises(ConfigError, match="track 1 of 1"):
        renderer.draw(views, poses, plain_look(), out)
    views["scene"], views["look"] = 0, -1
    with pytest.raises(ConfigError, match="look -1 of 1"):
        renderer.draw(views, poses, plain_look(), out)


def test_tables_given_again_are_read_again(track: Track):
    """The renderer remembers where the tables of the last call are, not what is in them."""
    scenery = Scenery()
    scenery.add(track)
    renderer, rigs, looks = Renderer(scenery, 64, 64), make_rigs("chase"), plain_look()
    poses, views, out = poses_at(track, [50.0]), np.zeros(1, VIEW), np.zeros((1, 64, 64), np.uint8)
    for place in (50.0, 400.0, 900.0):
        poses[:] = poses_at(track, [place])
        if place == 900.0:
            scenery.add(load("tmnf-hairpins"))
        renderer.place(rigs, poses, views)
        renderer.draw(views, poses, looks, out)
        assert np.array_equal(out, shoot(track, poses)[0])


@given(
    size=st.tuples(st.integers(1, 70), st.integers(1, 50)),
    place=st.tuples(*[st.floats(-40.0, 40.0)] * 3),
    rotation=st.tuples(*[st.floats(-1.0, 1.0)] * 4).filter(lambda q: sum(abs(x) for x in q) > 0.1),
    fov=st.floats(0.05, 3.0),
    far=st.sampled_from([0.0, 30.0, 1e5]),
)
@settings(max_examples=150, deadline=None)
def test_no_view_writes_beside_its_picture(track: Track, size, place, rotation, fov, far):
    """Any camera near the road, at any angle: all of the picture is written, and nothing before and after it."""
    scenery = Scenery()
    scenery.add(track)
    renderer = Renderer(scenery, *size)
    count = size[0] * size[1]
    memory = np.full(count + 200, 7, np.uint8)
    out = memory[100:-100].reshape(1, size[1], size[0])
    poses, views, rigs = poses_at(track, [300.0]), np.zeros(1, VIEW), make_rigs("cockpit")
    poses["position"] += np.array(place, np.float32)
    poses["rotation"] = np.array(rotation) / np.linalg.norm(rotation)
    rigs["fov"], rigs["far"] = fov, far
    renderer.place(rigs, poses, views)
    renderer.draw(views, poses, only(*range(Paint.COUNT)), out)
    assert (memory[:100] == 7).all()
    assert (memory[-100:] == 7).all()
    assert (out > 200).all()


def test_no_camera_however_odd_writes_beside_its_picture(track: Track):
    """Products of huge numbers are infinite and their differences NaN: none may become a place in memory."""
    scenery = Scenery()
    scenery.add(track)
    renderer = Renderer(scenery, 37, 25)
    memory, random = np.full((3, 25, 37), 7, np.uint8), np.random.default_rng(1)
    poses, views = poses_at(track, [300.0]), np.zeros(1, VIEW)
    for _ in range(300):
        renderer.place(make_rigs("cockpit"), poses, views)
        for field in random.choice(["eye", "right", "up", "forward", "focal_x", "focal_y"], 2):
            numbers = views[field].reshape(-1)
            numbers[random.integers(len(numbers))] = random.choice([-1, 0, 1]) * 10.0 ** random.uniform(-38, 38)
        with suppress(ConfigError):
            renderer.draw(views, poses, only(*range(Paint.COUNT)), memory[1:2])
    assert (memory[[0, 2]] == 7).all()
    assert (memory[1] != 7).any()


def test_a_camera_that_is_nowhere_is_named(track: Track):
    scenery = Scenery()
    scenery.add(track)
    renderer, poses, views = Renderer(scenery, 64, 64), poses_at(track, [0.0]), np.zeros(1, VIEW)
    poses["rotation"] = np.nan
    renderer.place(make_rigs("chase"), poses, views)
    with pytest.raises(ConfigError, match="eye at"):
        renderer.draw(views, poses, plain_look(), np.zeros((1, 64, 64), np.uint8))


def test_paints_that_matter_differ_in_gray():
    """Road, grass, kerb, wall and sky are told apart in gray pictures, too, in full light."""
    colours = plain_look()["colours"][0] @ np.array([0.299, 0.587, 0.114])
    apart = [Paint.GROUND, Paint.ROAD, Paint.WALL]
    brightness = sorted(colours[apart])
    assert np.diff(brightness).min() > 50.0
    for dark, light in (
        (Paint.GROUND, Paint.ROAD),
        (Paint.KERB, Paint.ROAD),
        (Paint.DIRT, Paint.ROAD),
        (Paint.ROAD, Paint.TURBO),
    ):
        assert colours[light] - colours[dark] > 35.0
