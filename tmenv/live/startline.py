"""Is the map that the game plays the track that the env was made for?"""

import numpy as np

from tmenv.errors import LiveError
from tmenv.track.track import Track

_AT_START_M = 2.0
"""A car at the start line of the right map is nearer to the track's start than this."""


def check_uid(track: Track, loaded: str) -> None:
    """Compare the uid of the loaded map; a track without one goes by its name.

    Raises:
        LiveError: it is another map.
    """
    expected = track.uid or track.name
    if loaded != expected:
        raise LiveError(
            f"the game has map {loaded or '(none)'} loaded, but track={track.name!r} is {expected}: load that map in "
            "the game, or give track= the file of the loaded one"
        )


def check_start(track: Track, position: np.ndarray) -> None:
    """Compare where the car stands at race time 0, car origin, (3,): all there is where no uid is told.

    Raises:
        LiveError: the car is somewhere else.
    """
    away = float(np.linalg.norm(np.asarray(position, np.float64) - np.asarray(track.spawn)))
    if not away <= _AT_START_M:
        here, there = (", ".join(f"{value:.1f}" for value in point) for point in (position, track.spawn))
        raise LiveError(
            f"the car starts at ({here}), but the start of track {track.name!r} is at ({there}): another map is "
            "loaded in the game. Load that map, or give track= the file of the loaded one"
        )
