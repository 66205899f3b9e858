"""Lap files: what is read from them, what is worked out where they say nothing, and how bad ones are named."""

import numpy as np
import pytest

from tmenv.errors import GbxError, LapError, TrackError
from tmenv.gbx import read
from tmenv.render.laps import ghost_columns, lap_of, read_lap, rotation_along, route_metres, state_at
from tmenv.track import load

TRACK = "tm2020-hairpins"


def drive(count: int = 60, speed: float = 30.0, lateral: float = 0.0) -> dict[str, np.ndarray]:
    """Columns of a drive along the middle of the road at a constant speed."""
    track, time_s = load(TRACK), 0.05 * np.arange(1, count + 1)
    position = np.array([track.position(speed * time, lateral) for time in time_s], np.float32)
    return {"time_s": time_s, "position": position, "speed_kmh": np.full(count, 3.6 * speed, np.float32)}


@pytest.fixture
def lap_file(tmp_path):
    path = tmp_path / "lap.npz"
    steer = np.linspace(-1.0, 1.0, 60, dtype=np.float32)
    np.savez(path, **drive(), steer=steer, gas=np.ones(60, bool), track=np.array(TRACK), game=np.array("TM2020"))
    return path


def test_a_lap_file_holds_what_was_driven(lap_file):
    lap = read_lap(lap_file)
    assert (lap.name, lap.track.name, len(lap.time_s)) == ("lap", TRACK, 60)
    assert lap.steer[-1] == 1.0
    assert lap.gas.all()
    assert not lap.brake.any()
    assert lap.gear is None
    assert lap.metres == pytest.approx(30.0 * lap.time_s, abs=0.3)


def test_a_car_without_rotation_looks_where_it_moves():
    columns = drive(400)
    rotation = rotation_along(columns["position"])
    track = load(TRACK)
    assert np.linalg.norm(rotation, axis=1) == pytest.approx(np.ones(400))
    for row in range(0, 400, 23):
        x, y, z, w = rotation[row].tolist()
        forward = (2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y))
        yaw = track.heading_at(30.0 * columns["time_s"][row] + 0.75)
        assert forward == pytest.approx((np.sin(yaw), 0.0, np.cos(yaw)), abs=0.05)


def test_a_climbing_car_lifts_its_nose_and_a_standing_one_keeps_its_direction():
    position = np.array([[0, 0, 0], [0, 0, 0], [3, 4, 0], [3, 4, 0]], np.float32)
    x, y, z, w = rotation_along(position).T
    forward = np.stack([2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)], axis=1)
    assert forward == pytest.approx(np.tile([0.6, 0.8, 0.0], (4, 1)), abs=1e-6)
    left_y = 2 * (x * y + z * w)
    assert left_y == pytest.approx(np.zeros(4), abs=1e-6)


def test_route_metres_follow_the_second_lap_of_a_circuit():
    track = load("tm2020-short-circuit")
    wanted = np.arange(1.0, track.length_m - 1.0, 3.0)
    position = np.array([track.position(s, 4.0) for s in wanted])
    assert route_metres(track, position) == pytest.approx(wanted, abs=3.0)


def test_states_between_samples_lie_between_them(lap_file):
    lap = read_lap(lap_file)
    position, rotation = state_at(lap, np.array([0.0, 0.075, 99.0]))
    assert position[0] == pytest.approx(lap.position[0])
    assert position[1] == pytest.approx((lap.position[0] + lap.position[1]) / 2)
    assert position[2] == pytest.approx(lap.position[-1])
    assert np.linalg.norm(rotation, axis=1) == pytest.approx(np.ones(3))


def test_a_turn_takes_the_short_way_round():
    columns = drive(2) | {"rotation": np.array([[0.0, 0.0, 0.0, 1.0], [0.0, -0.1, 0.0, -0.995]])}
    _, rotation = state_at(lap_of("x", load(TRACK), columns), np.array([0.075]))
    assert abs(rotation[0, 3]) > 0.99


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"position": None}, "lacks position"),
        ({"position": np.zeros((59, 3))}, "position must be"),
        ({"speed_kmh": np.full(60, np.nan)}, "speed_kmh must be"),
        ({"time_s": np.zeros(60)}, "must rise"),
        ({"track": None}, "--track"),
    ],
)
def test_bad_lap_files_are_named(tmp_path, change, message):
    columns = drive() | {"track": np.array(TRACK)} | change
    np.savez(tmp_path / "bad.npz", **{name: column for name, column in columns.items() if column is not None})
    with pytest.raises(LapError, match=message):
        read_lap(tmp_path / "bad.npz")


def test_files_that_are_no_laps_are_named(tmp_path):
    with pytest.raises(LapError, match="no lap file"):
        read_lap(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(LapError, match="not a lap file"):
        read_lap(tmp_path / "text.npz")
    (tmp_path / "text.Gbx").write_text("hello")
    with pytest.raises(GbxError):
        read_lap(tmp_path / "text.Gbx")


def test_another_track_may_be_named(lap_file):
    assert read_lap(lap_file, "tm2020-chicanes").track.name == "tm2020-chicanes"
    with pytest.raises(TrackError, match="no-such-track"):
        read_lap(lap_file, "no-such-track")


def test_a_map_shows_its_authors_run(data_dir):
    lap = read_lap(data_dir / "tm2020_maps" / "tmrl-train.Map.Gbx")
    assert lap.time_s[0] >= 0.0
    assert lap.time_s[-1] == pytest.approx(61.1, abs=0.05)
    assert lap.metres[-1] == pytest.approx(lap.track.length_m, abs=10.0)
    assert 250.0 < lap.speed_kmh.max() < 300.0
    assert lap.gear is not None
    assert set(np.unique(lap.gear)) <= {1, 2, 3, 4, 5}


def test_a_ghost_is_shown_on_the_track_that_is_named(data_dir):
    path = sorted((data_dir / "tm2020_ghosts").glob("*.Ghost.Gbx"))[0]
    with pytest.raises(LapError, match="--track"):
        read_lap(path)
    lap = read_lap(path, TRACK)
    ghost = read(path)
    assert lap.track.name == TRACK
    assert lap.time_s[-1] == pytest.approx(ghost.race_time_ms / 1000.0, abs=0.06)
    assert lap.gas.any()


def test_a_replay_of_tmnf_shows_what_was_pressed(data_dir):
    ghost = read(data_dir / "tmnf_replays" / "StadiumA2_00_15_67_.Replay.Gbx").ghosts[0]
    columns = ghost_columns(ghost)
    assert "gear" not in columns
    assert columns["time_s"][0] >= 0.0
    assert columns["speed_kmh"][0] < 30.0 < columns["speed_kmh"].max()
    assert np.abs(columns["steer"]).max() <= 1.0
    assert columns["gas"].mean() > 0.5
    row = len(columns["time_s"]) // 2
    pressed = ghost.inputs[ghost.inputs["time_ms"] <= 1000.0 * columns["time_s"][row]][-1]
    assert columns["gas"][row] == pressed["gas"]


def test_a_map_without_a_run_is_named(data_dir):
    with pytest.raises(LapError, match="no recorded run"):
        read_lap(data_dir / "tmnf_maps" / "A01-Race.Challenge.Gbx")
