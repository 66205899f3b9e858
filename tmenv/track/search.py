"""Routes over decks, dirt, loops and gaps, where the connections of the blocks do not tell them.

The search goes over the lattice of the drivable surfaces from the start to the nearest checkpoint, on to the nearest
of the others, and so on to the finish; where that ends in a dead end, it tries the next nearest. The same map always
gives the same route.
"""

import heapq
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from tmenv.errors import TrackError
from tmenv.track import ribbon
from tmenv.track.lattice import Lattice, lattice
from tmenv.track.scene import Scene
from tmenv.track.tables import ARC, CHECKPOINT, START_FINISH, WALL

MOST_SEARCHES, MOST_VISITS = 200, 100_000
"""Searches over the lattice, and orders of checkpoints, before a map is given up."""

PATIENCE = 2.5
"""A trigger that is so many times dearer to reach than the nearest one is not the next, unless nothing else works."""

_BESIDE_M, _SAME_LEVEL_M = 30.0, 6.0
"""Points this near to a route, in plan and in height, are where it goes."""

_LOOK_BACK = 30
"""Steps of the way behind a car on which it would meet itself."""

_BOX_M = 32.0
_WALL_CHORD_M = 8.0
_START_AHEAD_M = 6.0
"""The route begins at the point of the lattice nearest to this far before the spawn."""


@dataclass(frozen=True, eq=False)
class Way:
    """A route over the points of a lattice.

    Attributes:
        points: float64 (k, 3), world metres, from the spawn to behind the last trigger of the last lap.
        normals: float64 (k, 3): of the surface there.
        passed: (trigger, number of the point before it) in the order of travel; the last is the finish.
    """

    points: np.ndarray
    normals: np.ndarray
    passed: list[tuple[int, int]]


class _Passage(NamedTuple):
    """A trigger crossed one way, and the point and heading behind it."""

    number: int  # 2 * trigger, + 1 against its normal; -1 is the start
    point: int
    heading: np.ndarray


class _Search:
    """The search on one map."""

    def __init__(self, scene: Scene, points: Lattice):
        self.scene, self.points, self.net = scene, points, _net(scene, points)
        self.patience = PATIENCE
        self.explored = 0
        self.most = 0

    def way(self, wanted: np.ndarray, way: list[int], heading: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``explore`` from the end of a way."""
        from tmenv.track.explore import explore

        self.explored += 1
        driven = _driven(self.points.points, way, heading)
        return explore(self.net, wanted, way[-1], heading, driven, self.patience)


def find_way(scene: Scene, spawn: tuple[float, float, float], yaw: float, laps: int) -> Way:
    """The way from the spawn through every checkpoint to the finish, ``laps`` times.

    Args:
        scene: surfaces and triggers.
        spawn: the car's origin at the start.
        yaw: its heading, radians.
        laps: laps of the race.

    Raises:
        TrackError: there is no such way.
    """
    points = lattice(scene)
    search = _Search(scene, points)
    heading = np.array([np.sin(yaw), 0.0, np.cos(yaw)])
    first = _nearest(points, np.array(spawn) + _START_AHEAD_M * heading)
    order = _order(search, first, heading)
    if order is None:
        search.patience, search.explored = np.inf, 0
        order = _order(search, first, heading)
    if order is None:
        raise TrackError(_broken(search))
    search.patience = np.inf
    way, passed = [first], []
    for number in order:
        _drive(search, way, passed, number, heading)
    lap = way[1:] if laps > 1 else []
    if laps > 1:
        start, count = len(way), len(passed)
        for number in order:
            _drive(search, way, passed, number, heading)
        lap, gates = way[start:], passed[count:]
        for extra in range(laps - 2):
            passed += [(gate, at + (extra + 1) * len(lap)) for gate, at in gates]
            way += lap
    route = np.concatenate([[_spawn_point(points, first, spawn)], points.points[way]])
    normals = np.concatenate([points.normals[first : first + 1], points.normals[way]])
    return Way(route, normals, [(gate, at + 1) for gate, at in passed])


def _spawn_point(points: Lattice, first: int, spawn: tuple[float, float, float]) -> np.ndarray:
    """The spawn, at the height of the surface under the first point."""
    return np.array([spawn[0], points.points[first, 1], spawn[2]])


def _drive(search: _Search, way: list[int], passed: list[tuple[int, int]], number: int, heading: np.ndarray) -> None:
    """Extend a way to behind one trigger."""
    from tmenv.track.explore import way_to

    wanted = np.arange(len(search.scene.waypoints)) == number // 2
    ahead = heading if len(way) < 2 else _heading(search.points.points, way)
    costs, reached, parents = search.way(wanted, way, ahead)
    if costs[number] == np.inf:
        number ^= 1
    if costs[number] == np.inf:
        raise TrackError(_broken(search))
    found = way_to(parents, reached[number])
    passed.append((number // 2, len(way) - 1 + len(found) - 2))
    way += found[1:].tolist()


def _order(search: _Search, first: int, heading: np.ndarray) -> list[int] | None:
    """The cheapest order of the triggers: every checkpoint group, then a finish; None if none was found.

    Dijkstra's search over (last trigger and direction, groups seen), on ways that cross no trigger in between.
    """
    waypoints = search.scene.waypoints
    groups, kinds = waypoints["group"].tolist(), waypoints["kind"].tolist()
    every = 0
    for group, kind in zip(groups, kinds, strict=True):
        every |= 1 << group if kind == CHECKPOINT else 0
    onward: dict[int, list[tuple[float, _Passage]]] = {}
    tie = count()
    frontier: list[Any] = [(0.0, next(tie), 0, _Passage(-1, first, heading), None)]
    visited: set[tuple[int, int]] = set()
    while frontier:
        cost, _, seen, at, trail = heapq.heappop(frontier)
        if (at.number, seen) in visited:
            continue
        visited.add((at.number, seen))
        search.most = max(search.most, seen.bit_count())
        if at.number >= 0 and kinds[at.number // 2] != CHECKPOINT:
            order = []
            while trail is not None:
                order.append(trail[0])
                trail = trail[1]
            return order[::-1]
        if len(visited) > MOST_VISITS or search.explored > MOST_SEARCHES:
            return None
        if at.number not in onward:
            onward[at.number] = _onward(search, at)
        for price, there in onward[at.number]:
            gate = there.number // 2
            if kinds[gate] == CHECKPOINT:
                now = seen | 1 << groups[gate]
            elif seen != every or (kinds[gate] == START_FINISH and there.number % 2):
                continue
            else:
                now = seen
            heapq.heappush(frontier, (cost + price, next(tie), now, there, (there.number, trail)))
    return None


def _onward(search: _Search, at: _Passage) -> list[tuple[float, _Passage]]:
    """The triggers that can be next, with the cost of the way to each."""
    from tmenv.track.explore import BINS

    waypoints = search.scene.waypoints
    # A start-finish line is crossed at the start, and nobody turns back to the trigger just passed.
    others = waypoints["kind"] != START_FINISH if at.number < 0 else np.arange(len(waypoints)) != at.number // 2
    costs, reached, parents = search.way(others, [at.point], at.heading)
    found = []
    for number in np.flatnonzero(np.isfinite(costs)).tolist():
        state = reached[number]
        point, before = int(state // BINS), int(parents[state] // BINS)
        found.append((float(costs[number]), _Passage(number, point, _heading(search.points.points, [before, point]))))
    return found


def _driven(points: np.ndarray, way: list[int], heading: np.ndarray) -> np.ndarray:
    """Directions in which a way passes the points around it, (n, 3); zeros elsewhere."""
    driven = np.zeros_like(points)
    route = points[way[-_LOOK_BACK:]]
    steps = np.concatenate([heading[None], np.diff(route, axis=0)])
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    for place, step in zip(route, steps, strict=True):
        near = ((points - place)[:, [0, 2]] ** 2).sum(axis=1) < _BESIDE_M**2
        driven[near & (np.abs(points[:, 1] - place[1]) < _SAME_LEVEL_M)] = step
    return driven


def _heading(points: np.ndarray, way: list[int]) -> np.ndarray:
    step = points[way[-1]] - points[way[-2]]
    return step / np.linalg.norm(step)


def _nearest(points: Lattice, place: np.ndarray) -> int:
    # Levels lie 8 m apart: a point above or below counts as farther away.
    return int(np.argmin((((points.points - place) * (1.0, 2.0, 1.0)) ** 2).sum(axis=1)))


def _net(scene: Scene, points: Lattice):
    from tmenv.track.explore import Net

    box = np.floor(points.points[:, [0, 2]] / _BOX_M).astype(np.int64)
    low, high = box.min(axis=0), box.max(axis=0)
    columns, rows = (high - low + 1).tolist()
    number = (box[:, 1] - low[1]) * columns + box[:, 0] - low[0]
    starts = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=columns * rows))])
    return Net(
        points.points,
        points.normals,
        points.tangents,
        points.railed,
        points.starts,
        points.neighbours,
        points.costs,
        _fires(scene, points),
        _gates(scene),
        _wall_segments(scene),
        starts,
        np.argsort(number, kind="stable"),
        (int(low[0]), int(low[1]), columns, rows),
        _BOX_M,
    )


def _gates(scene: Scene) -> np.ndarray:
    names = ("x", "y", "z", "nx", "nz", "half_width", "height")
    return np.stack([scene.waypoints[name].astype(np.float64) for name in names], axis=1).reshape(-1, len(names))


def _fires(scene: Scene, points: Lattice) -> np.ndarray:
    """The trigger that each way to a neighbour crosses, or -1."""
    fires = np.full(len(points.neighbours), -1)
    one = np.repeat(np.arange(len(points.points)), np.diff(points.starts))
    a, b = points.points[one], points.points[points.neighbours]
    for gate, (x, y, z, nx, nz, half, height) in enumerate(_gates(scene)):
        old = (a[:, 0] - x) * nx + (a[:, 2] - z) * nz
        new = (b[:, 0] - x) * nx + (b[:, 2] - z) * nz
        crossed = np.flatnonzero((old < 0) != (new < 0))
        part = (old[crossed] / (old[crossed] - new[crossed]))[:, None]
        at = a[crossed] + part * (b[crossed] - a[crossed]) - (x, y, z)
        inside = (np.abs(at[:, 0] * nz - at[:, 2] * nx) <= half) & (at[:, 1] >= -2.0) & (at[:, 1] <= height)
        fires[crossed[inside]] = gate
    return fires


def _wall_segments(scene: Scene) -> np.ndarray:
    """Walls in plan: float64 (k, 6) of start x, z, end x, z, lowest foot, top."""
    segments = [np.zeros((0, 6))]
    for number in np.flatnonzero(scene.patches["surface"] == WALL):
        row = scene.patches[number : number + 1]
        length = float(row["length"][0])
        s = np.linspace(0.0, length, 2 if row["plan"][0] != ARC else int(length / _WALL_CHORD_M) + 2)
        x, z, _, _ = ribbon.frame(row, s)
        foot = row["y0"] + row["slope_x"] * (x - row["plane_x"]) + row["slope_z"] * (z - row["plane_z"])
        top = foot + row["wall_height"]
        low, high = np.minimum(foot[:-1], foot[1:]), np.maximum(top[:-1], top[1:])
        segments.append(np.stack([x[:-1], z[:-1], x[1:], z[1:], low, high], axis=1))
    return np.concatenate(segments)


def _broken(search: _Search) -> str:
    waypoints = search.scene.waypoints
    wanted = len(set(waypoints["group"][waypoints["kind"] == CHECKPOINT].tolist()))
    return (
        f"no way over the surfaces of map {search.scene.name!r} leads through all {wanted} checkpoints to the finish: "
        f"{search.most} of these {wanted} could be reached one after the other. Give the route of a recorded "
        f"run: load(map, route=ghost)"
    )
