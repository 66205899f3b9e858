"""The simulator against recorded TMNF runs away from flat roads: loops, pipes, slopes, banks, dirt, flights."""

from pathlib import Path

import numpy as np
import pytest

from tmenv.calibration.courses import drivable
from tmenv.calibration.dataset import read_dataset
from tmenv.calibration.evaluate import Bench
from tmenv.calibration.motion import rotate
from tmenv.calibration.windows import ON_MAP, Windows
from tmenv.engine.params import load_parameters, read_parameters
from tmenv.engine.simulator import Simulator, constant_controls
from tmenv.gbx import read_map
from tmenv.track.build import survey

MAPS = ("A01-Race", "A05-Race", "B09-Acrobatic", "B13-Obstacle", "C10-Acrobatic")
TM2020_MAPS = ("Simple_TECH_1", "TestPlatforms", "Winter_2021_-_15")


@pytest.fixture(scope="module")
def bench(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The recorded runs of five campaign maps."""
    folder = tmp_path_factory.mktemp("runs")
    for name in MAPS:
        for file in (f"tmnf_runs/{name}.npz", f"tmnf_maps/{name}.Challenge.Gbx"):
            (folder / Path(file).name).symlink_to(data_dir / file)
    return Bench(read_dataset(folder, "TMNF"), (0.5, 1.0))


@pytest.fixture(scope="module")
def passages(bench: Bench) -> np.ndarray:
    """Recorded entry and exit speed and simulated exit speed (n, 3) of whole passages of pipes and loops, m/s."""
    runs, rows = bench.runs, []
    names = [name for name, _ in runs.maps]
    for index in np.flatnonzero(runs.runs["map"] == names.index("B13-Obstacle"))[:6].tolist():
        steep = bench.driver.traits.up[:, 1] < 0.6
        first = runs.runs["sample_at"][index]
        own = steep[first : first + runs.runs["samples"][index]]
        rows += [passage(bench, index, first + a, first + b) for a, b in stretches(own) if a > 13]
    return np.array(rows)


def stretches(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and last sample of stretches with no gap over two samples, two samples wider; of 0.4 s at least."""
    at = np.flatnonzero(mask[:-4])
    parts = np.split(at, np.flatnonzero(np.diff(at) > 3) + 1)
    return [(int(part[0]) - 2, int(part[-1]) + 2) for part in parts if len(part) and part[-1] - part[0] >= 3]


def passage(bench: Bench, run: int, first: int, last: int) -> tuple[float, float, float]:
    """Drive one passage open loop from its recorded start."""
    index, start, length = np.array([run]), np.array([first]), np.array([last - first])
    window = Windows((last - first) / 10.0, index, start, length, np.array([ON_MAP]), np.array(["loop"], object), {})
    driven = bench.driver.drive(window, load_parameters("TMNF"))
    speeds = (driven.start_velocity, driven.recorded_velocity, driven.velocity)
    entry, real, simulated = (float(np.linalg.norm(speed)) for speed in speeds)
    return entry, real, simulated


def test_loops_and_pipes_cost_the_recorded_speed(passages: np.ndarray):
    entry, real, simulated = passages.T
    assert len(passages) >= 20
    assert np.abs(real / entry - 1.0).max() > 0.1  # they do cost or give speed
    assert np.median(np.abs(simulated / real - 1.0)) < 0.03
    assert abs(np.median(simulated / real - 1.0)) < 0.02


LIMITS_M = {
    "air": (0.15, 0.5),
    "bank": (0.3, 0.8),
    "slope": (0.3, 0.8),
    "landing": (0.5, 1.5),
    "loop": (0.6, 1.5),
}
"""Median error, m, after 0.5 and 1 s by kind."""


@pytest.fixture(scope="module")
def errors(bench: Bench) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """Horizon -> regime and error, m, of every window."""
    found = bench.errors(read_parameters("TMNF"))
    return {
        horizon: (np.array([name.split()[-1] for name in error.windows.stratum]), error.position_m)
        for horizon, error in found.items()
    }


@pytest.mark.parametrize("kind", LIMITS_M)
def test_windows_of_recorded_runs_stay_close_on_every_kind_of_surface(errors, kind: str):
    for horizon, limit in zip((0.5, 1.0), LIMITS_M[kind], strict=True):
        regime, position_m = errors[horizon]
        assert (regime == kind).sum() > 10
        assert np.median(position_m[regime == kind]) < limit


def test_nearly_every_window_is_on_a_known_surface(bench: Bench):
    windows = bench.windows[1.0]
    assert windows.dropped.get("its surface is not known", 0) < 0.02 * len(windows)


@pytest.mark.parametrize("name", MAPS)
def test_random_driving_from_recorded_places_explodes_nowhere(bench: Bench, name: str):
    rng = np.random.default_rng(5)
    number = [one for one, _ in bench.runs.maps].index(name)
    run = int(np.flatnonzero(bench.runs.runs["map"] == number)[0])
    samples = bench.runs.samples_of(run)
    at = rng.integers(13, len(samples) - 5, 60)
    simulator = bench.courses.simulator(60)
    first = bench.runs.runs["sample_at"][run]
    cars, rotation = simulator.cars, samples["rotation"][at]
    cars["track"], cars["ticks"], cars["patch"], cars["nose_patch"] = bench.courses.slots[number], 1, -1, -1
    cars["position"] = samples["position"][at] + rotate(rotation, np.array([0.0, 0.4385, 0.2883]))
    cars["rotation"], cars["velocity"] = rotation, bench.driver.traits.velocity[first + at]
    assert_tame(simulator, rng, float(samples["position"][:, 1].min()) - 30.0)


@pytest.mark.parametrize("name", TM2020_MAPS)
def test_random_driving_on_maps_of_tm2020_explodes_nowhere(data_dir: Path, name: str):
    """Cars start at 30 m/s, half a metre over the starts of random patches."""
    rng = np.random.default_rng(5)
    track = drivable(survey(read_map(data_dir / "tm2020_maps" / f"{name}.Map.Gbx"), "skip"))
    simulator = Simulator(track, load_parameters("TM2020"), 60)
    rows = track.patches[rng.integers(0, len(track.patches), 60)]
    cars, yaw = simulator.cars, np.arctan2(rows["dx"], rows["dz"]) + rng.normal(0.0, 0.3, 60)
    cars["position"] = np.stack([rows["x0"], rows["y0"] + 1.0, rows["z0"]], axis=1)
    cars["rotation"][:, 1], cars["rotation"][:, 3] = np.sin(yaw / 2), np.cos(yaw / 2)
    cars["velocity"] = 30.0 * np.stack([np.sin(yaw), 0 * yaw, np.cos(yaw)], axis=1)
    cars["ticks"] = 1
    assert_tame(simulator, rng, float(track.patches["y0"].min()) - 30.0)


def assert_tame(simulator: Simulator, rng: np.random.Generator, bottom: float) -> None:
    """Drive at random for 12 s: everything stays finite, and no car above ``bottom`` is thrown about."""
    fastest = spin = 0.0
    for _ in range(40):
        controls = constant_controls(len(simulator.cars), 30, 0.0, True, False)
        controls["steer"] = rng.uniform(-1.0, 1.0, (len(controls), 1))
        controls["gas"] = rng.random((len(controls), 1)) < 0.9
        controls["brake"] = rng.random((len(controls), 1)) < 0.15
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
