"""The track's surfaces against recorded runs: how far from our model did wheels touch the ground?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmenv.calibration.contacts import Contacts, origin_contacts, wheel_contacts
from tmenv.constants import CELL_M, LEVEL_M
from tmenv.errors import TmenvError
from tmenv.gbx import Ghost, Map, Replay, read, read_map
from tmenv.track import survey

NEAR_M, CLOSE_M = 0.05, 0.02
"""Distances whose shares are reported: dampers are recorded in steps of 15.7 mm, so 2 cm is as good as exact."""

OPEN_GROUND = "(open ground)"


@dataclass(frozen=True, eq=False)
class Comparison:
    """The contacts of one map against its surfaces.

    Attributes:
        name: file name of the map, up to the first dot.
        map: the map.
        contacts: where its runs touched it, n points.
        distance: float64 (n,): signed distance from the nearest surface below, m; inf where there is none.
        normal: float64 (n, 3): normal of that surface.
        block: int64 (n,): index of its block in the map, -1 on open ground or over nothing.
    """

    name: str
    map: Map
    contacts: Contacts
    distance: np.ndarray
    normal: np.ndarray
    block: np.ndarray

    def names(self) -> np.ndarray:
        """Block name (n,) of each contact; over nothing it is the block whose cell is nearest, in brackets."""
        names = np.array([block.name for block in self.map.blocks] + [OPEN_GROUND], object)[self.block]
        for number in np.flatnonzero(np.isinf(self.distance)):
            names[number] = f"(beside {self._beside(self.contacts.points[number])})"
        return names

    def _beside(self, point: np.ndarray) -> str:
        x, y, z = point.tolist()
        column = (int(x // CELL_M), int(z // CELL_M))
        there = [block for block in self.map.blocks if (block.cell[0], block.cell[2]) == column]
        if not there:
            return "nothing"
        return min(there, key=lambda block: abs(LEVEL_M * (block.cell[1] + 0.5) - y)).name


@dataclass(frozen=True)
class Figures:
    """How well one map or one kind of block fits.

    Attributes:
        name: the map or block.
        contacts: number of contacts.
        files: number of maps.
        near: share within 5 cm.
        close: share within 2 cm.
        median_m: median signed distance of the contacts that have a surface, m; nan if none has.
        p95_m: 95th percentile of the absolute distance, m; inf if more than 5 % have no surface.
    """

    name: str
    contacts: int
    files: int
    near: float
    close: float
    median_m: float
    p95_m: float


def compare(map_: Map, contacts: Contacts, name: str) -> Comparison:
    """Lay contacts on the surfaces of their map; blocks without a surface stay holes."""
    touch = survey(map_, on_unknown="skip").surface(contacts.points, contacts.up)
    return Comparison(name, map_, contacts, touch.distance, touch.normal, touch.block)


def sources(data: Path) -> list[tuple[Path, Path | None]]:
    """Maps below ``data`` and where their contacts are: recorded TMNF runs, or (None) a ghost inside the map or replay.

    Raises:
        TmenvError: there are none.
    """
    runs = sorted((data / "tmnf_runs").glob("*.npz"))
    found: list[tuple[Path, Path | None]] = [(data / "tmnf_maps" / f"{run.stem}.Challenge.Gbx", run) for run in runs]
    found += [(path, None) for path in sorted((data / "tm2020_maps").glob("*.Map.Gbx"))]
    found += [(path, None) for path in sorted((data / "tm2020_ghosts").glob("*.Replay.Gbx"))]
    if not found:
        raise TmenvError(
            f"{data} holds neither tmnf_runs/*.npz (with tmnf_maps/) nor tm2020_maps/*.Map.Gbx "
            "nor tm2020_ghosts/*.Replay.Gbx"
        )
    return found


def comparisons(found: Iterable[tuple[Path, Path | None]]) -> Iterator[Comparison | None]:
    """Compare each source of ``sources``; None for a map without a recorded run, or a replay without a map."""
    for path, run in found:
        name = path.name.split(".")[0]
        if run is not None:
            yield compare(read_map(path), wheel_contacts(run), name)
            continue
        recorded = _recorded(path)
        yield None if recorded is None else compare(recorded[0], origin_contacts(recorded[1]), name)


def _recorded(path: Path) -> tuple[Map, Ghost] | None:
    """A TM2020 map and a run on it, from a map or a replay; None if one of the two is missing."""
    file = read(path)
    if isinstance(file, Map):
        map_, ghost = file, file.validation_ghost
    elif isinstance(file, Replay):
        map_, ghost = file.map, next(iter(file.ghosts), None)
    else:
        return None
    return None if map_ is None or ghost is None or not len(ghost.samples) else (map_, ghost)


def by_map(compared: Iterable[Comparison]) -> list[Figures]:
    """One row per map, worst first."""
    return _worst_first(_figures(one.name, one.distance, 1) for one in compared)


def by_block(compared: Iterable[Comparison]) -> list[Figures]:
    """One row per block name, most contacts out of reach first."""
    parts: dict[str, list[np.ndarray]] = defaultdict(list)
    for one in compared:
        names = one.names()
        order = np.argsort(names, kind="stable")
        starts = np.unique(names[order], return_index=True)[1]
        for part in np.split(order, starts[1:]) if len(order) else []:
            parts[str(names[part[0]])].append(one.distance[part])
    rows = [_figures(name, np.concatenate(distances), len(distances)) for name, distances in parts.items()]
    return sorted(rows, key=lambda row: (row.contacts * (row.near - 1.0), row.name))


def by_game(compared: Iterable[Comparison]) -> list[Figures]:
    """All contacts of each game together."""
    parts: dict[str, list[np.ndarray]] = defaultdict(list)
    for one in compared:
        parts[one.map.game].append(one.distance)
    return [_figures(f"all {game}", np.concatenate(parts[game]), len(parts[game])) for game in sorted(parts)]


def _figures(name: str, distance: np.ndarray, files: int) -> Figures:
    size = np.abs(distance)
    found = np.isfinite(distance)
    return Figures(
        name=name,
        contacts=len(distance),
        files=files,
        near=float((size < NEAR_M).mean()),
        close=float((size < CLOSE_M).mean()),
        median_m=float(np.median(distance[found])) if found.any() else float("nan"),
        p95_m=float(np.sort(size)[int(0.95 * (len(size) - 1))]),
    )


def _worst_first(rows: Iterable[Figures]) -> list[Figures]:
    return sorted(rows, key=lambda row: (row.near, row.name))
