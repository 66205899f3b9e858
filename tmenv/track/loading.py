"""``load``: one word for built-in tracks, random tracks, and files."""

import difflib
import os
from pathlib import Path

import numpy as np

from tmenv.errors import TrackError
from tmenv.gbx import Ghost, Map, Replay, read
from tmenv.track import library
from tmenv.track.blocklist import read_block_list
from tmenv.track.build import build
from tmenv.track.generate import generate
from tmenv.track.recipe import RandomTracks, random_tracks
from tmenv.track.recording import Recording, recording_of
from tmenv.track.track import Track

ROUTE_SUFFIX = "?route="


def load(
    name_or_path: str | os.PathLike[str],
    game: str | None = None,
    on_unknown: str = "error",
    route: Ghost | Replay | np.ndarray | str | os.PathLike[str] | None = None,
) -> Track:
    """Load a track.

    The route of a map is the one that the connections of its blocks tell; where they tell none (platforms, dirt,
    jumps), that of the replay which holds the map, or else the cheapest way over the surfaces. ``Track.route_from``
    says which it was.

    Args:
        name_or_path: a name of ``names()``; ``"random:<seed>"``, with options as in
            ``"random:7?difficulty=hard&families=flat,slopes&length=800"`` (see ``generate``); or the path of a
            ``.Map.Gbx`` or ``.Challenge.Gbx`` map, a ``.Replay.Gbx`` with its map inside, a ``.json`` block list, or
            an ``.npz`` that ``Track.save`` wrote. ``"<map>?route=<file>"`` is short for ``route``.
        game: ``"TMNF"`` or ``"TM2020"``; needed for random tracks, otherwise a check: a track of the other
            game is an error.
        on_unknown: ``"error"``, or ``"skip"`` to leave holes where a map uses blocks that tmenv cannot drive.
        route: a run whose way the route follows: a ghost, a replay (its first ghost), the path of a file with one, or
            a ``gbx.SAMPLE`` array; only with maps.

    Raises:
        TrackError: there is no such track, it is broken, of the other game, or has no way to the finish; the run does
            not finish on this map, or was given for something else than a map.
        UnsupportedBlockError: a map with unknown drivable blocks, with ``on_unknown="error"``.
        GbxError: a map file that cannot be read.
    """
    name = os.fspath(name_or_path)
    if ROUTE_SUFFIX in name and route is None:
        name, _, route = name.partition(ROUTE_SUFFIX)
    track = _load(name, game, on_unknown, None if route is None else recording_of(route))
    if game is not None and track.game != game:
        raise TrackError(f"track {track.name!r} belongs to {track.game}, but game={game!r} was asked for")
    return track


def _load(name: str, game: str | None, on_unknown: str, route: Recording | None) -> Track:
    random = random_tracks(name)
    if random is not None:
        _no_route(name, route)
        return build(_one_of(random, name, game))
    path = library.find(name) or Path(name)
    suffix = path.suffix.lower()
    if suffix not in (".gbx", ".json", ".npz") or not path.is_file():
        raise TrackError(_unknown(name, game))
    if suffix == ".npz":
        _no_route(name, route)
        return Track.load(path)
    if suffix == ".json":
        return build(read_block_list(path), on_unknown, route)
    content = read(path)
    if isinstance(content, Map):
        return build(content, on_unknown, route)
    if not isinstance(content, Replay) or content.map is None:
        raise TrackError(
            f"{path} holds no map; give a map file, or a replay with its map inside (Track.from_ghost "
            "lays a road under a run alone)"
        )
    return build(content.map, on_unknown, route, or_else=content)


def _no_route(name: str, route: Recording | None) -> None:
    if route is not None:
        raise TrackError(f"{name!r} has its route already; give a route with maps only")


def _one_of(random: RandomTracks, name: str, game: str | None) -> Map:
    if random.draws:
        raise TrackError(
            f"{name!r} stands for many tracks, of which an env draws one at each reset; name one by its "
            f'seed, as "random:{random.seeds[0]}"'
        )
    if game is None:
        raise TrackError(f'{name!r} needs game="TMNF" or game="TM2020"')
    recipe = random.recipe
    return generate(random.seeds[0], game, recipe.difficulty, recipe.length, recipe.families)


def _unknown(name: str, game: str | None) -> str:
    known = library.names(game)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f"there is no track and no file {name!r}; did you mean {' or '.join(near)}?"
    return (
        f"there is no track and no file {name!r} (files end in .Gbx, .json or .npz); "
        f'built-in tracks: {", ".join(known)}; or "random:<seed>"'
    )
