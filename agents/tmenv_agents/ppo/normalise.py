"""Running mean and standard deviation, kept as buffers so that they travel with the policy."""

import math

import torch
from torch import Tensor, nn

SMALLEST_STD = 1e-2
"""A quantity that has hardly moved so far is divided by this instead, in its own unit."""

LARGEST = 10.0
"""Normalised values are cut off at this many standard deviations."""


class RunningNorm(nn.Module):
    """Mean and spread of a stream of rows.

    Attributes:
        mean, std: float32 (size,).
        count: float64 (), rows seen, at most ``horizon``: beyond it old rows fade out exponentially.
    """

    mean: Tensor
    std: Tensor
    var: Tensor
    count: Tensor

    def __init__(self, size: int, horizon: float = math.inf):
        super().__init__()
        self.horizon = horizon
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("std", torch.ones(size))
        self.register_buffer("var", torch.zeros(size))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))

    @torch.no_grad()
    def update(self, rows: Tensor) -> None:
        """Take in float32 ``rows`` (B, size)."""
        var, mean = torch.var_mean(rows, dim=0, correction=0)
        total = float(self.count) + len(rows)
        share = len(rows) / total  # of the new rows in the whole
        delta = mean - self.mean
        self.var += share * (var - self.var) + share * (1.0 - share) * delta.square()
        self.mean += share * delta
        self.std.copy_(self.var.sqrt().clamp(min=SMALLEST_STD))
        self.count.fill_(min(total, self.horizon))

    def forward(self, rows: Tensor) -> Tensor:
        """(B, size) in their own units -> (B, size) in standard deviations, cut off at ``LARGEST``."""
        return ((rows - self.mean) / self.std).clamp_(-LARGEST, LARGEST)
