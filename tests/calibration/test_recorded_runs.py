"""Recorded runs: inputs from events, files to tables, repeats, the cache."""

from pathlib import Path

import numpy as np
import pytest

from tests.calibration.recordings import write_runs
from tmenv.calibration import dataset
from tmenv.calibration.dataset import read_dataset
from tmenv.calibration.split import split
from tmenv.calibration.tmnf_runs import tape_of_events
from tmenv.errors import ConfigError


def test_left_wins_over_right_and_the_newest_of_keys_and_pad_counts():
    events = [(0, "SteerRight", 1), (10, "SteerLeft", 1), (20, "SteerLeft", 0), (30, "Steer", -32768)]
    tape = tape_of_events(*map(list, zip(*[(t, n, v) for t, n, v in events], strict=True)), 5)
    assert tape["steer"].tolist() == [1.0, -1.0, 1.0, -0.5, -0.5]


def test_an_analog_pedal_is_gas_when_negative_and_brake_when_positive():
    tape = tape_of_events([0, 10, 20], ["Gas"] * 3, [-65536, 65536, -6553], 3)
    assert tape["gas"].tolist() == [True, False, False]
    assert tape["brake"].tolist() == [False, True, False]


def test_an_event_between_ticks_acts_from_the_next_tick():
    assert tape_of_events([15], ["Brake"], [1], 4)["brake"].tolist() == [False, False, True, True]


def test_a_folder_becomes_runs_with_inputs_and_samples(tmp_path: Path, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    write_runs(tmp_path / "some.npz", count=3, seconds=5)
    runs = read_dataset(tmp_path, "TMNF")
    assert len(runs.runs) == 3
    assert runs.seconds == pytest.approx(15.0)
    assert runs.tape_of(1)["gas"].all()
    assert runs.samples_of(2)["time_ms"].tolist() == list(range(0, 5000, 100))


def test_a_second_reading_takes_the_cache_and_is_the_same(tmp_path: Path, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    write_runs(tmp_path / "some.npz", count=2, seconds=5)
    first = read_dataset(tmp_path, "TMNF")
    monkeypatch.setattr(dataset, "_read", lambda file: pytest.fail(f"{file} was read again"))
    again = read_dataset(tmp_path, "TMNF")
    assert np.array_equal(first.samples, again.samples)
    assert np.array_equal(first.tape, again.tape)


def test_the_same_run_twice_counts_once(tmp_path: Path, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    write_runs(tmp_path / "a.npz", count=2, seconds=5)
    write_runs(tmp_path / "b.npz", count=2, seconds=5)
    runs = read_dataset(tmp_path, "TMNF")
    assert len(runs.runs) == 2
    assert runs.rejected == {"drove the same as another run": 2}


def test_inputs_that_do_not_belong_to_the_samples_are_refused(tmp_path: Path, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    write_runs(tmp_path / "a.npz", count=2, seconds=8)
    with np.load(tmp_path / "a.npz") as stored:
        data = dict(stored)
    data["steer"] = -data["steer"]
    np.savez(tmp_path / "a.npz", **data)
    with pytest.raises(ConfigError, match="inputs and samples disagree"):
        read_dataset(tmp_path, "TMNF")


def test_folders_without_runs_are_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="no usable run"):
        read_dataset(tmp_path, "TMNF")
    with pytest.raises(ConfigError, match="no such folder"):
        read_dataset(tmp_path / "none", "TMNF")


def test_a_split_holds_out_whole_maps_and_drivers(tmp_path: Path, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    write_runs(tmp_path / "a.npz", count=12, seconds=3)
    runs = read_dataset(tmp_path, "TMNF")
    parts = split(runs, seed=0)
    assert np.array_equal(parts.fit, ~parts.held_out_maps & ~parts.held_out_drivers)
    assert 0 < parts.held_out_drivers.sum() < len(runs.runs)
    assert np.array_equal(parts.held_out_drivers, split(runs, seed=0).held_out_drivers)
    assert not all(np.array_equal(parts.held_out_drivers, split(runs, s).held_out_drivers) for s in range(1, 5))
