"""Routes that are lines: found over the surfaces of a map, or taken from a recorded run."""

from typing import Any, NamedTuple

import numpy as np

from tmenv.errors import TrackError
from tmenv.gbx import Map
from tmenv.track.guide import guide_of, metres_along, route_points, straight_on
from tmenv.track.place import Layout
from tmenv.track.recording import Recording
from tmenv.track.route import start_of
from tmenv.track.scene import Scene
from tmenv.track.search import find_way
from tmenv.track.tables import CHECKPOINT, PATCH, START_FINISH
from tmenv.track.triggers import Passage, on_guide

BELOW_TRIGGER_M = -2.0
"""Triggers reach this far below their foot, as in the engine."""

_LEAST_LAP_M = 100.0
_LOOK_M = 80.0
_NOSE_M = 10.0
"""Recordings end less than a sample before some part of the car, at most that far from its origin, is at the finish."""


class Rough(NamedTuple):
    """A way before it is laid on the surfaces."""

    points: np.ndarray  # float64 (k, 3)
    normals: np.ndarray  # float64 (k, 3)
    passed: list[tuple[int, float, bool]]  # row of the waypoints, metres along the points, against its normal


def guided(
    map_: Map,
    layout: Layout,
    scene: Scene,
    spawn: tuple[float, float, float],
    yaw: float,
    run: Recording | None,
) -> dict[str, Any]:
    """The fields of a ``Track`` that its route decides: over the surfaces, or along a recorded run.

    Raises:
        TrackError: there is no way, or the run misses a checkpoint or the finish.
    """
    is_lap = layout.blocks[start_of(layout)].template.waypoint == "start_finish"
    laps = max(1, map_.laps) if is_lap else 1
    rough = _over_surfaces(scene, spawn, yaw, laps) if run is None else _recorded(scene, run, laps)
    line = guide_of(scene, rough.points, rough.normals, smooth=run is None)
    length = metres_along(line.points)[-1]
    points = route_points(scene, straight_on(scene, line))
    scale = length / metres_along(rough.points)[-1]
    passages = [
        Passage(gate, _crossing(scene.waypoints[gate], points, scale * at), back) for gate, at, back in rough.passed
    ]
    return {
        "laps": laps,
        "length_m": passages[-1].s,
        "patches": scene.patches,
        "profiles": scene.profiles,
        "heights": scene.heights,
        "openings": scene.openings,
        "route": points,
        "waypoints": on_guide(layout, passages, points),
        "centreline": np.zeros(0, PATCH),
        "centreline_s": np.zeros(0),
        "route_from": "surfaces" if run is None else "recording",
    }


def _over_surfaces(scene: Scene, spawn: tuple[float, float, float], yaw: float, laps: int) -> Rough:
    way = find_way(scene, spawn, yaw, laps)
    s = metres_along(way.points)
    passed = []
    for gate, at in way.passed:
        _, part, back = _plane(scene.waypoints[gate], way.points[at], way.points[at + 1])
        passed.append((gate, float(s[at] + part * (s[at + 1] - s[at])), back))
    return Rough(way.points, way.normals, passed)


def _recorded(scene: Scene, run: Recording, laps: int) -> Rough:
    points, up = run.points, run.up
    kept = run.grounded
    s = np.interp(np.arange(len(points) + 1), kept, metres_along(points[kept]))
    step = points[-1] - points[-2]
    step *= 1 + _NOSE_M / max(float(np.linalg.norm(step)), 1e-3)
    path = np.concatenate([points, points[-1:] + step])
    s[-1] = s[-2] + np.linalg.norm(step)
    passed = _race(scene, path, s, laps)
    return Rough(path[[*kept, -1]], up[[*kept, -1]], passed)


def _race(scene: Scene, path: np.ndarray, s: np.ndarray, laps: int) -> list[tuple[int, float, bool]]:
    """The triggers that a path fires, up to the finish, by the rules of the race."""
    gates = scene.waypoints
    every = set(gates["group"][gates["kind"] == CHECKPOINT].tolist())
    seen: set[int] = set()
    passed: list[tuple[int, float, bool]] = []
    lap, lap_start = 0, 0.0
    for at, gate, back in _crossings(gates, path, s):
        if gates["kind"][gate] == CHECKPOINT:
            if int(gates["group"][gate]) not in seen:
                seen.add(int(gates["group"][gate]))
                passed.append((gate, at, back))
        elif seen == every and (gates["kind"][gate] != START_FINISH or at - lap_start > _LEAST_LAP_M):
            passed.append((gate, at, back))
            lap, lap_start = lap + 1, at
            if lap == laps:
                return passed
            seen = set()
    raise TrackError(
        f"the recorded run does not finish map {scene.name!r}: in its lap {lap + 1} of {laps} it passes {len(seen)} of "
        f"{len(every)} checkpoints; give a finished run of this map"
    )


def _crossings(gates: np.ndarray, path: np.ndarray, s: np.ndarray) -> list[tuple[float, int, bool]]:
    """(metres, waypoint, against its normal) of every crossing of a trigger, in order."""
    found = []
    for number, gate in enumerate(gates):
        offset = path - (gate["x"], gate["y"], gate["z"])
        ahead = offset[:, 0] * gate["nx"] + offset[:, 2] * gate["nz"]
        at = np.flatnonzero((ahead[:-1] < 0) != (ahead[1:] < 0))
        part = ahead[at] / (ahead[at] - ahead[at + 1])
        place = offset[at] + part[:, None] * (offset[at + 1] - offset[at])
        side = place[:, 0] * gate["nz"] - place[:, 2] * gate["nx"]
        inside = (
            (np.abs(side) <= gate["half_width"]) & (place[:, 1] >= BELOW_TRIGGER_M) & (place[:, 1] <= gate["height"])
        )
        metres = s[at] + part * (s[at + 1] - s[at])
        found += [(float(m), number, bool(a >= 0)) for m, a in zip(metres[inside], ahead[at][inside], strict=True)]
    return sorted(found)


def _plane(gate: np.void, a: np.ndarray, b: np.ndarray) -> tuple[float, float, bool]:
    """Where the line from a to b meets the plane of a trigger: metres before it at a, share, from behind."""
    old = float((a[0] - gate["x"]) * gate["nx"] + (a[2] - gate["z"]) * gate["nz"])
    new = float((b[0] - gate["x"]) * gate["nx"] + (b[2] - gate["z"]) * gate["nz"])
    return old, old / (old - new), old >= 0


def _crossing(gate: np.void, points: np.ndarray, guess: float) -> float:
    """Route metres at which the route crosses a trigger, near a guess."""
    near = np.flatnonzero(np.abs(points["s"] - guess) <= _LOOK_M)
    ahead = (points["x"][near] - gate["x"]) * gate["nx"] + (points["z"][near] - gate["z"]) * gate["nz"]
    aside = (points["x"][near] - gate["x"]) * gate["nz"] - (points["z"][near] - gate["z"]) * gate["nx"]
    met = np.flatnonzero(((ahead[:-1] < 0) != (ahead[1:] < 0)) & (np.abs(aside[:-1]) <= gate["half_width"]))
    if not len(met):
        return guess
    part = ahead[met] / (ahead[met] - ahead[met + 1])
    s = points["s"][near].astype(np.float64)
    crossed = s[met] + part * (s[met + 1] - s[met])
    return float(crossed[np.argmin(np.abs(crossed - guess))])
