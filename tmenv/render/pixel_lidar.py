"""LIDAR from pixels as tmrl measures it, for pictures of ours and real screenshots.

19 rays start at the car's nose in a cockpit picture and run, 10 degrees apart, from straight right over straight
ahead to straight left, until the first pixel that is nearly black: the border of a plain road. The unit is pixels, not
metres, and it holds for one camera and picture size only; the simulator's LIDAR measures metres.
"""

import math
from functools import lru_cache

import numpy as np

from tmenv.errors import ConfigError
from tmenv.render.cameras import make_rigs
from tmenv.render.colours import dark_border_look

TMRL_WIDTH, TMRL_HEIGHT = 958, 488
"""Size of tmrl's game window in pixels (from its documentation)."""

RAYS = 19
RAY_STEP_DEG = 10
FIRST_STEP = 20
"""Rays begin this many pixels from the origin; a value of 0 means a border there."""

BLACK_BELOW = 55
BLACK_BELOW_NARROW = 88
"""A pixel is border if all its channels are below this (the second: tmrl's value for narrow roads)."""

_ORIGIN_ROW = (44, 49)  # the origin lies at 44/49 of the height


def tmrl_lidar(image: np.ndarray, black_below: int = BLACK_BELOW) -> np.ndarray:
    """Pixels to the dark border along 19 rays, as tmrl measures them.

    Args:
        image: uint8 (height, width, channels), a cockpit picture; the order of the channels does not matter.
        black_below: a pixel is border if all its channels are below this.

    Returns:
        Float32 (19,), from straight right (0) over straight ahead (9) to straight left (18): number of pixels passed
        before the first border pixel, counted from 20 pixels off the origin. Where no border is seen, the number of
        pixels to the edge of the picture, less one.

    Raises:
        ConfigError: not such an image, or one too small for the rays.
    """
    if image.ndim != 3 or image.shape[2] < 1 or image.dtype != np.uint8:
        raise ConfigError(f"image must be a uint8 array (height, width, channels), not {image.dtype} {image.shape}")
    pixels, starts, counts = _rays(image.shape[0], image.shape[1])
    hits = np.all(image.reshape(-1, image.shape[2])[pixels] < black_below, axis=1)
    hits[starts + counts - 1] = True  # a ray that meets no border ends at its last pixel
    found = np.flatnonzero(hits)
    return (found[np.searchsorted(found, starts)] - starts).astype(np.float32)


@lru_cache(maxsize=8)
def _rays(height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels of all rays in a row (numbers in the flat image), and where each ray starts and how long it is."""
    rays = [_ray(height, width, k) for k in range(RAYS)]
    counts = np.array([len(ray) for ray in rays])
    if counts.min() == 0:
        raise ConfigError(f"a picture of {width} x {height} is too small for rays that begin {FIRST_STEP} pixels off")
    return np.concatenate(rays), np.cumsum(counts) - counts, counts


def _ray(height: int, width: int, number: int) -> np.ndarray:
    """Pixels of one ray. Plain floats: the last bits of sine and cosine decide about single pixels."""
    row, column = _ORIGIN_ROW[0] * height // _ORIGIN_ROW[1], width // 2
    angle = math.radians(90 + RAY_STEP_DEG * number)
    down, right = math.cos(angle), math.sin(angle)
    pixels, distance = [], FIRST_STEP
    while True:
        y, x = int(row + distance * down), int(column + distance * right)
        if y <= 0 or x <= 0 or x >= width - 1:
            return np.array(pixels, np.int64)
        pixels.append(y * width + x)
        distance += 1


def tmrl_view() -> tuple[np.ndarray, np.ndarray]:
    """``RIG`` (1,) and ``LOOK`` (1,) of pictures for ``tmrl_lidar``: the cockpit, and a road with black borders.

    Draw them at 958 x 488, the size that tmrl asks for.
    """
    return make_rigs("cockpit"), dark_border_look()
