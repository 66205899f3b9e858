"""Rotations and velocities of recorded cars."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.plain import plain
from tmenv.calibration.motion import FORWARD, LEFT, gears, rotate, rotated, turned, velocities, yaw_of
from tmenv.constants import Material
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import CONTROL, Simulator

angles = st.floats(-1.2, 1.2)


def quaternion(x: float, y: float, z: float) -> np.ndarray:
    return rotated(np.array([[0.0, 0.0, 0.0, 1.0]]), np.array([[x, y, z]]))


@given(angles, angles, angles, angles, angles, angles)
def test_a_turn_is_found_again(x, y, z, a, b, c):
    before, turn = quaternion(x, y, z), np.array([[a, b, c]])
    assert np.allclose(turned(before, rotated(before, turn)), turn, atol=1e-9)


@given(angles, angles, angles)
def test_rotation_keeps_lengths_and_right_angles(x, y, z):
    q = quaternion(x, y, z)
    left, forward = rotate(q, LEFT)[0], rotate(q, FORWARD)[0]
    assert np.allclose([left @ left, forward @ forward, left @ forward], [1.0, 1.0, 0.0], atol=1e-12)


def test_turning_left_is_a_positive_yaw():
    assert np.allclose(yaw_of(quaternion(0.0, 0.3, 0.0)), 0.3)
    assert np.allclose(rotate(quaternion(0.0, np.pi / 2, 0.0), FORWARD), [[1.0, 0.0, 0.0]])


def test_velocity_of_a_smooth_path_is_exact_to_fourth_order():
    time = np.arange(12) * 0.1
    path = np.stack([time**4, np.zeros(12), 3.0 * time], axis=1)
    found = velocities(path, 0.1)
    assert np.allclose(found[2:-2, 0], 4.0 * time[2:-2] ** 3)
    assert np.allclose(found[:, 2], 3.0)


def test_gears_of_recorded_speeds_are_those_of_the_engine():
    simulator = Simulator(plain(Material.ASPHALT), load_parameters("TMNF"))
    tape = np.zeros((1, 3000), CONTROL)
    tape["gas"][:, :1500] = tape["gas"][:, 2000:2800] = 1
    tape["brake"][:, 1700:2000] = 1
    driven = np.zeros(tape.shape[1], [("speed", float), ("gear", int), ("shifting", bool)])
    for tick in range(len(driven)):
        car = simulator.cars[0]
        driven["speed"][tick] = rotate(car["rotation"][None], FORWARD)[0] @ car["velocity"]
        simulator.drive(tape[:, tick : tick + 1])
        driven["gear"][tick] = car["gear"]
        driven["shifting"][tick] = car["shift_delay"] > 0 or car["shift_rpm"] > 0
    params = simulator.world["params"][0]
    known = gears(driven["speed"], np.arange(len(driven)) == 0, params["upshift_speed"], params["downshift_speed"])
    settled = ~driven["shifting"] & (driven["speed"] > 1.0)  # a shift waits for the one before it
    np.testing.assert_array_equal(known[settled], driven["gear"][settled])
    assert set(known.tolist()) == {1, 2, 3, 4, 5}
    by_speed = 1 + (driven["speed"][:, None] > params["upshift_speed"]).sum(axis=1)
    assert (by_speed[settled] < known[settled]).any()


def test_every_run_begins_in_the_gear_of_its_speed():
    speed, begins = np.array([30.0, 27.0, 27.0, 30.0]), np.array([True, False, True, False])
    assert gears(speed, begins, np.array([28.0]), np.array([25.0])).tolist() == [2, 2, 1, 2]
