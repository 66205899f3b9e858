"""The stand-in game: servers that play the games' part on our simulator, for tests and for trying the live path."""

from tmenv.live.standin.controls import ChannelControls, Controls, Input, NoControls
from tmenv.live.standin.pad import ChannelPad
from tmenv.live.standin.tm2020 import StandInTM2020
from tmenv.live.standin.tmnf import StandInTMNF

__all__ = ["ChannelControls", "ChannelPad", "Controls", "Input", "NoControls", "StandInTM2020", "StandInTMNF"]
