"""The parameter files: complete, documented, and loaded in the right units."""

import math

import numpy as np
import pytest

from tmenv.constants import GAMES, Material
from tmenv.engine.params import load_parameters, read_parameters
from tmenv.errors import ConfigError

ORIGINS = {"fit", "reported", "assumed"}


@pytest.mark.parametrize("game", GAMES)
def test_every_value_states_unit_origin_and_source(game):
    data = read_parameters(game)
    for name, item in data["parameters"].items():
        assert set(item) == {"value", "unit", "origin", "source"}, name
        assert item["origin"] in ORIGINS, name
        assert item["unit"], name
        assert item["source"], name
        assert np.isfinite(item["value"]).all(), name
    for surface in data["surfaces"].values():
        assert surface["origin"] in ORIGINS
        assert surface["source"]


@pytest.mark.parametrize("game", GAMES)
def test_tables_hold_the_knots_of_the_file(game):
    record = load_parameters(game)[0]
    assert record["grip_limit"][[0, 200, 450]] == pytest.approx([80.0, 75.0, 57.5])
    assert record["steer_torque"][300] == pytest.approx(4.25)
    assert record["tilt"][0] == pytest.approx(math.asin(0.5))
    assert record["upshift_speed"][0] == pytest.approx(101.7 / 3.6)
    assert record["surface_grip"][Material.ASPHALT] == 1.0


def test_damper_lines_pass_through_the_reported_knots():
    record = load_parameters("TMNF")[0]

    def factor(damper: float) -> float:
        lines = record["damper_grip_at_zero"] + record["damper_grip_slope"] * damper
        return min(1.0, float(lines.max()))

    assert [factor(0.7 * (1 - x)) for x in (0.0, 0.6, 0.975, 1.0)] == pytest.approx([0.1, 0.3, 1.0, 1.0], abs=1e-5)


def test_changes_replace_values_and_unknown_names_are_refused():
    assert load_parameters("TMNF", gravity_air=9.81)["gravity_air"][0] == pytest.approx(9.81)
    with pytest.raises(ConfigError, match="gravty"):
        load_parameters("TMNF", gravty_air=9.81)
    with pytest.raises(ConfigError, match="TM1"):
        load_parameters("TM1")
