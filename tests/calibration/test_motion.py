"""Rotations and velocities of recorded cars."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tmenv.calibration.motion import FORWARD, LEFT, rotate, rotated, turned, velocities, yaw_of

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
