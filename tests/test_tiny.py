"""Everything once, in seconds: bytes -> track -> one second of driving -> env -> one learning update."""

import gymnasium as gym
import numpy as np

from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator, constant_controls
from tmenv.gbx import Map, map_to_bytes, read_map
from tmenv.track import build
from tmenv.track.turtle import Cursor, lay
from tmenv_agents.ppo import Args, train


def test_from_bytes_to_a_learning_update(tmp_path):
    blocks = lay("TMNF", ["start", "straight", "straight", "finish"], Cursor(10, 10, 0))
    track = build(read_map(map_to_bytes(Map.tmnf("Tiny", blocks))))
    assert track.length_m > 80

    simulator = Simulator(track, load_parameters("TMNF"))
    simulator.drive(constant_controls(1, 100, steer=0.0, gas=True, brake=False))
    assert np.linalg.norm(simulator.cars["velocity"][0]) > 13

    track.save(tmp_path / "tiny.npz")
    env = gym.make("tmenv:tmenv/TMNF-Lidar-v0", track=str(tmp_path / "tiny.npz"))
    env.reset(seed=0)
    *_, info = env.step(np.array([0.0, 1.0]))
    assert info["outcome"] == ""

    result = train(
        Args(
            env_id="tmenv:tmenv/TMNF-Lidar-v0",
            track=str(tmp_path / "tiny.npz"),
            num_envs=8,
            rollout_steps=8,
            total_steps=64,
            hidden=(16,),
            eval_laps=1,
            out=tmp_path,
            quiet=True,
        )
    )
    assert result.steps == 64
