"""Routes that the connections of the blocks tell: the exact centreline, and the triggers along it."""

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from tmenv.gbx import Map
from tmenv.track import catalogue, ribbon
from tmenv.track.flights import Leg
from tmenv.track.place import Layout
from tmenv.track.pools import pooled
from tmenv.track.route import Route
from tmenv.track.tables import ROUTE_POINT, ROUTE_STEP_M
from tmenv.track.template import Template, moved
from tmenv.track.triggers import along, on_route


class Line(NamedTuple):
    """The centreline of the whole route."""

    rows: np.ndarray  # PATCH (M,), in the order of travel, all laps and the road behind the finish
    starts: np.ndarray  # float64 (M,), route metres where each row starts (the first may be negative)
    leg_starts: np.ndarray  # float64, route metres where each leg starts
    legs: list[Leg]


def connected(map_: Map, layout: Layout, route: Route) -> dict[str, Any]:
    """The fields of a ``Track`` that its route decides."""
    laps = max(1, map_.laps) if route.is_lap else 1
    line = _line(layout, route, laps)
    patches = _turned(layout, line.legs)
    pools = pooled(patches, line.rows)
    points = _points(line, pools["profiles"])
    finish_leg = len(route.legs) - 1 if not route.is_lap else laps * (len(route.legs) - 1)
    finish = layout.blocks[route.legs[-1].placed].template.waypoint_at
    return {
        "laps": laps,
        "length_m": float(line.leg_starts[finish_leg] + along(route.legs[-1].path, finish)),
        "patches": patches,
        "route": points,
        "waypoints": on_route(
            layout, route.groups, list(zip(line.legs, line.leg_starts.tolist(), strict=True)), points
        ),
        "centreline": line.rows,
        "centreline_s": line.starts,
        "route_from": "connections",
        **pools,
    }


def _line(layout: Layout, route: Route, laps: int) -> Line:
    lap = route.legs[:-1]
    legs = [*lap * laps, route.legs[-1], *route.beyond]
    lengths = np.array([leg.path.length for leg in legs])
    spawn_at = _spawn_at(layout.blocks[legs[0].placed].template)
    leg_starts = np.concatenate([[0.0], np.cumsum(lengths)])[:-1] - spawn_at
    cell = np.array([layout.blocks[leg.placed].block.cell for leg in legs])
    counts = np.array([len(leg.path.rows) for leg in legs])
    rows = moved((leg.path.rows for leg in legs), np.repeat(cell, counts, axis=0))
    starts = np.concatenate([[0.0], np.cumsum(rows["length"].astype(np.float64))])[:-1] - spawn_at
    return Line(rows, starts, leg_starts, legs)


@cache
def _spawn_at(template: Template) -> float:
    """Metres along the start path where the car stands."""
    assert template.spawn is not None, "routes begin at blocks with a spawn"
    x, _, z = template.spawn
    s, _ = ribbon.local(template.paths[0].rows[:1], x, z)
    return float(s[0])


def _turned(layout: Layout, legs: list[Leg]) -> np.ndarray:
    """Patches turned along the route; where it passes twice, the first passage decides."""
    from tmenv.track.kernels import turn_back  # compiled code is loaded by those who build a track

    patches = layout.patches
    back_of: dict[int, bool] = {}
    for leg in legs:
        first = layout.blocks[leg.placed].first_patch
        for patch, back in zip(leg.path.patches, leg.path.reversed, strict=True):
            back_of.setdefault(first + patch, back)
    turn = np.array([patch for patch, back in back_of.items() if back], np.int64)
    turn_back(patches, turn, catalogue.opposite_profiles())
    return patches


def _points(line: Line, profiles: np.ndarray) -> np.ndarray:
    from tmenv.track.kernels import sample

    end = line.starts[-1] + float(line.rows["length"][-1])
    points = np.zeros(math.ceil((end + 1e-3) / ROUTE_STEP_M), ROUTE_POINT)
    sample(line.rows, line.starts, profiles, ROUTE_STEP_M, points)
    return points
