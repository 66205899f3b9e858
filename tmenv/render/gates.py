"""Faces of checkpoints and finishes: two posts and a banner over the road, and a line across it."""

from functools import cache
from itertools import pairwise

import numpy as np

from tmenv.render.solids import box, moved, quads, settled
from tmenv.render.soup import Soup
from tmenv.render.tables import LEVELS, Paint
from tmenv.track import Track
from tmenv.track.tables import CHECKPOINT

BANNER_M = (5.5, 7.5)
"""Lower and upper edge of the banner above the road (our choice)."""

POST_M = 0.8
SQUARES = 8
"""Squares of the finish banner from post to post, in each of its two rows."""

LINE_M = 2.0
LINE_LIFT_M = 0.03
"""The line on the road lies this much above it, so that it wins over the road at every distance."""

_HALF_DEPTH_M = 0.4


def gate_faces(track: Track, first_chunk: int) -> list[Soup]:
    """One soup per gate and level; gate i is chunk ``first_chunk + i``."""
    soups = []
    for number, waypoint in enumerate(track.waypoints):
        half, is_checkpoint = _half_width(track, waypoint), bool(waypoint["kind"] == CHECKPOINT)
        origin, forward = (waypoint["x"], waypoint["y"], waypoint["z"]), (waypoint["nx"], waypoint["nz"])
        for level in range(LEVELS):
            faces = moved(_gate(half, is_checkpoint, level), origin, forward)
            soups.append(Soup(faces, np.full(len(faces), first_chunk + number), np.full(len(faces), level)))
    return soups


def _half_width(track: Track, waypoint: np.void) -> float:
    """Distance of the posts from the middle: the width of the road at the gate."""
    point = track.route[np.argmin(np.abs(track.route["s"] - waypoint["s"]))]
    return float(max(point["border_left"], point["border_right"]))


@cache
def _gate(half: float, is_checkpoint: bool, level: int) -> np.ndarray:
    low, high = BANNER_M
    paints = (Paint.CHECKPOINT, Paint.CHECKPOINT) if is_checkpoint else (Paint.FINISH, Paint.FINISH_ALTERNATE)
    if level == 2:
        return np.concatenate([_plate(-half, half, low, high, side, paints[0]) for side in (-1.0, 1.0)])
    parts = [
        box((x - POST_M / 2, 0.0, -_HALF_DEPTH_M), (x + POST_M / 2, high, _HALF_DEPTH_M), Paint.GATE_POST, without="yY")
        for x in (-half - POST_M / 2, half + POST_M / 2)
    ]
    columns = 1 if is_checkpoint or level == 1 else SQUARES
    parts += [_banner(half, columns, side, paints) for side in (-1.0, 1.0)]
    if level == 0:
        parts.append(box((-half, low, -_HALF_DEPTH_M), (half, high, _HALF_DEPTH_M), Paint.GATE_POST, without="xXzZ"))
        parts.append(_line(half, columns, paints))
    return settled(np.concatenate(parts))[0]


def _banner(half: float, columns: int, side: float, paints: tuple[int, int]) -> np.ndarray:
    low, high = BANNER_M
    if columns == 1:
        return _plate(-half, half, low, high, side, paints[0])
    x, y = np.linspace(-half, half, columns + 1), np.linspace(low, high, 3)
    plates = [
        _plate(x[i], x[i + 1], y[j], y[j + 1], side, paints[(i + j) % 2]) for i in range(columns) for j in range(2)
    ]
    return np.concatenate(plates)


def _plate(x0: float, x1: float, y0: float, y1: float, side: float, paint: int) -> np.ndarray:
    """An upright rectangle on the front (side -1, seen by who arrives) or the back of the banner."""
    z = side * _HALF_DEPTH_M
    corners = [(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)]
    return quads([corners if side > 0 else corners[::-1]], paint)


def _line(half: float, columns: int, paints: tuple[int, int]) -> np.ndarray:
    x = np.linspace(-half, half, columns + 1)
    y, z = LINE_LIFT_M, LINE_M / 2
    strips = [[(a, y, -z), (a, y, z), (b, y, z), (b, y, -z)] for a, b in pairwise(x)]
    return quads(strips, [paints[i % 2] for i in range(columns)])
