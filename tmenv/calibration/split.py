"""Which runs a fit may see: maps and drivers are held out whole, chosen by hash so that anybody gets the same."""

import hashlib
from typing import NamedTuple

import numpy as np

from tmenv.calibration.recorded import Runs

_EVERY = 4
"""One map, and one driver, in so many is held out."""


class Split(NamedTuple):
    """Masks over runs, bool (r,): ``fit`` is on no held-out map and by no held-out driver."""

    fit: np.ndarray
    held_out_maps: np.ndarray
    held_out_drivers: np.ndarray


def split(runs: Runs, seed: int = 0) -> Split:
    """The split of some runs for a seed."""
    maps = np.array([_held(f"map {name}", seed) for name, _ in runs.maps])[runs.runs["map"]]
    drivers = np.array([_held(f"driver {driver}", seed) for driver in runs.runs["driver"].tolist()])
    return Split(~maps & ~drivers, maps, drivers)


def _held(name: str, seed: int) -> bool:
    return hashlib.sha256(f"{seed} {name}".encode()).digest()[0] % _EVERY == 0
