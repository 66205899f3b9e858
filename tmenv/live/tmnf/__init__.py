"""TMNF: lock-step through the TMInterface link, with Linesight's plugin or ours."""

from tmenv.live.tmnf.frames import gray_of
from tmenv.live.tmnf.game import GameOptions, GameTMNF
from tmenv.live.tmnf.link import Link, Sync
from tmenv.live.tmnf.simstate import SimState

__all__ = ["GameOptions", "GameTMNF", "Link", "SimState", "Sync", "gray_of"]
