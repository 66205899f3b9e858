"""Maps to tracks: ``load`` gives the tables that the simulator drives on, ``survey`` the surfaces of any map."""

from tmenv.track.build import build, survey
from tmenv.track.library import names
from tmenv.track.loading import load
from tmenv.track.scene import Scene
from tmenv.track.track import Track

__all__ = ["Scene", "Track", "build", "load", "names", "survey"]
