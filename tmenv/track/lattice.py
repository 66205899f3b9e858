"""Where a car could drive on a map, as points some 8 m apart on every surface, and which of them are neighbours.

The points lie on the surfaces themselves, so levels above one another, loops and pipes need no special care: two
points are neighbours if the surface between them is unbroken and no wall stands there.
"""

from dataclasses import dataclass

import numpy as np

from tmenv.constants import CELL_M, Material
from tmenv.track import query, ribbon
from tmenv.track.scene import Scene
from tmenv.track.tables import ROUND, WALL, WALL_LEFT, WALL_RIGHT

SPACING_M = 8.0
"""Distance of the points along and across a surface, at most."""

REACH_M = 12.6
"""Neighbours are at most this far apart: the diagonal of the lattice on a slope."""

NEAREST_M = 2.5
"""Points that are closer lie on surfaces one on the other; the way from one to the other has no direction."""

_EYE_M = 0.5
"""Height above the surface from which it is looked for."""
_HEADROOM_M = 1.0
"""No surface hangs in this height above a point where a car could be."""
_STEP_M = (0.6, 1.0)
"""The surface between neighbours is at most this much above and below the line between them."""
_RIDEABLE_M = 7.9
"""Cars ride along walls that are at least one level high."""
_SAME_SIDE = 0.5
"""Least cosine between the normals of neighbours."""
_WALL_LOOKS = 7
"""Places between neighbours at which walls are looked for: their distance is below the width of the band."""
_GROUND_COST = 6.0
"""A metre on open ground counts as that many on a road (ours: people build roads to be used)."""
_GROUND_COSTS = {int(Material.DIRT): 3.0}


@dataclass(frozen=True, eq=False)
class Lattice:
    """Points and neighbours.

    Attributes:
        points: float64 (n, 3), world metres.
        normals: float64 (n, 3), towards the open side.
        tangents: float64 (n, 3): along the patch, in the surface.
        railed: bool (n,): on a road with walls on both borders, which nobody leaves sideways.
        starts: int64 (n + 1,): where the neighbours of each point begin in the next tables.
        neighbours: int64 (m,).
        costs: float64 (m,): metres, dearer near the edge of a surface and on open ground.
    """

    points: np.ndarray
    normals: np.ndarray
    tangents: np.ndarray
    railed: np.ndarray
    starts: np.ndarray
    neighbours: np.ndarray
    costs: np.ndarray


@dataclass(frozen=True, eq=False)
class _Nodes:
    points: np.ndarray
    normals: np.ndarray
    tangents: np.ndarray
    patch: np.ndarray  # -1 on open ground
    cost: np.ndarray  # per metre

    def taken(self, which: np.ndarray) -> "_Nodes":
        return _Nodes(*(getattr(self, name)[which] for name in _Nodes.__dataclass_fields__))


def lattice(scene: Scene) -> Lattice:
    """The lattice of a scene."""
    nodes = _free(scene, _joined(_on_patches(scene), _on_ground(scene)))
    a, b = _linked(scene, nodes, *_near(nodes))
    one, other = np.concatenate([a, b]), np.concatenate([b, a])
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(one, minlength=len(nodes.points)))])
    costs = np.linalg.norm(nodes.points[other] - nodes.points[one], axis=1)
    dear = _edge_penalty(nodes, one, other)
    costs *= (nodes.cost[one] + nodes.cost[other]) / 2 + (dear[one] + dear[other]) / 2
    walls = scene.patches["walls"][nodes.patch] == (WALL_LEFT | WALL_RIGHT)
    return Lattice(
        nodes.points, nodes.normals, nodes.tangents, walls & (nodes.patch >= 0), starts, other.astype(np.int64), costs
    )


def _joined(one: _Nodes, other: _Nodes) -> _Nodes:
    pairs = ((getattr(one, name), getattr(other, name)) for name in _Nodes.__dataclass_fields__)
    return _Nodes(*(np.concatenate(pair) for pair in pairs))


def _on_patches(scene: Scene) -> _Nodes:
    is_wall = scene.patches["surface"] == WALL
    numbers = np.flatnonzero(~is_wall | (scene.patches["wall_height"] >= _RIDEABLE_M))
    rows = scene.patches[numbers]
    along = np.maximum(1, np.ceil(rows["length"] / SPACING_M - 0.01)).astype(np.int64)
    width = (rows["border_left"] + rows["border_right"]).astype(np.float64)
    # A wall is as wide as it is high.
    width = np.where(rows["surface"] == WALL, rows["wall_height"], width)
    across = np.maximum(1, np.ceil(width / SPACING_M - 0.01)).astype(np.int64)
    # A road has points on its centreline.
    across += ((rows["walls"] != 0) | (rows["surface"] == ROUND)) * (1 - across % 2)
    count = along * across
    number = np.repeat(np.arange(len(rows)), count)
    index = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    s = (index // across[number] + 0.5) / along[number] * rows["length"][number]
    lateral = (index % across[number] + 0.5) / across[number] * width[number] - rows["border_right"][number]
    points, tangents = _placed(rows[number], s, lateral)
    patch = numbers[number]
    inside, distance, normals, _ = query.measure(scene, patch, points)
    # Roads were placed at height 0: the distance along the normal tells how far below the surface that is.
    level = rows["surface"][number] < ROUND
    points[level, 1] -= distance[level] / normals[level, 1]
    tangents -= (tangents * normals).sum(axis=1, keepdims=True) * normals
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    return _Nodes(points, normals, tangents, patch, np.ones(len(patch))).taken(inside)


def _placed(rows: np.ndarray, s: np.ndarray, lateral: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and directions of travel: of round surfaces exact, of others in plan."""
    angle = np.arctan2(rows["from_along"], -rows["from_up"]) + s / np.maximum(rows["radius"], 1.0)
    is_round = rows["surface"] == ROUND
    ahead, up = rows["radius"] * np.sin(angle), rows["y0"] - rows["radius"] * np.cos(angle)
    x, z, hx, hz = ribbon.frame(rows, np.where(is_round, ahead, s))
    aside = lateral + np.where(is_round, rows["shift"] * s / np.maximum(rows["radius"], 1.0), 0.0)
    is_wall = rows["surface"] == WALL
    foot = rows["y0"] + rows["slope_x"] * (x - rows["plane_x"]) + rows["slope_z"] * (z - rows["plane_z"])
    y = np.where(is_round, up, np.where(is_wall, foot + lateral, 0.0))
    aside = np.where(is_wall, 0.0, aside)
    points = np.stack([x + hz * aside, y, z - hx * aside], axis=1)
    flat = np.where(is_round, np.cos(angle), 1.0)
    return points, np.stack([hx * flat, np.where(is_round, np.sin(angle), 0.0), hz * flat], axis=1)


def _on_ground(scene: Scene) -> _Nodes:
    cells = np.flatnonzero(np.isfinite(scene.cell_ground_y))
    columns = int(scene.grid["columns"])
    at = np.arange(SPACING_M / 2, CELL_M, SPACING_M)
    dx, dz = (part.ravel() for part in np.meshgrid(at, at))
    x = CELL_M * (int(scene.grid["cell_x"]) + cells % columns)[:, None] + dx
    z = CELL_M * (int(scene.grid["cell_z"]) + cells // columns)[:, None] + dz
    y = np.repeat(scene.cell_ground_y[cells].astype(np.float64), len(dx))
    points = np.stack([x.ravel(), y, z.ravel()], axis=1)
    material = np.repeat(scene.cell_ground_material[cells], len(dx))
    cost = np.full(len(points), _GROUND_COST)
    for one, metre in _GROUND_COSTS.items():
        cost[material == one] = metre
    up = np.broadcast_to([0.0, 1.0, 0.0], points.shape)
    ahead = np.broadcast_to([0.0, 0.0, 1.0], points.shape)
    return _Nodes(points, up, ahead, np.full(len(points), -1), cost)


def _free(scene: Scene, nodes: _Nodes) -> _Nodes:
    """Only the points where a car could be: nothing hangs over them, and they are not in a wall."""
    eye = query.below(scene, nodes.points + _HEADROOM_M * nodes.normals, nodes.normals)
    return nodes.taken((eye.distance > _HEADROOM_M - 0.4) & ~query.in_wall(scene, nodes.points + nodes.normals))


def _near(nodes: _Nodes) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of points within reach of each other, each once."""
    box = np.floor(nodes.points / REACH_M).astype(np.int64)
    box -= box.min(axis=0) - 1
    size = box.max(axis=0) + 2
    code = (box[:, 0] * size[1] + box[:, 1]) * size[2] + box[:, 2]
    order = np.argsort(code, kind="stable")
    ordered = code[order]
    pairs = []
    for shift in _HALF_NEIGHBOURHOOD:
        target = code + (shift[0] * size[1] + shift[1]) * size[2] + shift[2]
        first, last = np.searchsorted(ordered, target), np.searchsorted(ordered, target, side="right")
        count = last - first
        one = np.repeat(np.arange(len(code)), count)
        other = order[np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)]
        if shift == (0, 0, 0):
            one, other = one[one < other], other[one < other]
        square = ((nodes.points[one] - nodes.points[other]) ** 2).sum(axis=1)
        near = (square < REACH_M**2) & (square > NEAREST_M**2)
        near &= (nodes.normals[one] * nodes.normals[other]).sum(axis=1) > _SAME_SIDE
        pairs.append((one[near], other[near]))
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


_HALF_NEIGHBOURHOOD = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) >= (0, 0, 0)]


def _linked(scene: Scene, nodes: _Nodes, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs between which a car can drive."""
    kept = ~_over_rail(scene, nodes, a, b) & ~_over_rail(scene, nodes, b, a)
    a, b = a[kept], b[kept]
    on_ground = (nodes.patch[a] < 0) & (nodes.patch[b] < 0)
    unsure = ~((nodes.patch[a] == nodes.patch[b]) & ((scene.patches["opening"][nodes.patch[a]] < 0) | on_ground))
    kept = np.ones(len(a), bool)
    kept[unsure] = _unbroken(scene, nodes, a[unsure], b[unsure])
    a, b = a[kept], b[kept]
    free = ~_wall_between(scene, nodes, a, b)
    return a[free], b[free]


def _over_rail(scene: Scene, nodes: _Nodes, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Does the way from a to b leave the road of a over a border with a wall?"""
    crossed = np.zeros(len(a), bool)
    rows = scene.patches[nodes.patch[a]]
    asked = np.flatnonzero((nodes.patch[a] >= 0) & (nodes.patch[a] != nodes.patch[b]) & (rows["walls"] != 0))
    rows = rows[asked]
    start, way = nodes.points[a[asked]], nodes.points[b[asked]] - nodes.points[a[asked]]
    for part in (0.25, 0.5, 0.75, 1.0):
        s, lateral = ribbon.local(rows, start[:, 0] + part * way[:, 0], start[:, 2] + part * way[:, 2])
        left = (lateral > rows["border_left"]) & (rows["walls"] & WALL_LEFT != 0)
        right = (-lateral > rows["border_right"]) & (rows["walls"] & WALL_RIGHT != 0)
        crossed[asked] |= (left | right) & (s > 0) & (s < rows["length"])
    return crossed


def _unbroken(scene: Scene, nodes: _Nodes, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    normal = nodes.normals[a] + nodes.normals[b]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    whole = np.ones(len(a), bool)
    above, beneath = _STEP_M
    for part in (0.25, 0.5, 0.75):
        left = np.flatnonzero(whole)
        line = (1 - part) * nodes.points[a[left]] + part * nodes.points[b[left]]
        touch = query.below(scene, line + _EYE_M * normal[left], normal[left])
        whole[left] = (touch.distance > _EYE_M - above) & (touch.distance < _EYE_M + beneath)
    return whole


def _wall_between(scene: Scene, nodes: _Nodes, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    walled = np.diff(scene.wall_starts) > 0
    cells = query.cells_of(scene, nodes.points)
    beside = (walled[cells] & (cells >= 0)) if len(walled) else np.zeros(len(cells), bool)
    asked = np.flatnonzero(beside[a] | beside[b])
    blocked = np.zeros(len(a), bool)
    for part in np.linspace(0.0, 1.0, _WALL_LOOKS + 2)[1:-1]:
        points = (1 - part) * nodes.points[a[asked]] + part * nodes.points[b[asked]]
        points += 0.5 * (nodes.normals[a[asked]] + nodes.normals[b[asked]])
        blocked[asked] |= query.in_wall(scene, points)
    return blocked


def _edge_penalty(nodes: _Nodes, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """1 for points at the edge of their surface, 0.3 beside these, else 0: routes keep to the middle."""
    way = nodes.points[other] - nodes.points[one]
    left = np.cross(nodes.normals, nodes.tangents)
    angle = np.arctan2((way * left[one]).sum(axis=1), (way * nodes.tangents[one]).sum(axis=1))
    order = np.lexsort((angle, one))
    first = np.concatenate([[True], one[order][1:] != one[order][:-1]]) if len(one) else np.zeros(0, bool)
    following = np.empty(len(order))
    following[:-1] = angle[order][1:]
    starts = np.flatnonzero(first)
    # The last neighbour of a point is followed by its first, one turn on.
    last = np.concatenate([starts[1:] - 1, [len(order) - 1]]) if len(starts) else starts
    following[last] = angle[order][starts] + 2 * np.pi
    gap = np.zeros(len(nodes.points))
    np.maximum.at(gap, one[order], following - angle[order])
    at_edge = gap > np.radians(100.0)
    beside = np.zeros(len(nodes.points), bool)
    beside[one[at_edge[other]]] = True
    return np.where(at_edge, 1.0, np.where(beside, 0.3, 0.0))
