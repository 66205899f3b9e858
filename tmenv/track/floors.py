"""The floors of a scene's patches: what lies beyond each side, and level decks joined to large rectangles.

Platforms are made of many small decks, open to all sides. A car or a LIDAR ray that asked at each of their edges
what comes next would be busy with nothing else, so that is found here, once per scene.
"""

from typing import TYPE_CHECKING

import numpy as np

from tmenv.constants import Effect
from tmenv.track import query, ribbon
from tmenv.track.tables import (
    FLAT,
    FLOOR,
    LEVEL_GAP_M,
    LOOK_UP,
    NO_LINK,
    NODES,
    PATCH,
    PROFILE,
    ROUND,
    STRAIGHT,
    WALL_LEFT,
    WALL_RIGHT,
)

if TYPE_CHECKING:
    from tmenv.track.scene import Scene

SIDES = ("before", "after", "left", "right")
LEVEL = ("level_to", "level_left", "level_right")
FARTHEST_M = 100.0
"""A floor grows this far beyond its patch: the range of the LIDAR."""

_BEYOND_M = 0.04
"""What is beyond a side is looked up this far behind it: farther than neighbours overlap, nearer than a ray steps."""
_CORNER_M = 0.03
_PROBES = 33
_SAME_M = 0.01
_ALIGNED = 1.0e-6
_LIFT_M = 2.5
"""A surface this far above a deck, or less, might carry a car that is on the deck."""


def floors(scene: "Scene") -> np.ndarray:
    """The floor of every patch: ``FLOOR`` (P,)."""
    patches = scene.patches
    found = np.zeros(len(patches), FLOOR)
    for name in FLOOR.names or ():
        if name in (PATCH.names or ()):
            found[name] = patches[name]
    found["left"] = np.where(patches["open_sides"] & WALL_LEFT, LOOK_UP, NO_LINK)
    found["right"] = np.where(patches["open_sides"] & WALL_RIGHT, LOOK_UP, NO_LINK)
    for side in SIDES:
        found[side][patches["surface"] == NODES] = LOOK_UP
    for level, own in zip(LEVEL, ("length", "border_left", "border_right"), strict=True):
        found[level] = patches[own]
    asking = (patches["surface"] < NODES) & (_codes(found) == LOOK_UP).any(axis=1)
    if asking.any():
        _resolve(scene, found)
        _widen(scene, found)
    return found


def _codes(found: np.ndarray) -> np.ndarray:
    return np.stack([found[side] for side in SIDES], axis=1)


def _resolve(scene: "Scene", found: np.ndarray) -> None:
    """Replace LOOK_UP by the patch that lies along the whole side, or by NO_LINK where nothing does, in place."""
    for side in SIDES:
        asked = np.flatnonzero((scene.patches["surface"] < NODES) & (found[side] == LOOK_UP))
        if not len(asked):
            continue
        rows = scene.patches[asked][:, None]
        x, z = _probes(rows, side)
        behind = np.repeat(asked, _PROBES)
        beyond = _roads_at(scene, behind, x.ravel(), z.ravel()).reshape(-1, _PROBES)
        one = (beyond == beyond[:, :1]).all(axis=1)
        found[side][asked[one]] = beyond[one, 0]


def _probes(rows: np.ndarray, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, _PROBES) just beyond a side of each patch."""
    share = np.linspace(0.0, 1.0, _PROBES)
    left, right, length = (rows[name].astype(np.float64) for name in ("border_left", "border_right", "length"))
    if side in ("before", "after"):
        s = length + _BEYOND_M if side == "after" else np.full_like(length, -_BEYOND_M)
        lateral = _CORNER_M - right + share * (left + right - 2 * _CORNER_M)
    else:
        s = _CORNER_M + share * (length - 2 * _CORNER_M)
        lateral = left + _BEYOND_M if side == "left" else -right - _BEYOND_M
    x, z, hx, hz = ribbon.frame(rows, s)
    return x + hz * lateral, z - hx * lateral


def _roads_at(scene: "Scene", behind: np.ndarray, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """For each point the first patch of its cell that lies there at about the height of ``behind``, or NO_LINK."""
    points = np.column_stack([x, np.zeros_like(x), z])
    points[:, 1] = _heights(scene, behind, points)
    point, patch = query.pairs(query.cells_of(scene, points), scene.cell_starts, scene.cell_patches)
    road = (scene.patches["surface"][patch] < ROUND) & (patch != behind[point])
    point, patch = point[road], patch[road]
    rows = scene.patches[patch]
    s, lateral = ribbon.local(rows, x[point], z[point])
    inside = (s >= -query.SEAM_M) & (s <= rows["length"] + query.SEAM_M)
    inside &= (lateral <= rows["border_left"]) & (-lateral <= rows["border_right"])
    point, patch = point[inside], patch[inside]
    near = np.abs(_heights(scene, patch, points[point]) - points[point, 1]) < LEVEL_GAP_M
    point, first = np.unique(point[near], return_index=True)
    found = np.full(len(x), NO_LINK)
    found[point] = patch[near][first]
    return found


def _heights(scene: "Scene", patch: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Height of a patch at each point."""
    _, distance, normal, _ = query.measure(scene, patch, points)
    return points[:, 1] - distance / normal[:, 1]


def _widen(scene: "Scene", found: np.ndarray) -> None:
    """Let the floors of level decks grow over their neighbours, in place."""
    rows = scene.patches
    decks = (rows["surface"] == FLAT) & (rows["plan"] == STRAIGHT)
    decks &= np.minimum(np.abs(rows["dx"]), np.abs(rows["dz"])) < _ALIGNED
    if not decks.any():
        return
    compass = _Compass(found)
    joins = compass.joins(decks, rows["y0"])
    uniform = decks & _uniform(scene)
    same = uniform[np.maximum(joins, 0)] & uniform[:, None]
    same &= rows["strip_material_0"][np.maximum(joins, 0)] == rows["strip_material_0"][:, None]
    joins_of_wheels = np.where(same, joins, NO_LINK)
    for number in np.flatnonzero(decks).tolist():
        row = found[number : number + 1]
        gained, _ = compass.grown(number, joins_of_wheels)
        row["level_from"] = -gained["before"]
        for level, side in zip(LEVEL, ("after", "left", "right"), strict=True):
            row[level] += gained[side]
        gained, beyond = compass.grown(number, joins)
        row["x0"] -= row["dx"] * gained["before"]
        row["z0"] -= row["dz"] * gained["before"]
        row["length"] += gained["before"] + gained["after"]
        row["border_left"] += gained["left"]
        row["border_right"] += gained["right"]
        for side in SIDES:
            row[side] = beyond[side]


class _Compass:
    """The sides of straight floors along the axes of the map, as columns: towards +x, +z, -x, -z."""

    def __init__(self, found: np.ndarray):
        quarter = np.rint(np.arctan2(found["dz"], found["dx"]) / (np.pi / 2)).astype(np.int64)
        turns = {"after": 0, "right": 1, "before": 2, "left": 3}
        self.column = {side: (quarter + turn) % 4 for side, turn in turns.items()}
        reach = {"before": 0.0, "after": found["length"], "left": found["border_left"], "right": found["border_right"]}
        middle = [found["x0"], found["z0"], -found["x0"], -found["z0"]]
        self.edge = np.stack(middle, axis=1).astype(np.float64)
        """(P, 4): where each side is, outwards along its axis, m."""
        self.codes = np.full((len(found), 4), NO_LINK)
        """(P, 4): what lies beyond it."""
        everyone = np.arange(len(found))
        for side in SIDES:
            self.codes[everyone, self.column[side]] = found[side]
            self.edge[everyone, self.column[side]] += reach[side]

    def joins(self, decks: np.ndarray, height: np.ndarray) -> np.ndarray:
        """(P, 4): the deck at the same height that continues a deck across a whole side, or NO_LINK."""
        numbers = np.flatnonzero(decks)
        joins = np.full(self.codes.shape, NO_LINK)
        for way in range(4):
            one = numbers[self.codes[numbers, way] >= 0]
            other = self.codes[one, way]
            fits = decks[other] & (self.codes[other, way - 2] == one) & (height[one] == height[other])
            fits &= np.abs(self.edge[one, way] + self.edge[other, way - 2]) < _SAME_M
            for across in (way - 1, way - 3):
                fits &= np.abs(self.edge[one, across] - self.edge[other, across]) < _SAME_M
            joins[one[fits], way] = other[fits]
        return joins

    def grown(self, number: int, joins: np.ndarray) -> tuple[dict[str, float], dict[str, int]]:
        """The largest rectangle around a deck, by taking turns in the directions.

        Returns what it gained on each side, m, and what lies beyond the side.
        """
        fronts = [[number] for _ in range(4)]
        ways = [0, 1, 2, 3]
        while ways:
            ways = [way for way in ways if self._advance(number, way, fronts, joins)]
        gained, beyond = {}, {}
        for side in SIDES:
            way = int(self.column[side][number])
            gained[side] = float(self.edge[fronts[way][0], way] - self.edge[number, way])
            codes = set(self.codes[fronts[way], way].tolist())
            beyond[side] = codes.pop() if len(codes) == 1 else LOOK_UP
        return gained, beyond

    def _advance(self, number: int, way: int, fronts: list[list[int]], joins: np.ndarray) -> bool:
        """Take the next row of decks in a direction into the rectangle whose sides are ``fronts``; could it?"""
        row = joins[fronts[way], way].tolist()
        if min(row) < 0 or np.ptp(self.edge[row, way]) > _SAME_M:
            return False
        if self.edge[fronts[way][0], way] > self.edge[number, way] + FARTHEST_M:
            return False
        fronts[way] = row
        # rows are in the order of their axis, so their ends lie on the two neighbouring sides
        lower, upper = (3, 1) if way in (0, 2) else (2, 0)
        for side, end in ((upper, row[-1]), (lower, row[0])):
            fronts[side] = [*fronts[side], end] if way in (0, 1) else [end, *fronts[side]]
        return True


def _uniform(scene: "Scene") -> np.ndarray:
    """Which decks have one material all over, and nothing close above that might carry a car?"""
    rows = scene.patches
    uniform = (rows["opening"] < 0) & (rows["walls"] == 0) & (rows["effect"] == Effect.NONE)
    uniform &= rows["strip_edge_0"] > np.maximum(rows["border_left"], rows["border_right"])
    return uniform & ~_covered(scene)


def _covered(scene: "Scene") -> np.ndarray:
    """Which patches have ground or a part of another patch so close above their height that it may carry a car?"""
    rows = scene.patches
    low, high = _heights_of(scene)
    box = _boxes(rows)
    cell = np.repeat(np.arange(len(scene.cell_starts) - 1), np.diff(scene.cell_starts))
    entry, other = query.pairs(cell, scene.cell_starts, scene.cell_patches)
    one = scene.cell_patches[entry]
    over = (one != other) & (high[other] > low[one]) & (low[other] < high[one] + _LIFT_M)
    over &= (np.minimum(box[one, 1], box[other, 1]) - np.maximum(box[one, 0], box[other, 0]) > _SAME_M).all(axis=1)
    covered = np.zeros(len(rows), bool)
    covered[one[over]] = True
    covered[scene.cell_patches[scene.cell_ground_y[cell] > low[scene.cell_patches]]] = True
    return covered


def _heights_of(scene: "Scene") -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest point of each patch, m; of planes and height fields all heights, as that is rare."""
    rows = scene.patches
    low, high = rows["y0"].astype(np.float64), rows["y0"].astype(np.float64)
    bent = rows["surface"] == PROFILE
    table = scene.profiles[rows["profile"][bent]].astype(np.float64)
    widest = np.maximum(rows["border_left"], rows["border_right"])[bent, None]
    low[bent] += (table[:, 0] - np.abs(table[:, 1]) * widest).min(axis=1)
    high[bent] += (table[:, 0] + np.abs(table[:, 1]) * widest).max(axis=1)
    endless = ~bent & (rows["surface"] != FLAT)
    low[endless], high[endless] = -np.inf, np.inf
    return low, high


def _boxes(rows: np.ndarray) -> np.ndarray:
    """The box of each patch in plan: (n, 2, 2) of lower and upper x and z."""
    corners = []
    share = np.linspace(0.0, 1.0, 9)
    for lateral in (rows["border_left"], -rows["border_right"]):
        s = share * rows["length"][:, None]
        x, z, hx, hz = ribbon.frame(rows[:, None], s)
        corners.append(np.stack([x + hz * lateral[:, None], z - hx * lateral[:, None]], axis=2))
    outline = np.concatenate(corners, axis=1)
    box = np.stack([outline.min(axis=1), outline.max(axis=1)], axis=1)
    box[rows["surface"] == ROUND] = [[-np.inf, -np.inf], [np.inf, np.inf]]
    return box
