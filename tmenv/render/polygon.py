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


@device
def mark_edge(bounds, x0, y0, x1, y1, width, height):
    """Write the first pixel right of an edge into ``bounds`` for every row that the edge crosses; (x0, y0) is above."""
    first = max(np.ceil(y0 - _HALF), _ZERO)
    last = min(np.ceil(y1 - _HALF), np.float32(height))
    if first >= last:
        return
    slope = (x1 - x0) / (y1 - y0)
    limit = np.float32(width)
    start = np.uint64(first)
    base = x0 - _HALF + (first + _HALF - y0) * slope
    for step in range(np.uint64(last) - start):
        x = base + np.float32(step) * slope
        bounds[start + step] = np.int32(min(max(np.ceil(x), _ZERO), limit))


@device
def mark(left, right, x0, y0, x1, y1, width, height):
    """An edge from corner 0 to corner 1 of a face, which lies on its left: down-going edges are left borders."""
    if y0 < y1:
        mark_edge(left, x0, y0, x1, y1, width, height)
    elif y1 < y0:
        mark_edge(right, x1, y1, x0, y0, width, height)


@device
def fill(frame, depth, left, right, first, last, width, a, b, c, colour):
    """Paint the spans of rows ``first`` .. ``last`` where 1/z = a x + b y + c beats the depth buffer."""
    for row in range(np.uint64(first), np.uint64(last)):
        start, end = left[row], right[row]
        if start < end:
            offset = row * np.uint64(width)
            base = c + b * (np.float32(row) + _HALF) + a * _HALF
            for x in range(np.uint64(start), np.uint64(end)):
                near = base + a * np.float32(x)
                if near > depth[offset + x]:
                    depth[offset + x] = near
                    frame[offset + x] = colour
