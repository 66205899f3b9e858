"""The policy: normaliser, image encoder, one shared torso, an action head and a value head."""

import itertools
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor, nn

from tmenv_agents.errors import OptionError
from tmenv_agents.ppo.normalise import RunningNorm
from tmenv_agents.ppo.seen import FEATURES, NO_IMAGE, ImageEncoder, sizes_of, split

RETURN_HORIZON = 500_000
"""Steps after which the scale of the returns forgets: they grow by orders of magnitude while a driver learns."""

HALF_LOG_2PI = 0.9189385332046727


@dataclass(frozen=True)
class Shape:
    """What decides the sizes of a policy: inputs, outputs, their kind, the hidden layers, and the image if any."""

    observations: int
    actions: int
    discrete: bool
    hidden: tuple[int, ...]
    image: tuple[int, int, int] = NO_IMAGE

    @staticmethod
    def of(envs: gym.vector.VectorEnv, hidden: tuple[int, ...]) -> "Shape":
        """Read the spaces of one of ``envs``; ``OptionError`` if PPO cannot use them."""
        numbers, image = sizes_of(envs.single_observation_space)
        done = envs.single_action_space
        if isinstance(done, gym.spaces.Discrete):
            return Shape(numbers, int(done.n), True, hidden, image)
        if isinstance(done, gym.spaces.Box) and len(done.shape) == 1:
            return Shape(numbers, done.shape[0], False, hidden, image)
        raise OptionError(f"PPO acts in Discrete or flat Box spaces, this environment wants {done}")


def _layer(inputs: int, outputs: int, gain: float, generator: torch.Generator | None) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, gain, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


class Policy(nn.Module):
    """Action probabilities and the expected return of each observation.

    Discrete actions: the head gives logits (B, A). Continuous: means (B, A) of a normal distribution whose
    log standard deviation is one parameter per axis; actions are clipped to [-1, 1] on their way to the car.

    The value head works in standard deviations of the return; ``rescale_value`` keeps its answers in real units
    unchanged when that scale moves.
    """

    def __init__(self, shape: Shape, generator: torch.Generator | None = None):
        super().__init__()
        self.shape = shape
        self.observations = RunningNorm(shape.observations)
        self.returns = RunningNorm(1, RETURN_HORIZON)
        self.encoder = ImageEncoder(shape.image, generator) if shape.image != NO_IMAGE else None
        widths = (shape.observations + (FEATURES if self.encoder else 0), *shape.hidden)
        layers = [_layer(i, o, np.sqrt(2.0), generator) for i, o in itertools.pairwise(widths)]
        self.torso = nn.Sequential(*(part for layer in layers for part in (layer, nn.Tanh())))
        self.action_head = _layer(widths[-1], shape.actions, 0.01, generator)
        self.value_head = _layer(widths[-1], 1, 1.0, generator)
        self.log_std = nn.Parameter(torch.full((shape.actions,), -0.5), requires_grad=not shape.discrete)

    def forward(self, seen: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised numbers (B, D) and uint8 image (B, C, H, W) -> action head (B, A), normalised value (B,)."""
        features = self.torso(torch.cat([seen, self.encoder(image)], dim=1) if self.encoder else seen)
        return self.action_head(features), self.value_head(features).squeeze(-1)

    def value(self, seen: Tensor, image: Tensor) -> Tensor:
        """What ``forward`` reads -> expected return (B,), in units of reward."""
        return self.in_reward(self.forward(seen, image)[1])

    def in_reward(self, value: Tensor) -> Tensor:
        """Normalised values -> units of reward."""
        return value * self.returns.std + self.returns.mean

    def best(self, head: Tensor) -> Tensor:
        """Most likely action of each row: int64 (B,) or float32 (B, A)."""
        return head.argmax(-1) if self.shape.discrete else head

    def sample(self, head: Tensor, generator: torch.Generator) -> Tensor:
        """One random action of each row: int64 (B,) or float32 (B, A)."""
        if self.shape.discrete:  # the first of A exponential clocks to ring, each with its probability as rate
            clocks = torch.empty_like(head).exponential_(generator=generator)
            return (head.softmax(-1) / clocks).argmax(-1)
        noise = torch.empty_like(head).normal_(generator=generator)
        return head + noise * self.log_std.exp()

    def log_prob_and_entropy(self, head: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Log probability (B,) of ``actions``, int64 (B,) or float32 (B, A), and the entropy, (B,) or ()."""
        if self.shape.discrete:
            log_probs = head.log_softmax(-1)  # (B, A)
            entropy = -(log_probs.exp() * log_probs).sum(-1)
            return log_probs.gather(1, actions[:, None]).squeeze(1), entropy
        z = (actions - head) / self.log_std.exp()
        log_prob = (-0.5 * z.square() - self.log_std - HALF_LOG_2PI).sum(-1)
        return log_prob, (self.log_std + 0.5 + HALF_LOG_2PI).sum()

    @torch.no_grad()
    def rescale_value(self, returns: Tensor) -> None:
        """Take float32 ``returns`` (B,) into the scale and adjust the value head to it."""
        old_mean, old_std = self.returns.mean.clone(), self.returns.std.clone()
        self.returns.update(returns[:, None])
        self.value_head.weight *= old_std / self.returns.std
        self.value_head.bias.copy_((self.value_head.bias * old_std + old_mean - self.returns.mean) / self.returns.std)

    @torch.inference_mode()
    def act(
        self,
        observations: Any,
        greedy: bool | np.ndarray = True,
        generator: torch.Generator | None = None,
    ) -> np.ndarray:
        """Choose actions for N cars.

        Args:
            observations: as the environment gives them: float32 (N, D), or a dict of that and an image.
            greedy: True: the most likely action; False: sampled; or a bool mask (N,).
            generator: source of the sampled actions, needed unless all are greedy.

        Returns:
            int64 (N,), or float32 (N, A) within [-1, 1].
        """
        numbers, image = split(observations)
        if (numbers.shape[1:], image.shape[1:]) != ((self.shape.observations,), self.shape.image):
            pictures = f" and images {tuple(self.shape.image)}" if self.encoder else ""
            raise OptionError(
                f"this policy reads (N, {self.shape.observations}) observations{pictures}, not {tuple(numbers.shape)}: "
                "make the environment with the options it was trained with"
            )
        head, _ = self.forward(self.observations(numbers), image)
        actions = self.best(head).numpy()
        if not np.all(greedy):
            if generator is None:
                raise OptionError("sampled actions need a torch.Generator")
            mask = np.broadcast_to(greedy, len(actions)).reshape(-1, *[1] * (actions.ndim - 1))
            actions = np.where(mask, actions, self.sample(head, generator).numpy())
        return to_environment(actions, self.shape.discrete)


def to_environment(actions: np.ndarray, discrete: bool) -> np.ndarray:
    """Actions of the distribution -> actions in the environment's space (continuous ones clipped to [-1, 1])."""
    return actions if discrete else np.clip(actions, -1.0, 1.0)
