"""What a policy sees: numbers, and an image beside them where the environment draws one."""

import itertools
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor, nn

from tmenv_agents.errors import OptionError

NO_IMAGE = (0, 0, 0)
"""Shape of the image of environments that draw none."""

FEATURES = 128
"""Numbers that an image is boiled down to."""

_LAYERS = ((8, 4, 16), (4, 2, 32))
"""Kernel, stride and channels of the convolutions: the two of the first Atari network, small enough for a CPU."""


def split(observation: Any) -> tuple[Tensor, Tensor]:
    """Numbers float32 (N, D) and image uint8 (N, C, H, W) of what an environment returns; C is 0 without one."""
    if isinstance(observation, dict):
        return torch.from_numpy(observation["telemetry"]), torch.from_numpy(observation["image"])
    return torch.from_numpy(observation), torch.zeros((len(observation), *NO_IMAGE), dtype=torch.uint8)


def stack(observations: np.ndarray) -> Any:
    """One observation (N, ...) of an object array of N single ones, as ``final_obs`` holds them."""
    if isinstance(observations[0], dict):
        return {key: np.stack([one[key] for one in observations]) for key in observations[0]}
    return np.stack(list(observations))


def sizes_of(space: gym.Space[Any]) -> tuple[int, tuple[int, int, int]]:
    """Numbers and image shape of a single observation space; ``OptionError`` if PPO cannot read it."""
    numbers, image = space, NO_IMAGE
    if isinstance(space, gym.spaces.Dict) and set(space.spaces) == {"image", "telemetry"}:
        numbers, shape = space["telemetry"], space["image"].shape
        if shape is not None and len(shape) == 3:
            image = (shape[0], shape[1], shape[2])
    if isinstance(numbers, gym.spaces.Box) and len(numbers.shape) == 1:
        return numbers.shape[0], image
    raise OptionError(f"PPO reads flat observations, or an image beside one (flatten=True), not {space}")


class ImageEncoder(nn.Module):
    """Two convolutions and a layer: uint8 (B, C, H, W) -> (B, FEATURES).

    Args:
        image: channels, height and width.
        generator: source of the first weights.
    """

    def __init__(self, image: tuple[int, int, int], generator: torch.Generator | None):
        super().__init__()
        channels, *sides = image
        for kernel, stride, _ in _LAYERS:
            sides = [(side - kernel) // stride + 1 for side in sides]
        if min(sides) < 1:
            raise OptionError(f"an image of {image[1]} x {image[2]} pixels is too small for the convolutions")
        widths = [channels, *(width for _, _, width in _LAYERS)]
        convolutions = [
            nn.Conv2d(before, after, kernel, stride)
            for (before, after), (kernel, stride, _) in zip(itertools.pairwise(widths), _LAYERS, strict=True)
        ]
        last = nn.Linear(widths[-1] * sides[0] * sides[1], FEATURES)
        for layer in (*convolutions, last):
            nn.init.orthogonal_(layer.weight, np.sqrt(2.0), generator=generator)
            nn.init.zeros_(layer.bias)  # pyright: ignore[reportArgumentType]
        self.layers = nn.Sequential(
            *(part for layer in convolutions for part in (layer, nn.ReLU())), nn.Flatten(), last, nn.ReLU()
        )
        self.layers.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # twice as fast on a CPU

    def forward(self, image: Tensor) -> Tensor:
        """See the class; brightness 0 to 255 becomes -1 to 1."""
        return self.layers(image.to(torch.float32, memory_format=torch.channels_last).div_(127.5).sub_(1.0))
