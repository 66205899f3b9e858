"""Small vector algebra for kernels: tuples of float32 scalars in and out."""

import numpy as np

from tmenv.engine.compile import device

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_THREE_HALVES = np.float32(1.5)


@device
def axes(q):
    """World directions of the car's left, up and forward axes from a quaternion (x, y, z, w)."""
    x, y, z, w = q[0], q[1], q[2], q[3]
    left = (_ONE - _TWO * (y * y + z * z), _TWO * (x * y + z * w), _TWO * (x * z - y * w))
    up = (_TWO * (x * y - z * w), _ONE - _TWO * (x * x + z * z), _TWO * (y * z + x * w))
    forward = (_TWO * (x * z + y * w), _TWO * (y * z - x * w), _ONE - _TWO * (x * x + y * y))
    return left, up, forward


@device
def turn(q, spin, h):
    """Advance a quaternion by the car-frame angular velocity ``spin`` for ``h`` seconds (explicit Euler).

    Its length stays 1 by one Newton step towards 1/sqrt: exact to 1e-9 for the growth of one sub-step, and much
    sooner there than a root and a division.
    """
    x, y, z, w = q[0], q[1], q[2], q[3]
    a, b, c = _HALF * h * spin[0], _HALF * h * spin[1], _HALF * h * spin[2]
    nx = x + w * a + y * c - z * b
    ny = y + w * b + z * a - x * c
    nz = z + w * c + x * b - y * a
    nw = w - x * a - y * b - z * c
    scale = _THREE_HALVES - _HALF * (nx * nx + ny * ny + nz * nz + nw * nw)
    q[0], q[1], q[2], q[3] = nx * scale, ny * scale, nz * scale, nw * scale


@device
def dot(a, b):
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@device
def cross(a, b):
    """Vector product of a right-handed frame."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


@device
def clamp(value, low, high):
    """``value`` limited to [low, high]."""
    return min(max(value, low), high)


@device
def lerp(table, position):
    """Linear interpolation in a table with unit spacing; held constant beyond its ends."""
    last = len(table) - 1
    index = min(max(int(position), 0), last - 1)
    part = clamp(position - np.float32(index), _ZERO, _ONE)
    return table[index] + part * (table[index + 1] - table[index])
