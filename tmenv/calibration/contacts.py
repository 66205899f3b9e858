"""Where wheels touched the ground in recorded runs: the samples that the track's geometry is judged by."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmenv.errors import TmenvError
from tmenv.gbx import Ghost

WHEEL_LEFT_M = (0.863, -0.863, -0.885, 0.885)
WHEEL_FORWARD_M = (1.782, 1.782, -1.2055, -1.2055)
"""Wheels of TMNF's car from the car origin, m: front left, front right, rear right, rear left (measured)."""

TYRE_BELOW_DAMPER_M = 0.013
"""A wheel's lowest point lies this far below the origin, plus its damper (83 000 contacts on flat road and deck)."""


@dataclass(frozen=True, eq=False)
class Contacts:
    """Points that lay on a surface of a map.

    Attributes:
        points: float64 (n, 3), world metres.
        up: float64 (n, 3), the car's up axis.
        material: int64 (n,), surface id that the game reported, -1 if unknown.
        run: int64 (n,), number of the run.
    """

    points: np.ndarray
    up: np.ndarray
    material: np.ndarray
    run: np.ndarray


def wheel_contacts(path: Path) -> Contacts:
    """All wheel contacts of one map's recorded TMNF runs.

    Args:
        path: an ``.npz`` with ``position`` (s, 3), ``rotation`` (s, 4; x y z w), ``damper``, ``contact`` and
            ``material`` (s, 4), and ``sample_offsets`` (runs + 1,).

    Raises:
        TmenvError: the file is missing or holds no such arrays.
    """
    try:
        # Opened here, because np.load leaves a broken file open.
        with open(path, "rb") as content, np.load(content, allow_pickle=False) as file:
            arrays = {
                key: file[key] for key in ("position", "rotation", "damper", "contact", "material", "sample_offsets")
            }
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise TmenvError(f"{path} is not a file of recorded runs: {error}") from error
    position, rotation = arrays["position"].astype(np.float64), arrays["rotation"].astype(np.float64)
    sample, wheel = np.nonzero(arrays["contact"])
    arm = np.stack(
        [
            np.array(WHEEL_LEFT_M)[wheel],
            -(arrays["damper"].astype(np.float64)[sample, wheel] + TYRE_BELOW_DAMPER_M),
            np.array(WHEEL_FORWARD_M)[wheel],
        ],
        axis=1,
    )
    run = np.searchsorted(arrays["sample_offsets"], sample, side="right") - 1
    return Contacts(
        position[sample] + rotated(rotation[sample], arm),
        rotated(rotation[sample], np.array([0.0, 1.0, 0.0])),
        arrays["material"][sample, wheel].astype(np.int64),
        run,
    )


ORIGIN_ABOVE_ROAD_M = 0.015
"""Height of TM2020's car origin above level ground at rest, m (measured); corners and loops lift it by 2 to 5 cm."""


def origin_contacts(ghost: Ghost) -> Contacts:
    """Where the road must be under a TM2020 ghost: below the car origin, in the samples with the car on the ground."""
    samples = np.ma.getdata(ghost.samples)
    samples = samples[samples["on_ground"]]
    up = rotated(samples["rotation"].astype(np.float64), np.array([0.0, 1.0, 0.0]))
    return Contacts(
        samples["position"].astype(np.float64) - ORIGIN_ABOVE_ROAD_M * up,
        up,
        samples["material"][:, 0].astype(np.int64),
        np.zeros(len(samples), np.int64),
    )


def rotated(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Car-frame vectors (3,) or (n, 3) in the world, for quaternions x y z w (n, 4)."""
    axis, w = rotation[:, :3], rotation[:, 3:]
    twice = 2.0 * np.cross(axis, vector)
    return vector + w * twice + np.cross(axis, twice)
