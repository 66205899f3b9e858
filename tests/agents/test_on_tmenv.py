"""The trainer and the demo on tmenv's own environments, just long enough to see that they fit."""

import json

import pytest

from tmenv_agents import demo
from tmenv_agents.errors import CheckpointError
from tmenv_agents.ppo import train


@pytest.fixture
def short(toy):
    def options(**changed):
        small = {"num_envs": 8, "rollout_steps": 16, "total_steps": 256, "eval_laps": 1, "max_episode_steps": 100}
        return toy(**(small | changed))

    return options


@pytest.mark.parametrize("action", ["keys", "steer_throttle", "gas_brake_steer"])
def test_every_action_space_trains(short, action):
    result = train(short(env_id="tmenv:tmenv/TM2020-State-v0", action=action))
    assert result.lap is not None
    assert len(result.lap.position) > 1
    assert result.steps == 256


def test_images_train_and_resume(short):
    options = {"env_id": "tmenv:tmenv/TM2020-Pixels-v0", "env_json": '{"image_size": [32, 32], "history": 1}'}
    result = train(short(**options, total_steps=128))
    more = train(short(**options, resume=result.folder / "last.pt"))
    assert more.policy.shape.image == (1, 32, 32)
    assert more.steps == 256
    with pytest.raises(CheckpointError, match=r"image: \(1, 32, 32\) in the checkpoint"):
        train(short(**options | {"env_json": "{}"}, resume=result.folder / "last.pt"))


def test_a_policy_of_another_observation_is_refused(short):
    result = train(short(env_id="tmenv:tmenv/TMNF-Lidar-v0"))
    with pytest.raises(CheckpointError, match="observations: 83 in the checkpoint, 170 here"):
        train(short(env_id="tmenv:tmenv/TMNF-State-v0", resume=result.folder / "last.pt"))


def test_the_demo_draws_a_tmnf_track(tmp_path, capsys):
    out = tmp_path / "demo"
    assert demo.main(["--track", "tmnf-first-drive", "--minutes", "0.02", "--out", str(out)]) == 0
    assert json.loads((out / "result.json").read_text())["env_id"] == "tmenv:tmenv/TMNF-State-v0"
    assert {"policy.pt", "lap.npz", "line.png", "curve.png", "lap.html", "lap.mp4"} <= {
        file.name for file in out.iterdir()
    }
    assert "of 20 greedy laps" in capsys.readouterr().out


def test_the_demo_names_a_missing_track(capsys):
    assert demo.main(["--track", "no-such-track"]) == 2
    assert "no-such-track" in capsys.readouterr().err
