"""The simulator against a recorded run: the author of tmrl-train, open loop through his own inputs."""

from pathlib import Path

import numpy as np
import pytest

from tmenv.calibration.feedback import with_feedback
from tmenv.calibration.replay import open_loop, window_errors
from tmenv.cli import main
from tmenv.gbx import read_map
from tmenv.track import load


@pytest.fixture(scope="module")
def recorded(data_dir: Path):
    path = data_dir / "tm2020_maps" / "tmrl-train.Map.Gbx"
    return load(path), read_map(path).validation_ghost


def test_the_authors_inputs_stay_within_20_cm_until_he_grazes_a_wall(recorded):
    """Nothing corrects the car: inputs alone, from the start. Centimetres decide whether it grazes that wall."""
    drift = open_loop(*recorded)
    assert drift.error_m[drift.time_s <= 2.0].max() < 0.05
    assert drift.error_m[drift.time_s <= 5.5].max() < 0.2
    assert drift.together_s > 5.5
    assert drift.on_road_s > 15.0


def test_with_a_mild_hand_on_the_wheel_the_lap_takes_as_long_as_the_authors(recorded):
    lap = with_feedback(*recorded)
    assert lap.simulated_s == pytest.approx(lap.recorded_s, rel=0.005)
    assert lap.median_m < 0.3


def test_windows_from_recorded_states_stay_close(recorded):
    """Median position error over windows that start all along the run."""
    errors = {horizon: np.median(window_errors(*recorded, horizon_s=horizon)) for horizon in (1.0, 2.0, 5.0)}
    assert errors[1.0] < 0.2
    assert errors[2.0] < 0.5
    assert errors[5.0] < 1.5


def test_the_command_drives_the_run_inside_a_file_and_names_a_file_without_one(data_dir: Path, capsys):
    assert main(["calibrate", "replay", str(data_dir / "tm2020_maps" / "tmrl-train.Map.Gbx"), "--feedback"]) == 0
    assert "recorded 61.124 s" in " ".join(capsys.readouterr().out.split())
    assert main(["calibrate", "replay", str(data_dir / "tm2020_maps" / "TestPlatforms.Map.Gbx")]) == 1
    assert "holds no recorded run" in " ".join(capsys.readouterr().err.split())
