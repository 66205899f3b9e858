"""What a track file is, and whether it can be driven."""

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tmenv.errors import TrackError, UnsupportedBlockError
from tmenv.gbx import Map, Replay, read
from tmenv.track.kinds import DRIVEN_KINDS
from tmenv.track.loading import ROUTE_SUFFIX, load
from tmenv.track.place import place
from tmenv.track.track import Track


@dataclass(frozen=True)
class Info:
    """A track on one page.

    Attributes:
        file: as it was given.
        name: name of the map.
        game: ``"TMNF"`` or ``"TM2020"``.
        drivable: every block has a surface, and there is a route to the finish; None if no route was looked for.
        missing: drivable blocks without a surface: name -> number in the map.
        covered_share: share of the blocks that could be driven which have a surface.
        length_m: of the route, all laps; None without one, as the next fields.
        checkpoints: to take in each lap.
        laps: of the race.
        lowest_m, highest_m: heights of the route.
        author_time_s: the author's time, if the map has one.
        route: where the route comes from; see ``Track.route_from``.
        problem: why it is not drivable; "" if it is.
    """

    file: str
    name: str
    game: str
    drivable: bool | None
    missing: dict[str, int]
    covered_share: float
    length_m: float | None
    checkpoints: int | None
    laps: int | None
    lowest_m: float | None
    highest_m: float | None
    author_time_s: float | None
    route: str | None
    problem: str

    def plain(self) -> dict[str, Any]:
        """As a dict for JSON."""
        return asdict(self)


def info(name_or_path: str | os.PathLike[str], game: str | None = None, routes: bool = True) -> Info:
    """Facts about a built-in track, a random one, or a file; see ``load`` for what they can be.

    Args:
        name_or_path, game: as for ``load``.
        routes: look for the route of a map, too; the search over the surfaces of a large one takes many seconds.

    Raises:
        TrackError, GbxError: it is no track at all; a map that only cannot be driven is no error.
    """
    given = os.fspath(name_or_path)
    if not routes:
        map_ = _map_in(given.partition(ROUTE_SUFFIX)[0])
        if map_ is not None and (game is None or map_.game == game):
            return _unrouted(given, map_)
    try:
        return _of_track(given, load(given, game))
    except TrackError as error:
        map_ = _map_in(given.partition(ROUTE_SUFFIX)[0])
        if map_ is None or (game is not None and map_.game != game):
            raise
        return _of_map(given, map_, error)


def _of_track(given: str, track: Track) -> Info:
    heights = track.route["y"]
    return Info(
        file=given,
        name=track.name,
        game=track.game,
        drivable=True,
        missing={},
        covered_share=1.0,
        length_m=round(track.length_m, 1),
        checkpoints=track.checkpoints,
        laps=track.laps,
        lowest_m=round(float(heights.min()), 1),
        highest_m=round(float(heights.max()), 1),
        author_time_s=track.author_time_s,
        route=track.route_from,
        problem="",
    )


def _map_in(path: str) -> Map | None:
    if not path.lower().endswith(".gbx") or not Path(path).is_file():
        return None
    content = read(path)
    return content if isinstance(content, Map) else content.map if isinstance(content, Replay) else None


def _unrouted(given: str, map_: Map) -> Info:
    try:
        place(map_, "error", DRIVEN_KINDS)
    except UnsupportedBlockError as error:
        return _of_map(given, map_, error)
    return replace(_of_map(given, map_, TrackError("")), drivable=None)


def _of_map(given: str, map_: Map, error: TrackError) -> Info:
    missing = error.counts if isinstance(error, UnsupportedBlockError) else {}
    covered = len(place(map_, "skip", DRIVEN_KINDS).blocks)
    return Info(
        file=given,
        name=map_.plain_name,
        game=map_.game,
        drivable=False,
        missing=missing,
        covered_share=round(covered / max(1, covered + sum(missing.values())), 4),
        length_m=None,
        checkpoints=None,
        laps=None,
        lowest_m=None,
        highest_m=None,
        author_time_s=None if map_.author_time_ms is None else map_.author_time_ms / 1000,
        route=None,
        problem=str(error),
    )
