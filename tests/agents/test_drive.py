"""A trained policy drives: in the simulator, and the running game's part is played by a stand-in."""

import json

import gymnasium as gym
import numpy as np
import pytest
import torch

from tests.live.rigs import live_of
from tmenv.live.standin import ChannelControls, StandInTM2020
from tmenv.render import laps
from tmenv_agents import drive
from tmenv_agents.ppo import Args, checkpoint
from tmenv_agents.ppo.network import Policy, Shape

TRACK = "tm2020-first-drive"
STEPS = 30


@pytest.fixture
def saved(tmp_path):
    """Writes the checkpoint of a policy that nobody trained."""

    def save(observation="Lidar", **options):
        args = Args(env_id=f"tmenv:tmenv/TM2020-{observation}-v0", track=TRACK, max_episode_steps=STEPS, **options)
        envs = gym.make_vec(args.env_id, num_envs=1, **args.environment_kwargs())
        policy = Policy(Shape.of(envs, (8,)), torch.Generator().manual_seed(0))
        envs.close()
        content = checkpoint.policy_content(policy) | {"args": args.plain()}
        checkpoint.save(tmp_path / "policy.pt", content)
        return str(tmp_path / "policy.pt")

    return save


def test_a_lap_is_told_and_kept_for_the_viewer(saved, tmp_path, capsys):
    assert drive.main([saved(), "--laps", "2", "--out", str(tmp_path / "best.npz")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in printed[:2]] == ["lap 1", "lap 2"]
    assert "not finished" in printed[0]
    lap = laps.read_lap(tmp_path / "best.npz")
    assert (lap.track.name, len(lap.time_s)) == (TRACK, STEPS)
    assert {file.name for file in tmp_path.iterdir()} == {"best.npz", "policy.pt"}


@pytest.mark.parametrize("observation", ["Pixels", "State"])
def test_every_observation_can_drive(saved, observation, capsys):
    assert drive.main([saved(observation), "--laps", "1"]) == 0
    assert "lap 1" in capsys.readouterr().out


def test_the_running_game_is_driven_after_the_simulator(saved, capsys):
    with StandInTM2020(TRACK, "framed", 0, ChannelControls(0)) as game:
        trained = saved(env_json='{"latency": 0.01, "physics": "randomized"}')  # of which the game has its own
        assert drive.main([trained, "--laps", "1", "--live", json.dumps(live_of(game))]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("simulator: not finished")
    assert "late steps since the connection: " in printed


def test_the_best_lap_is_the_fastest_that_finished():
    def lap(finished, seconds, progress):
        rows = {"position": np.zeros((2, 3)), "speed_kmh": np.zeros(2), "actions": np.zeros(2, np.int64)}
        time_s, far = np.array([0.05, seconds]), np.array([0.0, progress])
        return drive.Lap(time_s=time_s, progress=far, finished=finished, greedy=True, **rows)

    fast, slow, far, near = lap(True, 10.0, 1.0), lap(True, 11.0, 1.0), lap(False, 9.0, 0.9), lap(False, 5.0, 0.2)
    assert sorted([fast, slow, far, near], key=drive.rank) == [near, far, slow, fast]
    assert drive.describe("lap 1", slow, fast) == "lap 1: 11.000 s, +10.00 % of the simulator's time"
    assert drive.describe("lap 1", far, fast) == "lap 1: not finished, 90 %"


def test_torch_gets_its_threads_back():
    torch.set_num_threads(2)
    with drive.one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--laps", "0"], "laps must be above 0"),
        (["--live", "yes"], "live is not JSON"),
        (["--live", "[]"], "live must be a JSON object"),
        (["--env-json", '{"latency": -1}'], "latency"),
        (["--track", "no-such-track"], "no-such-track"),
        (["--out", "best.txt"], "out must be the name of an .npz file"),
        (["--out", "no/such/folder/best.npz"], "no folder no/such/folder"),
    ],
)
def test_a_mistake_is_one_clear_error(saved, options, named, capsys):
    assert drive.main([saved(), *options]) == 2
    assert named in capsys.readouterr().err


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, capsys):
    checkpoint.save(tmp_path / "bare.pt", {"policy": {}})
    for name, complaint in (("none.pt", "no checkpoint"), ("bare.pt", "does not say how it was trained")):
        assert drive.main([str(tmp_path / name)]) == 2
        assert complaint in capsys.readouterr().err
