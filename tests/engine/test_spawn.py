"""Starts in the middle of a track: with the attitude of the surface, and rolling where nothing would hold the car."""

from typing import Any

import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.scenes import deck, pipe, plane, profiled, scene, wall
from tmenv.calibration.paths import read_paths
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator, constant_controls
from tmenv.track import load
from tmenv.track.tables import ROUTE_POINT

WIDE = {"border_left": 40.0, "border_right": 40.0, "z0": -50.0, "length": 400.0}


def routed(track: Any, points: np.ndarray) -> Any:
    """The track with a route along ``points`` (n, 3)."""
    track.route = np.zeros(len(points), ROUTE_POINT)
    for column, name in enumerate("xyz"):
        track.route[name] = points[:, column]
    track.route["s"][1:] = np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))
    track.route["border_left"] = track.route["border_right"] = 12.0
    track.length_m = float(track.route["s"][-1])
    return track


def line(x: float, *heights: float) -> np.ndarray:
    """A route along +z at ``x``, 2 m a point."""
    return np.array([(x, y, 2.0 * k) for k, y in enumerate(heights)])


def on_circle(radius: float) -> np.ndarray:
    """A route round a full loop whose bottom is the origin."""
    angle = np.arange(0.0, 2 * np.pi, 2.0 / radius)
    return np.column_stack([0 * angle, radius * (1 - np.cos(angle)), radius * np.sin(angle)])


PROFILE = np.stack([np.linspace(0, 8, 17), np.linspace(0, 0.25, 17)])[None].astype(np.float32)
STARTS = {
    "slope": (scene(plane(0.0, 0.0, 0.5, **WIDE)), line(0.0, *np.arange(0.0, 40.0))),
    "bank": (scene(plane(0.0, 0.25, 0.0, **WIDE)), line(8.0, *np.full(40, 2.0))),
    "climbing bank": (scene(plane(0.0, 0.25, -0.3, **WIDE)), line(0.0, *(-0.6 * np.arange(40.0)))),
    "twist": (scene(profiled(length=32.0), profiles=PROFILE), line(0.0, *(0.5 * np.arange(17.0)))),
    "deck": (scene(deck(**WIDE)), line(3.0, *np.zeros(40))),
}


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize("speed", [0.0, 30.0])
def test_a_car_starts_at_rest_height_with_the_attitude_of_the_road(name: str, speed: float):
    track, points = STARTS[name]
    drive = Drive("TMNF", track=routed(track, points))
    drive.simulator.spawn(21.0, speed)
    drive.car["ticks"] = 1
    assert drive.forward_speed == pytest.approx(speed, abs=1.0e-3)
    before = drive.wheels
    drive.go(1)
    assert drive.car["contact"].sum() >= (3 if name == "twist" else 4)
    np.testing.assert_allclose(drive.wheels - before, 0.01 * drive.velocity[None, :].repeat(4, 0), atol=0.03)
    drive.go(20)
    assert drive.car["contact"].sum() == 4
    assert float(drive.axes.forward[2]) > 0.8


def test_in_a_loop_the_car_starts_fast_enough_to_stay():
    radius = 30.0
    track = routed(scene(pipe(radius, 0.0, 180.0), pipe(radius, 180.0, 360.0)), on_circle(radius))
    for degrees in (60.0, 90.0, 120.0, 180.0, 240.0, 300.0):
        drive = Drive("TMNF", track=track)
        drive.simulator.spawn(np.radians(degrees) * radius)
        drive.car["ticks"] = 1
        assert drive.forward_speed > 20.0
        assert float(drive.axes.up[1]) == pytest.approx(np.cos(np.radians(degrees)), abs=0.05)
        assert drive.go(10, gas=True).car["contact"].sum() >= 2
        angle = np.degrees(np.arctan2(drive.car["position"][2], radius - drive.car["position"][1])) % 360.0
        assert degrees < angle < degrees + 20.0


def test_on_a_wall_the_car_rolls_up_it():
    upright = wall(90.0, x0=-20.0, z0=30.0, length=40.0, wall_height=100.0)
    points = np.concatenate([line(0.0, *np.zeros(15)), [(0.0, 2.0 * k, 29.9) for k in range(1, 40)]])
    drive = Drive("TMNF", track=routed(scene(deck(**WIDE), upright), points))
    drive.simulator.spawn(60.0)
    drive.car["ticks"] = 1
    np.testing.assert_allclose(drive.axes.up, (0.0, 0.0, -1.0), atol=0.01)
    drive.go(5, gas=True)
    np.testing.assert_allclose(drive.wheels[:, 2], 29.8, atol=0.05)  # nothing presses it: its springs hang
    assert float(drive.velocity[1]) > 30.0


def test_over_a_gap_the_car_starts_on_the_road_before_it():
    length = 60.0
    drive = Drive("TMNF", track=routed(scene(deck(**{**WIDE, "length": length})), line(0.0, *np.full(60, 0.0))))
    end = WIDE["z0"] + length
    drive.simulator.spawn(end + 20.0, 5.0)
    assert end - 5.0 < float(drive.car["position"][2]) < end - 2.0
    assert end - 5.0 < float(drive.car["progress"]) < end - 2.0
    drive.car["ticks"] = 1
    assert drive.go(5).car["contact"].sum() == 4


def test_over_no_road_at_all_the_car_starts_on_the_line():
    drive = Drive("TMNF", track=routed(scene(deck(**{**WIDE, "x0": 500.0})), line(0.0, *np.full(60, 0.0))))
    drive.simulator.spawn(60.0, 50.0)
    assert float(drive.car["position"][1]) == pytest.approx(0.4385 + 0.015, abs=1.0e-3)
    np.testing.assert_allclose(drive.axes.up, (0.0, 1.0, 0.0), atol=1.0e-5)


@pytest.mark.parametrize("name", ["A01-Race", "B02-Race", "A05-Race", "D05-Race"])
def test_cars_start_on_the_road_of_campaign_maps(data_dir, name):
    """Decks, banks and dirt: on all wheels (in loops rolling), along the road, and still there soon after."""
    recorded = read_paths(data_dir / "tmnf_runs" / f"{name}.npz")[0]
    track = load(data_dir / "tmnf_maps" / f"{name}.Challenge.Gbx", route=recorded.samples)
    simulator = Simulator(track, load_parameters("TMNF"), 1)
    starts = np.linspace(20.0, track.length_m - 60.0, 40)
    places = np.array([track.position(start) for start in starts.tolist()])
    on_road = np.abs(track.surface(places + np.array([0.0, 0.3, 0.0])).distance - 0.3) < 0.1
    standing = []
    for start in starts.tolist():
        simulator.spawn(start, speed=25.0)
        car = simulator.cars[0].copy()
        simulator.drive(constant_controls(1, 20, 0.0, False, False))
        after = simulator.cars[0]
        assert -1.0 < after["progress"] - car["progress"] < 16.0  # in loops they roll faster
        standing.append(after["contact"].sum() >= 3)
    assert on_road.sum() >= 25  # the others start where the run flew
    assert np.array(standing)[on_road].mean() > 0.9  # a lip may be near
