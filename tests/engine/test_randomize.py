"""Cars drawn within what is known about the parameters."""

import numpy as np
import pytest

from tmenv.constants import GAMES
from tmenv.engine.params import load_parameters, read_parameters
from tmenv.engine.params.randomize import FURTHEST, WIDTHS, draw_parameters, drawn
from tmenv.errors import ConfigError


@pytest.mark.parametrize("game", GAMES)
def test_a_seed_draws_the_same_car_and_another_seed_another(game):
    assert draw_parameters(game, 3).tobytes() == draw_parameters(game, 3).tobytes()
    assert draw_parameters(game, 3).tobytes() != draw_parameters(game, 4).tobytes()


@pytest.mark.parametrize("game", GAMES)
def test_a_drawn_car_stays_near_the_nominal_one_and_keeps_its_shape(game):
    nominal, other = load_parameters(game)[0], draw_parameters(game, 0)[0]
    for name in ("com_up", "wheel_radius", "hull_left", "substep_cap", "time_step_ms", "steer_slew"):
        assert np.array_equal(nominal[name], other[name]), name
    assert other["gravity_ground"] == pytest.approx(nominal["gravity_ground"], rel=0.08)
    assert other["grip_limit"][250] == pytest.approx(nominal["grip_limit"][250], rel=0.08)
    assert np.isfinite(other["thrust"]).all()


def test_what_is_assumed_varies_more_than_what_is_fitted():
    rng = np.random.default_rng(0)
    data = read_parameters("TMNF")
    assert data["parameters"]["hull_friction"]["origin"] == "assumed"
    draws = [drawn(data, rng)["parameters"] for _ in range(200)]
    spread = {
        name: np.std([d[name]["value"] for d in draws]) / data["parameters"][name]["value"]
        for name in draws[0]
        if np.ndim(data["parameters"][name]["value"]) == 0 and data["parameters"][name]["value"]
    }
    assert spread["hull_friction"] == pytest.approx(WIDTHS["assumed"], rel=0.3)
    assert spread["hull_friction"] > 3 * spread["tyre_stiffness"]
    assert spread["com_up"] < 1e-9
    furthest = max(abs(d["hull_friction"]["value"] / data["parameters"]["hull_friction"]["value"] - 1) for d in draws)
    assert furthest <= FURTHEST * WIDTHS["assumed"] + 1e-9


def test_an_unknown_game_is_refused():
    with pytest.raises(ConfigError, match="TM1"):
        draw_parameters("TM1", 0)
