"""The built-in tracks: block lists of our own design, one JSON file each."""

from functools import cache
from pathlib import Path

from tmenv.constants import GAMES
from tmenv.errors import TrackError

_HERE = Path(__file__).parent


@cache
def _files() -> dict[str, Path]:
    found = {path.stem: path for game in GAMES for path in (_HERE / game.lower()).glob("*.json")}
    return dict(sorted(found.items()))


def names(game: str | None = None) -> list[str]:
    """Names of the built-in tracks, sorted; of one game if ``game`` (``"TMNF"`` or ``"TM2020"``) is given.

    Raises:
        TrackError: an unknown game.
    """
    if game is None:
        return list(_files())
    if game not in GAMES:
        raise TrackError(f"unknown game {game!r}; tmenv knows {', '.join(GAMES)}")
    return [name for name, path in _files().items() if path.parent.name == game.lower()]


def find(name: str) -> Path | None:
    """The file of a built-in track, or None if there is none of that name."""
    return _files().get(name)
