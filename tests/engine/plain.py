"""An endless flat plain as a track: physics without roads."""

from types import SimpleNamespace

from tmenv.calibration.plain import plain as level
from tmenv.constants import Material


def plain(material: int = Material.ASPHALT, spawn_height: float = 0.015) -> SimpleNamespace:
    """A track without blocks: ground of ``material`` at y = 0, a straight route along +z, no finish."""
    track = level(material)
    track.spawn = (0.0, spawn_height, 0.0)
    return track
