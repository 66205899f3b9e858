"""Recorded paths through our triggers and along our routes."""

import numpy as np
import pytest

from tests.track.runs import run_along
from tmenv import cli
from tmenv.calibration.paths import Run, read_paths
from tmenv.calibration.triggers import fire, lead, poses_of
from tmenv.constants import TICK_MS
from tmenv.track import Track, load

NOSE_M = 2.43
SPEED = 40.0


@pytest.fixture(scope="module")
def tour() -> Track:
    return load("tmnf-checkpoint-tour")


def made_up(track: Track, error_ms: int) -> Run:
    """A run whose recorded times are wrong by ``error_ms``."""
    samples = run_along(track, track.length_m - NOSE_M, SPEED)
    times = tuple(int((s - NOSE_M) / SPEED * 1000 // TICK_MS * TICK_MS) + error_ms for s in track.waypoints["s"])
    return Run(samples, times)


def test_triggers_fire_at_the_tick_that_crosses_them(tour):
    found = fire(tour, made_up(tour, 0))
    assert (found.recorded, found.in_order) == (tour.checkpoints + 1, True)
    assert found.on_time == found.recorded


def test_late_triggers_are_seen(tour):
    found = fire(tour, made_up(tour, -30))
    assert (found.in_order, found.on_time) == (True, 0)
    assert np.abs(found.error_ms - 30).max() <= TICK_MS


def test_missing_triggers_are_seen(tour):
    run = made_up(tour, 0)
    longer = Run(run.samples, (*run.checkpoint_times_ms, run.checkpoint_times_ms[-1]))
    assert not fire(tour, longer).in_order


@pytest.mark.parametrize("name", ["A01-Race", "B13-Obstacle", "A05-Race", "D05-Race"])
def test_recorded_cars_progress_along_the_route_of_another(data_dir, name):
    """Through jumps, loops, banks and dirt: progress hardly falls back, and no car is far from the road."""
    recorded = read_paths(data_dir / "tmnf_runs" / f"{name}.npz")
    track = load(data_dir / "tmnf_maps" / f"{name}.Challenge.Gbx", route=recorded[0].samples)
    places, _ = lead(track, poses_of(recorded[1]))
    assert np.diff(places["progress"]).min() > -1.0
    assert places["progress"].max() > track.length_m - 10.0
    assert np.abs(places["lateral"]).max() < 32.0


def test_recorded_times_are_met(data_dir, capsys):
    maps = ("A01", "B14", "C05", "E03")  # banked platforms and high dirt roads among them
    assert cli.main(["calibrate", "triggers", "--data", str(data_dir), "--maps", *maps, "--runs", "2"]) == 0
    assert "B14-Speed" in capsys.readouterr().out
