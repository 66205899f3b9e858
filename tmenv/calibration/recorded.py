"""Recorded runs as flat tables: samples of the motion, and one row of inputs per tick."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tmenv.constants import TICK_MS

SAMPLE = np.dtype(
    [
        ("time_ms", np.int32),  # of the race; the state before the tick that begins then
        ("position", np.float32, (3,)),  # car origin, world, m
        ("rotation", np.float32, (4,)),  # quaternion x y z w, car frame -> world
        ("material", np.uint8, (4,)),  # surface under the wheels, order FL FR RR RL
        ("contact", np.bool_, (4,)),
        ("slide", np.bool_, (4,)),
        ("boosted", np.bool_),  # a turbo acts, or did within the last 0.3 s
        ("free_wheel", np.bool_),  # the engine is off until the next checkpoint
        ("broken", np.bool_),  # the car was put somewhere else since the sample before (respawn)
        ("repeated", np.bool_),  # an earlier run of the data drove the same here
    ]
)
"""One recorded state."""

TAPE = np.dtype([("steer", np.float32), ("gas", np.bool_), ("brake", np.bool_)])
"""Input of one tick; row i drives the tick from i * 10 ms of race time on."""

RUN = np.dtype(
    [
        ("map", np.int32),  # index into ``Runs.maps``
        ("source", np.int32),  # index into ``Runs.sources``
        ("driver", np.int32),  # a number; the same one within a source is the same person
        ("period_ms", np.int32),  # between samples
        ("sample_at", np.int64),
        ("samples", np.int32),
        ("tick_at", np.int64),
        ("ticks", np.int32),
    ]
)
"""Where a run's samples and ticks are."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of one game.

    Attributes:
        game: ``"TM2020"`` or ``"TMNF"``.
        runs: structured array ``RUN`` (r,).
        samples: structured array ``SAMPLE`` (s,), run after run.
        tape: structured array ``TAPE`` (t,), run after run.
        maps: (name, path) of the maps that the runs were driven on; the path is "" if the data hold no such map.
        sources: path and sha256 of the files that the runs come from.
        rejected: reason -> how many runs were left out for it.
    """

    game: str
    runs: np.ndarray
    samples: np.ndarray
    tape: np.ndarray
    maps: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    rejected: dict[str, int]

    @property
    def seconds(self) -> float:
        """Recorded time, s."""
        return float((self.runs["samples"] * self.runs["period_ms"]).sum()) / 1000.0

    def samples_of(self, run: int) -> np.ndarray:
        """The samples of one run (a view)."""
        row = self.runs[run]
        return self.samples[row["sample_at"] : row["sample_at"] + row["samples"]]

    def tape_of(self, run: int) -> np.ndarray:
        """The inputs of one run (a view)."""
        row = self.runs[run]
        return self.tape[row["tick_at"] : row["tick_at"] + row["ticks"]]


Part = tuple[dict[str, int], np.ndarray, np.ndarray]
"""One run: some fields of ``RUN``, its samples and its tape."""


def join(game: str, parts: list[Part], **names: Any) -> Runs:
    """``Runs`` from single ones; ``names`` are its further attributes."""
    runs = np.zeros(len(parts), RUN)
    sample_at = tick_at = 0
    for row, (fields, samples, tape) in zip(runs, parts, strict=True):
        for name, value in fields.items():
            row[name] = value
        row["sample_at"], row["samples"] = sample_at, len(samples)
        row["tick_at"], row["ticks"] = tick_at, len(tape)
        sample_at, tick_at = sample_at + len(samples), tick_at + len(tape)
    samples = np.concatenate([np.zeros(0, SAMPLE), *(part[1] for part in parts)])
    tape = np.concatenate([np.zeros(0, TAPE), *(part[2] for part in parts)])
    return Runs(game, runs, samples, tape, **names)


def agreement(sampled_steer: np.ndarray, time_ms: np.ndarray, tape: np.ndarray) -> float:
    """Share of the samples, 0..1, that show the steering of the tick before them: do they belong to the tape?"""
    tick = time_ms // TICK_MS - 1
    known = (tick >= 0) & (tick < len(tape))
    if not known.any():
        return 0.0
    return float(np.mean(np.abs(sampled_steer[known] - tape["steer"][tick[known]]) < STEER_TOLERANCE))


STEER_TOLERANCE = 0.012
"""Half a step of a byte, half a step of a tape of 127 steps, and rounding."""
LEAST_AGREEMENT = 0.95
"""Below, samples and tape are of different runs (measured: the others are at 0.99 and above)."""


def held(flags: np.ndarray, count: int) -> np.ndarray:
    """True at each True of a row and at the next ``count`` items."""
    result = flags.copy()
    for step in range(1, min(count, len(flags) - 1) + 1):
        result[step:] |= flags[:-step]
    return result
