"""What the agents ask of a track: which game it is of, and the author's time."""

from pathlib import Path
from typing import Any

from tmenv import track as tracks


def game_of(track: str) -> str:
    """ "TM2020" or "TMNF", from a library name (``tmnf-...``) or a file's suffix (``.Challenge.Gbx``)."""
    name = Path(track).name.lower()
    return "TMNF" if name.startswith("tmnf") or name.endswith(".challenge.gbx") else "TM2020"


def load(track: str, game: str) -> Any:
    """The ``tmenv.track.Track`` of a library name or file."""
    return tracks.load(track, game)


def author_time_s(env_id: str, track: str | None) -> float | None:
    """The author's time in seconds; None if the track has none, is the environment's default, or not tmenv's."""
    if track is None or "tmenv/" not in env_id:
        return None
    return load(track, "TMNF" if "TMNF" in env_id else "TM2020").author_time_s
