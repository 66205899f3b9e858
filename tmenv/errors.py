"""The errors tmenv raises. Each message names the thing at fault and the remedy."""

from gymnasium.error import ResetNeeded


class TmenvError(Exception):
    """Base class: catch this to catch every error that tmenv raises on purpose."""


class OutputError(TmenvError):
    """A file cannot be written."""


class GbxError(TmenvError):
    """A ``.Gbx`` file (or its bytes) is missing, truncated, or not what was asked for."""


class TrackError(TmenvError):
    """A track cannot be found, built, or routed."""


class UnsupportedBlockError(TrackError):
    """A map uses drivable blocks that tmenv has no surface for.

    Attributes:
        counts: block name -> number of blocks of that name in the map.
    """

    def __init__(self, map_name: str, counts: dict[str, int]):
        self.counts = dict(counts)
        listing = ", ".join(f"{name} x{n}" for name, n in sorted(counts.items()))
        super().__init__(
            f"map {map_name!r} uses {sum(counts.values())} drivable blocks that tmenv cannot drive yet: {listing}. "
            'Remedies: load it with on_unknown="skip" (those blocks become holes), lay a road under a recorded run '
            "(tmenv.track.Track.from_ghost), or choose another map (tmenv.track.names() lists the built-in ones)."
        )


class ConfigError(TmenvError, ValueError):
    """An argument of an environment is unknown or out of range."""


class OrderError(TmenvError, ResetNeeded):
    """An environment was asked to drive or draw before its first ``reset``."""


class ActionError(TmenvError, ValueError):
    """An action is outside what the environment accepts (wrong shape, NaN, index out of range)."""


class LiveError(TmenvError):
    """A running game (or its plugin, port, or folder) is missing, silent, or speaks another protocol."""


class LapError(TmenvError):
    """A lap file that is missing, damaged, or lacks what is needed to show it."""
