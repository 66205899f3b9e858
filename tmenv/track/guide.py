"""From a rough way over the surfaces of a map, or the path of a recorded car, to the points of a route."""

from dataclasses import dataclass

import numpy as np

from tmenv.track import query, ribbon
from tmenv.track.scene import Scene
from tmenv.track.tables import ROUTE_POINT, ROUTE_STEP_M, WALL_LEFT, WALL_RIGHT

ROAD_AFTER_FINISH_M = 48.0
"""The route goes on this far behind its last trigger, straight on, where there is surface."""

_SMOOTHINGS, _REACH = 8, 2
"""Passes, and points to each side that one takes the mean of: together they act over some 8 m."""

_EYE_M = 0.8
"""Height above the route from which its surface is looked for."""
_SNAP_M = 1.5
"""The surface is at most this far from where a route is thought to be."""
_STEP_M = 0.7
"""A road goes on sideways if its surface rises or falls by no more than this over a metre."""
_WIDEST_M = 24


@dataclass(frozen=True, eq=False)
class Guide:
    """A line to follow.

    Attributes:
        points: float64 (k, 3), world metres, about ``ROUTE_STEP_M`` apart, on the surface where there is one.
        normals: float64 (k, 3), away from the surface.
        held: bool (k,): there is a surface.
    """

    points: np.ndarray
    normals: np.ndarray
    held: np.ndarray


def guide_of(scene: Scene, points: np.ndarray, normals: np.ndarray, smooth: bool) -> Guide:
    """The line through points (k, 3) with these normals, evenly spaced and laid on the surfaces.

    Args:
        scene: the surfaces.
        points: float64 (k, 3), within 1.5 m of the surface that is meant.
        normals: float64 (k, 3).
        smooth: round the corners off; a point stays where it is if that would take it off its surface.
    """
    line = _on_surface(scene, *evenly(points, normals))
    if not smooth:
        return line
    for _ in range(_SMOOTHINGS):
        moved = _on_surface(scene, _mean(line.points), line.normals)
        kept = line.held & ~moved.held
        line = Guide(
            np.where(kept[:, None], line.points, moved.points),
            np.where(kept[:, None], line.normals, moved.normals),
            line.held | moved.held,
        )
    return _on_surface(scene, *evenly(line.points, line.normals))


def straight_on(scene: Scene, line: Guide, metres: float = ROAD_AFTER_FINISH_M) -> Guide:
    """A guide, prolonged along its last direction."""
    way = line.points[-1] - line.points[max(0, len(line.points) - 4)]
    way /= np.linalg.norm(way)
    points, normals, held = [line.points], [line.normals], [line.held]
    for _ in range(int(metres / ROUTE_STEP_M)):
        step = _on_surface(scene, points[-1][-1:] + ROUTE_STEP_M * way, normals[-1][-1:])
        if not step.held[0] and held[-1][-1]:
            break
        way = step.points[0] - points[-1][-1]
        way /= np.linalg.norm(way)
        points.append(step.points)
        normals.append(step.normals)
        held.append(step.held)
    return Guide(np.concatenate(points), np.concatenate(normals), np.concatenate(held))


def route_points(scene: Scene, line: Guide) -> np.ndarray:
    """``ROUTE_POINT`` (k,) of a guide: metres along it in space, and how far the surface reaches to both sides."""
    out = np.zeros(len(line.points), ROUTE_POINT)
    way = np.gradient(line.points, axis=0)
    left = np.cross(line.normals, way)
    left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
    for axis, name in enumerate("xyz"):
        out[name], out[f"left_{name}"] = line.points[:, axis], left[:, axis]
    out["s"] = metres_along(line.points)
    reach = np.stack([_reach(scene, line, left), _reach(scene, line, -left)], axis=1)
    flying = ~line.held
    if flying.any() and line.held.any():
        # Over a gap a car may be as far aside as where it took off or where it lands.
        number, known = np.arange(len(flying)), np.flatnonzero(line.held)
        for side in range(2):
            reach[flying, side] = np.interp(number[flying], known, reach[known, side])
    out["border_left"], out["border_right"] = reach.T
    return out


def metres_along(points: np.ndarray) -> np.ndarray:
    """float64 (k,): length of a line of points (k, 3) up to each of them."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def evenly(points: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and unit normals about ``ROUTE_STEP_M`` apart along a line of points (k, 3) with normals (k, 3)."""
    s = metres_along(points)
    apart = np.concatenate([[True], np.diff(s) > 1e-3])
    s, points, normals = s[apart], points[apart], normals[apart]
    at = np.linspace(0.0, s[-1], max(2, round(s[-1] / ROUTE_STEP_M) + 1))
    between = [np.interp(at, s, column) for column in (*points.T, *normals.T)]
    points, normals = np.stack(between[:3], axis=1), np.stack(between[3:], axis=1)
    return points, normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def _mean(points: np.ndarray) -> np.ndarray:
    """Each point's mean with its neighbours; both ends stay."""
    total = np.cumsum(np.concatenate([np.zeros((1, 3)), points]), axis=0)
    number = np.arange(len(points))
    reach = np.minimum(_REACH, np.minimum(number, len(points) - 1 - number))
    return (total[number + reach + 1] - total[number - reach]) / (2 * reach + 1)[:, None]


def _on_surface(scene: Scene, points: np.ndarray, normals: np.ndarray) -> Guide:
    touch = query.below(scene, points + _EYE_M * normals, normals)
    away = touch.distance - _EYE_M
    held = np.abs(away) < _SNAP_M
    shift = np.where(held, away, 0.0)[:, None] * touch.normal
    return Guide(points - shift, np.where(held[:, None], touch.normal, normals), held)


def _reach(scene: Scene, line: Guide, side: np.ndarray) -> np.ndarray:
    """Metres for which the surface goes on to one side: float64 (k,)."""
    reach = np.zeros(len(line.points))
    at, normal, way = line.points.copy(), line.normals.copy(), side.copy()
    on = np.flatnonzero(line.held)
    for _ in range(_WIDEST_M):
        ahead = at[on] + way[on] + _EYE_M * normal[on]
        touch = query.below(scene, ahead, normal[on])
        goes = (np.abs(touch.distance - _EYE_M) < _STEP_M) & ~query.in_wall(scene, ahead)
        goes &= ~_behind_rail(scene, touch.patch, ahead)
        on, ahead, found, up = on[goes], ahead[goes], touch.distance[goes], touch.normal[goes]
        at[on], normal[on] = ahead - found[:, None] * up, up
        way[on] -= (way[on] * up).sum(axis=1, keepdims=True) * up
        way[on] /= np.linalg.norm(way[on], axis=1, keepdims=True)
        reach[on] += 1.0
    return reach


def _behind_rail(scene: Scene, patch: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Is each point beyond a walled border of its patch (-1: none)?"""
    found = np.zeros(len(patch), bool)
    asked = np.flatnonzero(patch >= 0)
    rows = scene.patches[patch[asked]]
    _, lateral = ribbon.local(rows, points[asked, 0], points[asked, 2])
    found[asked] = (lateral > rows["border_left"]) & (rows["walls"] & WALL_LEFT != 0)
    found[asked] |= (-lateral > rows["border_right"]) & (rows["walls"] & WALL_RIGHT != 0)
    return found
