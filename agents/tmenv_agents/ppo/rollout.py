"""Driving all cars for a while and keeping what the update needs."""

from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from tmenv_agents.ppo.gae import advantages_and_returns
from tmenv_agents.ppo.network import Policy, to_environment
from tmenv_agents.ppo.seen import split, stack
from tmenv_agents.ppo.update import Batch


@dataclass
class Episodes:
    """Episodes that ended during one rollout, E of them.

    Attributes:
        progress: share of the track driven, 0 to 1, each float32 (E,).
        finished: bool (E,).
        lap_ms: race times of the finished ones.
        returns: undiscounted sums of reward, float64 (E,).
    """

    progress: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    finished: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    lap_ms: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    returns: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def add(self, final: dict[str, Any], done: np.ndarray, returns: np.ndarray) -> None:
        """Append the rows ``done`` (N,) of ``final_info``; ``returns`` (N,)."""
        finished = final["finished"][done]
        self.progress = np.concatenate([self.progress, final["progress"][done]])
        self.finished = np.concatenate([self.finished, finished])
        self.lap_ms = np.concatenate([self.lap_ms, final["race_time_ms"][done][finished]])
        self.returns = np.concatenate([self.returns, returns[done]])


class Collector:
    """Owns the training cars and the buffers of one rollout: T steps by N cars, allocated once."""

    def __init__(self, envs: gym.vector.VectorEnv, policy: Policy, steps: int, generator: torch.Generator):
        self.envs, self.policy, self.generator = envs, policy, generator
        count, shape = envs.num_envs, policy.shape
        self.raw = torch.zeros(steps, count, shape.observations)  # (T, N, D) as the environment gives them
        self.seen = torch.zeros(steps, count, shape.observations)  # (T, N, D) normalised
        self.images = torch.zeros((steps, count, *shape.image), dtype=torch.uint8)  # (T, N, C, H, W)
        actions = (steps, count) if shape.discrete else (steps, count, shape.actions)
        self.actions = torch.zeros(actions, dtype=torch.int64 if shape.discrete else torch.float32)
        self.heads = torch.zeros(steps, count, shape.actions)  # (T, N, A) what the actions were drawn from
        self.values = torch.zeros(steps + 1, count)  # (T + 1, N) in units of reward
        self.rewards = torch.zeros(steps, count)  # (T, N)
        self.dones = torch.zeros(steps, count)  # (T, N)
        self.cut_values = torch.zeros(steps, count)  # (T, N)
        self.returns = np.zeros(count)  # (N,) reward of the running episodes so far
        self.last: Any = None  # what the cars see now, as the environment gives it

    def start(self, seed: int, warm_up: bool) -> None:
        """Put all cars on the line; with ``warm_up``, drive at random first to learn the scale of observations."""
        self.last, _ = self.envs.reset(seed=seed)
        if not warm_up:
            return
        self.envs.action_space.seed(seed)
        for t in range(len(self.raw)):
            self.raw[t], _ = split(self.last)
            self.last, *_ = self.envs.step(self.envs.action_space.sample())
        self.policy.observations.update(self.raw.flatten(0, 1))
        self.last, _ = self.envs.reset(seed=seed)

    @torch.inference_mode()
    def collect(self) -> Episodes:
        """Drive T steps with sampled actions, into the buffers."""
        episodes = Episodes()
        cut: list[tuple[int, np.ndarray, Any]] = []  # (t, cars, their final observations) of truncated episodes
        for t in range(len(self.rewards)):
            self.raw[t], self.images[t] = split(self.last)
            self.seen[t] = self.policy.observations(self.raw[t])
            head, value = self.policy(self.seen[t], self.images[t])
            self.heads[t], self.values[t] = head, self.policy.in_reward(value)
            self.actions[t] = self.policy.sample(head, self.generator)
            action = to_environment(self.actions[t].numpy(), self.policy.shape.discrete)
            self.last, reward, terminated, truncated, info = self.envs.step(action)
            done = terminated | truncated
            self.rewards[t] = torch.from_numpy(reward)
            self.dones[t] = torch.from_numpy(done)
            self.returns += reward
            if done.any():
                episodes.add(info["final_info"], done, self.returns)
                self.returns[done] = 0.0
                cars = np.flatnonzero(truncated & ~terminated)
                if len(cars):
                    cut.append((t, cars, stack(info["final_obs"][cars])))
        self.values[-1] = self._value(self.last)
        self.cut_values.zero_()
        for t, cars, final in cut:
            self.cut_values[t, cars] = self._value(final)
        return episodes

    def _value(self, observation: Any) -> Tensor:
        numbers, image = split(observation)
        return self.policy.value(self.policy.observations(numbers), image)

    @torch.no_grad()
    def batch(self, gamma: float, gae_lambda: float) -> Batch:
        """The rollout as B = T x N rows for the update, its advantages estimated."""
        rows = (part.flatten(0, 1) for part in (self.seen, self.images, self.heads, self.actions))
        seen, images, heads, actions = rows
        advantages, returns = advantages_and_returns(
            self.rewards, self.values, self.dones, self.cut_values, gamma=gamma, gae_lambda=gae_lambda
        )
        log_probs, _ = self.policy.log_prob_and_entropy(heads, actions)
        return Batch(seen, images, actions, log_probs, advantages.flatten(), returns.flatten())
