"""Drops and landings, on the wheels and on the body."""

import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.scenes import NO_COAST, deck, plane, scene

WIDE = {"border_left": 200.0, "border_right": 200.0, "z0": -200.0, "length": 3000.0}


def falling(height: float, roll: float = 0.0, pitch: float = 0.0, speed: float = 0.0) -> Drive:
    """A car in the air over a deck, moving along +z whatever way it looks."""
    drive = Drive("TMNF", track=scene(deck(**WIDE)))
    drive.place((0.0, height, 0.0), pitch=pitch, roll=roll).aloft()
    drive.car["velocity"] = (0.0, 0.0, speed)
    return drive


@pytest.mark.parametrize("cap", [2, 4, 8])
@pytest.mark.parametrize("speed", [0.0, 30.0, 80.0])
def test_a_drop_of_five_metres_does_not_bounce(cap: int, speed: float):
    drive = Drive("TMNF", track=scene(deck(**WIDE)), substep_cap=cap, **NO_COAST)
    drive.place((0.0, 5.015, 0.0), speed=speed).aloft()
    heights, fall = [], 0.0
    for _ in range(250):
        drive.go(1, gas=speed > 0)
        heights.append(float(drive.car["position"][1]) - 0.4385 - 0.015)
        fall = min(fall, float(drive.velocity[1]))
    lowest = int(np.argmin(heights))
    assert fall == pytest.approx(-15.5, abs=0.3)
    assert -0.18 < heights[lowest] < -0.02
    assert max(heights[lowest:]) < 0.03
    assert np.abs(heights[200:]).max() < 0.005


@pytest.mark.parametrize(("roll", "pitch"), [(90, 0), (135, 0), (180, 0), (0, 45), (0, -45), (60, -45), (180, 30)])
def test_a_landing_on_the_body_ends_at_rest_above_the_road(roll: float, pitch: float):
    drive = falling(3.0, roll, pitch, speed=20.0)
    fastest, lowest = 0.0, np.inf
    for _ in range(500):
        drive.go(1)
        fastest = max(fastest, float(np.linalg.norm(drive.car["spin"])))
        lowest = min(lowest, float(drive.car["position"][1]))
    assert fastest < 8.0
    assert lowest > 0.3
    assert abs(float(drive.velocity[1])) < 0.3
    assert drive.car["contact"].sum() in (0, 4)
    assert abs(float(drive.axes.up[1])) > 0.9  # on the wheels or on the roof


def test_mirrored_landings_are_mirrored():
    left, right = falling(3.0, 70.0, 10.0, 15.0), falling(3.0, -70.0, 10.0, 15.0)
    for _ in range(20):
        left.go(10)
        right.go(10)
        np.testing.assert_allclose(left.car["position"] * [-1, 1, 1], right.car["position"], atol=2.0e-3)


def test_the_underside_of_a_deck_does_not_pull_a_car_up():
    track = scene(deck(y0=-8.0, **WIDE), deck(y0=0.0, **WIDE))
    drive = Drive("TMNF", track=track).place((0.0, -1.6, 0.0), roll=180.0).aloft()
    drive.car["velocity"] = (0.0, 0.0, 5.0)
    drive.go(30)
    assert float(drive.velocity[1]) < -6.0


def test_landing_along_a_slope_keeps_the_speed():
    drive = Drive("TMNF", track=scene(plane(0.0, 0.0, -0.5, **WIDE)))
    drive.place((0.0, 2.0, 0.0), pitch=np.degrees(np.arctan(0.5)), speed=60.0).aloft()
    drive.until(lambda d: d.car["contact"].sum() == 4, gas=True)
    before = drive.kmh
    drive.go(20, gas=True)
    assert drive.kmh > before


def test_levels_above_one_another_carry_each_its_own_cars():
    track = scene(deck(**WIDE), deck(y0=8.0, **WIDE), deck(y0=16.0, **WIDE), ground_y=-4.0)
    for level in (0.0, 8.0, 16.0):
        drive = Drive("TMNF", track=track).place((0.0, level + 0.5, 0.0), speed=50.0).aloft()
        drive.go(200, gas=True)
        assert float(drive.car["position"][1]) == pytest.approx(level + 0.4385 + 0.015, abs=0.02)


def test_a_car_beside_the_deck_falls_to_the_ground_and_into_the_void():
    narrow = deck(border_left=5.0, border_right=5.0, z0=-50.0, length=100.0)
    on_ground = Drive("TMNF", track=scene(narrow, ground_y=-5.0)).place((9.0, 0.5, 0.0)).aloft().go(300)
    assert float(on_ground.car["position"][1]) == pytest.approx(-5.0 + 0.45, abs=0.05)
    assert on_ground.car["material"].tolist() == [2] * 4
    lost = Drive("TMNF", track=scene(narrow)).place((9.0, 0.5, 0.0)).aloft().go(300)
    assert float(lost.car["position"][1]) < -50.0
