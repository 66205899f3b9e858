"""The game's frames as pictures."""

import numpy as np

_BLUE, _GREEN, _RED = 29, 150, 77
"""Shares of 256 in the brightness (ITU-R BT.601)."""


def gray_of(frame: np.ndarray) -> np.ndarray:
    """Brightness, uint8 (height, width), of a uint8 (height, width, 4) BGRA frame."""
    blue, green, red = (frame[..., channel].astype(np.uint16) for channel in range(3))
    return ((_BLUE * blue + _GREEN * green + _RED * red) >> 8).astype(np.uint8)
