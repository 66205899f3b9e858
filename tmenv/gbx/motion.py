"""How both games pack rotations and velocities, and where in the bytes of a sample numbers stand."""

import numpy as np


def numbers(rows: np.ndarray, offset: int, kind: str, count: int) -> np.ndarray:
    """``count`` numbers of dtype ``kind`` at ``offset`` of every row of bytes (n, size): (n, count)."""
    width = np.dtype(kind).itemsize * count
    return np.ascontiguousarray(rows[:, offset : offset + width]).view(kind)


def scaled(rows: np.ndarray, offset: int, kind: str, lowest: float, highest: float) -> np.ndarray:
    """An unsigned number at ``offset`` of every row that stands for ``lowest`` .. ``highest``: (n,)."""
    return numbers(rows, offset, kind, 1)[:, 0] * ((highest - lowest) / np.iinfo(kind).max) + lowest


def quaternions(rows: np.ndarray, offset: int) -> np.ndarray:
    """Rotations (n, 4), x y z w, packed as half angle and axis (6 bytes)."""
    half_angle = numbers(rows, offset, "<u2", 1) * (np.pi / 65535)
    angles = numbers(rows, offset + 2, "<i2", 2) * (np.pi / 32767)
    return np.concatenate([np.sin(half_angle) * _axis(angles), np.cos(half_angle)], axis=1)


def velocities(rows: np.ndarray, offset: int) -> dict[str, np.ndarray]:
    """Velocity and angular velocity (n, 3) each, packed as the logarithm of their length and two angles (4 bytes)."""
    packed = numbers(rows, offset, "u1", 8).reshape(-1, 2, 4)
    logarithm = packed.view("<i2")[..., :1]
    length = np.where(logarithm == -32768, 0.0, np.exp(logarithm / 1000.0))
    both = length * _axis(packed.view("i1")[..., 2:] * (np.pi / 127))
    return {"velocity": both[:, 0], "angular_velocity": both[:, 1]}


def _axis(angles: np.ndarray) -> np.ndarray:
    """Unit vectors (..., 3) from a heading and twice a pitch (..., 2); the third component is the sine of the pitch."""
    heading, pitch = angles[..., 0], angles[..., 1] * 0.5
    level = np.cos(pitch)
    return np.stack([np.cos(heading) * level, np.sin(heading) * level, np.sin(pitch)], axis=-1)
