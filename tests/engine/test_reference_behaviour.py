"""The car's reference behaviours on flat ground, derived from the measured laws, with their tolerances."""

import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.plain import plain
from tmenv.constants import KMH_PER_MPS, TICK_S
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import CONTROL, Simulator

START_DELAY_S = 0.010
"""The tables of times do not count the first tick, in which the engine does not pull."""


@pytest.fixture(scope="module")
def drive() -> Drive:
    return Drive("TM2020")


@pytest.mark.parametrize(
    ("kmh", "time_s", "tolerance_s"),
    [(50, 0.88, 0.02), (100, 1.76, 0.02), (200, 4.80, 0.05), (300, 9.03, 0.0903), (400, 13.23, 0.1323)],
)
def test_full_gas_from_rest_reaches_each_speed_on_time(drive, kmh, time_s, tolerance_s):
    took = drive.start().until(lambda d: d.kmh >= kmh, gas=True) - START_DELAY_S
    assert took == pytest.approx(time_s, abs=tolerance_s)


@pytest.mark.parametrize(("kmh", "metres"), [(50, 6.1), (100, 24.5), (200, 148), (300, 441), (400, 849)])
def test_full_gas_from_rest_takes_the_known_distance(drive, kmh, metres):
    drive.start().until(lambda d: d.kmh >= kmh, gas=True)
    assert drive.distance == pytest.approx(metres, rel=0.02)


def test_first_gear_change_holds_the_speed_for_its_pause(drive):
    drive.start()
    speeds = np.array([drive.go(1, gas=True).kmh for _ in range(300)])
    pause = np.flatnonzero((speeds > 100.0) & (np.abs(np.gradient(speeds)) < 0.05))
    assert 0.26 <= len(pause) * TICK_S <= 0.31
    assert np.ptp(speeds[pause]) <= 0.6


YAW = [
    (100, 1.766),
    (125, 1.600),
    (175, 1.287),
    (225, 1.085),
    (275, 0.954),
    (325, 0.876),
    (375, 0.850),
    (425, 0.824),
    (475, 0.798),
]


@pytest.mark.parametrize(("kmh", "rate"), YAW)
@pytest.mark.parametrize("game", ["TM2020", "TMNF"])
def test_full_lock_turns_at_the_measured_rate(game, kmh, rate):
    """The speed is held by pulsing the gas, since full lock costs speed."""
    drive = Drive(game).start(kmh)
    for _ in range(150):
        drive.go(1, steer=1.0, gas=drive.kmh < kmh)
    steady = -float(drive.car["spin"][1])
    at_speed = np.interp(drive.kmh, [k for k, _ in YAW], [r for _, r in YAW])
    assert drive.kmh == pytest.approx(kmh, abs=6)
    assert steady == pytest.approx(at_speed, rel=0.015)
    assert steady == pytest.approx(rate, rel=0.04)


@pytest.mark.parametrize("kmh", [100, 150, 225, 325, 400])
def test_yaw_answers_a_steer_step_with_the_measured_delay(drive, kmh):
    drive.start(kmh)
    target = Drive("TM2020").start(kmh)
    for _ in range(100):
        target.go(1, steer=1.0, gas=target.kmh < kmh)
    steady = abs(float(target.car["spin"][1])) * kmh_ratio(target.kmh, kmh)
    rates = [abs(float(drive.go(1, steer=1.0, gas=drive.kmh < kmh).car["spin"][1])) for _ in range(40)]
    took = np.interp(0.632 * steady, rates, np.arange(1, 41) * TICK_S)
    assert 0.158 <= took <= 0.168


def kmh_ratio(now: float, wanted: float) -> float:
    """Ratio of steady yaw rates at two nearby speeds."""
    rates = np.interp([wanted, now], [k for k, _ in YAW], [r for _, r in YAW])
    return float(rates[0] / rates[1])


@pytest.mark.parametrize("game", ["TM2020", "TMNF"])
def test_coasting_follows_the_measured_drag(game):
    """dv/dt = -(1 + 0.3 v): from 100 to 50 km/h."""
    took = Drive(game).start(100).until(lambda d: d.kmh <= 50)
    v0, v1 = 100 / KMH_PER_MPS, 50 / KMH_PER_MPS
    assert took == pytest.approx(np.log((1 + 0.3 * v0) / (1 + 0.3 * v1)) / 0.3, rel=0.01)


STOPS = [(50, 1.32, 5.5), (100, 1.70, 13.3), (150, 2.03, 24.9), (200, 2.34, 39.7), (300, 2.87, 76.8), (400, 3.34, 122)]


@pytest.mark.parametrize(("kmh", "time_s", "metres"), STOPS)
def test_straight_braking_stops_in_the_reported_time_and_distance(drive, kmh, time_s, metres):
    took = drive.start(kmh).until(lambda d: d.forward_speed < 0.02, brake=True)
    assert took == pytest.approx(time_s, rel=0.03)
    assert drive.distance == pytest.approx(metres, rel=0.03)


def test_full_lock_and_brake_at_150_slides_the_front_wheels_only():
    drive = Drive("TM2020").start(150)
    before = drive.go(20, steer=1.0, gas=True).forward_speed
    speeds, sliding = [], []
    for _ in range(12):
        drive.go(1, steer=1.0, brake=True)
        speeds.append(drive.kmh / KMH_PER_MPS)
        sliding.append(int(drive.car["slide"].sum()))
    loss = -(speeds[-1] - speeds[3]) / (8 * TICK_S)
    assert before > 35
    assert sliding[4:] == [2] * 8
    assert drive.car["slide"].tolist() == [1, 1, 0, 0]
    assert 27 <= loss <= 34


def test_brake_tap_at_full_lock_and_high_speed_starts_a_four_wheel_slide():
    drive = Drive("TM2020").start(340)
    drive.go(60, steer=1.0, gas=True)
    before = drive.kmh
    for _ in range(30):
        drive.go(1, steer=1.0, gas=True, brake=True)
    assert drive.car["slide"].sum() == 4
    assert 12 <= abs(drive.side_speed) <= 17
    assert 3 <= before - drive.kmh <= 14


JUMPS = [
    (200, 10, 0.77, 41.6),
    (200, 20, 1.51, 77.0),
    (300, 20, 2.25, 170.7),
    (400, 10, 1.53, 163.8),
    (400, 20, 3.0, 299.1),
]


@pytest.mark.parametrize(("kmh", "degrees", "air_s", "range_m"), JUMPS)
def test_jumps_last_and_reach_as_measured_gravity_and_drag_say(kmh, degrees, air_s, range_m):
    drive = Drive("TM2020", track=plain(spawn_height=0.2))
    drive.start(kmh)
    speed, angle = kmh / KMH_PER_MPS, np.radians(degrees)
    drive.car["position"][1] = 1000.0  # far from the ground: the flight is cut at the launch height
    drive.car["velocity"] = [0.0, speed * np.sin(angle), speed * np.cos(angle)]
    heights, places = [1000.0], [0.0]
    while heights[-1] >= 1000.0 or len(heights) == 1:
        drive.go(1, gas=True)  # a released pedal brakes in flight, too
        heights.append(float(drive.car["position"][1]))
        places.append(drive.distance)
    share = (heights[-2] - 1000.0) / (heights[-2] - heights[-1])
    assert (len(heights) - 2 + share) * TICK_S == pytest.approx(air_s, rel=0.01)
    assert places[-2] + share * (places[-1] - places[-2]) == pytest.approx(range_m, rel=0.015)


@pytest.mark.parametrize("game", ["TM2020", "TMNF"])
def test_car_at_rest_stays_at_its_rest_height(game):
    drive = Drive(game).start().go(1000)
    origin_height = float(drive.car["position"][1]) - 0.4385
    assert origin_height == pytest.approx(0.015, abs=0.002)
    assert abs(drive.distance) < 0.01
    assert drive.car["damper"] == pytest.approx(0.0125, abs=0.001)
    assert drive.car["contact"].tolist() == [1, 1, 1, 1]


def test_mirrored_inputs_give_mirrored_paths():
    right, left = Drive("TM2020").start(200), Drive("TM2020").start(200)
    for step in range(100):
        steer = float(np.sin(step / 9))
        brake = step % 31 > 27
        right.go(5, steer=steer, gas=True, brake=brake)
        left.go(5, steer=-steer, gas=True, brake=brake)
    assert right.car["position"][[1, 2]] == pytest.approx(left.car["position"][[1, 2]], abs=1e-4)
    assert right.car["position"][0] == pytest.approx(-left.car["position"][0], abs=1e-4)


def test_a_million_random_ticks_stay_finite_and_below_the_cap():
    rng = np.random.default_rng(0)
    cars, ticks, hold = 200, 50, 100
    simulator = Simulator(plain(), load_parameters("TM2020"), cars)
    for _ in range(hold):
        controls = np.zeros((cars, ticks), CONTROL)
        controls["steer"] = rng.uniform(-1, 1, (cars, 1))
        controls["gas"], controls["brake"] = rng.random((cars, 1)) < 0.8, rng.random((cars, 1)) < 0.2
        simulator.drive(controls)
        for name in ("position", "velocity", "spin", "rotation", "damper"):
            assert np.isfinite(simulator.cars[name]).all()
        assert (np.linalg.norm(simulator.cars["velocity"], axis=1) <= 1.01 * 1000 / KMH_PER_MPS).all()


@pytest.mark.parametrize("steer", [0.0, 0.5, 1.0])
def test_energy_never_grows_with_the_pedals_released(steer):
    drive = Drive("TM2020").start(250)
    speeds = [drive.go(5, steer=steer).kmh for _ in range(150)]
    assert (np.diff(speeds) <= 0.01).all()


def test_first_step_with_thrust_is_the_second_tick():
    drive = Drive("TM2020").start()
    assert abs(drive.go(1, gas=True).forward_speed) < 0.01
    assert drive.go(1, gas=True).forward_speed == pytest.approx(0.158, abs=0.01)
