"""Making the environments a run needs, and what the trainer knows about their ``info``."""

from typing import Any

import gymnasium as gym
import numpy as np

from tmenv_agents.errors import OptionError
from tmenv_agents.ppo.args import Args


def make_envs(args: Args, num_envs: int) -> gym.vector.VectorEnv:
    """``num_envs`` cars that start again within the step that ends their episode (SAME_STEP)."""
    mode = gym.vector.AutoresetMode.SAME_STEP
    try:
        return gym.make_vec(args.env_id, num_envs=num_envs, autoreset_mode=mode, **args.environment_kwargs())
    except (gym.error.UnregisteredEnv, gym.error.Error, ModuleNotFoundError) as error:
        raise OptionError(f"no environment {args.env_id!r}: {error}") from error


def last_info(info: dict[str, Any], done: np.ndarray, key: str) -> np.ndarray:
    """``info[key]`` of the state the step led to, (N, ...): of finished episodes that is in ``final_info``."""
    if not done.any():
        return info[key]
    mask = done.reshape(-1, *[1] * (info[key].ndim - 1))
    return np.where(mask, info["final_info"][key], info[key])
