"""Checkpoints: tensors and plain values in one file, written whole or not at all, read without executing anything."""

import os
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tmenv_agents.errors import CheckpointError
from tmenv_agents.files import replacing
from tmenv_agents.ppo.args import Args
from tmenv_agents.ppo.evaluate import Lap
from tmenv_agents.ppo.network import Policy, Shape
from tmenv_agents.ppo.seen import NO_IMAGE

FORMAT = "tmenv-agents-ppo-1"


def save(path: Path, content: dict[str, Any]) -> None:
    """Write ``content`` (tensors and plain values) to ``path``: a reader sees the old file or the new, never half."""
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        torch.save({"format": FORMAT, **content}, file)
        file.flush()
        os.fsync(file.fileno())


def load(path: Path) -> dict[str, Any]:
    """Read what ``save`` wrote; ``CheckpointError`` if there is no such file or it is something else."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}") from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise CheckpointError(f"{path} is not a checkpoint that can be read: {reason}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of this version of the PPO trainer ({FORMAT})")
    return content


def policy_content(policy: Policy) -> dict[str, Any]:
    """What ``policy_of`` needs to make ``policy`` again."""
    shape = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(policy.shape).items()}
    return {"policy": policy.state_dict(), "shape": shape}


def policy_of(content: dict[str, Any], path: Path) -> Policy:
    """The policy of a loaded checkpoint, its normaliser with it."""
    try:
        saved = content["shape"]
        sides = tuple(saved.get("image", NO_IMAGE))  # policies saved before there were images have none
        policy = Policy(Shape(**{**saved, "hidden": tuple(saved["hidden"]), "image": sides}))
        policy.load_state_dict(content["policy"])
    except (KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"{path} holds no policy that fits its own description: {error}") from error
    return policy


def args_of(content: dict[str, Any], path: Path) -> Args:
    """The options of the run that wrote a loaded checkpoint."""
    try:
        return Args.from_plain(content["args"])
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path} does not say how it was trained: {error}") from error


def load_policy(path: Path | str) -> Policy:
    """The policy that is saved in ``path`` (``best.pt`` or ``last.pt`` of a run)."""
    return policy_of(load(Path(path)), Path(path))


def check_same_shape(saved: Shape, wanted: Shape, path: Path) -> None:
    """Raise ``CheckpointError`` naming each way in which the environment or network is another one."""
    differing = [
        f"{name}: {getattr(saved, name)} in the checkpoint, {getattr(wanted, name)} here"
        for name in ("observations", "image", "actions", "discrete", "hidden")
        if getattr(saved, name) != getattr(wanted, name)
    ]
    if differing:
        raise CheckpointError(
            f"{path} cannot go on in this environment ({'; '.join(differing)}): "
            "use the id, action, env_json and hidden it was trained with"
        )


def lap_content(lap: Lap) -> dict[str, Any]:
    """A lap as tensors and plain values."""
    return {key: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for key, v in asdict(lap).items()}


def lap_of(content: dict[str, Any]) -> Lap | None:
    """The lap of a loaded checkpoint, if it holds one."""
    lap = content.get("lap")
    if lap is None:
        return None
    values: dict[str, Any] = {key: v.numpy() if isinstance(v, torch.Tensor) else v for key, v in lap.items()}
    return Lap(**values)
