"""TMInterface's simulation state: our offsets against the structs of the package that others wrote."""

import importlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.live.absent import need
from tmenv.live.standin import savestate
from tmenv.live.standin.race import Race
from tmenv.live.tmnf.car import car_of
from tmenv.live.tmnf.compact import COMPACT, compact_from_bytes, compact_of
from tmenv.live.tmnf.simstate import (
    EVENT_NAMES,
    SIM_STATE,
    SPARE,
    SimState,
    event_payload,
    event_value,
)
from tmenv.live.wire import WireError
from tmenv.track import load

PLAYER = "player_info."
CAR = "scene_mobil."
BODY = "dyna.current_state."
THEIRS = {
    "version": "version",
    "context_mode": "context_mode",
    "flags": "flags",
    "timers": "timers",
    "quaternion": BODY + "quat",
    "rotation": BODY + "rotation",
    "position": BODY + "position",
    "velocity": BODY + "linear_speed",
    "spin": BODY + "angular_speed",
    "input_gas": CAR + "input_gas",
    "input_brake": CAR + "input_brake",
    "input_steer": CAR + "input_steer",
    "gearbox_state": CAR + "gearbox_state",
    "max_rpm": CAR + "engine.max_rpm",
    "rpm": CAR + "engine.actual_rpm",
    "gear": CAR + "engine.gear",
    "turning_rate": CAR + "turning_rate",
    "turbo_boost": CAR + "turbo_boost_factor",
    "free_wheeling": CAR + "is_freewheeling",
    "sliding": CAR + "is_sliding",
    "local_velocity": CAR + "current_local_speed",
    "race_start_time": PLAYER + "race_start_time",
    "race_time": PLAYER + "race_time",
    "race_best_time": PLAYER + "race_best_time",
    "current_checkpoint": PLAYER + "cur_checkpoint",
    "current_time": PLAYER + "current_time",
    "race_state": PLAYER + "race_state",
    "lap_checkpoints": PLAYER + "cur_lap_cp_count",
    "checkpoints": PLAYER + "cur_cp_count",
    "lap": PLAYER + "cur_lap",
    "race_finished": PLAYER + "race_finished",
    "display_speed": PLAYER + "display_speed",
    "finish_not_passed": PLAYER + "finish_not_passed",
    "countdown_time": PLAYER + "countdown_time",
    "respawns": "num_respawns",
}
"""Our field -> the package's."""
THEIR_WHEEL = {
    "damper": "damper_absorb",
    "contact": "has_ground_contact",
    "material": "contact_material_id",
    "sliding": "is_sliding",
}
BOOLEANS = {"free_wheeling", "sliding", "race_finished", "finish_not_passed"}


@pytest.fixture(scope="module")
def structs():
    """The package's structs: tminterface 1.0.2, of the extra ``judges``."""
    need("tminterface", "pip install tmenv[judges]")
    return importlib.import_module("tminterface.structs")


@pytest.fixture(scope="module")
def race() -> Race:
    """A race, three seconds in."""
    race = Race(load("tmnf-first-drive", "TMNF"), 0)
    for _ in range(300):
        race.tick(0.02, True, False)
    return race


def their_value(state, path: str) -> np.ndarray:
    for name in path.split("."):
        state = getattr(state, name)
    return np.asarray(state.to_numpy() if hasattr(state, "to_numpy") else state)


def distinct_state(seed: int) -> SimState:
    """Every field different from every other, so that a wrong offset shows."""
    random = np.random.default_rng(seed)
    state = SimState(3, 5)
    for name in SIM_STATE.names or ():
        if name not in ("wheels", "events"):
            integer = SIM_STATE[name].base.kind in "iu"
            size = SIM_STATE[name].shape
            state.fields[name] = random.integers(1, 1 << 30, size) if integer else random.normal(size=size)
    for name in BOOLEANS:
        state.fields[name] = random.integers(0, 2)
    for name in THEIR_WHEEL:
        state.fields["wheels"][name] = random.integers(0, 2, 4)
    state.fields["wheels"]["material"] = random.integers(0, 30, 4)
    state.passed[:] = 1, 0, 1
    state.times["time"][:2] = 1230, 4560
    return state


@pytest.mark.parametrize("seed", range(3))
def test_the_packages_structs_read_what_we_write(structs, seed: int):
    ours = distinct_state(seed)
    theirs = structs.SimStateData(bytearray(ours.to_bytes()[: SIM_STATE.itemsize]))
    for name, path in THEIRS.items():
        np.testing.assert_array_equal(their_value(theirs, path), ours.fields[name], err_msg=name)
    for wheel in range(4):
        real_time = theirs.simulation_wheels[wheel].real_time_state
        for name, field in THEIR_WHEEL.items():
            assert getattr(real_time, field) == ours.fields["wheels"][name][wheel], name


def test_the_packages_structs_read_our_inputs(structs):
    state = SimState(1, 1)
    shown = {"accelerate": 1, "brake": 0, "left": 1, "right": 0, "steer": -65536, "gas": 65536}
    for name, value in shown.items():
        state.fields["events"][EVENT_NAMES.index(name)] = (101_000, event_value(name, value))
    theirs = structs.SimStateData(bytearray(state.to_bytes()[: SIM_STATE.itemsize]))
    read = {name: int(getattr(theirs, f"input_{name}")) for name in shown}
    assert read == shown
    assert theirs.input_steer_event.time == 101_000


def test_we_read_what_the_packages_structs_write(structs):
    theirs = structs.SimStateData(bytearray(SIM_STATE.itemsize))
    theirs.dyna.current_state.position = [1.0, 2.0, 3.0]
    theirs.dyna.current_state.linear_speed = [4.0, 5.0, 6.0]
    theirs.scene_mobil.engine.actual_rpm = 9876.5
    theirs.player_info.race_time = -2600
    theirs.player_info.cur_cp_count = 7
    ours = SimState.from_bytes(bytes(theirs.data[: SIM_STATE.itemsize]) + bytes(12)).fields
    assert ours["position"].tolist() == [1.0, 2.0, 3.0]
    assert ours["velocity"].tolist() == [4.0, 5.0, 6.0]
    assert (ours["rpm"], ours["race_time"], ours["checkpoints"]) == (9876.5, -2600, 7)


def test_the_packages_checkpoints_follow_the_fixed_part(structs):
    ours = distinct_state(0).to_bytes()[SIM_STATE.itemsize :]
    theirs = structs.CheckpointData([True, False, True], [structs.CheckpointTime() for _ in range(5)])
    assert len(ours) == 4 + 4 + 3 * 4 + 4 + 5 * 8
    assert theirs.cp_states_length == int.from_bytes(ours[4:8], "little")
    assert theirs.cp_times_length == int.from_bytes(ours[20:24], "little")


def test_no_known_field_lies_in_the_spare_bytes(structs):
    marked = bytearray(SIM_STATE.itemsize)
    marked[SPARE] = b"\xff" * (SPARE.stop - SPARE.start)
    theirs = structs.SimStateData(marked)
    for path in THEIRS.values():
        assert not their_value(theirs, path).any(), path


@given(st.integers(0, 20), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_a_state_keeps_every_byte(passed: int, times: int, seed: int):
    data = SimState(passed, times, np.random.default_rng(seed).bytes(SIM_STATE.itemsize)).to_bytes()
    assert len(data) == 8356 + 4 * passed + 8 * times
    assert SimState.from_bytes(data).to_bytes() == data


@given(st.binary(max_size=200))
def test_broken_states_are_refused(tail: bytes):
    for data in (tail, bytes(SIM_STATE.itemsize) + tail):
        try:
            state = SimState.from_bytes(data)
        except WireError:
            continue
        assert state.to_bytes() == data


@given(st.sampled_from(["steer", "gas"]), st.integers(-65536, 65536))
def test_analog_inputs_survive_their_coding(name: str, value: int):
    assert event_payload(name, event_value(name, value)) == value


def test_the_finish_can_be_forgotten():
    state = SimState(1, 2)
    state.times["time"] = 1000, 2000
    assert state.mark_unfinished()
    assert state.times["time"].tolist() == [1000, -1]
    assert not SimState(0, 0).mark_unfinished()


def test_the_compact_state_is_the_same_in_less(race: Race):
    fields = SimState.from_bytes(savestate.save(race, 3000)).fields
    compact = compact_from_bytes(compact_of(fields).tobytes() + b"appended by a newer plugin")
    assert COMPACT.itemsize == 188
    for name in COMPACT.names or ():
        if name != "wheels":
            np.testing.assert_array_equal(compact[name], fields[name])
    with pytest.raises(WireError, match="187 bytes"):
        compact_from_bytes(bytes(187))


def test_the_simulators_car_survives_the_games_state():
    race = Race(load("tmnf-first-drive", "TMNF"), 0)
    for _ in range(250):
        race.tick(0.3, True, False)
    back = car_of(compact_of(SimState.from_bytes(savestate.save(race, 2500)).fields), race.params)
    np.testing.assert_allclose(back["position"], race.car["position"], atol=1e-3)
    np.testing.assert_allclose(back["spin"], race.car["spin"], atol=1e-5)
    assert abs(back["rotation"] @ race.car["rotation"]) == pytest.approx(1.0, abs=1e-5)
    same = ("velocity", "damper", "contact", "slide", "material", "steer", "gas", "brake", "gear", "rpm", "free_wheel")
    for name in (*same, "ticks", "race_time_ms", "laps", "checkpoints", "finished"):
        np.testing.assert_array_equal(back[name], race.car[name], err_msg=name)


def test_a_saved_race_goes_on_bit_for_bit(race: Race):
    saved = savestate.save(race, 3000)
    for _ in range(100):
        race.tick(-0.1, True, False)
    first = race.car.tobytes()
    assert savestate.load(race, saved) == 3000
    for _ in range(100):
        race.tick(-0.1, True, False)
    assert race.car.tobytes() == first


def test_a_client_may_move_the_car(race: Race):
    state = SimState.from_bytes(savestate.save(race, 3000))
    state.fields["position"] += np.array([0.0, 5.0, 0.0], np.float32)
    state.fields["velocity"] = (1.0, 2.0, 3.0)
    savestate.load(race, state.to_bytes())
    moved = SimState.from_bytes(savestate.save(race, 3000)).fields
    np.testing.assert_allclose(moved["position"], state.fields["position"], atol=1e-4)
    np.testing.assert_allclose(moved["velocity"], (1.0, 2.0, 3.0))
