"""Laws measured on hundreds of human TMNF runs (and one of TM2020): slides, air, landing, free wheel."""

import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.plain import plain
from tmenv.constants import KMH_PER_MPS, TICK_S, Material

LEVEL_THRUST = {60: 15.8, 130: 10.91, 185: 10.91, 215: 6.95, 300: 6.95, 450: 5.46}
"""km/h -> m/s2 gained on level road: the measured 16, 11, 7, 5.5 less 30 times the body's pitch under thrust (rad)."""


@pytest.mark.parametrize(("kmh", "thrust"), LEVEL_THRUST.items())
def test_thrust_on_asphalt(kmh, thrust):
    drive = Drive("TMNF").start(kmh)
    drive.car["gear"] = 1 + sum(kmh > shift for shift in (101.7, 162.0, 235.1, 342.0))
    before = drive.forward_speed
    assert (drive.go(20, gas=True).forward_speed - before) / (20 * TICK_S) == pytest.approx(thrust, rel=0.015)


@pytest.mark.parametrize(("material", "share"), [(Material.DIRT, 0.9), (Material.GRASS, 0.4)])
def test_thrust_on_other_ground(material, share):
    drive = Drive("TMNF", track=plain(material)).start(60)
    before = drive.forward_speed
    assert (drive.go(20, gas=True).forward_speed - before) / (20 * TICK_S) == pytest.approx(15.8 * share, rel=0.05)


def test_four_wheel_slide_at_375_pulls_sideways_and_forward_as_measured():
    """Side speed 10 m/s, gas: side force 91 +- 2 m/s2, thrust 10.0 m/s2."""
    drive = Drive("TMNF").start(375)
    drive.go(5, gas=True)
    drive.car["slide"] = 1
    drive.car["velocity"][0] = 10.0
    side, ahead = drive.side_speed, drive.forward_speed
    drive.go(1, gas=True)
    assert -(drive.side_speed - side) / TICK_S == pytest.approx(91, abs=2)
    assert (drive.forward_speed - ahead) / TICK_S == pytest.approx(10.0, abs=0.2)
    assert drive.car["slide"].sum() == 4


def test_front_wheels_keep_sliding_at_full_lock_after_a_brake_tap():
    drive = Drive("TMNF").start(225)
    drive.go(60, steer=1.0, gas=True)
    assert drive.car["slide"].sum() == 0
    drive.go(10, steer=1.0, gas=True, brake=True)
    for _ in range(30):
        drive.go(1, steer=1.0, gas=True)
        assert drive.car["slide"].tolist()[:2] == [1, 1]
    drive.go(30, gas=True)
    assert drive.car["slide"].sum() == 0


def flying(yaw_rate: float) -> Drive:
    drive = Drive("TMNF").start()
    drive.car["position"][1] = 500.0
    drive.car["contact"], drive.car["damper"] = 0, 0.2
    drive.car["spin"] = [0.3, yaw_rate, 0.3]
    drive.car["ticks"] = 1
    return drive


def test_steering_with_the_yaw_holds_it_in_flight():
    drive = flying(0.5).go(100, steer=-1.0)  # left is negative steer and positive yaw
    assert drive.car["spin"][1] == pytest.approx(0.5, abs=1e-3)
    assert drive.car["spin"][0] < 0.29


def test_steering_against_the_yaw_damps_three_times_the_spin():
    free, against = flying(0.5), flying(0.5)
    against.car["steer"] = 1.0
    rates = [
        np.log(0.5 / drive.go(20, steer=steer).car["spin"][1]) / 0.2 for drive, steer in ((free, 0.0), (against, 1.0))
    ]
    spin = np.linalg.norm([0.3, 0.5, 0.3])
    assert rates[0] == pytest.approx(0.48 * (0.4 + 0.2 * spin), rel=0.08)
    assert rates[1] == pytest.approx(0.48 * (1.2 + 1.8 * spin), rel=0.08)


def test_brake_in_flight_stops_the_pitch_at_once():
    drive = flying(0.5).go(1, brake=True)
    assert drive.car["spin"][0] == 0.0
    assert drive.car["spin"][2] > 0.25


@pytest.mark.parametrize("brake", [False, True])
@pytest.mark.parametrize("game", ["TM2020", "TMNF"])
def test_a_released_pedal_brakes_in_flight_as_on_the_ground(game: str, brake: bool):
    """2 900 samples of 174 TMNF runs and 70 of TM2020: 1 + 0.3 v against the velocity, besides the drag of 0.03 v."""
    drive = Drive(game, track=plain(spawn_height=0.2)).start(200)
    drive.car["position"][1] = 500.0
    drive.car["velocity"] = (20.0, 10.0, 50.0)
    before = drive.velocity
    loss = (drive.go(1, brake=brake).velocity - before) / TICK_S + (0.0, 25.0, 0.0)
    speed = np.linalg.norm(before)
    assert loss == pytest.approx(-(1.0 + 0.33 * speed) * before / speed, rel=0.02)
    before = drive.velocity
    held = (drive.go(1, gas=True).velocity - before) / TICK_S + (0.0, 25.0, 0.0)
    assert held == pytest.approx(-0.03 * before, rel=0.02)


@pytest.mark.parametrize("normal_speed", [5.0, 10.0, 20.0])
def test_straight_landing_costs_no_tangential_speed_and_does_not_bounce(normal_speed):
    drive = Drive("TMNF").start(250)
    drive.car["gear"] = 4
    drive.car["position"][1] += 0.5
    drive.car["velocity"][1] = -normal_speed
    drive.until(lambda d: d.car["contact"].sum() == 4, gas=True)
    before = drive.forward_speed
    drive.go(20, gas=True)
    assert drive.forward_speed - before == pytest.approx(7.0 * 20 * TICK_S, abs=0.3)
    assert float(drive.velocity[1]) < 5.0


def test_rolling_on_a_free_wheel_loses_one_metre_per_second_squared():
    drive = Drive("TMNF").start(80)
    drive.car["free_wheel"] = 1
    before = drive.forward_speed
    assert (drive.go(50, gas=True).forward_speed - before) / (50 * TICK_S) == pytest.approx(-1.0, abs=0.02)


def test_full_lock_and_brake_shows_the_measured_side_speed_at_the_origin():
    """TM2020, about 150 km/h, full lock established, front wheels sliding: 1.3 to 1.7 m/s at the car's origin."""
    drive = Drive("TM2020").start(145)
    drive.go(60, steer=1.0, gas=True).go(8, steer=1.0, brake=True)
    at_origin = drive.side_speed - 0.2883 * float(drive.car["spin"][1])
    assert 1.3 <= abs(at_origin) <= 1.7
    assert drive.kmh / KMH_PER_MPS > 30
