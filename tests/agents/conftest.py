"""A toy environment with the face of tmenv's: a straight road to drive to the end of, as a few numpy lines."""

import gymnasium as gym
import numpy as np
import pytest
import torch

from tmenv_agents.ppo import Args

ROAD_M = 60.0
STEP_S = 0.05
WIDTH_M = 4.0


class ToyRoad(gym.vector.VectorEnv):
    """Cars on a straight road. Speeding up helps, steering off the road ends the drive.

    Keys: action % 3 steers left, straight or right; action // 3 == 1 is the throttle.
    ``interrupt_after`` raises KeyboardInterrupt in that step, counted over the life of the object.
    """

    def __init__(
        self,
        num_envs,
        *,
        max_episode_steps=200,
        autoreset_mode=gym.vector.AutoresetMode.SAME_STEP,
        track=None,
        action="keys",
        reward="progress",
        dims=4,
        interrupt_after=None,
        latency=0.0,  # the demo's last laps ask for some; this road has none
    ):
        assert autoreset_mode is gym.vector.AutoresetMode.SAME_STEP
        assert reward == "progress"
        self.metadata = {"autoreset_mode": autoreset_mode}
        self.num_envs, self.limit, self.keys, self.dims = num_envs, max_episode_steps, action == "keys", dims
        self.single_observation_space = gym.spaces.Box(-np.inf, np.inf, (dims,), np.float32)
        keys, axes = gym.spaces.Discrete(12), gym.spaces.Box(-1.0, 1.0, (2,), np.float32)
        self.single_action_space = keys if self.keys else axes
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
        self.interrupt_after, self.calls = interrupt_after, 0
        self.state = np.zeros((num_envs, 3))  # along the road, m; speed, m/s; off the middle, m
        self.clock = np.zeros(num_envs, np.int64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._restart(np.ones(self.num_envs, bool))
        return self._see(), self._info(np.zeros(self.num_envs, bool), "")

    def step(self, actions):
        self.calls += 1
        if self.calls == self.interrupt_after:
            raise KeyboardInterrupt
        if self.keys:
            gas, steer = (actions // 3 == 1).astype(float), actions % 3 - 1.0
        else:
            assert np.abs(actions).max() <= 1.0
            steer, gas = actions[:, 0], actions[:, 1]
        before = self.state[:, 0].copy()
        self.state[:, 1] = np.clip(self.state[:, 1] + STEP_S * (20.0 * gas - 2.0), 0.0, 30.0)
        self.state[:, 2] += STEP_S * self.state[:, 1] * 0.3 * steer
        self.state[:, 0] += STEP_S * self.state[:, 1]
        self.clock += 1
        finished, off = self.state[:, 0] >= ROAD_M, np.abs(self.state[:, 2]) > WIDTH_M
        terminated = finished | off
        truncated = ~terminated & (self.clock >= self.limit)
        reward = 0.1 * (self.state[:, 0] - before) + 5.0 * finished
        return self._finish_step(reward, terminated, truncated, finished)

    def _finish_step(self, reward, terminated, truncated, finished):
        done = terminated | truncated
        final_obs, final_info = self._see(), self._info(finished, np.where(finished, "finished", "off_track"))
        if done.any():
            self._restart(done)
        info = self._info(np.zeros(self.num_envs, bool), "")
        if done.any():
            rows = np.empty(self.num_envs, object)  # Gymnasium's form: an array of arrays, None where not done
            for row in np.flatnonzero(done):
                rows[row] = final_obs[row]
            info |= {"final_obs": rows, "_final_obs": done, "final_info": final_info, "_final_info": done}
        return self._see(), reward.astype(np.float32), terminated, truncated, info

    def _restart(self, mask):
        self.state[mask] = 0.0
        self.state[mask, 2] = self.np_random.uniform(-1.0, 1.0, self.num_envs)[mask]
        self.clock[mask] = 0

    def _see(self):
        seen = np.zeros((self.num_envs, self.dims), np.float32)
        seen[:, :3] = self.state
        return seen

    def _info(self, finished, outcome):
        position = np.zeros((self.num_envs, 3), np.float32)
        position[:, 2], position[:, 0] = self.state[:, 0], self.state[:, 2]
        return {
            "race_time_ms": 50 * self.clock,
            "progress_m": self.state[:, 0].copy(),
            "progress": np.clip(self.state[:, 0] / ROAD_M, 0.0, 1.0).astype(np.float32),
            "position": position,
            "speed_kmh": (3.6 * self.state[:, 1]).astype(np.float32),
            "finished": finished,
            "outcome": np.broadcast_to(outcome, self.num_envs),
        }


gym.register("toy/Road-v0", vector_entry_point=ToyRoad)


@pytest.fixture(autouse=True)
def two_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def toy(tmp_path):
    """Makes options for a small, quick training run on the toy road."""

    def options(**changed):
        small = {
            "env_id": "toy/Road-v0", "num_envs": 32, "rollout_steps": 32, "total_steps": 4 * 32 * 32,
            "hidden": (32, 32), "eval_laps": 3, "threads": 1, "out": tmp_path, "name": "toy", "quiet": True,
        }  # fmt: skip
        return Args(**(small | changed))

    return options
