"""Cars drawn within what is known about the parameters."""

import numpy as np
import pytest

from tmenv.constants import GAMES
from tmenv.engine.params import load_parameters, read_parameters
from tmenv.engine.params.randomize import FURTHEST, LEAST, WIDTHS, Randomizer


def draw(game: str, seed: int) -> np.ndarray:
    return Randomizer(read_parameters(game)).draw(np.random.default_rng(seed))


@pytest.mark.parametrize("game", GAMES)
def test_a_seed_draws_the_same_car_and_another_seed_another(game):
    assert draw(game, 3).tobytes() == draw(game, 3).tobytes()
    assert draw(game, 3).tobytes() != draw(game, 4).tobytes()


@pytest.mark.parametrize("game", GAMES)
def test_a_drawn_car_stays_near_the_nominal_one_and_keeps_its_shape(game):
    nominal, other = load_parameters(game)[0], draw(game, 0)[0]
    for name in ("com_up", "wheel_radius", "hull_left", "substep_cap", "time_step_ms", "steer_slew"):
        assert np.array_equal(nominal[name], other[name]), name
    assert other["gravity_ground"] == pytest.approx(nominal["gravity_ground"], rel=0.08)
    assert other["grip_limit"][250] == pytest.approx(nominal["grip_limit"][250], rel=0.08)
    assert np.isfinite(other["thrust"]).all()


def test_what_is_assumed_varies_more_than_what_is_fitted():
    data = read_parameters("TMNF")
    data["parameters"]["hull_friction"] |= {"value": 0.3, "origin": "assumed", "standard_error": None}
    data["parameters"]["tyre_stiffness"] |= {"value": 20.0, "origin": "fit", "standard_error": 0.2}
    data["parameters"]["gravity_air"] |= {"value": 25.0, "origin": "fit", "standard_error": 1e-6}
    source, rng = Randomizer(data), np.random.default_rng(0)
    draws = [source.draw(rng)[0] for _ in range(200)]
    spread = {
        name: np.std([d[name] for d in draws]) / data["parameters"][name]["value"]
        for name in ("hull_friction", "tyre_stiffness", "gravity_air")
    }
    assert spread["hull_friction"] == pytest.approx(WIDTHS["assumed"], rel=0.3)
    assert spread["tyre_stiffness"] == pytest.approx(0.01, rel=0.3)
    assert spread["gravity_air"] == pytest.approx(LEAST, rel=0.3)
    furthest = max(abs(d["hull_friction"] / 0.3 - 1) for d in draws)
    assert furthest <= FURTHEST * WIDTHS["assumed"] + 1e-6
