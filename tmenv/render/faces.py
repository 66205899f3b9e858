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
    """One face, if it is seen from its visible side."""
    corners, normal = face.corners, face.normal
    x, y, z = corners[0, 0] - lens.eye[0], corners[0, 1] - lens.eye[1], corners[0, 2] - lens.eye[2]
    plane = normal[0] * x + normal[1] * y + normal[2] * z
    if plane >= _ZERO:
        return
    u0, v0, w0 = through_lens(lens, x, y, z)
    u1, v1, w1 = through_lens(
        lens, corners[1, 0] - lens.eye[0], corners[1, 1] - lens.eye[1], corners[1, 2] - lens.eye[2]
    )
    u2, v2, w2 = through_lens(
        lens, corners[2, 0] - lens.eye[0], corners[2, 1] - lens.eye[1], corners[2, 2] - lens.eye[2]
    )
    u3, v3, w3 = through_lens(
        lens, corners[3, 0] - lens.eye[0], corners[3, 1] - lens.eye[1], corners[3, 2] - lens.eye[2]
    )
    nearest = min(min(w0, w1), min(w2, w3))
    if nearest < _NEAR_M and max(max(w0, w1), max(w2, w3)) < _NEAR_M:
        return
    scale = _ONE / plane
    a = (normal[0] * lens.right[0] + normal[1] * lens.right[1] + normal[2] * lens.right[2]) * scale / lens.focal_x
    b = -(normal[0] * lens.up[0] + normal[1] * lens.up[1] + normal[2] * lens.up[2]) * scale / lens.focal_y
    c = (normal[0] * lens.forward[0] + normal[1] * lens.forward[1] + normal[2] * lens.forward[2]) * scale
    c -= a * lens.centre_x + b * lens.centre_y
    colour = shade(face, normal, look, sun, canvas.gray)
    if nearest >= _NEAR_M:
        i0, i1, i2, i3 = _ONE / w0, _ONE / w1, _ONE / w2, _ONE / w3
        draw_quad(canvas, u0 * i0, v0 * i0, u1 * i1, v1 * i1, u2 * i2, v2 * i2, u3 * i3, v3 * i3, a, b, c, colour)
    else:
        draw_clipped(canvas, (u0, v0, w0), (u1, v1, w1), (u2, v2, w2), (u3, v3, w3), a, b, c, colour)


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
def draw_quad(canvas, x0, y0, x1, y1, x2, y2, x3, y3, a, b, c, colour):
    """A face wholly in front of the eye."""
    top = max(np.ceil(min(min(y0, y1), min(y2, y3)) - _HALF), _ZERO)
    bottom = min(np.ceil(max(max(y0, y1), max(y2, y3)) - _HALF), np.float32(canvas.height))
    if top >= bottom:
        return
    if max(max(x0, x1), max(x2, x3)) <= _HALF or min(min(x0, x1), min(x2, x3)) >= np.float32(canvas.width) - _HALF:
        return
    left, right, width, height = canvas.left, canvas.right, canvas.width, canvas.height
    mark(left, right, x0, y0, x1, y1, width, height)
    mark(left, right, x1, y1, x2, y2, width, height)
    mark(left, right, x2, y2, x3, y3, width, height)
    mark(left, right, x3, y3, x0, y0, width, height)
    fill(canvas.frame, canvas.depth, left, right, top, bottom, width, a, b, c, colour)


@device
def draw_clipped(canvas, p0, p1, p2, p3, a, b, c, colour):
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
            mark(canvas.left, canvas.right, x0, y0, x1, y1, canvas.width, canvas.height)
            low, high = min(low, min(y0, y1)), max(high, max(y0, y1))
        before = after
    mark(canvas.left, canvas.right, out_x, out_y, in_x, in_y, canvas.width, canvas.height)
    top = max(np.ceil(low - _HALF), _ZERO)
    bottom = min(np.ceil(high - _HALF), height)
    if top < bottom:
        fill(canvas.frame, canvas.depth, canvas.left, canvas.right, top, bottom, canvas.width, a, b, c, colour)
