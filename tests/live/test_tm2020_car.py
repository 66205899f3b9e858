"""What a plugin says of a car, and the simulator's car: one into the other and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.live.recorded import Recording
from tmenv.engine.params import load_parameters
from tmenv.live.pose import matrix_of, quaternion_of
from tmenv.live.standin.race import Race
from tmenv.live.tm2020.car import car_of, state_of
from tmenv.live.tm2020.dialects import by_name
from tmenv.live.tm2020.state import is_sane
from tmenv.track import load

PARAMS = load_parameters("TM2020")[0]


@given(st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_a_rotation_survives_its_matrix(numbers: list[float]):
    quaternion = np.array(numbers) / np.linalg.norm(numbers)
    back = quaternion_of(matrix_of(quaternion))
    assert abs(back @ quaternion) == pytest.approx(1.0, abs=1e-9)
    assert back[3] >= 0.0


def test_a_simulated_car_survives_the_telemetry():
    race = Race(load("tm2020-first-drive", "TM2020"), 0)
    for _ in range(300):
        race.tick(0.3, True, False)
    back = car_of(state_of(race.car, race.params), race.params)
    np.testing.assert_allclose(back["position"], race.car["position"], atol=1e-3)
    assert abs(back["rotation"] @ race.car["rotation"]) == pytest.approx(1.0, abs=1e-5)
    for name in ("velocity", "damper", "contact", "gear", "rpm", "steer", "gas", "ticks", "race_time_ms", "material"):
        np.testing.assert_allclose(back[name], race.car[name], err_msg=name)


def test_the_simulated_car_is_sane(recording: Recording):
    assert all(is_sane(state) for state in recording.states)


def test_a_dialect_without_axes_gives_a_level_car(recording: Recording):
    tmrl = by_name("tmrl")
    car = car_of(tmrl.state(tmrl.rows(tmrl.pack(recording.states[-1], 0.0))[0]), PARAMS)
    np.testing.assert_allclose(matrix_of(car["rotation"])[:, 1], [0.0, 1.0, 0.0], atol=1e-6)
    assert np.isfinite(car["position"]).all()
    assert (car["velocity"] == 0.0).all()
