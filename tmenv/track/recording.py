"""Recorded runs as routes: what of a ghost, a replay or a table of samples tells where it went."""

import os
from dataclasses import dataclass, replace

import numpy as np

from tmenv.errors import TrackError
from tmenv.gbx import SAMPLE, Ghost, Map, Replay, read

_FASTEST, _JUMPED_M = 300.0, 5.0
"""m/s and m: a car that moves by more between two samples was put back to a checkpoint."""
_PUT_BACK_M = 15.0
"""It is put back this near to where it had been, at most (laps differ by no more)."""
_PASSAGE = 20
"""Samples of one passage within that."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A run as far as its way is concerned.

    Attributes:
        samples: ``gbx.SAMPLE`` (n,), plain.
        checkpoint_times_ms: times at the checkpoints, the last is the finish; None if unknown.
        game: ``"TMNF"`` or ``"TM2020"``; "" if unknown.
    """

    samples: np.ndarray
    checkpoint_times_ms: tuple[int, ...] | None
    game: str

    @property
    def points(self) -> np.ndarray:
        """float64 (n, 3): the car's origin, metres."""
        return self.samples["position"].astype(np.float64)

    @property
    def up(self) -> np.ndarray:
        """float64 (n, 3): the car's up axis."""
        x, y, z, w = self.samples["rotation"].astype(np.float64).T
        return np.stack([2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)], axis=1)

    @property
    def grounded(self) -> np.ndarray:
        """int64 (k,): samples with a wheel on a surface, and both ends."""
        touching = self.samples["on_ground"].copy()
        touching[[0, -1]] = True
        return np.flatnonzero(touching)


def recording_of(route: "Ghost | Replay | np.ndarray | str | os.PathLike[str]") -> Recording:
    """The run in whatever holds one.

    Args:
        route: a ghost; a replay (its first ghost); the path of a file with one, or of a map with its author's run; or
            a ``SAMPLE`` array of which position, rotation and on_ground count.

    Raises:
        TrackError: it holds no motion.
        GbxError: a file that cannot be read.
    """
    if isinstance(route, np.ndarray):
        if route.dtype != SAMPLE:
            raise TrackError(f"a route in an array has rows of dtype tmenv.gbx.SAMPLE, not {route.dtype}")
        return _checked(Recording(np.ma.getdata(route), None, ""), "the array")
    if isinstance(route, (str, os.PathLike)):
        return _from_content(read(os.fspath(route)), os.fspath(route))
    return _from_content(route, "the route")


def _from_content(content: object, source: str) -> Recording:
    if isinstance(content, Replay):
        content = content.ghosts[0] if content.ghosts else None
    elif isinstance(content, Map):
        content = content.validation_ghost
    if not isinstance(content, Ghost):
        raise TrackError(f"{source} holds no recorded run; give a ghost, or a replay with one")
    return _checked(Recording(np.ma.getdata(content.samples), content.checkpoint_times_ms, content.game), source)


def _checked(recording: Recording, source: str) -> Recording:
    points = recording.points
    recording = replace(recording, samples=recording.samples[_counting(points, recording.samples["time_s"])])
    if len(points) < 2 or np.ptp(points, axis=0).max() < 1.0:
        raise TrackError(f"{source} holds no motion of a car to take a route from")
    return recording


def _counting(points: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """The samples whose way counts, int64 (k,): a car that was put back had been there before, and came again."""
    kept: list[int] = []
    for row, point in enumerate(points):
        if kept and np.linalg.norm(point - points[kept[-1]]) > _JUMPED_M + _FASTEST * (time_s[row] - time_s[kept[-1]]):
            away = np.linalg.norm(points[kept] - point, axis=1)
            near = np.flatnonzero(away < away.min() + _PUT_BACK_M)
            near = near[near > near[-1] - _PASSAGE]  # in the present lap, not an earlier one
            kept = kept[: int(near[np.argmin(away[near])]) + 1]
        kept.append(row)
    return np.array(kept, np.int64)
