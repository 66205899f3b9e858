"""The manual pages: one class per id, differing only in what it says and in its defaults."""

from tmenv.env import TrackmaniaEnv


class TM2020Lidar(TrackmaniaEnv):
    """TM2020 LIDAR."""


class TM2020State(TrackmaniaEnv):
    """TM2020 State."""


class TMNFLidar(TrackmaniaEnv):
    """TMNF LIDAR."""


class TMNFState(TrackmaniaEnv):
    """TMNF State."""
