import numpy as np
import pytest

from tmenv.task import actions
from tmenv_agents import controls


def test_keys_and_threshold_are_the_environments():
    assert controls.KEYS == actions.KEY_NAMES
    assert controls.PEDAL_THRESHOLD == actions.PEDAL_THRESHOLD


def test_every_kind_of_action_gives_steering_and_pedals():
    keys = controls.controls(np.array([2, 7]), "keys")
    assert (keys["steer"].tolist(), keys["gas"].tolist(), keys["brake"].tolist()) == (
        [1, -1],
        [True, False],
        [False, True],
    )
    two = controls.controls(np.array([[0.5, 1.0], [-0.25, -0.5]], np.float32), "steer_throttle")
    assert (two["steer"].tolist(), two["gas"].tolist(), two["brake"].tolist()) == (
        [0.5, -0.25],
        [True, False],
        [False, True],
    )
    three = controls.controls(np.array([[1.0, 0.05, -1.0]], np.float32), "gas_brake_steer")
    assert (three["steer"].tolist(), three["gas"].tolist(), three["brake"].tolist()) == ([-1.0], [True], [False])
    assert keys["steer"].dtype == two["steer"].dtype == np.float32
    assert keys["gas"].dtype == two["brake"].dtype == bool


def test_unknown_keys_do_not_pass():
    with pytest.raises(IndexError):
        controls.controls(np.array([12]), "keys")
