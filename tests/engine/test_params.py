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
        assert set(item) - {"standard_error"} == {"value", "unit", "origin", "source"}, name
        assert item["origin"] in ORIGINS, name
        assert item["unit"], name
        assert item["source"], name
        assert np.isfinite(item["value"]).all(), name
        errors = [
            one for one in np.atleast_1d(np.array(item.get("standard_error"), object)).tolist() if one is not None
        ]
        assert all(error > 0.0 for error in errors), name
        assert item["origin"] == "fit" or not errors, name
    for surface in data["surfaces"].values():
        assert surface["origin"] in ORIGINS
        assert surface["source"]


@pytest.mark.parametrize("game", GAMES)
def test_tables_hold_the_knots_of_the_file(game):
    record, file = load_parameters(game)[0], read_parameters(game)["parameters"]
    limits, torques = file["grip_limit"]["value"], file["steer_torque"]["value"]
    assert record["grip_limit"][[0, 200, 450]] == pytest.approx([limits[0], limits[2], (limits[4] + limits[5]) / 2])
    assert record["steer_torque"][300] == pytest.approx(torques[5])
    assert record["tilt"][0] == pytest.approx(math.asin(0.5))
    assert record["upshift_speed"][0] == pytest.approx(101.7 / 3.6)
    assert record["surface_grip"][Material.ASPHALT] == 1.0


@pytest.mark.parametrize("game", GAMES)
def test_the_shipped_files_are_the_output_of_a_fit(game):
    data = read_parameters(game)
    assert {"date", "seed", "windows", "runs", "sha256", "median_m_after_1_s"} <= set(data["fit"])
    assert all(len(digest) == 64 for digest in data["fit"]["sha256"])
    fitted = [name for name, item in data["parameters"].items() if "standard_error" in item]
    assert {"gravity_air", "air_drag", "thrust_steps", "steer_torque", "grip_limit", "slide_limit"} <= set(fitted)


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
