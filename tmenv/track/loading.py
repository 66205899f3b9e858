"""``load``: one word for built-in tracks, random tracks, and files."""

import difflib
import os
from pathlib import Path

from tmenv.errors import TrackError
from tmenv.gbx import Map, Replay, read
from tmenv.track import library
from tmenv.track.blocklist import read_block_list
from tmenv.track.build import build
from tmenv.track.generate import generate
from tmenv.track.recipe import RandomTracks, random_tracks
from tmenv.track.track import Track


def load(name_or_path: str | os.PathLike[str], game: str | None = None, on_unknown: str = "error") -> Track:
    """Load a track.

    Args:
        name_or_path: a name of ``names()``; ``"random:<seed>"``, with options as in
            ``"random:7?difficulty=hard&families=flat,slopes&length=800"`` (see ``generate``); or the path of a
            ``.Map.Gbx`` or ``.Challenge.Gbx`` map, a ``.Replay.Gbx`` with its map inside, a ``.json`` block list, or
            an ``.npz`` that ``Track.save`` wrote.
        game: ``"TMNF"`` or ``"TM2020"``; needed for random tracks, otherwise a check: a track of the other
            game is an error.
        on_unknown: ``"error"``, or ``"skip"`` to leave holes where a map uses blocks that tmenv cannot drive.

    Raises:
        TrackError: there is no such track, it is broken, of the other game, or has no way to the finish.
        UnsupportedBlockError: a map with unknown drivable blocks, with ``on_unknown="error"``.
        GbxError: a map file that cannot be read.
    """
    track = _load(os.fspath(name_or_path), game, on_unknown)
    if game is not None and track.game != game:
        raise TrackError(f"track {track.name!r} belongs to {track.game}, but game={game!r} was asked for")
    return track


def _load(name: str, game: str | None, on_unknown: str) -> Track:
    random = random_tracks(name)
    if random is not None:
        return build(_one_of(random, name, game))
    path = library.find(name) or Path(name)
    suffix = path.suffix.lower()
    if suffix not in (".gbx", ".json", ".npz") or not path.is_file():
        raise TrackError(_unknown(name, game))
    if suffix == ".npz":
        return Track.load(path)
    return build(read_block_list(path) if suffix == ".json" else _map_in(path), on_unknown)


def _map_in(path: Path) -> Map:
    content = read(path)
    map_ = content if isinstance(content, Map) else content.map if isinstance(content, Replay) else None
    if map_ is None:
        raise TrackError(f"{path} holds no map; give a map file, or a replay with its map inside")
    return map_


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
