"""Recorded runs made up from tracks: a car that slides along the route at constant speed."""

import numpy as np

from tmenv.constants import Material
from tmenv.gbx import SAMPLE
from tmenv.track import Track


def run_along(track: Track, end_m: float, speed: float = 40.0, aside: float = 0.0) -> np.ndarray:
    """``SAMPLE`` rows every 0.1 s of an upright car on the route of a track, from its spawn to ``end_m``."""
    s = np.arange(0.0, end_m, 0.1 * speed)
    samples = np.zeros(len(s), SAMPLE)
    samples["time_s"] = s / speed
    samples["position"] = [track.position(float(at), aside) for at in s]
    half = np.array([track.heading_at(float(at)) for at in s]) / 2
    samples["rotation"][:, 1], samples["rotation"][:, 3] = np.sin(half), np.cos(half)
    samples["on_ground"], samples["contact"] = True, True
    samples["material"] = Material.ASPHALT
    return samples
