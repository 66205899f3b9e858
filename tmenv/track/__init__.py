"""Maps to tracks: ``load`` gives the tables that the simulator drives on, ``survey`` the surfaces of any map."""

from tmenv.track.build import build, survey
from tmenv.track.generate import generate
from tmenv.track.library import names
from tmenv.track.loading import load
from tmenv.track.recipe import RandomTracks, random_tracks, split
from tmenv.track.scene import Scene
from tmenv.track.track import Track

__all__ = ["RandomTracks", "Scene", "Track", "build", "generate", "load", "names", "random_tracks", "split", "survey"]
