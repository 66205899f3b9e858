"""Filling one convex polygon with depth test: the inner loops of the renderer.

Depth is kept as 1/z, which is linear in the image, so a face needs three numbers for all its pixels. A pixel belongs
to a polygon if its centre does; edges are always evaluated from their upper end, so that two faces that share an edge
share no pixel and leave none out.
"""

import numpy as np

from tmenv.engine.compile import device

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)


LANES = 8
"""Pixels and rows are worked on in groups of this many, the surplus changing nothing: quicker than single ones left
over. Arrays are this much longer than what they hold."""


@device
def grouped(count):
    """``count`` rounded up to whole groups."""
    return np.uint64(count + (LANES - 1)) & ~np.uint64(LANES - 1)


@device
def mark(bounds, x0, y0, x1, y1, width, height):
    """An edge from corner 0 to corner 1 of a face, which lies on its left: down-going edges are left borders.

    Writes the first pixel right of the edge into ``bounds`` for every row that it crosses: left borders by row, and
    right borders behind them. There is no branch on the direction, which no processor can foresee.
    """
    down = y0 < y1
    top_x, top_y = x0 if down else x1, y0 if down else y1
    end_x, end_y = x1 if down else x0, y1 if down else y0
    first = max(np.ceil(top_y - _HALF), _ZERO)
    last = min(np.ceil(end_y - _HALF), np.float32(height))
    if not first < last:
        return
    slope = (end_x - top_x) / (end_y - top_y)
    limit = np.float32(width)
    start = np.uint64(first)
    count = np.int32(np.uint64(last) - start)
    at = start if down else start + np.uint64(height + LANES)
    base = top_x - _HALF + (first + _HALF - top_y) * slope
    for step in range(grouped(count)):
        x = base + np.float32(np.int32(step)) * slope
        bound = np.int32(max(_ZERO, min(limit, np.ceil(x))))  # in this order NaN is no column beside the picture
        if np.int32(step) < count:
            bounds[at + step] = bound


@device
def fill(frame, depth, bounds, first, last, width, height, a, b, c, colour):
    """Paint the spans of rows ``first`` .. ``last`` where 1/z = a x + b y + c beats the depth buffer."""
    rights = np.uint64(height + LANES)
    for row in range(np.uint64(first), np.uint64(last)):
        start, end = bounds[row], bounds[rights + row]
        if start < end:
            at = row * np.uint64(width) + np.uint64(start)
            base = c + b * (np.float32(row) + _HALF) + a * _HALF
            count = np.int32(end - start)
            for step in range(grouped(count)):
                near = base + a * np.float32(np.int32(start + np.int32(step)))
                before = depth[at + step]
                closer = (near > before) & (np.int32(step) < count)
                if closer:
                    depth[at + step] = near
                    frame[at + step] = colour
