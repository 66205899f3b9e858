"""The command line: what it prints and returns; the benchmark on stand-in environments, without the simulator."""

import json
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from tmenv import cli
from tmenv.bench import command, drivers, measure, peers, pixels, report, startup
from tmenv.bench.figure import Figure
from tmenv.constants import GAMES
from tmenv.errors import TmenvError
from tmenv.track import load


class FakeCars(gym.vector.VectorEnv):
    """Cars that move 1 m per step along z, whatever they are told."""

    def __init__(self, num_envs: int):
        self.num_envs = num_envs
        self.steps = 0

    def reset(self, *, seed=None, options=None):
        return np.zeros((self.num_envs, 1)), self._info()

    def step(self, actions):
        assert actions.shape == (self.num_envs, 2)
        self.steps += 1
        flags = np.zeros(self.num_envs, bool)
        return np.zeros((self.num_envs, 1)), np.zeros(self.num_envs), flags, flags, self._info()

    def mean_substeps(self) -> float:
        return 1.5

    def _info(self):
        position = np.zeros((self.num_envs, 3), np.float32)
        position[:, 2] = self.steps
        return {
            "position": position,
            "progress_m": np.full(self.num_envs, float(self.steps)),
            "speed_kmh": np.full(self.num_envs, 72.0),
        }


def straight_then_corner() -> np.ndarray:
    """300 m along z, then a quarter circle of radius 20 m to the right (towards -x), then 100 m along -x."""
    s = np.arange(0.0, 300.0 + 10.0 * np.pi + 100.0, 2.0)
    angle = np.clip((s - 300.0) / 20.0, 0.0, np.pi / 2)
    beyond = np.maximum(s - 300.0 - 10.0 * np.pi, 0.0)
    route = np.zeros(len(s), [("s", "f4"), ("x", "f4"), ("z", "f4")])
    route["s"] = s
    route["x"] = -20.0 * (1.0 - np.cos(angle)) - beyond
    route["z"] = np.minimum(s, 300.0) + 20.0 * np.sin(angle)
    return route


def car(x: float, z: float, s: float, speed: float) -> dict[str, np.ndarray]:
    return {
        "position": np.array([[x, 0.0, z]]),
        "progress_m": np.array([s]),
        "speed_kmh": np.array([speed * 3.6]),
    }


def test_help_and_no_arguments_print_the_verbs(capsys: pytest.CaptureFixture[str]):
    for arguments in ([], ["--help"], ["help"]):
        assert cli.main(arguments) == 0
        out = capsys.readouterr().out
        assert all(f"  {verb} " in out for verb in cli.VERBS)


def test_unknown_verb_prints_help_and_fails(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["drive"]) == cli.USAGE_ERROR
    errors = capsys.readouterr().err
    assert "unknown verb 'drive'" in errors
    assert "usage: tmenv" in errors


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        cli.main([verb, "--help"])
    assert stopped.value.code == 0
    assert f"usage: tmenv {verb}" in capsys.readouterr().out


def test_an_error_of_ours_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def fail(*_):
        raise TmenvError("no track 'x'")

    monkeypatch.setattr(cli, "run", fail)
    assert cli.main(["track", "info", "x"]) == 1
    assert capsys.readouterr().err == "tmenv: no track 'x'\n"


def test_interrupt_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run", interrupt)
    assert cli.main(["bench"]) == cli.INTERRUPTED


def test_track_info_shows_each_track(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["track", "info", "tmnf-first-drive", "no-such-track", "tm2020-hairpins"]) == 1
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[1].split() == [
        *("tmnf-first-drive", "TMNF", "yes", "100.0%", "914.9", "9..10", "1", "1", "-", "connections")
    ]
    assert lines[2].startswith(" tm2020-hairpins")
    assert said.err.startswith("tmenv: no-such-track: there is no track and no file 'no-such-track'")
    assert said.err.count("\n") == 1


def test_python_m_tmenv_is_the_command():
    done = subprocess.run([sys.executable, "-m", "tmenv"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: tmenv")


@pytest.mark.parametrize("driver", [drivers.Mixed(3), drivers.Race(straight_then_corner())], ids=lambda d: d.name)
def test_vector_figure_states_pace(driver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(measure.gym, "make_vec", lambda *_, num_envs, **__: FakeCars(num_envs))
    figure = measure.vector_figure("fake", driver, track="any", num_envs=3, threads=2, seconds=0.01)
    assert figure.value is not None
    assert figure.value > 0
    assert (figure.num_envs, figure.threads, figure.regime) == (3, 2, driver.name)
    assert figure.mean_speed_mps == pytest.approx(20.0)
    assert figure.mean_substeps == 1.5


def test_race_steers_back_to_the_road():
    route = straight_then_corner()
    steer = [drivers.Race(route).act(car(x, 50.0, 50.0, 20.0))[0, 0] for x in (-4.0, 0.0, 4.0)]
    assert steer[0] < 0 < steer[2]  # +x is left of a car that looks along +z, and steering right is positive
    assert steer[1] == pytest.approx(0.0, abs=1e-6)


def test_race_brakes_only_for_the_corner():
    driver = drivers.Race(straight_then_corner())
    throttle = [driver.act(car(0.0, z, z, 60.0))[0, 1] for z in (0.0, 290.0)]
    assert throttle == [1.0, -1.0]


def test_single_figure_of_a_peer(monkeypatch: pytest.MonkeyPatch):
    peer = peers.Peer("CartPole-v1", "gymnasium", lambda env, info: 2.0)
    absent = peers.Peer("Nothing-v0", "no_such_module", lambda env, info: 0.0)
    monkeypatch.setattr(peers, "PEERS", (peer, absent))
    measured, missing = peers.peer_figures(0.01)
    assert measured.value is not None
    assert (measured.unit, measured.mean_speed_mps, measured.mean_substeps) == ("us", 2.0, None)
    assert missing.value is None


def test_what_is_timed_in_turns_is_set_in_relation():
    pace = measure.timed(lambda: (0.002, 4, 20.0), 0.01, lambda: (0.01, 2, 5.0))
    assert (pace.seconds_per_step, pace.speed_mps) == (pytest.approx(0.0005), 20.0)
    assert pace.per_other == pytest.approx(10.0)
    assert measure.timed(lambda: (0.002, 4, 20.0), 0.01).per_other is None


def test_own_figures_are_set_beside_a_peer_where_it_is_installed(monkeypatch: pytest.MonkeyPatch):
    peer = peers.Peer("CartPole-v1", "gymnasium", lambda env, info: 2.0)
    monkeypatch.setattr(peers, "PEERS", (peer,))
    own = list(command.own_figures("tmenv/TM2020-State-v0", 0.01, (1,), peers.car_racing()))
    assert all(figure.times_car_racing is not None and figure.times_car_racing > 0.0 for figure in own)
    monkeypatch.setattr(peers, "PEERS", (peer._replace(module="no_such_module"),))
    assert peers.car_racing() is None


def test_json_has_one_object_per_figure():
    figures = [Figure("a", "make_vec steps", 1e6, "1/s", 64, 2, "race", 50.0, 3.0)]
    (row,) = json.loads(report.as_json(figures))
    keys = ("name", "metric", "value", "unit", "num_envs", "threads", "mean_speed_mps")
    assert [row[key] for key in keys] == ["a", "make_vec steps", 1e6, "1/s", 64, 2, 50.0]


def test_bench_prints_a_row_per_figure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    figures = [
        Figure("a", "make_vec steps", 1234567.0, "1/s", 64, 2, "race", 50.0, 3.0),
        Figure("b", "step", None, "us"),
    ]
    monkeypatch.setattr(command, "measured", lambda *_: iter(figures))
    assert cli.main(["bench"]) == 0
    out = capsys.readouterr().out
    assert "1,230,000" in out
    assert report.NOT_INSTALLED in out
    assert "logical cores" in out


def test_import_time_is_measured_in_a_new_process():
    figure = startup.import_figure()
    assert figure.value is not None
    assert 0.0 < figure.value < 60.0


def test_a_failing_new_process_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(startup, "IMPORT", "raise RuntimeError('broken')")
    with pytest.raises(TmenvError, match="broken"):
        startup.import_figure()


def test_all_threads_only_where_there_is_work_to_share(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "cores", lambda: 4)
    assert command.thread_counts(1) == [1]
    assert command.thread_counts(64) == [1, 4]


def test_pixel_figures_name_size_views_and_threads(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(pixels, "find_spec", lambda name: None)
    monkeypatch.setattr(command, "cores", lambda: 2)
    assert cli.main(["bench", "--pixels", "--seconds", "0.01", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    named = [(row["name"], row["num_envs"], row["threads"]) for row in rows if row["value"]]
    names = ("pictures 64 x 64 gray", "pictures 160 x 120 gray", *pixels.IDS)
    assert named == [(name, *case) for name in names for case in ((1, 1), (64, 1), (64, 2))]
    assert min(row["value"] for row in rows if row["value"]) > 100.0
    assert [row["name"] for row in rows if row["value"] is None] == ["CarRacing-v3"]


def test_track_figures_stand_beside_each_other(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["bench", "--tracks", "--seconds", "0.02", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    envs = [f'tmenv/{game}-State-v0, track="{track}"' for game in GAMES for track in ("random:0", "random")]
    assert {(row["name"], row["metric"]): row["unit"] for row in rows} == {
        **{(f"{game} random track, {what}", "load()"): "ms" for game in GAMES for what in ("flat", "all families")},
        **{(name, "reset of a car"): "ms" for name in envs},
        **{(name, "make_vec steps"): "1/s" for name in envs},
    }
    assert all(0.1 < row["value"] < 1000.0 for row in rows if row["metric"] == "load()")
    assert cli.main(["bench", "--tracks", "--pixels"]) == 1
    assert "only one of" in capsys.readouterr().err


def test_map_figures_stand_beside_those_of_a_flat_track(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["bench", "--map", "tm2020-first-drive", "--seconds", "0.01", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    ours, flat, ratios = rows[::3], rows[1::3], rows[2::3]
    assert [(row["name"].split(",")[0], row["regime"]) for row in ours] == [
        (f"tmenv/TM2020-{kind}-v0", way) for kind in ("Lidar", "State") for way in ("mixed", "race")
    ]
    assert all("first-drive" in row["name"] for row in ours)
    assert all("grand-circuit" in row["name"] for row in flat)
    for one, other, ratio in zip(ours, flat, ratios, strict=True):
        assert ratio["value"] == pytest.approx(one["value"] / other["value"])
    assert cli.main(["bench", "--map", "tm2020-first-drive", "--tracks"]) == 1
    assert "only one of" in capsys.readouterr().err


def test_generated_tracks_become_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    wanted = ["--seed", "5", "--difficulty", "hard", "--families", "slopes,tilts", "--length", "700"]
    for game, name in (("TMNF", "five.Challenge.Gbx"), ("TM2020", "five.json")):
        out = tmp_path / name
        assert cli.main(["track", "generate", *wanted, "--game", game, "--out", str(out)]) == 0
        assert f"{name}: random:5?difficulty=hard&families=flat,slopes,tilts&length=700" in capsys.readouterr().out
        written, made = load(out), load("random:5?difficulty=hard&families=slopes,tilts&length=700", game)
        for table in ("patches", "route", "waypoints", "cell_starts", "cell_patches"):
            np.testing.assert_array_equal(getattr(written, table), getattr(made, table))
        assert (written.spawn, written.length_m) == (made.spawn, made.length_m)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--game", "TM2020", "--out", "x.Map.Gbx"], "--template"),
        (["--game", "TMNF", "--out", "x.txt"], "ends in .Gbx"),
        (["--game", "TMNF", "--out", "x.json", "--length", "10"], "metres from 300 to 4000"),
        (["--game", "TMNF", "--out", "missing/x.json"], "missing"),
    ],
)
def test_tracks_that_cannot_be_written_say_why(tmp_path, monkeypatch, capsys, options, says):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["track", "generate", "--seed", "1", *options]) == 1
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
