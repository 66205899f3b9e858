"""Windows of runs that our own simulator drove: it must find its own path, and a fit its own parameters."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.calibration.recordings import write_runs
from tmenv.calibration.dataset import read_dataset
from tmenv.calibration.evaluate import Bench, evaluate
from tmenv.calibration.fit import fit
from tmenv.calibration.record import record
from tmenv.calibration.split import Split
from tmenv.calibration.values import borrowed, changed, get
from tmenv.cli import main
from tmenv.engine.params import make_record, read_parameter_file, read_parameters
from tmenv.errors import ConfigError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs")
    write_runs(place / "some.npz")
    return place


@pytest.fixture(scope="module")
def bench(folder: Path) -> Bench:
    return Bench(read_dataset(folder, "TMNF"), (0.5, 1.0))


def test_the_simulator_follows_its_own_recordings(bench: Bench):
    report = evaluate(bench, read_parameters("TMNF"))
    for horizon, most in (("0.5", 0.02), ("1.0", 0.05)):
        assert report["strata"]["all"][horizon]["median_m"] < most
    assert report["strata"]["all"]["1.0"]["n"] >= 30
    velocity, circle = (report["baselines"][name]["all"]["1.0"]["median_m"] for name in report["baselines"])
    assert velocity > circle > report["strata"]["all"]["1.0"]["median_m"]


def test_ablations_are_worse_than_the_law(bench: Bench):
    table = evaluate(bench, read_parameters("TMNF"))["ablations"]
    for change in ("inputs a tick late", "inputs a tick early", "steering torque + 1 %", "no roll of the body"):
        assert table[change]["grip road"] > table["as fitted"]["grip road"], change


def test_a_fit_finds_the_parameters_that_made_the_runs(bench: Bench, tmp_path: Path):
    truth = read_parameters("TMNF")
    names = ["thrust_steps.5", "steer_torque.4"]
    wrong = changed(truth, {name: 1.02 * get(truth, name) for name in names})
    everything = np.ones(len(bench.runs.runs), bool)
    parts = Split(everything, ~everything, ~everything)
    fitted = fit(bench, wrong, names, parts, seed=0, rounds=6)
    for name in names:
        assert fitted.values[name] == pytest.approx(get(truth, name), rel=0.006), name
    assert fitted.cost[1] < 0.5 * fitted.cost[0]
    again = fit(bench, wrong, names, parts, seed=0, rounds=6)
    assert fitted.values == again.values

    out = tmp_path / "fitted.json"
    record(out, Bench(bench.runs, (1.0,)), wrong, fitted, parts, seed=0)
    read = read_parameter_file(out)
    assert read["parameters"]["thrust_steps"]["origin"] == "fit"
    assert read["parameters"]["thrust_steps"]["standard_error"][5] > 0.0
    assert read["fit"]["sha256"] == [bench.runs.sources[0][1]]
    assert make_record(read)["gravity_air"][0] == pytest.approx(get(truth, "gravity_air"))


def test_a_game_borrows_the_fitted_numbers_of_the_other_and_keeps_the_rest():
    mine, other = (
        read_parameters("TM2020"),
        changed(read_parameters("TMNF"), {"coast_linear": 0.31, "spawn_damper": 0.1}),
    )
    other["parameters"]["coast_linear"] |= {"origin": "fit", "standard_error": 0.001}
    result = borrowed(mine, other)
    assert get(result, "coast_linear") == 0.31
    assert result["parameters"]["coast_linear"]["source"].startswith("as TMNF: ")
    assert get(result, "spawn_damper") == get(mine, "spawn_damper")
    assert result["surfaces"] == mine["surfaces"]


def test_numbers_are_found_by_name_and_unknown_ones_are_refused():
    data = read_parameters("TMNF")
    assert get(data, "surfaces.6.accel") == data["surfaces"]["6"]["accel"]
    assert get(changed(data, {"grip_limit.3": 66.0}), "grip_limit.3") == 66.0
    for name in ("no_such", "grip_limit.99", "surfaces.200.grip", "grip_limit"):
        with pytest.raises(ConfigError, match="no number"):
            get(data, name)


def test_evaluate_prints_json_of_the_documented_shape(folder: Path, capsys):
    assert main(["calibrate", "evaluate", "--data", str(folder), "--game", "tmnf", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["game"] == "TMNF"
    figures = report["strata"]["all"]["1.0"]
    assert {"median_m", "p90_m", "speed_kmh", "heading_deg", "n", "files"} <= set(figures)
    assert set(report["baselines"]) == {"constant velocity", "constant speed and yaw rate"}


def test_dataset_prints_the_inventory(folder: Path, capsys):
    assert main(["calibrate", "dataset", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "TMNF: 4 runs" in shown
    assert "road turn" in shown


def test_evaluate_draws_a_picture(folder: Path, tmp_path: Path, capsys):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "error.png"
    assert main(["calibrate", "evaluate", "--data", str(folder), "--game", "tmnf", "--picture", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "median (p90) m" in capsys.readouterr().out


def test_parameters_of_the_other_game_are_refused(folder: Path, tmp_path: Path, capsys):
    file = tmp_path / "params.json"
    file.write_text(json.dumps(read_parameters("TM2020")), encoding="utf-8")
    arguments = ["calibrate", "evaluate", "--data", str(folder), "--game", "tmnf", "--params", str(file)]
    assert main(arguments) == 1
    assert "parameters of TM2020" in capsys.readouterr().err
