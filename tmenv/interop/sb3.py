"""Stable-Baselines3: our vector env behind its ``VecEnv`` interface."""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

from tmenv.errors import ConfigError

try:
    from stable_baselines3.common.vec_env import VecEnv
except ImportError as error:
    raise ConfigError('tmenv.interop.sb3 needs Stable-Baselines3: pip install "stable-baselines3>=2.9"') from error


def make_sb3_vec_env(env_id: str, num_envs: int = 64, seed: int = 0, **kwargs: Any) -> "Sb3VecEnv":
    """A batch of environments for Stable-Baselines3.

    Args:
        env_id: one of ``tmenv.IDS``.
        num_envs: number of cars.
        seed: row i is seeded with ``seed + i``.
        kwargs: arguments of the environment.
    """
    return Sb3VecEnv(gym.make_vec(env_id, num_envs=num_envs, autoreset_mode=AutoresetMode.SAME_STEP, **kwargs), seed)


class Sb3VecEnv(VecEnv):
    """One of our vector envs in SAME_STEP mode, as SB3 wants it: one info dict per car.

    ``info`` holds what SB3 reads (``episode``, ``terminal_observation``, ``TimeLimit.truncated``) at the end of an
    episode, with the final ``outcome``, ``finished`` and ``race_time_ms``; it is empty while an episode runs,
    because a thousand dicts per step would cost more than the simulation.
    """

    def __init__(self, envs: Any, seed: int = 0):
        self.envs = envs  # first: the base class asks for its render mode
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)
        self._seeds = [seed + row for row in range(envs.num_envs)]
        self._actions: np.ndarray | None = None
        self._returns = np.zeros(envs.num_envs)
        self._lengths = np.zeros(envs.num_envs, np.int64)

    def reset(self) -> Any:
        """First observations of new episodes, (N, D)."""
        seeds = None if all(seed is None for seed in self._seeds) else self._seeds
        observations, _ = self.envs.reset(seed=seeds)
        self._reset_seeds()
        self._returns[:], self._lengths[:] = 0.0, 0
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for ``step_wait``."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Observations, rewards, dones and infos of the step."""
        observations, rewards, terminated, truncated, info = self.envs.step(self._actions)
        self._returns += rewards
        self._lengths += 1
        dones = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for row in np.flatnonzero(dones):
            infos[row] = self._last_info(int(row), bool(truncated[row]), info)
        self._returns[dones], self._lengths[dones] = 0.0, 0
        return observations, rewards.astype(np.float32), dones, infos

    def _last_info(self, row: int, truncated: bool, info: dict[str, Any]) -> dict[str, Any]:
        final = info["final_info"]
        return {
            "terminal_observation": info["final_obs"][row],
            "TimeLimit.truncated": truncated,
            "episode": {"r": float(self._returns[row]), "l": int(self._lengths[row])},
            "outcome": str(final["outcome"][row]),
            "finished": bool(final["finished"][row]),
            "race_time_ms": int(final["race_time_ms"][row]),
        }

    def close(self) -> None:
        """Close the environments."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The attribute of the vector env, once per index."""
        return [getattr(self.envs.unwrapped, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not possible: the cars share one environment object."""
        raise ConfigError(
            f"cannot set {attr_name!r}: the cars of a tmenv batch share one object; pass arguments to make"
        )

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Not possible: the cars share one environment object."""
        raise ConfigError(f"cannot call {method_name!r} per car: the cars of a tmenv batch share one object")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """No car is wrapped."""
        return [False for _ in self._get_indices(indices)]

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seeds for the next ``reset``."""
        self._seeds = [None if seed is None else seed + row for row in range(self.num_envs)]
        return self._seeds
