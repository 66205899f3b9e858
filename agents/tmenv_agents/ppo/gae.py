"""Generalised advantage estimation that tells a time limit from an end."""

import torch
from torch import Tensor


def advantages_and_returns(
    rewards: Tensor, values: Tensor, dones: Tensor, cut_values: Tensor, *, gamma: float, gae_lambda: float
) -> tuple[Tensor, Tensor]:
    """Advantage and return of every step of a rollout of T steps by N cars.

    Args:
        rewards: float32 (T, N).
        values: float32 (T + 1, N), expected return of each observation acted on, and of the one after the last.
        dones: float32 (T, N), 1 where the step ended its episode, however it ended.
        cut_values: float32 (T, N), where the step was *truncated* the expected return of the episode's final
            observation (the drive would have gone on), 0 elsewhere and where it *terminated*.
        gamma: discount of one step.
        gae_lambda: 0 trusts the values, 1 the observed rewards.

    Returns:
        advantages, returns: float32 (T, N) each; returns are advantages + values[:T].
    """
    advantages = torch.empty_like(rewards)
    ahead = torch.zeros_like(rewards[0])  # (N,) advantage of the following step
    for t in reversed(range(len(rewards))):
        runs_on = 1.0 - dones[t]  # values[t + 1] belongs to the next episode where the step was the last
        target = rewards[t] + gamma * (runs_on * values[t + 1] + cut_values[t])
        ahead = target - values[t] + gamma * gae_lambda * runs_on * ahead
        advantages[t] = ahead
    return advantages, advantages + values[:-1]
