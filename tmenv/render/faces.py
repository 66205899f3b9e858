"""One face: seen or not, projected, clipped at the near plane, shaded and handed to the polygon filler."""

import numpy as np

from tmenv.engine.compile import device
from tmenv.render.background import colour_word
from tmenv.render.polygon import fill, mark
from tmenv.render.tables import TINT_ONE

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_NEAR_M = np.float32(0.15)
_TINT = np.float32(1.0 / TINT_ONE)


@device
def draw_face(face, lens, look, sun, canvas):
    """One face, if any of it is seen from its visible side."""
    corners, normal = face.corners, face.normal
    x, y, z = corners[0, 0] - lens.eye[0], corners[0, 1] - lens.eye[1], corners[0, 2] - lens.eye[2]
    plane = normal[0] * x + normal[1] * y + normal[2] * z
    if plane >= _ZERO:
        return
    p0 = through_lens(lens, x, y, z)
    p1 = seen_corner(lens, corners, 1)
    p2 = seen_corner(lens, corners, 2)
    p3 = seen_corner(lens, corners, 3)
    if outside(p0, p1, p2, p3, np.float32(canvas.width), np.float32(canvas.height)):
        return
    if min(min(p0[2], p1[2]), min(p2[2], p3[2])) >= _NEAR_M:
        draw_quad(canvas, p0, p1, p2, p3, face, plane, lens, look, sun)
    else:
        draw_clipped(canvas, p0, p1, p2, p3, face, plane, lens, look, sun)


@device
def seen_corner(lens, corners, number):
    """Homogeneous pixel coordinates of a corner of a face."""
    return through_lens(
        lens,
        corners[number, 0] - lens.eye[0],
        corners[number, 1] - lens.eye[1],
        corners[number, 2] - lens.eye[2],
    )


@device
def outside(p0, p1, p2, p3, width, height):
    """Whether all corners lie behind the eye, or beyond the same side of the picture."""
    return (
        (p0[2] < _NEAR_M and p1[2] < _NEAR_M and p2[2] < _NEAR_M and p3[2] < _NEAR_M)
        or (p0[0] < _ZERO and p1[0] < _ZERO and p2[0] < _ZERO and p3[0] < _ZERO)
        or (p0[1] < _ZERO and p1[1] < _ZERO and p2[1] < _ZERO and p3[1] < _ZERO)
        or (p0[0] > width * p0[2] and p1[0] > width * p1[2] and p2[0] > width * p2[2] and p3[0] > width * p3[2])
        or (p0[1] > height * p0[2] and p1[1] > height * p1[2] and p2[1] > height * p2[2] and p3[1] > height * p3[2])
    )


@device
def paint_rows(canvas, top, bottom, face, plane, lens, look, sun):
    """Fill the marked spans of rows ``top`` .. ``bottom`` with a face at its distance ``plane`` from the eye."""
    normal = face.normal
    scale = _ONE / plane
    a = (normal[0] * lens.right[0] + normal[1] * lens.right[1] + normal[2] * lens.right[2]) * scale / lens.focal_x
    b = -(normal[0] * lens.up[0] + normal[1] * lens.up[1] + normal[2] * lens.up[2]) * scale / lens.focal_y
    c = (normal[0] * lens.forward[0] + normal[1] * lens.forward[1] + normal[2] * lens.forward[2]) * scale
    c -= a * lens.centre_x + b * lens.centre_y
    colour = shade(face, normal, look, sun, canvas.gray)
    fill(canvas.frame, canvas.depth, canvas.bounds, top, bottom, canvas.width, canvas.height, a, b, c, colour)


@device
def through_lens(lens, x, y, z):
    """Homogeneous pixel coordinates (x w, y w, w) of a point relative to the eye."""
    w = lens.forward[0] * x + lens.forward[1] * y + lens.forward[2] * z
    u = (lens.right[0] * x + lens.right[1] * y + lens.right[2] * z) * lens.focal_x + lens.centre_x * w
    v = lens.centre_y * w - (lens.up[0] * x + lens.up[1] * y + lens.up[2] * z) * lens.focal_y
    return u, v, w


@device
def shade(face, normal, look, sun, gray):
    """Colour word of a face: gray in the low byte, or red, green, blue from the low byte up."""
    light = look.ambient + look.diffuse * max(normal[0] * sun[0] + normal[1] * sun[1] + normal[2] * sun[2], _ZERO)
    light *= np.float32(face.tint) * _TINT
    paint = face.paint
    return colour_word(
        look.colours[paint, 0] * light, look.colours[paint, 1] * light, look.colours[paint, 2] * light, gray
    )


@device
def draw_quad(canvas, p0, p1, p2, p3, face, plane, lens, look, sun):
    """A face wholly in front of the eye."""
    i0, i1, i2, i3 = _ONE / p0[2], _ONE / p1[2], _ONE / p2[2], _ONE / p3[2]
    y0, y1, y2, y3 = p0[1] * i0, p1[1] * i1, p2[1] * i2, p3[1] * i3
    top = max(np.ceil(min(min(y0, y1), min(y2, y3)) - _HALF), _ZERO)
    bottom = min(np.ceil(max(max(y0, y1), max(y2, y3)) - _HALF), np.float32(canvas.height))
    if not top < bottom:
        return
    x0, x1, x2, x3 = p0[0] * i0, p1[0] * i1, p2[0] * i2, p3[0] * i3
    first = max(np.ceil(min(min(x0, x1), min(x2, x3)) - _HALF), _ZERO)
    last = min(np.ceil(max(max(x0, x1), max(x2, x3)) - _HALF), np.float32(canvas.width))
    if first >= last:
        return
    bounds, width, height = canvas.bounds, canvas.width, canvas.height
    mark(bounds, x0, y0, x1, y1, width, height)
    mark(bounds, x1, y1, x2, y2, width, height)
    mark(bounds, x2, y2, x3, y3, width, height)
    mark(bounds, x3, y3, x0, y0, width, height)
    paint_rows(canvas, top, bottom, face, plane, lens, look, sun)


@device
def draw_clipped(canvas, p0, p1, p2, p3, face, plane, lens, look, sun):
    """A face that reaches behind the eye: its part in front, edge by edge.

    Along the near plane the polygon is closed by the edge from where it leaves to where it comes back.
    """
    height = np.float32(canvas.height)
    low, high = height, _ZERO
    out_x, out_y, in_x, in_y = _ZERO, _ZERO, _ZERO, _ZERO
    before = p3
    for number in range(4):
        after = p0 if number == 0 else (p1 if number == 1 else (p2 if number == 2 else p3))
        before_in, after_in = before[2] >= _NEAR_M, after[2] >= _NEAR_M
        if before_in or after_in:
            x0, y0, x1, y1 = _ZERO, _ZERO, _ZERO, _ZERO
            cut_x, cut_y = _ZERO, _ZERO
            if before_in != after_in:
                part = (_NEAR_M - before[2]) / (after[2] - before[2])
                cut_x = (before[0] + part * (after[0] - before[0])) / _NEAR_M
                cut_y = (before[1] + part * (after[1] - before[1])) / _NEAR_M
            if before_in:
                x0, y0 = before[0] / before[2], before[1] / before[2]
            else:
                x0, y0, in_x, in_y = cut_x, cut_y, cut_x, cut_y
            if after_in:
                x1, y1 = after[0] / after[2], after[1] / after[2]
            else:
                x1, y1, out_x, out_y = cut_x, cut_y, cut_x, cut_y
            mark(canvas.bounds, x0, y0, x1, y1, canvas.width, canvas.height)
            low, high = min(low, min(y0, y1)), max(high, max(y0, y1))
        before = after
    mark(canvas.bounds, out_x, out_y, in_x, in_y, canvas.width, canvas.height)
    top = max(np.ceil(low - _HALF), _ZERO)
    bottom = min(np.ceil(high - _HALF), height)
    if top < bottom:
        paint_rows(canvas, top, bottom, face, plane, lens, look, sun)
