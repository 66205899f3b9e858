"""Routes against recorded runs: do people drive where the route leads?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmenv.calibration.paths import Run, read_paths
from tmenv.calibration.triggers import lead, poses_of
from tmenv.constants import TICK_S
from tmenv.errors import TrackError
from tmenv.track import Track, load

STALL_S = 2.0
"""A route on which people earn no progress for longer than this ends their episodes: nobody drives it."""

END_M = 20.0


@dataclass(frozen=True)
class Followed:
    """A run on a route.

    Attributes:
        reached: share of the route for which it earned progress.
        stall_s: longest time without new progress, before the route was driven to its end.
        lateral_m: median distance from the route.
    """

    reached: float
    stall_s: float
    lateral_m: float

    @property
    def fits(self) -> bool:
        """The run earns progress all the way."""
        return self.stall_s < STALL_S and self.reached == 1.0


@dataclass(frozen=True)
class Routed:
    """The routes of a campaign map.

    Attributes:
        name: of the file.
        route_from: as ``Track.route_from`` of the map alone; "" if it has no route.
        alone: another run on that route, if there are runs.
        recorded: the next best run on the route of the fastest one, likewise.
    """

    name: str
    route_from: str
    alone: Followed | None
    recorded: Followed | None

    @property
    def drivable_by(self) -> str:
        """``"connections"``, ``"surfaces"``, ``"recording"`` or ``""``: the first route that people follow."""
        if self.route_from and (self.alone is None or self.alone.fits):
            return self.route_from
        return "recording" if self.recorded is not None and self.recorded.fits else ""


def follow(track: Track, run: Run) -> Followed:
    """Lead a run's car along the route of a track."""
    places, _ = lead(track, poses_of(run))
    best, end = places["best"].astype(np.float64), track.length_m - END_M
    gained = np.flatnonzero(np.diff(best, prepend=-1.0) > 0)
    last = int(np.argmax(best >= end)) if best[-1] >= end else len(best)
    waits = np.diff(np.append(gained[gained < last], last))
    reached = min(1.0, float(best[-1]) / end)
    return Followed(reached, float(waits.max()) * TICK_S, float(np.median(np.abs(places["lateral"]))))


def routes(data: Path, maps: tuple[str, ...]) -> Iterator[Routed]:
    """The routes of the TMNF maps in ``data``/tmnf_maps whose names begin like one of ``maps``."""
    for path in sorted((data / "tmnf_maps").glob("*.Challenge.Gbx")):
        name = path.name.split(".")[0]
        if not name.startswith(maps):
            continue
        runs_path = data / "tmnf_runs" / f"{name}.npz"
        runs = (read_paths(runs_path) or read_paths(runs_path, respawned=True)) if runs_path.is_file() else []
        try:
            track = load(path)
            alone = follow(track, runs[0]) if runs else None
            yield Routed(name, track.route_from, alone, _recorded(path, runs))
        except TrackError:
            yield Routed(name, "", None, _recorded(path, runs))


def _recorded(path: Path, runs: list[Run]) -> Followed | None:
    """The second best run on the route of the best one, or that itself if it is the only one."""
    return follow(load(path, route=runs[0].samples), runs[min(1, len(runs) - 1)]) if runs else None
