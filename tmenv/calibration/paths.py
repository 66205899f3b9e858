"""Recorded TMNF runs as paths: where the car was, and when it passed the checkpoints."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmenv.errors import TmenvError
from tmenv.gbx import SAMPLE

_SAMPLE_KEYS = ("position", "rotation", "damper", "material", "contact")
_KEYS = ("sample_offsets", "time_ms", "race_time_ms", "respawns", "checkpoint_ms", "checkpoint_offsets")


@dataclass(frozen=True, eq=False)
class Run:
    """The path of a run.

    Attributes:
        samples: ``gbx.SAMPLE`` (n,), of which time, position, rotation and what the wheels touch are filled.
        checkpoint_times_ms: times at the checkpoints and laps, the last is the finish.
    """

    samples: np.ndarray
    checkpoint_times_ms: tuple[int, ...]


def read_paths(path: Path, respawned: bool = False) -> list[Run]:
    """The runs of a map, fastest first.

    Args:
        path: an ``.npz`` with the arrays of runs one after the other: ``sample_offsets`` (R + 1,), ``time_ms`` and
            columns of ``gbx.SAMPLE``; ``checkpoint_offsets`` (R + 1,), ``checkpoint_ms``; ``race_time_ms`` and
            ``respawns`` (R,).
        respawned: also runs in which the car was put back to a checkpoint.

    Raises:
        TmenvError: the file is missing or holds no such arrays.
    """
    try:
        # Opened here, because np.load leaves a broken file open.
        with open(path, "rb") as content, np.load(content, allow_pickle=False) as file:
            data = {key: file[key] for key in (*_SAMPLE_KEYS, *_KEYS)}
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise TmenvError(f"{path} is not a file of recorded runs: {error}") from error
    order = np.argsort(data["race_time_ms"], kind="stable").tolist()
    return [_run(data, number) for number in order if respawned or not data["respawns"][number]]


def _run(data: dict[str, np.ndarray], number: int) -> Run:
    rows = slice(*data["sample_offsets"][number : number + 2].tolist())
    samples = np.zeros(rows.stop - rows.start, SAMPLE)
    for key in _SAMPLE_KEYS:
        samples[key] = data[key][rows]
    samples["time_s"] = data["time_ms"][rows] / 1000.0
    samples["on_ground"] = data["contact"][rows].any(axis=1)
    passed = slice(*data["checkpoint_offsets"][number : number + 2].tolist())
    return Run(samples, tuple(data["checkpoint_ms"][passed].tolist()))
