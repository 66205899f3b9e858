"""Sky and endless ground: what is behind all faces."""

import numpy as np

from tmenv.engine.compile import device
from tmenv.render.polygon import grouped
from tmenv.render.tables import Paint

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_SKY_HIGH, _SKY_LOW = Paint.SKY_HIGH, Paint.SKY_LOW
_GROUND, _GROUND_ALTERNATE = Paint.GROUND, Paint.GROUND_ALTERNATE
_GROUND_CELL = np.float32(1.0 / 16.0)  # per metre: the lawn is mown in squares of 16 m
_ORIGIN = np.float32(32768.0)  # makes cell numbers positive, so that truncation is floor
_PATTERN_M = np.float32(300.0)  # the squares fade out until here
_FARTHEST = np.float32(250.0)  # squares
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
def paint_of(look, number):
    """Red, green, blue of a paint."""
    return look.colours[number, 0], look.colours[number, 1], look.colours[number, 2]


@device
def mixed(one, other, part, light, gray):
    """Colour word between two colours."""
    keep = _ONE - part
    return colour_word(
        (keep * one[0] + part * other[0]) * light,
        (keep * one[1] + part * other[1]) * light,
        (keep * one[2] + part * other[2]) * light,
        gray,
    )


@device
def draw_background(canvas, lens, look, ground_y):
    """Sky above the horizon, ground below it; empties the depth buffer.

    Rows are drawn from left to right and from the top, so that what a group of pixels writes too far is painted over.
    """
    canvas.depth[:] = _ZERO
    drop = lens.eye[1] - ground_y
    # The rise of a ray is linear in the image: rise = start + along * column.
    along = lens.right[1] / lens.focal_x
    plan_rows(canvas, lens, look, drop, along)
    rows, frame, width = canvas.rows, canvas.frame, np.int32(canvas.width)
    for row in range(np.uint64(canvas.height)):
        at = row * np.uint64(width)
        first, last = rows.first[row], rows.last[row]
        if first > 0:
            paint_part(frame, at, 0, first, rows.sky[row])
        if rows.lawn[row] != rows.mown[row]:
            draw_lawn(canvas, lens, row, at, drop, along)
        elif first < last:
            paint_part(frame, at, first, last, rows.lawn[row])
        if last < width:
            paint_part(frame, at, last, width, rows.sky[row])


@device
def plan_rows(canvas, lens, look, drop, along):
    """The colours of each row, and from which column to which it shows the ground: all rows at once, eight by eight."""
    rows, gray, width = canvas.rows, canvas.gray, np.int32(canvas.width)
    low, high = paint_of(look, _SKY_LOW), paint_of(look, _SKY_HIGH)
    lawn, mown = paint_of(look, _GROUND), paint_of(look, _GROUND_ALTERNATE)
    light = look.ambient + look.diffuse * max(look.sun[1], _ZERO)
    for row in range(np.uint64(canvas.height)):
        middle = lens.forward[1] - lens.up[1] * down_of(lens, row)
        start = middle + along * (_HALF - lens.centre_x)
        first, last = ground_columns(start, along, drop, width)
        rows.first[row], rows.last[row] = first, last
        rows.sky[row] = mixed(low, high, min(max(middle / _STEEP, _ZERO), _ONE), _ONE, gray)
        slope = start + along * (_HALF * np.float32(np.int32(first + last)))
        part = _HALF - _HALF * max(_ONE - drop / max(-slope, _LEVEL_RAY) / _PATTERN_M, _ZERO)
        rows.lawn[row] = mixed(lawn, mown, part, light, gray)
        rows.mown[row] = mixed(mown, lawn, part, light, gray)


@device
def down_of(lens, row):
    """Camera down of the rays of a row, per unit forward."""
    return (np.float32(np.int32(row)) + _HALF - lens.centre_y) / lens.focal_y


@device
def ground_columns(start, along, drop, width):
    """Range of columns of a row in which rays go down, to the ground ``drop`` metres below."""
    end = start + along * np.float32(np.int32(width - 1))
    limit, crossing = np.float32(width), -start / along
    first = np.int32(0) if start < _ZERO else np.int32(max(_ZERO, min(limit, np.floor(crossing) + _ONE)))
    last = width if end < _ZERO else np.int32(max(_ZERO, min(limit, np.ceil(crossing))))
    if (drop <= _ZERO) | ((start >= _ZERO) & (end >= _ZERO)):
        return np.int32(0), np.int32(0)
    return first, last


@device
def paint_part(frame, at, first, last, word):
    """One colour from column ``first`` to ``last`` of the row that starts at ``at``, and some columns more."""
    at += np.uint64(first)
    for step in range(grouped(last - first)):
        frame[at + step] = word


@device
def draw_lawn(canvas, lens, row, at, drop, along):
    """The ground of a row that shows its pattern, and some columns more."""
    rows, frame = canvas.rows, canvas.frame
    first, one, other = rows.first[row], rows.lawn[row], rows.mown[row]
    down = down_of(lens, row)
    fall, turn = -(lens.forward[1] - lens.up[1] * down + along * (_HALF - lens.centre_x)), -along
    cells = drop * _GROUND_CELL
    step_x, step_z = lens.right[0] / lens.focal_x, lens.right[2] / lens.focal_x
    x0 = lens.forward[0] - lens.up[0] * down + step_x * (_HALF - lens.centre_x)
    z0 = lens.forward[2] - lens.up[2] * down + step_z * (_HALF - lens.centre_x)
    eye_x, eye_z = lens.eye[0] * _GROUND_CELL + _ORIGIN, lens.eye[2] * _GROUND_CELL + _ORIGIN
    at += np.uint64(first)
    for step in range(grouped(rows.last[row] - first)):
        x = np.float32(np.int32(first + np.int32(step)))
        far = min(cells / max(fall + turn * x, _LEVEL_RAY), _FARTHEST)
        cell_x = np.int32(eye_x + far * (x0 + step_x * x))
        cell_z = np.int32(eye_z + far * (z0 + step_z * x))
        frame[at + step] = one if (cell_x ^ cell_z) & np.int32(1) else other
