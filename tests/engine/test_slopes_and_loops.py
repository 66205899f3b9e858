"""Slopes, banks, crests, lips and loops: what the prototype did that the contact rules were chosen with; symmetry."""

import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.scenes import NO_COAST, deck, field, loop, pipe, plane, profiled, scene, strip
from tmenv.track.tables import PROFILE

WIDE = {"border_left": 200.0, "border_right": 200.0, "z0": -400.0, "length": 3000.0}


def slope(rise: float) -> Drive:
    """A car that stands on a slope, uphill."""
    drive = Drive("TMNF", track=scene(plane(0.0, 0.0, rise, **WIDE)))
    return drive.place((0.0, 0.02, 0.0), pitch=-np.degrees(np.arctan(rise)))


@pytest.mark.parametrize("rise", [0.25, 0.5])
def test_a_car_at_rest_on_a_bank_only_creeps(rise: float):
    """Viscous side force of 80 per second and a coast of 1 m/s2 against the pull of 30 m/s2 down the bank."""
    drive = Drive("TMNF", track=scene(plane(0.0, rise, 0.0, **WIDE)))
    drive.place((0.0, 0.02, 0.0), roll=np.degrees(np.arctan(rise)))
    drive.go(300)
    pull = 30.0 * np.sin(np.arctan(rise))
    assert np.linalg.norm(drive.velocity) == pytest.approx((pull - 1.0) / 80.3, rel=0.04)
    assert drive.car["contact"].sum() == 4
    assert abs(float(drive.car["position"][2]) - 0.2883) < 0.01


def test_on_a_slope_the_car_rolls_back_and_the_brake_is_the_reverse_gear():
    coasting = slope(0.5).go(200).forward_speed
    assert coasting < -15.0
    assert slope(0.5).go(200, brake=True).forward_speed < coasting - 10.0


def test_full_gas_up_a_slope_of_a_half_settles_at_101_kmh():
    drive = slope(0.5)
    drive.until(lambda d: d.kmh > 100.0, gas=True)
    drive.go(500, gas=True)
    assert drive.kmh == pytest.approx(101.0, abs=0.5)


@pytest.mark.parametrize(("speed", "thrust"), [(20.0, 15.8), (40.0, 10.91)])
def test_gravity_on_a_slope_is_30_down_it(speed: float, thrust: float):
    drive = slope(0.5).place((0.0, 0.02, 0.0), pitch=-np.degrees(np.arctan(0.5)), speed=speed)
    before = drive.go(20, gas=True).forward_speed
    gained = drive.go(50, gas=True).forward_speed - before
    assert gained / 0.5 == pytest.approx(thrust - 30.0 * np.sin(np.arctan(0.5)), abs=0.1)


def crest() -> object:
    """Up and down a slope of a quarter with a round top of radius 64 m between."""
    table = np.zeros((1, 2, 17), np.float32)
    table[0, 0] = -((np.linspace(-16.0, 16.0, 17)) ** 2) / 128
    up = plane(2.0, 0.0, 0.25, z0=-516.0, length=500.0, border_left=50.0, border_right=50.0)
    down = plane(2.0, 0.0, -0.25, z0=16.0, length=500.0, border_left=50.0, border_right=50.0)
    return scene(up, profiled(z0=-16.0), down, profiles=table)


@pytest.mark.parametrize(("speed", "air_s"), [(28.0, 0.0), (33.0, 0.0), (37.5, 0.1), (42.0, 0.85)])
def test_a_crest_throws_only_fast_cars(speed: float, air_s: float):
    drive = Drive("TMNF", track=crest(), **NO_COAST)
    drive.place((0.0, -4.0, -24.0), pitch=-np.degrees(np.arctan(0.25)), speed=speed)
    air = sum(drive.go(1).car["contact"].sum() == 0 for _ in range(300))
    assert air / 100 == pytest.approx(air_s, abs=0.15)


@pytest.mark.parametrize(("speed", "pitch_rate"), [(38.0, 0.74), (53.0, 0.55), (68.0, 0.5)])
def test_at_a_lip_the_nose_drops(speed: float, pitch_rate: float):
    side = {"border_left": 50.0, "border_right": 50.0}
    track = scene(plane(0.0, 0.0, 0.5, z0=-200.0, length=200.0, **side), deck(y0=-60.0, z0=20.0, length=900.0, **side))
    drive = Drive("TMNF", track=track).place((0.0, -19.98, -40.0), pitch=-np.degrees(np.arctan(0.5)), speed=speed)
    drive.until(lambda d: d.car["contact"].sum() == 0 and d.car["position"][2] > 0.0, gas=True)
    rise = np.degrees(np.arctan2(drive.velocity[1], drive.velocity[2]))
    assert 24.0 < rise < 26.2
    assert float(drive.car["spin"][0]) == pytest.approx(pitch_rate, abs=0.12)


def round_loop(radius: float, speed: float) -> tuple[Drive, list[tuple[float, float]]]:
    """Roll into a full loop without thrust: the drive, and (angle in degrees, speed) of each tick until it ends."""
    drive = Drive("TMNF", track=scene(deck(**{**WIDE, "length": 400.0}), loop(radius)), **NO_COAST)
    drive.place((0.0, 0.015, -0.2 * speed), speed=speed)
    angle, before, path = 0.0, 0.0, []
    for _ in range(600):
        drive.go(1)
        _, y, z = drive.car["position"].astype(np.float64)
        place = np.arctan2(z, radius - y)
        if z > 0.0 or angle > 0.0:
            angle += (place - before + np.pi) % (2 * np.pi) - np.pi
        before = place
        path.append((np.degrees(angle), float(np.linalg.norm(drive.velocity))))
        if angle > 2 * np.pi - 0.03 or np.hypot(z, radius - y) < radius - 6.0:
            break
    return drive, path


@pytest.mark.parametrize(
    ("radius", "entry", "top", "exit_"),
    [
        (30.0, 80.0, 46.2, 71.9),
        (30.0, 90.0, 59.2, 79.1),
        (30.0, 110.0, 81.6, 93.8),
        (42.655, 90.0, 49.5, 83.9),
        (42.655, 110.0, 76.4, 99.8),
    ],
)
def test_a_fast_car_drives_a_full_loop_and_keeps_the_known_speed(radius: float, entry: float, top: float, exit_: float):
    drive, path = round_loop(radius, entry)
    angles, speeds = np.array(path).T
    assert angles[-1] > 358.0
    assert speeds[np.argmax(angles > 180.0)] == pytest.approx(top, rel=0.02)
    assert speeds[-1] == pytest.approx(exit_, rel=0.02)
    assert abs(float(drive.car["position"][0])) < 1.0e-4
    assert np.abs(drive.car["spin"][1:]).max() < 1.0e-4


@pytest.mark.parametrize(("radius", "entry"), [(30.0, 50.0), (30.0, 62.0), (42.655, 70.0)])
def test_a_slow_car_falls_off_the_loop(radius: float, entry: float):
    drive, path = round_loop(radius, entry)
    assert path[-1][0] < 355.0
    assert np.isfinite(drive.car["position"]).all()
    assert np.linalg.norm(drive.car["spin"]) < 20.0


def test_thrust_and_grip_hold_upside_down():
    """At the top of a pipe that presses the car, gas accelerates as on the road and full lock turns it."""
    radius = 40.0
    track = scene(pipe(radius, 90.0, 270.0))
    drive = Drive("TMNF", track=track).place((0.0, 2 * radius - 0.02, 0.0), yaw=180.0, roll=180.0, speed=100.0)
    before = drive.go(3, gas=True).kmh
    drive.go(10, steer=0.3, gas=True)
    assert drive.car["contact"].sum() == 4
    assert drive.kmh > before - 1.0
    assert float(drive.car["spin"][1]) < -0.08


def test_the_bottom_of_a_height_field_carries_like_a_road():
    """A plane of nodes and a plane in closed form give the same drive."""
    heights = np.add.outer(0.25 * 2.0 * np.arange(201), np.zeros(31)).astype(np.float32)
    nodes = Drive("TMNF", track=scene(field(heights), heights=heights.ravel()))
    flat = Drive("TMNF", track=scene(plane(0.0, 0.0, 0.25, z0=0.0, length=400.0, border_left=30.0, border_right=30.0)))
    for drive in (nodes, flat):
        drive.place((0.0, 5.02, 20.0), pitch=-np.degrees(np.arctan(0.25)), speed=30.0)
        drive.go(100, gas=True)
        drive.go(100, steer=0.5, gas=True)
    np.testing.assert_allclose(nodes.car["position"], flat.car["position"], atol=0.05)


BOWL = np.subtract.outer(np.zeros(101), 1.0 - np.minimum(((np.arange(17) - 8) / 6.0) ** 2, 1.0)).astype(np.float32)
TWIST = np.stack([np.zeros(17), np.linspace(0.0, 0.25, 17)])[None].astype(np.float32)
MIRRORS = {
    "bowl": (scene(field(BOWL), heights=BOWL.ravel()), scene(field(BOWL), heights=BOWL.ravel())),
    "bank": (scene(plane(0, 0.25, 0, **WIDE)), scene(plane(0, -0.25, 0, **WIDE))),
    "twist": tuple(
        scene(strip(surface=PROFILE, profile=0, u_per_m=1 / 200, length=200.0), profiles=TWIST * sign)
        for sign in (np.ones((2, 1)), np.array([[1.0], [-1.0]]))
    ),
    "pipe": (scene(deck(**{**WIDE, "length": 400.0}), loop(30.0)),) * 2,
}


@pytest.mark.parametrize("name", MIRRORS)
def test_mirrored_drives_stay_mirrored(name: str):
    drives = [Drive("TM2020", track=track) for track in MIRRORS[name]]
    for drive, sign in zip(drives, (1.0, -1.0), strict=True):
        drive.place((0.3 * sign, 0.1, 5.0 if name != "pipe" else -40.0), yaw=2.0 * sign, speed=60.0)
    for _ in range(12):
        for drive, sign in zip(drives, (1.0, -1.0), strict=True):
            drive.go(10, steer=0.2 * sign, gas=True)
        left, right = (drive.car["position"].astype(np.float64) for drive in drives)
        np.testing.assert_allclose(left * [-1, 1, 1], right, atol=5.0e-3)
