"""The four verbs of a road over a route that is only a line of points: platforms, dirt, loops, recorded runs."""

import numpy as np


class Polyline:
    """A route as straight lines between its points; see ``Track`` for the meaning of the queries.

    Args:
        route: ``ROUTE_POINT`` (R,), at least two.
    """

    def __init__(self, route: np.ndarray):
        self._points = _columns(route, "x", "y", "z")
        self._left = _columns(route, "left_x", "left_y", "left_z")
        self._width = route["border_left"].astype(np.float64) + route["border_right"]
        self._s = route["s"].astype(np.float64)

    def position(self, s: float, lateral: float) -> tuple[float, float, float]:
        """World point at route metre ``s``, ``lateral`` metres to the left; straight on beyond both ends."""
        row, part = self._at(s)
        x, y, z = self._points[row] + part * self._way(row) + lateral * self._left[row]
        return float(x), float(y), float(z)

    def heading_at(self, s: float) -> float:
        """Yaw of the direction of travel, radians."""
        way = self._way(self._at(s)[0])
        return float(np.arctan2(way[0], way[2]))

    def width_at(self, s: float) -> float:
        """Distance between the borders, metres."""
        return float(self._width[self._at(s)[0]])

    def local_coordinates(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Route metre and lateral offset of the nearest place on the route; of equally near ones the first."""
        way = np.diff(self._points, axis=0)
        offset = np.array([x, y, z]) - self._points[:-1]
        part = (offset * way).sum(axis=1) / (way**2).sum(axis=1)
        away = offset - np.clip(part, 0.0, 1.0)[:, None] * way
        row = int(np.argmin((away**2).sum(axis=1)))
        part = part if row in (0, len(way) - 1) else np.clip(part, 0.0, 1.0)
        s = self._s[row] + part[row] * (self._s[row + 1] - self._s[row])
        return float(s), float(self._left[row] @ (offset[row] - part[row] * way[row]))

    def _at(self, s: float) -> tuple[int, float]:
        row = int(np.clip(np.searchsorted(self._s, s, side="right") - 1, 0, len(self._s) - 2))
        return row, (s - self._s[row]) / (self._s[row + 1] - self._s[row])

    def _way(self, row: int) -> np.ndarray:
        return self._points[row + 1] - self._points[row]


def _columns(route: np.ndarray, *names: str) -> np.ndarray:
    return np.stack([route[name].astype(np.float64) for name in names], axis=1)
