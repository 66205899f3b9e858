"""Whether the samples and the inputs of a ghost belong together, and how their times relate."""

import numpy as np

from tmenv.constants import TICK_MS

OFFSETS_MS = (0, -TICK_MS)
"""Offsets that occur: the game's own recordings, and files that other programs wrote, whose labels are a tick early
(measured)."""

LEAST_AGREEMENT = 0.95
"""Share of samples that show the steering of their tick; below, the run was put together from several."""

_STEER_TOLERANCE = 0.009
"""Steps of a byte and of a tape of 127 steps, half of each, and rounding."""


def tape_offset_ms(samples: np.ma.MaskedArray, inputs: np.ndarray) -> int | None:
    """How many ms the samples are labelled late: one of ``OFFSETS_MS``; None if none fits, or both fit alike.

    A sample is the state behind a step, and shows the steering of that step: the input 10 ms before.

    Args:
        samples: dtype ``SAMPLE``.
        inputs: dtype ``INPUT``, one row per tick.
    """
    if not len(samples) or not len(inputs):
        return None
    shares = [_agreement(samples, inputs, offset) for offset in OFFSETS_MS]
    best = max(shares)
    if best < LEAST_AGREEMENT or shares[0] == shares[1]:
        return None
    return OFFSETS_MS[shares.index(best)]


def _agreement(samples: np.ma.MaskedArray, inputs: np.ndarray, offset_ms: int) -> float:
    """Share of the samples that show the steering of the step before them, among those with an input there."""
    times_ms = np.rint(samples.data["time_s"] * 1000).astype(np.int64) - offset_ms - TICK_MS
    row = (times_ms - int(inputs["time_ms"][0])) // TICK_MS
    known = (row >= 0) & (row < len(inputs))
    if not known.any():
        return 0.0
    difference = samples.data["steer"][known] - inputs["steer"][row[known]]
    return float(np.mean(np.abs(difference) <= _STEER_TOLERANCE))
