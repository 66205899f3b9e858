"""TMNF ghosts that the builder wrote."""

import numpy as np
import pytest

from tests.gbx.ghost_builder import ghost_file, tmnf_ghost
from tmenv.errors import GbxError
from tmenv.gbx import Driver, Ghost, read_ghost

POSITIONS = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
RIGHT, LEFT = 0x00FF0000, 0x00010000
"""Stored data of analog events at full deflection."""


def ghost_of(positions=POSITIONS, events=(), **changes) -> Ghost:
    return read_ghost(ghost_file(tmnf_ghost(positions, events, **changes)))


def inputs_of(*events, race_time_ms=100) -> np.ndarray:
    return ghost_of(events=[(0, "_FakeIsRaceRunning", 1), *events], race_time_ms=race_time_ms).inputs


def test_samples_keep_times_and_positions():
    samples = ghost_of().samples
    np.testing.assert_allclose(samples["time_s"], [0, 0.1, 0.2])
    np.testing.assert_array_equal(samples["position"], POSITIONS)
    np.testing.assert_array_equal(samples["velocity"], 0)
    np.testing.assert_allclose(samples["rotation"], [[0, 0, 0, 1]] * 3, atol=1e-6)


def test_samples_end_with_the_race():
    assert len(ghost_of(race_time_ms=150).samples) == 2


def test_wheels_are_in_the_order_front_left_front_right_rear_right_rear_left():
    samples = ghost_of(fields={58: 0x80, 59: 0b00_10_01_00, 50: 1, 52: 2, 54: 3, 56: 4, 49: 255}).samples
    np.testing.assert_array_equal(samples["contact"][0], [True, False, False, True])
    np.testing.assert_array_equal(samples["slide"][0], [False, False, True, False])
    np.testing.assert_array_equal(samples["material"][0], [1, 2, 3, 4])
    np.testing.assert_allclose(samples["damper"][0], [2, -2, -2, -2])
    assert samples["on_ground"].all()


def test_only_the_gear_is_masked():
    samples = ghost_of().samples
    assert {name for name in samples.dtype.names if np.ma.getmaskarray(samples[name]).any()} == {"gear"}


def test_events_keep_stored_values_with_the_sign_of_the_game():
    events = [
        (0, "_FakeIsRaceRunning", 1),
        (10, "Accelerate", 128),
        (20, "Steer", RIGHT),
        (25, "Steer", LEFT),
        (30, "Steer", 1000),
        (40, "Steer", 0x00FFFC18),
        (50, "Gas", RIGHT),
    ]
    read = ghost_of(events=events).events
    assert read["value"].tolist() == [1, 1, 65536, -65536, -1000, 1000, 65536]
    assert read["time_ms"].tolist() == [0, 10, 20, 25, 30, 40, 50]
    assert read["name"].tolist() == [name for _, name, _ in events]


def test_a_mark_turns_the_sign_of_steering():
    events = [(0, "_FakeDontInverseAxis", 1), (10, "Steer", RIGHT), (20, "Gas", LEFT)]
    assert ghost_of(events=events).events["value"].tolist() == [1, -65536, -65536]


def test_keys_that_know_their_pressure_count_fully_down():
    rows = inputs_of((10, "AccelerateReal", 1 << 16), (20, "AccelerateReal", 0x00FF8000), (30, "BrakeReal", 1 << 16))
    np.testing.assert_array_equal(rows["gas"][:5], [0, 1, 0, 0, 0])
    np.testing.assert_array_equal(rows["brake"][:5], [0, 0, 0, 1, 1])


def test_times_count_from_the_start_of_the_race():
    events = [(65035, "Accelerate", 1), (65535, "_FakeIsRaceRunning", 1), (65545, "Brake", 1)]
    assert ghost_of(events=events).events["time_ms"].tolist() == [-500, 0, 10]


def test_inputs_hold_from_the_next_whole_tick_on():
    inputs = inputs_of((-50, "Brake", 1), (11, "Accelerate", 1), (40, "Accelerate", 0))
    assert inputs["time_ms"].tolist() == list(range(0, 100, 10))
    assert inputs["gas"].tolist() == [False, False, True, True] + [False] * 6
    assert not inputs["brake"].any()


def test_left_wins_over_right():
    inputs = inputs_of((10, "SteerRight", 1), (20, "SteerLeft", 1), (40, "SteerLeft", 0), (50, "SteerRight", 0))
    np.testing.assert_array_equal(inputs["steer"][:6], [0, 1, -1, -1, 1, 0])


def test_the_newest_of_keys_and_axes_wins():
    steer = inputs_of((10, "Steer", RIGHT), (20, "SteerLeft", 1), (30, "SteerLeft", 0), (40, "Steer", LEFT))["steer"]
    np.testing.assert_array_equal(steer[:5], [0, 1, -1, 0, -1])
    gas = inputs_of((10, "Accelerate", 1), (20, "Gas", RIGHT), (30, "Accelerate", 1))["gas"]
    np.testing.assert_array_equal(gas[:4], [False, True, False, True])


@pytest.mark.parametrize(
    ("stored", "gas", "brake"),
    [(19661, True, False), (19660, False, False), (-19661 & 0xFFFFFF, False, True), (-19660 & 0xFFFFFF, False, False)],
)
def test_analog_gas_is_a_switch_at_three_tenths(stored, gas, brake):
    inputs = inputs_of((0, "Gas", stored))
    assert (inputs["gas"][0], inputs["brake"][0]) == (gas, brake)


def test_two_events_of_one_tick_leave_the_later_state():
    assert inputs_of((11, "Accelerate", 1), (19, "Accelerate", 0))["gas"].sum() == 0


def test_respawns_are_pressed_at_one_tick():
    respawn = inputs_of((33, "Respawn", 1), (51, "Respawn", 0))["respawn"]
    assert np.flatnonzero(respawn).tolist() == [4]


def test_inputs_of_an_unfinished_run_end_with_its_last_event():
    ghost = ghost_of(events=[(0, "Accelerate", 1), (35, "Brake", 1)], race_time_ms=-1)
    assert ghost.race_time_ms is None
    assert len(ghost.inputs) == 4


def test_old_class_ids_read_alike():
    events = [(0, "Accelerate", 1)]
    new, old = ghost_of(events=events), ghost_of(events=events, old_ids=True)
    np.testing.assert_array_equal(new.samples, old.samples)
    assert (new, new.driver()) == (old, old.driver())


def test_fields_and_driver():
    ghost = ghost_of()
    assert (ghost.game, ghost.vehicle, ghost.respawns, ghost.race_time_ms) == ("TMNF", "StadiumCar", 1, 1000)
    assert ghost.checkpoint_times_ms == (500, 1000)
    assert ghost.driver() == Driver("secret login", "Nick")
    assert "secret" not in repr(ghost)


def test_ghost_without_samples_and_inputs_is_empty():
    ghost = ghost_of(positions=np.zeros((0, 3)))
    assert (len(ghost.samples), len(ghost.inputs), len(ghost.events)) == (0, 0, 0)


def test_race_of_a_year_is_refused_before_its_inputs_are_made():
    ghost = ghost_of(events=[(0, "Accelerate", 1)], race_time_ms=2**31 - 1)
    with pytest.raises(GbxError, match="at most 7200 s of inputs"):
        _ = ghost.inputs
