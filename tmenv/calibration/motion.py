"""Motion of recorded cars: rotations, and velocities from poses. Quaternions are x y z w, car frame to world."""

import numpy as np

LEFT, UP, FORWARD = np.eye(3)


def rotate(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Car-frame vectors, (3,) or (n, 3), in the world, for each quaternion (n, 4): float64 (n, 3)."""
    axis, w = rotation[:, :3].astype(np.float64), rotation[:, 3:].astype(np.float64)
    twice = 2.0 * np.cross(axis, vector)
    return vector + w * twice + np.cross(axis, twice)


def turned(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Rotation vectors (n, 3), car frame, rad, that lead from one quaternion (n, 4) to the other."""
    a, b = before.astype(np.float64), after.astype(np.float64)
    b = b * np.where((a * b).sum(axis=1, keepdims=True) < 0.0, -1.0, 1.0)
    vector = a[:, 3:] * b[:, :3] - b[:, 3:] * a[:, :3] - np.cross(a[:, :3], b[:, :3])
    sine = np.linalg.norm(vector, axis=1, keepdims=True)
    angle = 2.0 * np.arcsin(np.clip(sine, 0.0, 1.0))
    return vector * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0)


def rotated(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Quaternions (n, 4) turned by rotation vectors (n, 3), car frame, rad: float64 (n, 4)."""
    q = rotation.astype(np.float64)
    angle = np.linalg.norm(vector, axis=1, keepdims=True)
    axis = vector * (0.5 * np.sinc(angle / (2.0 * np.pi)))
    scalar = np.cos(0.5 * angle)
    turned_axis = q[:, 3:] * axis + scalar * q[:, :3] + np.cross(q[:, :3], axis)
    return np.concatenate([turned_axis, q[:, 3:] * scalar - (q[:, :3] * axis).sum(axis=1, keepdims=True)], axis=1)


def velocities(position: np.ndarray, period_s: float) -> np.ndarray:
    """Velocity at each position of a path (n, 3), m/s: five-point differences, three-point ones at the ends."""
    path = position.astype(np.float64)
    if len(path) < 2:
        return np.zeros_like(path)
    velocity = np.gradient(path, period_s, axis=0)
    if len(path) >= 5:
        ahead, behind = path[3:-1] - path[1:-3], path[4:] - path[:-4]
        velocity[2:-2] = (8.0 * ahead - behind) / (12.0 * period_s)
    return velocity


def gears(speed: np.ndarray, begins: np.ndarray, upshift: np.ndarray, downshift: np.ndarray) -> np.ndarray:
    """The gear at each sample, 1 up, which depends on the speeds so far: a car at 220 km/h may be in the 3rd or 4th.

    Args:
        speed: (n,), along the forward axis, m/s, of one run after the other.
        begins: bool (n,), the first sample of each run; there the gears above what its speed needs are not in use.
        upshift: (g,), speeds above which the next gear is taken, m/s.
        downshift: (g,), lower speeds below which it is left again.
    """
    gear = np.ones(len(speed), np.int64)
    index = np.arange(len(speed))
    for up, down in zip(upshift.tolist(), downshift.tolist(), strict=True):
        taken = speed > up
        last = np.maximum.accumulate(np.where(taken | (speed < down) | begins, index, 0))
        gear += taken[last]
    return gear


def yaw_of(rotation: np.ndarray) -> np.ndarray:
    """Heading of the forward axis, rad, 0 along +z, growing to the left, for each quaternion (n, 4)."""
    forward = rotate(rotation, FORWARD)
    return np.arctan2(forward[:, 0], forward[:, 2])
