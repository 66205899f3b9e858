"""``Results``: what a step tells of all cars, in arrays that belong to its caller."""

from typing import NamedTuple

import numpy as np

from tmenv.task.tables import INFO


class Results(NamedTuple):
    """Copies of what a step or a reset tells, which nobody else holds.

    Attributes:
        observations: float32 (N, size).
        info: structured array ``INFO`` of shape (N,).
        rewards: float64 (N,).
        outcomes: int64 (N,), numbers of ``OUTCOMES``.
    """

    observations: np.ndarray
    info: np.ndarray
    rewards: np.ndarray
    outcomes: np.ndarray

    @classmethod
    def to_fill(cls, count: int, size: int) -> "Results":
        """Room for ``count`` cars with observations of ``size`` numbers, to be filled by a step."""
        observations, info = np.empty((count, size), np.float32), np.empty(count, INFO)
        return cls(observations, info, np.empty(count), np.empty(count, np.int64))

    @classmethod
    def copied(cls, observations: np.ndarray, info: np.ndarray) -> "Results":
        """All of what the kernels wrote."""
        # as numbers: numpy copies records field by field, ten times slower
        info = info.view(np.int64).copy().view(INFO)
        return cls(observations.copy(), info, info["reward"].copy(), info["outcome"].copy())
