"""From a map (a list of blocks) to the tables of a track."""

from typing import NamedTuple

import numpy as np

from tmenv.constants import CELL_M, LEVEL_M
from tmenv.errors import TrackError
from tmenv.gbx import Map
from tmenv.track import catalogue, cells, ribbon
from tmenv.track.kinds import DRIVEN_KINDS, KINDS
from tmenv.track.place import Layout, place
from tmenv.track.pools import pooled
from tmenv.track.route import Leg, Route, find_route
from tmenv.track.scene import Scene
from tmenv.track.tables import ROUTE_POINT, ROUTE_STEP_M
from tmenv.track.template import Template, moved
from tmenv.track.track import Track
from tmenv.track.triggers import along, off_route, on_route

FALL_M = 20.0
"""A car this far below the lowest road has fallen out of the world."""


class Line(NamedTuple):
    """The centreline of the whole route."""

    rows: np.ndarray  # PATCH (M,), in the order of travel, all laps and the road behind the finish
    starts: np.ndarray  # float64 (M,), route metres where each row starts (the first may be negative)
    leg_starts: np.ndarray  # float64, route metres where each leg starts
    legs: list[Leg]


def build(map_: Map, on_unknown: str = "error") -> Track:
    """Build the track of a map.

    Args:
        map_: as ``tmenv.gbx.read_map`` returns it.
        on_unknown: ``"error"``, or ``"skip"`` to leave holes where tmenv has no surface for a block.

    Raises:
        UnsupportedBlockError: the map uses drivable blocks that tmenv does not know, and ``on_unknown`` is ``"error"``.
        TrackError: another environment than Stadium, no start, no finish, no road between them, or an unknown
            ``on_unknown``.
    """
    _check(map_, on_unknown)
    layout = place(map_, on_unknown, DRIVEN_KINDS)
    route = find_route(layout)
    laps = max(1, map_.laps) if route.is_lap else 1
    line = _line(layout, route, laps)
    patches = _turned(layout, line.legs)
    pools = pooled(patches, line.rows)
    points = _points(line, pools["profiles"])
    waypoints = on_route(layout, route.groups, list(zip(line.legs, line.leg_starts.tolist(), strict=True)), points)
    tables = cells.index(layout.listed, layout.walls, layout.ground, waypoints)
    finish_leg = len(route.legs) - 1 if not route.is_lap else laps * (len(route.legs) - 1)
    finish = layout.blocks[route.legs[-1].placed].template.waypoint_at
    return Track(
        name=map_.plain_name,
        game=map_.game,
        uid=map_.uid,
        author_time_s=_seconds(map_.author_time_ms),
        gold_time_s=_seconds(map_.gold_time_ms),
        silver_time_s=_seconds(map_.silver_time_ms),
        bronze_time_s=_seconds(map_.bronze_time_ms),
        laps=laps,
        checkpoints=len(set(route.groups.values())),
        length_m=float(line.leg_starts[finish_leg] + along(route.legs[-1].path, finish)),
        ground_y=layout.ground.y,
        ground_material=layout.ground.material,
        void_y=float(patches["y0"].min() - FALL_M),
        spawn=_spawn(layout, route),
        spawn_yaw=_spawn_yaw(route),
        patches=patches,
        route=points,
        waypoints=waypoints,
        centreline=line.rows,
        centreline_s=line.starts,
        **pools,
        **tables,
    )


def survey(map_: Map, on_unknown: str = "error") -> Scene:
    """Build the surfaces and triggers of a map, without a route; every surface kind is welcome.

    Raises:
        UnsupportedBlockError, TrackError: as ``build``, but for routes.
    """
    _check(map_, on_unknown)
    layout = place(map_, on_unknown, KINDS)
    patches = layout.patches
    waypoints = off_route(layout)
    return Scene(
        name=map_.plain_name,
        game=map_.game,
        ground_y=layout.ground.y,
        ground_material=layout.ground.material,
        patches=patches,
        waypoints=waypoints,
        **pooled(patches),
        **cells.index(layout.listed, layout.walls, layout.ground, waypoints),
    )


def _check(map_: Map, on_unknown: str) -> None:
    if on_unknown not in ("error", "skip"):
        raise TrackError(f'on_unknown must be "error" or "skip", not {on_unknown!r}')
    if map_.environment != "Stadium":
        raise TrackError(f"map {map_.name!r} is of environment {map_.environment!r}; tmenv drives only Stadium maps")


def _seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000


def _line(layout: Layout, route: Route, laps: int) -> Line:
    lap = route.legs[:-1]
    legs = [*lap * laps, route.legs[-1], *route.beyond]
    lengths = np.array([leg.path.length for leg in legs])
    spawn_at = _spawn_at(layout.blocks[legs[0].placed].template)
    leg_starts = np.concatenate([[0.0], np.cumsum(lengths)])[:-1] - spawn_at
    cell = np.array([layout.blocks[leg.placed].block.cell for leg in legs])
    counts = np.array([len(leg.path.rows) for leg in legs])
    rows = moved(ribbon.joined(leg.path.rows for leg in legs), np.repeat(cell, counts, axis=0))
    starts = np.concatenate([[0.0], np.cumsum(rows["length"].astype(np.float64))])[:-1] - spawn_at
    return Line(rows, starts, leg_starts, legs)


def _spawn_at(template: Template) -> float:
    """Metres along the start path where the car stands."""
    assert template.spawn is not None, "routes begin at blocks with a spawn"
    x, _, z = template.spawn
    s, _ = ribbon.local(template.paths[0].rows[:1], x, z)
    return float(s[0])


def _spawn(layout: Layout, route: Route) -> tuple[float, float, float]:
    placed = layout.blocks[route.legs[0].placed]
    corner = np.array(placed.block.cell) * (CELL_M, LEVEL_M, CELL_M)
    x, y, z = (corner + np.array(placed.template.spawn)).tolist()
    return x, y, z


def _spawn_yaw(route: Route) -> float:
    row = route.legs[0].path.rows[0]
    return float(np.arctan2(row["dx"], row["dz"]))


def _turned(layout: Layout, legs: list[Leg]) -> np.ndarray:
    """Patches turned along the route; where it passes twice, the first passage decides."""
    patches = layout.patches
    back_of: dict[int, bool] = {}
    for leg in legs:
        first = layout.blocks[leg.placed].first_patch
        for patch, back in zip(leg.path.patches, leg.path.reversed, strict=True):
            back_of.setdefault(first + patch, back)
    turn = [patch for patch, back in back_of.items() if back]
    ribbon.put(patches, turn, ribbon.reverse(ribbon.taken(patches, turn), catalogue.opposite_profiles()))
    return patches


def _points(line: Line, profiles: np.ndarray) -> np.ndarray:
    end = line.starts[-1] + float(line.rows["length"][-1])
    s = np.arange(0.0, end + 1e-3, ROUTE_STEP_M)
    number = np.clip(np.searchsorted(line.starts, s, side="right") - 1, 0, None)
    # Whole rows of a table take several times as long to copy as the columns that are needed.
    rows = {field: line.rows[field][number] for field in (*ribbon.SHAPE, "border_left", "border_right")}
    along = s - line.starts[number]
    x, z, _, _ = ribbon.frame(rows, along)
    points = np.zeros(len(s), ROUTE_POINT)
    points["x"], points["z"], points["s"] = x, z, s
    points["y"] = ribbon.height(rows, along, 0.0, (x, z), profiles)
    points["border_left"], points["border_right"] = rows["border_left"], rows["border_right"]
    return points
