"""The world as kernels see it: the tables of all tracks in use, pooled, plus the physics parameters."""

from collections import namedtuple
from typing import TYPE_CHECKING

import numpy as np

from tmenv.constants import CELL_M
from tmenv.engine.compile import device, view
from tmenv.engine.params import PARAMS
from tmenv.engine.pools import Pools
from tmenv.engine.state import TRACK
from tmenv.errors import TrackError
from tmenv.track import ribbon
from tmenv.track.tables import FLOOR, OPENING, PATCH, ROUTE_POINT, WALL, WALL_SQUARES, WAYPOINT

if TYPE_CHECKING:
    from tmenv.track.track import Track

MOST_CHECKPOINTS = 62
"""Checkpoint groups that fit the bit mask of a car."""
METRES = np.dtype(np.float32)
CELL = np.dtype(np.int32)
_WALL_REACH_M, _WALL_STEP_M = 6.5, 1.0
_POOLS = {
    "tracks": TRACK,
    "patches": PATCH,
    "floors": FLOOR,
    "profiles": METRES,
    "heights": METRES,
    "openings": OPENING,
    "ground": METRES,
    "cells": CELL,
    "route": ROUTE_POINT,
    "waypoints": WAYPOINT,
    "params": PARAMS,
}

WORLD_FIELDS = [(name, np.int64) for name in _POOLS] + [(f"{name}_count", np.int64) for name in _POOLS]
"""Addresses and lengths of the pools, as fields of a header record."""

Tables = namedtuple("Tables", list(_POOLS))
"""The pools as borrowed arrays, inside a kernel."""


@device
def open_world(header):
    """Borrowed views of all pools from a header record."""
    return Tables(
        view(header.tracks, header.tracks_count, TRACK),
        view(header.patches, header.patches_count, PATCH),
        view(header.floors, header.floors_count, FLOOR),
        view(header.profiles, header.profiles_count, METRES),
        view(header.heights, header.heights_count, METRES),
        view(header.openings, header.openings_count, OPENING),
        view(header.ground, header.ground_count, METRES),
        view(header.cells, header.cells_count, CELL),
        view(header.route, header.route_count, ROUTE_POINT),
        view(header.waypoints, header.waypoints_count, WAYPOINT),
        view(header.params, header.params_count, PARAMS),
    )


class World(Pools):
    """The tables of all tracks, a slot each, and of the cars' parameters."""

    def __init__(self, params: np.ndarray):
        super().__init__(_POOLS)
        self._pools["params"] = np.ascontiguousarray(params)
        self._used["params"] = len(params)

    @property
    def slots(self) -> int:
        """Number of tracks held."""
        return len(self._regions)

    def add(self, track: "Track") -> int:
        """Append ``track`` and return its slot."""
        slot = self._add_slot(["tracks"])
        self.put(slot, track)
        return slot

    def put(self, slot: int, track: "Track") -> None:
        """Write ``track`` into ``slot``, replacing the track that was there."""
        cells = _cell_tables(_checked(track))
        at = {name: self._store(slot, name, table) for name, table in _tables(track, cells).items()}
        self._pools["tracks"][slot] = _header(track, cells, at)


def _checked(track: "Track") -> "Track":
    if track.checkpoints > MOST_CHECKPOINTS:
        raise TrackError(
            f"track {track.name!r} has {track.checkpoints} checkpoints a lap; at most {MOST_CHECKPOINTS} fit"
        )
    if len(track.floors) != len(track.patches):  # a kernel would read another track's
        raise TrackError(f"a track has {len(track.patches)} patches and {len(track.floors)} floors: make them together")
    return track


def _cell_tables(track: "Track") -> dict[str, np.ndarray]:
    """The parts of a track's region in the pool of cell tables, by the name of their offset in ``TRACK``."""
    return {
        "cell_starts_at": track.cell_starts,
        "cell_patches_at": track.cell_patches,
        "wall_starts_at": track.wall_starts,
        "wall_patches_at": track.wall_patches,
        "cell_walled_at": _walled(track),
        "cell_ground_at": track.cell_ground_material,
        "cell_waypoint_at": track.cell_waypoint,
    }


def _walled(track: "Track") -> np.ndarray:
    """Per cell, the squares of it in which a car may reach a wall: int32 (cells,), bit ``row * WALL_SQUARES + column``.

    Wheels reach 3 m from the centre of mass, and a tick at the games' top speed moves it by 2.8 m.
    """
    masks = np.zeros(len(track.cell_waypoint), np.int32)
    walls = track.patches[track.patches["surface"] == WALL][:, None]
    if not len(walls):
        return masks
    s = np.linspace(0.0, 1.0, int(walls["length"].max() / _WALL_STEP_M) + 2) * walls["length"]
    x, z, _, _ = ribbon.frame(walls, s)
    around = np.linspace(-_WALL_REACH_M, _WALL_REACH_M, 5)
    size = CELL_M / WALL_SQUARES
    column = np.floor((x[..., None, None] + around[:, None]) / size).astype(np.int64)
    row = np.floor((z[..., None, None] + around) / size).astype(np.int64)
    squares = np.unique(np.stack([a.ravel() for a in np.broadcast_arrays(column, row)]), axis=1)
    (column, row), (in_column, in_row) = np.divmod(squares, WALL_SQUARES)
    column, row = column - int(track.grid["cell_x"]), row - int(track.grid["cell_z"])
    columns, rows = int(track.grid["columns"]), int(track.grid["rows"])
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    bits = np.left_shift(1, in_row * WALL_SQUARES + in_column).astype(np.int32)
    np.bitwise_or.at(masks, (row * columns + column)[inside], bits[inside])
    return masks


def _tables(track: "Track", cells: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        "patches": track.patches,
        "floors": track.floors,  # as many as patches, so they lie at the same place in their pool
        "profiles": np.ascontiguousarray(track.profiles, np.float32).ravel(),
        "heights": track.heights,
        "openings": track.openings,
        "ground": track.cell_ground_y,
        "cells": np.concatenate(list(cells.values()), dtype=np.int32, casting="unsafe"),
        "route": track.route,
        "waypoints": track.waypoints,
    }


def _header(track: "Track", cells: dict[str, np.ndarray], at: dict[str, int]) -> np.ndarray:
    row = np.zeros((), TRACK)
    row["patch_at"], row["patch_count"] = at["patches"], len(track.patches)
    row["profile_at"], row["height_at"] = at["profiles"], at["heights"]
    row["opening_at"], row["ground_at"] = at["openings"], at["ground"]
    place = at["cells"]
    for name, table in cells.items():
        row[name] = place
        place += len(table)
    row["walls"] = len(track.wall_patches)
    row["own_ground"] = (track.cell_ground_y != np.float32(track.ground_y)).any()
    for name in ("cell_x", "cell_z", "columns", "rows"):
        row[name] = track.grid[name]
    row["route_at"], row["route_count"] = at["route"], len(track.route)
    row["waypoint_at"], row["waypoint_count"] = at["waypoints"], len(track.waypoints)
    row["checkpoints"], row["laps"], row["length"] = track.checkpoints, track.laps, track.length_m
    row["ground_y"], row["ground_material"], row["void_y"] = track.ground_y, track.ground_material, track.void_y
    row["spawn"], row["spawn_yaw"] = track.spawn, track.spawn_yaw
    return row
