"""What a car looks like from outside: a low open-wheeler of our own design, in the car frame."""

import numpy as np

from tmenv.render.solids import box, extruded, settled
from tmenv.render.tables import CHUNK, LEVELS, Paint

_WHEEL_RADIUS_M, _WHEEL_WIDTH_M, _WHEEL_SIDES = 0.36, 0.34, 8
_AXLES = ((1.78, 0.86), (-1.21, 0.89))  # metres ahead of the origin, half track: as in the physics' wheels
_NOSE, _TAIL = 2.35, -1.75
_BODY = ((_TAIL, 0.25), (_NOSE, 0.18), (_NOSE, 0.36), (0.9, 0.62), (-0.9, 0.72), (_TAIL, 0.66))
_CABIN = ((-1.0, 0.7), (0.75, 0.62), (0.05, 0.98), (-0.6, 1.0))
_BODY_HALF_WIDTH_M, _CABIN_HALF_WIDTH_M = 0.62, 0.42


def car_faces(colour: int, level: int) -> np.ndarray:
    """``FACE`` (n,) of a car of paint ``Paint.CAR + colour``."""
    paint = Paint.CAR + colour
    parts = [
        extruded(_sides(_BODY), -_BODY_HALF_WIDTH_M, _BODY_HALF_WIDTH_M, paint, paint),
        extruded(_sides(_CABIN), -_CABIN_HALF_WIDTH_M, _CABIN_HALF_WIDTH_M, Paint.CAR_GLASS, Paint.CAR_GLASS),
        *(_wheel(ahead, side * half, level) for ahead, half in _AXLES for side in (-1.0, 1.0)),
    ]
    if level < LEVELS - 1:
        parts.append(box((-0.85, 0.78, _TAIL - 0.1), (0.85, 0.84, _TAIL + 0.35), paint))
        parts += [box((x, 0.6, _TAIL), (x + 0.06, 0.78, _TAIL + 0.25), Paint.CAR_TRIM) for x in (-0.6, 0.54)]
        parts.append(box((-0.95, 0.14, _NOSE - 0.3), (0.95, 0.2, _NOSE + 0.05), Paint.CAR_TRIM))
    return settled(np.concatenate(parts))[0]


def _sides(outline) -> np.ndarray:
    """(y, z) of an outline given as (z, y), counter-clockwise as seen from +x."""
    return np.array(outline)[::-1, ::-1]


def _wheel(ahead: float, left: float, level: int) -> np.ndarray:
    r, half = _WHEEL_RADIUS_M, _WHEEL_WIDTH_M / 2
    if level > 0:
        return box((left - half, 0.0, ahead - r), (left + half, 2 * r, ahead + r), Paint.CAR_TYRE)
    angle = np.arange(_WHEEL_SIDES) * (2.0 * np.pi / _WHEEL_SIDES) + np.pi / _WHEEL_SIDES
    outline = np.stack([r + r * np.cos(angle), ahead + r * np.sin(angle)], axis=1)
    return extruded(outline, left - half, left + half, Paint.CAR_TYRE, Paint.CAR_TYRE)


def car_chunks() -> tuple[np.ndarray, np.ndarray]:
    """All faces, and one ``CHUNK`` for each of the ``Paint.CARS`` colours."""
    chunks = np.zeros(Paint.CARS, CHUNK)
    chunks["centre"], chunks["radius"] = (0.0, 0.5, 0.3), 2.6
    faces = []
    for colour in range(Paint.CARS):
        for level in range(LEVELS):
            chunks["face_at"][colour, level] = sum(map(len, faces))
            faces.append(car_faces(colour, level))
            chunks["face_count"][colour, level] = len(faces[-1])
    return np.concatenate(faces), chunks
