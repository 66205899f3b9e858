"""From a map (a list of blocks) to the tables of a track."""

from typing import Any

import numpy as np

from tmenv.constants import CELL_M, LEVEL_M
from tmenv.errors import TrackError
from tmenv.gbx import Map, Replay
from tmenv.track import cells
from tmenv.track.connected import connected
from tmenv.track.guided import guided
from tmenv.track.kinds import DRIVEN_KINDS, KINDS
from tmenv.track.place import Layout, place
from tmenv.track.pools import pooled
from tmenv.track.recording import Recording, recording_of
from tmenv.track.route import NoRoadError, checkpoint_groups, find_route, start_of
from tmenv.track.scene import Scene
from tmenv.track.track import Track
from tmenv.track.triggers import off_route

Pose = tuple[tuple[float, float, float], float]

FALL_M = 20.0
"""A car this far below the lowest road has fallen out of the world."""


def build(map_: Map, on_unknown: str = "error", route: Recording | None = None, or_else: Replay | None = None) -> Track:
    """Build the track of a map.

    The route is the one that the connections of the blocks tell; where they tell none, the cheapest way over the
    surfaces from trigger to trigger; or that of a recorded run.

    Args:
        map_: as ``tmenv.gbx.read_map`` returns it.
        on_unknown: ``"error"``, or ``"skip"`` to leave holes where tmenv has no surface for a block.
        route: a run on this map, to follow its way.
        or_else: a replay whose run, if it has finished, is followed only where the connections tell no way.

    Raises:
        UnsupportedBlockError: the map uses drivable blocks that tmenv does not know, and ``on_unknown`` is ``"error"``.
        TrackError: another environment than Stadium, no start, no finish, no way between them, a run that misses
            checkpoints or the finish, or an unknown ``on_unknown``.
    """
    _check(map_, on_unknown)
    layout = place(map_, on_unknown, DRIVEN_KINDS)
    start = start_of(layout)
    spawn, yaw = _spawn(layout, start), _spawn_yaw(layout, start)
    routed = _routed(map_, layout, route, or_else, (spawn, yaw))
    index: dict[str, Any] = cells.index(layout.listed, layout.walls, layout.ground, routed["waypoints"])
    return Track(
        name=map_.plain_name,
        game=map_.game,
        uid=map_.uid,
        author_time_s=_seconds(map_.author_time_ms),
        gold_time_s=_seconds(map_.gold_time_ms),
        silver_time_s=_seconds(map_.silver_time_ms),
        bronze_time_s=_seconds(map_.bronze_time_ms),
        checkpoints=len(set(checkpoint_groups(layout).values())),
        ground_y=layout.ground.y,
        ground_material=layout.ground.material,
        void_y=float(routed["patches"]["y0"].min() - FALL_M),
        spawn=spawn,
        spawn_yaw=yaw,
        **routed,
        **index,
    )


def _routed(map_: Map, layout: Layout, route: Recording | None, or_else: Replay | None, pose: Pose) -> dict[str, Any]:
    if route is None:
        try:
            return connected(map_, layout, find_route(layout))
        except NoRoadError as error:
            no_road = error
        try:
            return guided(map_, layout, _scene(map_, layout), *pose, _finished(or_else))
        except TrackError as no_way:
            raise TrackError(f"{no_road}; {no_way}") from no_road
    return guided(map_, layout, _scene(map_, layout), *pose, route)


def _finished(replay: Replay | None) -> Recording | None:
    ghost = replay.ghosts[0] if replay is not None and replay.ghosts else None
    return recording_of(ghost) if ghost is not None and ghost.race_time_ms is not None and len(ghost.samples) else None


def survey(map_: Map, on_unknown: str = "error") -> Scene:
    """Build the surfaces and triggers of a map, without a route; every surface kind is welcome.

    Raises:
        UnsupportedBlockError, TrackError: as ``build``, but for routes.
    """
    _check(map_, on_unknown)
    return _scene(map_, place(map_, on_unknown, KINDS))


def _scene(map_: Map, layout: Layout) -> Scene:
    patches = layout.patches.copy()
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


def _spawn(layout: Layout, start: int) -> tuple[float, float, float]:
    placed = layout.blocks[start]
    assert placed.template.spawn is not None, "races begin at blocks with a spawn"
    corner = np.array(placed.block.cell) * (CELL_M, LEVEL_M, CELL_M)
    x, y, z = (corner + np.array(placed.template.spawn)).tolist()
    return x, y, z


def _spawn_yaw(layout: Layout, start: int) -> float:
    row = layout.blocks[start].template.paths[0].rows[0]
    return float(np.arctan2(row["dx"], row["dz"]))
