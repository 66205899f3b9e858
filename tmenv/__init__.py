"""TrackMania as a Gymnasium environment, on a simulator of its own.

>>> import gymnasium as gym
>>> import tmenv
>>> env = gym.make("tmenv/TM2020-Lidar-v0")
"""

from tmenv.registration import IDS, register_all

__all__ = ["IDS", "__version__"]
__version__ = "0.1.0"

register_all()
