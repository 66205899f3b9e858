"""Poses between games and simulator: the games tell of the car's origin, the simulator of its centre of mass."""

import numpy as np


def matrix_of(quaternion: np.ndarray) -> np.ndarray:
    """Rotation matrix, float64 (3, 3), of a quaternion x y z w: its columns are the car's left, up and forward."""
    x, y, z, w = quaternion.astype(np.float64)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_of(matrix: np.ndarray) -> np.ndarray:
    """Quaternion x y z w, float64 (4,), with w >= 0, of a rotation matrix (3, 3)."""
    m = matrix.astype(np.float64)
    # the eigenvector of the largest eigenvalue: exact for any rotation, and the nearest one if noise bent the matrix
    k = np.array(
        [
            [m[0, 0] - m[1, 1] - m[2, 2], 0, 0, 0],
            [m[1, 0] + m[0, 1], m[1, 1] - m[0, 0] - m[2, 2], 0, 0],
            [m[2, 0] + m[0, 2], m[2, 1] + m[1, 2], m[2, 2] - m[0, 0] - m[1, 1], 0],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], m[0, 0] + m[1, 1] + m[2, 2]],
        ]
    )
    quaternion = np.linalg.eigh(k)[1][:, 3]
    return quaternion if quaternion[3] >= 0 else -quaternion


def matrix_of_axes(forward: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Rotation matrix (3, 3) of a car that looks along ``forward`` with its roof along ``up`` (unit vectors, (3,))."""
    left = np.cross(up, forward)
    return np.stack([left, up, forward], axis=1)


def centre_of_mass(params: np.ndarray) -> np.ndarray:
    """Where the centre of mass is from the car's origin, car frame, float64 (3,); ``params``: a PARAMS record."""
    return np.array([0.0, float(params["com_up"]), float(params["com_forward"])])
