"""Sky and endless ground: what is behind all faces."""

import math

import numpy as np

from tmenv.engine.compile import device
from tmenv.render.tables import Paint

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_SKY_HIGH, _SKY_LOW = Paint.SKY_HIGH, Paint.SKY_LOW
_GROUND, _GROUND_ALTERNATE = Paint.GROUND, Paint.GROUND_ALTERNATE
_GROUND_CELL = np.float32(1.0 / 16.0)  # per metre: the lawn is mown in squares of 16 m
_ORIGIN = np.float32(32768.0)  # makes cell numbers positive, so that truncation is floor
_PATTERN_M = np.float32(300.0)  # the squares fade out until here
_FARTHEST_M = np.float32(4000.0)
_STEEP = np.float32(0.45)  # slope of a ray at which the sky has its high colour
_LEVEL_RAY = np.float32(1e-6)

_RED, _GREEN, _BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)  # ITU-R BT.601 luma
_MOST = np.float32(255.0)


@device
def colour_word(red, green, blue, gray):
    """Colour as stored in a frame: gray in the low byte, or red, green, blue from the low byte up."""
    if gray:
        return np.uint32(min(_RED * red + _GREEN * green + _BLUE * blue + _HALF, _MOST))
    # numba widens to 64 bits
    return np.uint32(
        np.uint32(min(red + _HALF, _MOST))
        | (np.uint32(min(green + _HALF, _MOST)) << np.uint32(8))
        | (np.uint32(min(blue + _HALF, _MOST)) << np.uint32(16))
    )


@device
def mixed(look, one, other, part, light, gray):
    """Colour word between two paints."""
    keep = _ONE - part
    return colour_word(
        (keep * look.colours[one, 0] + part * look.colours[other, 0]) * light,
        (keep * look.colours[one, 1] + part * look.colours[other, 1]) * light,
        (keep * look.colours[one, 2] + part * look.colours[other, 2]) * light,
        gray,
    )


@device
def draw_background(canvas, lens, look, ground_y):
    """Sky above the horizon, ground below it; empties the depth buffer."""
    canvas.depth[:] = _ZERO
    drop = lens.eye[1] - ground_y
    light = look.ambient + look.diffuse * max(look.sun[1], _ZERO)
    # The rise of a ray is linear in the image: rise = start + along * column.
    along = lens.right[1] / lens.focal_x
    for row in range(canvas.height):
        down = (np.float32(row) + _HALF - lens.centre_y) / lens.focal_y
        middle = lens.forward[1] - lens.up[1] * down
        start = middle + along * (_HALF - lens.centre_x)
        first, last = ground_columns(start, along, drop, canvas.width)
        sky = mixed(look, _SKY_LOW, _SKY_HIGH, min(max(middle / _STEEP, _ZERO), _ONE), _ONE, canvas.gray)
        at = row * canvas.width
        canvas.frame[at : at + first] = sky
        canvas.frame[at + last : at + canvas.width] = sky
        if first < last:
            draw_ground(canvas, lens, look, down, at, first, last, start, along, drop, light)


@device
def ground_columns(start, along, drop, width):
    """Range of columns of a row in which rays go down, to the ground ``drop`` metres below."""
    end = start + along * np.float32(width - 1)
    if drop <= _ZERO or (start >= _ZERO and end >= _ZERO):
        return 0, 0
    if start < _ZERO and end < _ZERO:
        return 0, width
    crossing = -start / along
    if start < _ZERO:
        return 0, math.ceil(crossing)
    return math.floor(crossing) + 1, width


@device
def draw_ground(canvas, lens, look, down, at, first, last, start, along, drop, light):
    """The lawn of a row from column ``first`` to ``last``."""
    x0, z0 = lens.forward[0] - lens.up[0] * down, lens.forward[2] - lens.up[2] * down
    middle = start + along * (_HALF * np.float32(first + last))
    fade = _ONE - drop / max(-middle, _LEVEL_RAY) / _PATTERN_M
    part = _HALF - _HALF * max(fade, _ZERO)
    one = mixed(look, _GROUND, _GROUND_ALTERNATE, part, light, canvas.gray)
    if fade <= _ZERO:
        canvas.frame[at + first : at + last] = one
        return
    other = mixed(look, _GROUND_ALTERNATE, _GROUND, part, light, canvas.gray)
    step_x, step_z = lens.right[0] / lens.focal_x, lens.right[2] / lens.focal_x
    x0 += step_x * (_HALF - lens.centre_x)
    z0 += step_z * (_HALF - lens.centre_x)
    eye_x, eye_z = lens.eye[0] * _GROUND_CELL + _ORIGIN, lens.eye[2] * _GROUND_CELL + _ORIGIN
    frame = canvas.frame
    base = np.uint64(at)
    for column in range(np.uint64(first), np.uint64(last)):
        x = np.float32(np.int32(column))  # quicker than from 64 bits
        far = min(drop / max(-(start + along * x), _LEVEL_RAY), _FARTHEST_M) * _GROUND_CELL
        cell_x = np.int32(eye_x + far * (x0 + step_x * x))
        cell_z = np.int32(eye_z + far * (z0 + step_z * x))
        frame[base + column] = one if (cell_x ^ cell_z) & np.int32(1) else other
