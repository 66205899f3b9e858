import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tmenv_agents import demo, tracks
from tmenv_agents.interrupt import undisturbed
from tmenv_agents.ppo import __main__ as cli
from tmenv_agents.ppo import load_policy

ROOT = Path(__file__).resolve().parents[2]
FILES = {"policy.pt", "lap.npz", "line.png", "curve.png", "result.json", "lap.html", "lap.mp4"}
LAP_FILES = {"lap.npz", "line.png", "lap.html", "lap.mp4"}


@pytest.fixture
def toy_demo(monkeypatch, tmp_path):
    """Runs the demo on the toy road instead of a track file."""
    fields = [(name, np.float32) for name in ("x", "y", "z", "s", "border_left", "border_right")]
    route = np.zeros(40, fields)
    route["z"] = route["s"] = np.arange(40) * 2.0
    route["border_left"] = route["border_right"] = 4.0
    wall = np.array([[4.0, 0.0], [4.0, 80.0]])
    track = SimpleNamespace(game="TM2020", route=route, author_time_s=3.0, length_m=60.0, plan_outline=lambda: [wall])
    monkeypatch.setattr(tracks, "load", lambda name: track)
    monkeypatch.setattr(demo, "env_id", lambda args, track: "toy/Road-v0")
    small = demo.Args

    def run(**changed):
        options = {
            "num_envs": 32,
            "rollout_steps": 32,
            "hidden": (16,),
            "gamma": 0.98,
            "eval_laps": 2,
            "quiet": True,
            "threads": 1,
        }
        monkeypatch.setattr(demo, "Args", lambda **given: small(**(given | options | changed)))
        out = tmp_path / "demo"
        assert demo.main(["--minutes", "0.1", "--out", str(out), "--seed", "3"]) == 0
        return out

    return run


def test_demo_writes_everything(toy_demo, capsys):
    out = toy_demo(total_steps=30_000)
    assert {file.name for file in out.iterdir()} >= FILES
    summary = json.loads((out / "result.json").read_text())
    with np.load(out / "lap.npz", allow_pickle=False) as lap:
        driven = {"time_s", "position", "speed_kmh", "actions", "progress"}
        assert set(lap) == driven | {"track", "game", "steer", "gas", "brake"}
        assert str(lap["game"]) == "TM2020"
        assert set(np.unique(lap["steer"])) <= {-1.0, 0.0, 1.0}
        assert lap["time_s"][-1] == pytest.approx(summary["best_lap_s"])
    assert summary["author_time_s"] == 3.0
    assert summary["seed"] == 3
    assert summary["final_laps"] == 20
    assert 0.0 <= summary["finish_rate"] <= 1.0
    assert not summary["interrupted"]
    assert load_policy(out / "policy.pt").act(np.zeros((1, 4), np.float32)).shape == (1,)
    printed = capsys.readouterr().out
    assert f"best clean lap {summary['best_lap_s']:.3f} s, author 3.000 s" in printed
    assert "of 20 greedy laps finish, and" in printed
    for picture in ("line.png", "curve.png"):
        assert (out / picture).read_bytes().startswith(b"\x89PNG")
    assert "lap.html replays it" in printed
    assert '"laps":[{' in (out / "lap.html").read_text(encoding="utf-8")
    assert b"ftyp" in (out / "lap.mp4").read_bytes()[:16]


@pytest.mark.parametrize("step", [5, 50])
def test_ctrl_c_still_writes_everything_it_can(toy_demo, capsys, step):
    # Every car interrupts again at the same step of the final laps, so no lap is ever driven to its end.
    out = toy_demo(env_json=f'{{"interrupt_after": {step}}}')
    assert {file.name for file in out.iterdir()} >= FILES - LAP_FILES
    summary = json.loads((out / "result.json").read_text())
    assert summary["interrupted"]
    assert summary["best_lap_s"] is None
    assert "no clean lap yet" in capsys.readouterr().out


def test_a_second_ctrl_c_waits_until_the_files_are_written():
    before = signal.getsignal(signal.SIGINT)
    with undisturbed():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_game_follows_from_the_track():
    args = demo.DemoArgs(observation="Lidar")
    assert demo.env_id(args, tracks.load("tmnf-first-drive")) == "tmenv:tmenv/TMNF-Lidar-v0"
    assert demo.env_id(args, tracks.load("tm2020-first-drive")) == "tmenv:tmenv/TM2020-Lidar-v0"
    assert demo.env_id(args, tracks.load("random:7")) == "tmenv:tmenv/TM2020-Lidar-v0"


@pytest.mark.parametrize("module", ["tmenv_agents.ppo", "tmenv_agents.demo"])
def test_help_works(module):
    path = os.pathsep.join([str(ROOT), str(ROOT / "agents")])
    shown = subprocess.run(
        [sys.executable, "-W", "error", "-m", module, "--help"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=True,
    )  # fmt: skip
    assert "--minutes" in shown.stdout


def test_the_command_line_trains_and_resumes_with_the_same_options(tmp_path, capsys):
    small = "--env-id toy/Road-v0 --num-envs 8 --rollout-steps 16 --eval-laps 1 --hidden 8 --gamma 0.9 --quiet"
    assert cli.main([*small.split(), "--total-steps", "256", "--out", str(tmp_path), "--name", "run"]) == 0
    last = tmp_path / "run" / "last.pt"
    args = cli.parse(["--resume", str(last), "--total-steps", "512"])
    assert (args.gamma, args.hidden, args.total_steps, args.folder()) == (0.9, (8,), 512, last.parent)
    assert cli.main(["--resume", str(last), "--total-steps", "512"]) == 0
    assert "512 steps" in capsys.readouterr().out


def test_the_command_line_reports_mistakes_without_a_traceback(capsys):
    assert cli.main(["--env-id", "toy/Nowhere-v0"]) == 2
    assert "error: no environment" in capsys.readouterr().err
