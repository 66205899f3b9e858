"""Maps to tracks: ``load`` gives the tables that the simulator drives on."""

from tmenv.track.build import build
from tmenv.track.library import names
from tmenv.track.loading import load
from tmenv.track.track import Track

__all__ = ["Track", "build", "load", "names"]
