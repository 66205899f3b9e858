"""From a map (a list of blocks) to the tables of a track."""

from typing import NamedTuple

import numpy as np

from tmenv.constants import CELL_M, LEVEL_M
from tmenv.errors import TrackError
from tmenv.gbx import Map
from tmenv.track import catalogue, cells, ribbon
from tmenv.track.place import Layout, Placed, place
from tmenv.track.route import Leg, Route, find_route
from tmenv.track.tables import CHECKPOINT, FINISH, ROUTE_POINT, ROUTE_STEP_M, START_FINISH, WAYPOINT
from tmenv.track.template import Path, Template, moved
from tmenv.track.track import Track

GROUND_Y = {"TMNF": 9.0, "TM2020": -np.inf}
"""Height of the endless ground, m: TMNF's grass (measured on replays); TM2020's stadium has none that we know."""

GROUND_MATERIAL = {"TMNF": 2, "TM2020": 2}
"""``constants.Material`` of that ground: grass."""

FALL_M = 20.0
"""A car this far below the lowest road has fallen out of the world."""

TRIGGER_HALF_WIDTH_M = 16.0
"""Triggers span the cell (assumed; replays show cars firing them up to 11.9 m beside the centreline)."""

TRIGGER_HEIGHT_M = 8.0
"""Triggers reach one level up (assumed; replays show cars firing them up to 4.8 m above the road)."""

_KINDS = {"checkpoint": CHECKPOINT, "finish": FINISH, "start_finish": START_FINISH}


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
    if on_unknown not in ("error", "skip"):
        raise TrackError(f'on_unknown must be "error" or "skip", not {on_unknown!r}')
    if map_.environment != "Stadium":
        raise TrackError(f"map {map_.name!r} is of environment {map_.environment!r}; tmenv drives only Stadium maps")
    layout = place(map_, on_unknown)
    route = find_route(layout)
    laps = max(1, map_.laps) if route.is_lap else 1
    line = _line(layout, route, laps)
    patches = _turned(layout, line.legs)
    profiles = _renumber_profiles(patches, line.rows)
    points = _points(line, profiles)
    waypoints = _waypoints(layout, route, line, points)
    grid, starts, listed, triggers = cells.index(layout.listed, waypoints)
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
        length_m=float(line.leg_starts[finish_leg] + _along(route.legs[-1].path, finish)),
        ground_y=float(GROUND_Y[map_.game]),
        ground_material=GROUND_MATERIAL[map_.game],
        void_y=float(patches["y0"].min() - FALL_M),
        spawn=_spawn(layout, route),
        spawn_yaw=_spawn_yaw(route),
        patches=patches,
        profiles=profiles,
        grid=grid,
        cell_starts=starts,
        cell_patches=listed,
        cell_waypoint=triggers,
        route=points,
        waypoints=waypoints,
        centreline=line.rows,
        centreline_s=line.starts,
    )


def _seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000


def _along(path: Path, at: float) -> float:
    """Metres along a path of a point given along the block's own direction."""
    return path.length - at if path.reversed[0] else at


def _line(layout: Layout, route: Route, laps: int) -> Line:
    lap = route.legs[:-1]
    legs = [*lap * laps, route.legs[-1], *route.beyond]
    lengths = np.array([leg.path.length for leg in legs])
    spawn = layout.blocks[legs[0].placed].template
    leg_starts = np.concatenate([[0.0], np.cumsum(lengths)])[:-1] - _spawn_at(spawn)
    cell = np.array([layout.blocks[leg.placed].block.cell for leg in legs])
    counts = np.array([len(leg.path.rows) for leg in legs])
    rows = moved(ribbon.joined(leg.path.rows for leg in legs), np.repeat(cell, counts, axis=0))
    starts = np.concatenate([[0.0], np.cumsum(rows["length"].astype(np.float64))])[:-1] - _spawn_at(spawn)
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
    patches[turn] = ribbon.reverse(patches[turn], catalogue.opposite_profiles())
    return patches


def _renumber_profiles(*tables: np.ndarray) -> np.ndarray:
    """The profiles that the tables use; their ``profile`` columns are changed to count in it."""
    every = np.concatenate([rows["profile"] for rows in tables])
    used = np.unique(every[every >= 0])
    for rows in tables:
        rows["profile"] = np.where(rows["profile"] >= 0, np.searchsorted(used, rows["profile"]), -1)
    return catalogue.profile_table()[used]


def _points(line: Line, profiles: np.ndarray) -> np.ndarray:
    end = line.starts[-1] + float(line.rows["length"][-1])
    s = np.arange(0.0, end + 1e-3, ROUTE_STEP_M)
    number = np.clip(np.searchsorted(line.starts, s, side="right") - 1, 0, None)
    rows, along = line.rows[number], s - line.starts[number]
    x, z, _, _ = ribbon.frame(rows, along)
    points = np.zeros(len(s), ROUTE_POINT)
    points["x"], points["z"], points["s"] = x, z, s
    points["y"] = ribbon.height(rows, along, 0.0, (x, z), profiles)
    points["border_left"], points["border_right"] = rows["border_left"], rows["border_right"]
    return points


def _waypoints(layout: Layout, route: Route, line: Line, points: np.ndarray) -> np.ndarray:
    """All triggers: checkpoints, then finishes, each in the order in which the route reaches them."""
    found: dict[int, tuple[float, Path]] = {}
    for number, (leg, start) in enumerate(zip(line.legs, line.leg_starts, strict=True)):
        template = layout.blocks[leg.placed].template
        # The first passage through a start-finish line does not end a lap.
        passed = not (number == 0 and template.waypoint == "start_finish")
        if template.waypoint in _KINDS and leg.placed not in found and passed:
            found[leg.placed] = (start + _along(leg.path, template.waypoint_at), leg.path)
    for i, placed in enumerate(layout.blocks):
        if placed.template.waypoint in _KINDS and i not in found:
            found[i] = (_beside(points, placed), placed.template.paths[0])
    order = sorted(found, key=lambda i: (layout.blocks[i].template.waypoint != "checkpoint", found[i][0]))
    waypoints = np.zeros(len(order), WAYPOINT)
    for out, i in zip(waypoints, order, strict=True):
        s, path = found[i]
        _waypoint(out, layout, i, path)
        out["s"], out["group"] = s, route.groups.get(i, -1)
    return waypoints


def _beside(points: np.ndarray, placed: Placed) -> float:
    """Route metres beside a block that the route does not pass."""
    x, _, z = placed.block.cell
    middle_x, middle_z = CELL_M * (x + placed.template.size[0] / 2), CELL_M * (z + placed.template.size[2] / 2)
    return float(points["s"][np.argmin(np.hypot(points["x"] - middle_x, points["z"] - middle_z))])


def _waypoint(out: np.void, layout: Layout, number: int, path: Path) -> None:
    placed = layout.blocks[number]
    rows = moved(path.rows[:1], np.array(placed.block.cell))
    along = _along(path, placed.template.waypoint_at)
    x, y, z = ribbon.position(rows, along, 0.0, catalogue.profile_table())
    _, _, hx, hz = ribbon.frame(rows, along)
    out["kind"] = _KINDS[placed.template.waypoint or ""]
    out["x"], out["y"], out["z"], out["nx"], out["nz"] = x[0], y[0], z[0], hx[0], hz[0]
    out["half_width"], out["height"] = TRIGGER_HALF_WIDTH_M, TRIGGER_HEIGHT_M
