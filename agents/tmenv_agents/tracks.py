"""What the agents ask of a track: which game it is of, and the author's time."""

from tmenv import track as tracks


def load(track: str) -> tracks.Track:
    """The track of a library name, a file, or ``random:<seed>`` (then of TM2020)."""
    return tracks.load(track, "TM2020" if track.startswith("random:") else None)


def author_time_s(track: str | None) -> float | None:
    """The author's time in seconds; None if it is unknown, or changes from one episode to the next."""
    if track is None:
        return None
    random = tracks.random_tracks(track)
    return None if random is not None and random.draws else load(track).author_time_s
