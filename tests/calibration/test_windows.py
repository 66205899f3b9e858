"""Windows of recorded runs: a run that the simulator itself drove is followed exactly."""

from pathlib import Path

import numpy as np
import pytest

from tests.engine.roads import road
from tmenv import cli
from tmenv.calibration.replay import car_origins, tape
from tmenv.calibration.runs import read_runs
from tmenv.calibration.windows import surface_kinds, unrouted, windows_by_kind
from tmenv.constants import TICK_MS
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import CONTROL, Simulator
from tmenv.errors import TmenvError

NAMES = ["Accelerate", "Brake", "SteerLeft", "SteerRight", "Steer", "Gas"]
EVENTS = [
    (0, "Accelerate", 1),
    (2000, "SteerLeft", 1),
    (2100, "SteerRight", 1),  # left wins
    (2300, "SteerLeft", 0),
    (2600, "SteerRight", 0),
    (3000, "Steer", -32768),
    (3200, "Steer", 0),
    (4000, "Accelerate", 0),
    (4000, "Gas", 40000),  # the brake
    (4200, "Gas", -65536),
]
END_MS = 8000


def wanted() -> np.ndarray:
    """The inputs of ``EVENTS``, written down a second time."""
    controls = np.zeros(END_MS // TICK_MS + 1, CONTROL)
    time = TICK_MS * np.arange(len(controls))
    controls["gas"] = (time < 4000) | (time >= 4200)
    controls["brake"] = (time >= 4000) & (time < 4200)
    controls["steer"] = np.select(
        [(time >= 2000) & (time < 2300), (time >= 2300) & (time < 2600), (time >= 3000) & (time < 3200)],
        [-1.0, 1.0, -0.5],
        0.0,
    )
    return controls


@pytest.fixture
def track():
    return road("TMNF", "start", *["straight"] * 12, "finish")


@pytest.fixture
def recorded(track, tmp_path: Path) -> Path:
    """Two runs in a file, the second with a respawn; every 100 ms of a drive by the simulator."""
    simulator = Simulator(track, load_parameters("TMNF"))
    controls, rows = wanted(), []
    for sample in range(END_MS // 100):
        car = simulator.cars[0]
        rows.append((car_origins(simulator)[0], car["rotation"].copy(), car["damper"].copy(), car["contact"].copy()))
        simulator.drive(controls[None, 10 * sample : 10 * sample + 10])
    position, rotation, damper, contact = (np.array(column, np.float32) for column in zip(*rows, strict=True))
    count = len(rows)
    zeros = np.zeros(2 * count, np.float32)
    events = [(time, NAMES.index(name), value) for time, name, value in EVENTS] * 2
    path = tmp_path / "tmnf_runs" / "test.npz"
    path.parent.mkdir()
    np.savez(
        path,
        race_time_ms=np.array([END_MS, END_MS]),
        respawns=np.array([0, 1]),
        sample_offsets=np.array([0, count, 2 * count]),
        checkpoint_offsets=np.array([0, 1, 2]),
        checkpoint_ms=np.array([END_MS, END_MS]),
        event_offsets=np.array([0, len(EVENTS), 2 * len(EVENTS)]),
        event_names=np.array(NAMES),
        event_time_ms=np.array([event[0] for event in events]),
        event_name=np.array([event[1] for event in events]),
        event_value=np.array([event[2] for event in events]),
        time_ms=np.tile(100 * np.arange(count), 2),
        position=np.tile(position, (2, 1)),
        rotation=np.tile(rotation, (2, 1)),
        damper=np.tile(damper, (2, 1)),
        contact=np.tile(contact > 0, (2, 1)),
        material=np.full((2 * count, 4), 16, np.uint8),
        steer=zeros,
        gas=zeros,
        brake=zeros,
    )
    return path


def test_events_become_the_inputs_of_every_tick(recorded: Path):
    runs = read_runs(recorded)
    assert len(runs) == 1  # not the one with a respawn
    for column in ("steer", "gas", "brake"):
        np.testing.assert_array_equal(tape(runs[0])[column], wanted()[column])


def test_a_simulated_run_is_followed_by_its_own_windows(recorded: Path, track):
    found = windows_by_kind(unrouted(track), read_runs(recorded))
    assert {"flat"} <= set(found) <= {"flat", "profile", "mixed", "landing"}
    flat = found["flat"]
    assert flat.runs == 1
    errors = flat.position_m[np.isfinite(flat.position_m).any(axis=1)]
    assert len(flat.speed_mps) > 5
    assert np.nanmedian(errors[:, 0]) < 0.08
    assert np.nanmedian(errors[:, 2]) < 0.6
    assert np.abs(np.median(flat.speed_mps)) < 0.1


def test_the_kind_of_surface_is_that_under_the_car(recorded: Path, track):
    ghost = read_runs(recorded)[0]
    ghost.samples["position"][40:45, 1] += 30.0
    ghost.samples["on_ground"][40:45] = False
    kinds = surface_kinds(track, ghost)
    assert set(kinds[40:45]) == {"air"}
    assert kinds[-1] == "flat"


def test_files_that_hold_no_runs_are_named(tmp_path: Path):
    np.savez(tmp_path / "other.npz", position=np.zeros((3, 3)))
    for name in ("other.npz", "missing.npz"):
        with pytest.raises(TmenvError, match=name):
            read_runs(tmp_path / name)


def test_the_command_says_when_there_is_nothing_to_drive(tmp_path: Path, capsys):
    assert cli.main(["calibrate", "windows", "--data", str(tmp_path)]) != 0
    assert "no recorded runs" in capsys.readouterr().err
