"""Patches that are no roads: decks, rings of deck, height fields, round surfaces and walls, from catalogue words.

An area is a JSON object; its first key says what it is:

* ``"deck": [x0, z0, x1, z1]``: a rectangle, with the name of an ``opening`` or without.
* ``"ring": [x, z]`` with ``radii`` and ``degrees``: part of a ring or disc; 0 degrees is +x, 90 degrees +z. Its
  strips count from the radius ``middle``.
* ``"nodes": name`` with ``at`` (corner x, z) and ``rows`` (first, last): a height field of the catalogue or a part.
* ``"round": [x, y, z]``: a cylinder around an axis across z through that point, with ``radius``, ``toward`` (+1: the
  bottom is driven towards +z, -1: towards -z), ``degrees`` from the bottom, ``half_width``, and ``shift``, the metres
  that its centreline moves to the left on the way.
* ``"wall": [[x, z], ...]``: a polyline with its open side on the left; with ``"both": true`` a second one mirrored
  at the middle of the block.
* ``"wall_ring": [x, z]`` with ``radius`` and ``degrees``; open towards the centre if ``hollow``.
* ``"pillar": [x, z, half_x, half_z]``: four walls, open outwards.

``section`` names the materials, and ``height``, ``plane`` or ``profile`` the surface; walls are ``tall`` metres high
above their ``foot``, a height or plane. What an area leaves out its block says.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from tmenv.constants import CELL_M
from tmenv.track import catalogue
from tmenv.track.surfacing import set_foot, set_height, set_materials
from tmenv.track.tables import (
    ARC,
    LOOK_UP,
    NODE_SPACING_M,
    NODES,
    PATCH,
    ROUND,
    STRAIGHT,
    WALL,
    WALL_LEFT,
    WALL_RIGHT,
)

Spec = dict[str, Any]


def lay(row: Spec, areas: list[Spec], width: int, on_ground: bool) -> np.ndarray:
    """The patches of a block's areas in rotation 0: ``PATCH`` (n,).

    Args:
        row: the block's row of the catalogue.
        areas: as described above.
        width: cells of the block in x.
        on_ground: the block stands on the ground.
    """
    rows = [patch for area in areas for patch in _area({**_surface_of(row), **area}, width, on_ground)]
    return np.array(rows, PATCH) if rows else np.zeros(0, PATCH)


def _surface_of(row: Spec) -> Spec:
    return {key: row[key] for key in ("section", "height", "plane", "profile") if key in row}


def _area(spec: Spec, width: int, on_ground: bool) -> list[np.void]:
    rows = next(make(spec, width) for word, make in _MAKERS.items() if word in spec)
    for out in rows:
        links = out["before"], out["after"], out["opening"], out["nodes"]
        set_materials(out, spec["section"], on_ground)
        out["before"], out["after"], out["opening"], out["nodes"] = links
    return rows


def _blank() -> np.void:
    out = np.zeros(1, PATCH)[0]
    out["before"] = out["after"] = out["opening"] = out["nodes"] = out["profile"] = -1
    return out


def _line(x: float, z: float, hx: float, hz: float, length: float) -> np.void:
    out = _blank()
    out["plan"], out["x0"], out["z0"], out["length"] = STRAIGHT, x, z, length
    out["dx"], out["dz"], out["ex"], out["ez"] = hx, hz, hx, hz
    return out


def _bow(centre: list[float], radius: float, degrees: list[float], turn: float) -> np.void:
    """An arc that is driven towards larger angles (left of it lies outside, turn -1) or smaller ones (turn +1)."""
    start, end = (math.radians(angle) for angle in (degrees if turn < 0 else degrees[::-1]))
    out = _blank()
    out["plan"], (out["x0"], out["z0"]), out["radius"], out["turn"] = ARC, centre, radius, turn
    out["dx"], out["dz"], out["ex"], out["ez"] = math.cos(start), math.sin(start), math.cos(end), math.sin(end)
    out["length"] = radius * abs(end - start)
    return out


def _deck(spec: Spec, width: int) -> list[np.void]:
    x0, z0, x1, z1 = spec["deck"]
    out = _line((x0 + x1) / 2, z0, 0.0, 1.0, z1 - z0)
    out["border_left"] = out["border_right"] = (x1 - x0) / 2
    out["opening"] = catalogue.opening_number(spec.get("opening"))
    return [_open(out, spec)]


def _ring(spec: Spec, width: int) -> list[np.void]:
    inner, outer = spec["radii"]
    middle = spec.get("middle", (inner + outer) / 2)
    out = _bow(spec["ring"], middle, spec["degrees"], -1.0)
    out["border_right"], out["border_left"] = middle - inner, outer - middle
    return [_open(out, spec)]


def _open(out: np.void, spec: Spec) -> np.void:
    set_height(out, spec)
    out["open_sides"], out["before"], out["after"] = WALL_LEFT | WALL_RIGHT, LOOK_UP, LOOK_UP
    return out


def _nodes(spec: Spec, width: int) -> list[np.void]:
    field = catalogue.node_fields()[spec["nodes"]]
    (x, z), (first, last) = spec.get("at", (0.0, 0.0)), spec.get("rows", (0, field.rows - 1))
    half = (field.columns - 1) * NODE_SPACING_M / 2
    out = _line(x + half, z + first * NODE_SPACING_M, 0.0, 1.0, (last - first) * NODE_SPACING_M)
    out["surface"], out["nodes"], out["node_columns"] = NODES, field.start + first * field.columns, field.columns
    out["border_left"] = out["border_right"] = half
    out["open_sides"], out["before"], out["after"] = WALL_LEFT | WALL_RIGHT, LOOK_UP, LOOK_UP
    return [out]


def _round(spec: Spec, width: int) -> list[np.void]:
    (x, y, z), radius = spec["round"], spec["radius"]
    start, end = (math.radians(angle) for angle in spec["degrees"])
    out = _line(x, z, 0.0, float(spec["toward"]), radius * (end - start))
    out["surface"], out["y0"], out["radius"] = ROUND, y, radius
    out["from_along"], out["from_up"] = math.sin(start), -math.cos(start)
    out["to_along"], out["to_up"] = math.sin(end), -math.cos(end)
    out["shift"] = spec.get("shift", 0.0) / (end - start)
    out["border_left"] = out["border_right"] = spec["half_width"]
    return [out]


def _wall(spec: Spec, width: int) -> list[np.void]:
    lines = [spec["wall"]]
    if spec.get("both"):
        lines.append([[CELL_M * width - x, z] for x, z in spec["wall"][::-1]])
    return [_upright(_segment(a, b), spec) for line in lines for a, b in pairwise(line)]


def _segment(a: list[float], b: list[float]) -> np.void:
    length = math.dist(a, b)
    return _line(a[0], a[1], (b[0] - a[0]) / length, (b[1] - a[1]) / length, length)


def _wall_ring(spec: Spec, width: int) -> list[np.void]:
    bow = _bow(spec["wall_ring"], spec["radius"], spec["degrees"], 1.0 if spec.get("hollow") else -1.0)
    return [_upright(bow, spec)]


def _pillar(spec: Spec, width: int) -> list[np.void]:
    x, z, half_x, half_z = spec["pillar"]
    corners = [[x + sx * half_x, z + sz * half_z] for sx, sz in ((1, -1), (1, 1), (-1, 1), (-1, -1), (1, -1))]
    return [_upright(_segment(a, b), spec) for a, b in pairwise(corners)]


def _upright(out: np.void, spec: Spec) -> np.void:
    out["surface"], out["wall_height"] = WALL, spec["tall"]
    set_foot(out, next(spec[word] for word in ("foot", "plane", "height") if word in spec))
    return out


_MAKERS: dict[str, Callable[[Spec, int], list[np.void]]] = {
    "deck": _deck,
    "ring": _ring,
    "nodes": _nodes,
    "round": _round,
    "wall": _wall,
    "wall_ring": _wall_ring,
    "pillar": _pillar,
}
