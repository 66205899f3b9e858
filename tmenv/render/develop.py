"""From the colour words of a frame to the bytes of a picture."""

import numpy as np

from tmenv.engine.compile import device

_ZERO, _HALF, _ONE, _MOST = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(255.0)
_WORD = np.float32(2.0**-31)


@device
def develop(canvas, pixels, noise, seed):
    """From colour words to bytes, with noise that depends on the seed and the place only."""
    count = np.uint64(canvas.width * canvas.height)
    if canvas.gray:
        for i in range(count):
            pixels[i] = np.uint8(canvas.frame[i])
    else:
        for i in range(count):
            word = canvas.frame[i]
            pixels[np.uint64(3) * i] = np.uint8(word)
            pixels[np.uint64(3) * i + np.uint64(1)] = np.uint8(word >> np.uint32(8))
            pixels[np.uint64(3) * i + np.uint64(2)] = np.uint8(word >> np.uint32(16))
    if noise > _ZERO:
        add_noise(pixels, noise, seed)


@device
def add_noise(pixels, noise, seed):
    """Uniform noise of half width ``noise`` on every byte, from a hash of its number."""
    for i in range(len(pixels)):
        # numba widens products to 64 bits; each step is cut back
        word = np.uint32((np.uint32(i) ^ seed) * np.uint32(2654435769))
        word = np.uint32((word ^ (word >> np.uint32(15))) * np.uint32(2246822519))
        word = np.uint32((word ^ (word >> np.uint32(13))) * np.uint32(3266489917))
        word = np.uint32(word ^ (word >> np.uint32(16)))
        change = (np.float32(word) * _WORD - _ONE) * noise
        pixels[i] = np.uint8(min(max(np.float32(pixels[i]) + change + _HALF, _ZERO), _MOST))
