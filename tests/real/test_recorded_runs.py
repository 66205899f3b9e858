"""The simulator against recorded TMNF runs away from flat roads: loops, pipes, slopes, banks, dirt, flights."""

from pathlib import Path

import numpy as np
import pytest

from tmenv.calibration.replay import car_origins, drive_on, tape, times_ms
from tmenv.calibration.runs import Run, read_runs
from tmenv.calibration.windows import recorded_speed, started, surface_kinds, unrouted, windows_by_kind
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator, constant_controls
from tmenv.gbx import read_map
from tmenv.track import Track
from tmenv.track.build import survey

MAPS = ("A01-Race", "A05-Race", "B09-Acrobatic", "B13-Obstacle", "C10-Acrobatic")


def surveyed(data_dir: Path, name: str) -> Track:
    """A campaign map to drive on, whatever its race."""
    return unrouted(survey(read_map(data_dir / "tmnf_maps" / f"{name}.Challenge.Gbx"), on_unknown="skip"))


@pytest.fixture(scope="module")
def passages(data_dir: Path) -> np.ndarray:
    """Recorded entry and exit speed and simulated exit speed (n, 3) of whole passages of pipes and loops, m/s."""
    track = surveyed(data_dir, "B13-Obstacle")
    rows = []
    for ghost in read_runs(data_dir / "tmnf_runs" / "B13-Obstacle.npz")[:6]:
        round_ = surface_kinds(track, ghost) == "round"
        rows += [passage(track, ghost, *ends) for ends in stretches(round_) if ends[0] > 13]
    return np.array(rows)


def stretches(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and last sample of stretches with no gap over two samples, one sample wider; of 0.4 s at least."""
    at = np.flatnonzero(mask[:-4])
    parts = np.split(at, np.flatnonzero(np.diff(at) > 3) + 1)
    return [(int(part[0]) - 1, int(part[-1]) + 1) for part in parts if len(part) and part[-1] - part[0] >= 3]


def passage(track: Track, ghost: Run, first: int, last: int) -> tuple[float, float, float]:
    """Drive one passage open loop from its recorded start."""
    simulator, times = started(track, ghost, np.array([first])), times_ms(ghost)
    drive_on(simulator, times[[first]], tape(ghost), (times[last] - times[first]) / 1000.0)
    entry, exit_ = recorded_speed(ghost, np.array([first, last]))
    return float(entry), float(exit_), float(np.linalg.norm(simulator.cars["velocity"][0]))


def test_loops_and_pipes_cost_the_recorded_speed(passages: np.ndarray):
    entry, real, simulated = passages.T
    assert len(passages) >= 20
    assert np.abs(real / entry - 1.0).max() > 0.1  # they do cost or give speed
    assert np.median(np.abs(simulated / real - 1.0)) < 0.03
    assert abs(np.median(simulated / real - 1.0)) < 0.02


def test_the_quarter_pipe_at_4_s_is_left_at_the_recorded_speed(passages: np.ndarray):
    up = passages[(passages[:, 0] > 94.0) & (passages[:, 0] < 98.0)]
    assert len(up) >= 4
    assert np.abs(up[:, 2] / up[:, 1] - 1.0).max() < 0.02


LIMITS_M = {
    "air": (0.15, 0.5),
    "bank": (0.3, 0.8),
    "nodes": (0.4, 1.0),
    "profile": (0.3, 0.8),
    "landing": (0.5, 1.5),
    "round and other": (0.6, 1.5),
}
"""Median error after 0.5 and 1 s by kind: the gates of the facts where they name one, else what was reached."""


def test_windows_of_recorded_runs_stay_close_on_every_kind_of_surface(data_dir: Path):
    found: dict[str, list[np.ndarray]] = {}
    for name in MAPS:
        ghosts = read_runs(data_dir / "tmnf_runs" / f"{name}.npz")[:3]
        for kind, windows in windows_by_kind(surveyed(data_dir, name), ghosts).items():
            found.setdefault(kind, []).append(windows.position_m)
    for kind, limits in LIMITS_M.items():
        half, one, _ = (column[np.isfinite(column)] for column in np.concatenate(found[kind]).T)
        assert len(half) > 10
        assert np.median(half) < limits[0], kind
        assert np.median(one) < limits[1], kind


@pytest.mark.parametrize("name", [*MAPS, "Simple_TECH_1", "TestPlatforms", "Winter_2021_-_15"])
def test_random_driving_explodes_nowhere(data_dir: Path, name: str):
    """Cars start in recorded places, or on patches where no run is recorded, and drive at random for 12 s."""
    rng = np.random.default_rng(5)
    if name in MAPS:
        track = surveyed(data_dir, name)
        ghost = read_runs(data_dir / "tmnf_runs" / f"{name}.npz")[0]
        simulator = started(track, ghost, rng.integers(13, len(times_ms(ghost)) - 5, 60))
    else:
        track = unrouted(survey(read_map(data_dir / "tm2020_maps" / f"{name}.Map.Gbx"), on_unknown="skip"))
        simulator = on_patches(track, rng)
    fastest, spin, bottom = 0.0, 0.0, float(track.patches["y0"].min()) - 30.0
    for _ in range(40):
        controls = random_controls(rng, len(simulator.cars), 30)
        simulator.drive(controls)
        cars = simulator.cars
        for field in ("position", "rotation", "velocity", "spin"):
            assert np.isfinite(cars[field]).all()
        cars = cars[cars["position"][:, 1] > bottom]  # the others fall for ever, faster and faster
        fastest = max(fastest, float(np.linalg.norm(cars["velocity"], axis=1).max(initial=0.0)))
        spin = max(spin, float(np.linalg.norm(cars["spin"], axis=1).max(initial=0.0)))
        np.testing.assert_allclose(np.linalg.norm(cars["rotation"], axis=1), 1.0, atol=1e-3)
    assert fastest < 160.0
    assert spin < 60.0


def random_controls(rng: np.random.Generator, cars: int, ticks: int) -> np.ndarray:
    """Inputs held for ``ticks``."""
    controls = constant_controls(cars, ticks, 0.0, True, False)
    controls["steer"] = rng.uniform(-1.0, 1.0, (cars, 1))
    controls["gas"], controls["brake"] = rng.random((cars, 1)) < 0.9, rng.random((cars, 1)) < 0.15
    return controls


def on_patches(track: Track, rng: np.random.Generator) -> Simulator:
    """Cars at 30 m/s half a metre over the starts of random patches."""
    simulator = Simulator(track, load_parameters(track.game), 60)
    rows = track.patches[rng.integers(0, len(track.patches), 60)]
    cars = simulator.cars
    cars["position"] = np.stack([rows["x0"], rows["y0"] + 1.0, rows["z0"]], axis=1)
    yaw = np.arctan2(rows["dx"], rows["dz"]) + rng.normal(0.0, 0.3, 60)
    cars["rotation"][:, 1], cars["rotation"][:, 3] = np.sin(yaw / 2), np.cos(yaw / 2)
    cars["velocity"] = 30.0 * np.stack([np.sin(yaw), 0 * yaw, np.cos(yaw)], axis=1)
    cars["ticks"] = 1
    return simulator


def test_the_car_origin_is_where_it_was_recorded(data_dir: Path):
    track = surveyed(data_dir, "A01-Race")
    ghost = read_runs(data_dir / "tmnf_runs" / "A01-Race.npz")[0]
    at = np.arange(20, 60, 5)
    np.testing.assert_allclose(car_origins(started(track, ghost, at)), ghost.samples["position"][at], atol=1e-3)
