"""Tracks without a map: a ribbon of road laid under a recorded run."""

from typing import Any

import numpy as np

from tmenv.constants import Material
from tmenv.errors import TrackError
from tmenv.track import cells
from tmenv.track.guide import ROAD_AFTER_FINISH_M, evenly, metres_along
from tmenv.track.recording import Recording
from tmenv.track.tables import (
    CHECKPOINT,
    FINISH,
    NO_GROUND,
    NO_LINK,
    OPENING,
    PATCH,
    PROFILE,
    PROFILE_KNOTS,
    ROUTE_POINT,
    ROUTE_STEP_M,
    WAYPOINT,
)

ORIGIN_ABOVE_ROAD_M = 0.02
"""Height of a car's origin above the road it stands on (measured: 0.013 to 0.025, both games)."""

NOSE_M = 2.43
"""The nose, which fires triggers, leads the origin by this (measured, TMNF)."""

TRIGGER_M = (-2.0, 10.0)
_STEPS = 2  # route steps per patch: 4 m turn by 15 degrees in the tightest curve
_BEHIND_START_M = 16.0
_FALL_M = 20.0
_STEEPEST = 0.3
_LONGEST_OVERLAP_M = 6.0
_FLIGHT_M = 6.0
"""Without a wheel on the road for longer than this, the ribbon has a gap."""
_ROADS = (Material.CONCRETE, Material.GRASS, Material.METAL, Material.DIRT, Material.RUBBER, Material.ASPHALT)


def laid(run: Recording, width: float, name: str) -> dict[str, Any]:
    """The fields of a ``Track`` whose road lies under a recorded run.

    Raises:
        TrackError: a width that is no road's, or a run that drives on walls or upside down.
    """
    if not 2.0 <= width <= 100.0:
        raise TrackError(f"a road is 2 to 100 m wide, not {width:g} m")
    kept = run.grounded
    up = run.up
    steep = kept[up[kept, 1] < _STEEPEST]
    if len(steep):
        raise TrackError(
            f"the recorded run drives on a wall or in a loop {run.samples['time_s'][steep[0]]:.1f} s after the start: "
            "no ribbon can be laid there; load its map instead"
        )
    points, normals = _prolonged(run.points[kept] - ORIGIN_ABOVE_ROAD_M * up[kept], up[kept])
    line, normal = evenly(points, normals)
    patches, profiles = _ribbon(line, normal, _flown(points, line), width / 2)
    _set_materials(patches, line, run)
    route = _route(line, normal, width / 2)
    waypoints = _waypoints(run, route, width / 2)
    listed = cells.occupied(patches)
    nothing = np.zeros((0, 2), np.int64)
    ground = cells.Ground(NO_GROUND, Material.GRASS, nothing, np.zeros(0), np.zeros(0, np.int64), nothing)
    forward = line[_STEPS] - line[0]
    return {
        "name": name,
        "game": run.game or "TMNF",
        "uid": "",
        "author_time_s": float(run.samples["time_s"][-1]),
        "gold_time_s": None,
        "silver_time_s": None,
        "bronze_time_s": None,
        "laps": 1,
        "checkpoints": len(waypoints) - 1,
        "length_m": float(waypoints["s"][-1]),
        "ground_y": NO_GROUND,
        "ground_material": Material.GRASS,
        "void_y": float(line[:, 1].min() - _FALL_M),
        "spawn": tuple(run.points[0].tolist()),
        "spawn_yaw": float(np.arctan2(forward[0], forward[2])),
        "patches": patches,
        "profiles": profiles,
        "heights": np.zeros(0, np.float32),
        "openings": np.zeros(0, OPENING),
        "route": route,
        "waypoints": waypoints,
        "centreline": np.zeros(0, PATCH),
        "centreline_s": np.zeros(0),
        "route_from": "recording",
        "approximate": True,
        **cells.index(listed, np.zeros((0, 3), np.int64), ground, waypoints),
    }


def _prolonged(points: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The line with some road behind its start and its end."""
    s = metres_along(points)
    first, last = int(np.searchsorted(s, 4.0)), int(np.searchsorted(s, s[-1] - 4.0)) - 1
    ahead, beyond = points[first] - points[0], points[-1] - points[last]
    before = points[:1] - _BEHIND_START_M * ahead / np.linalg.norm(ahead)
    after = points[-1:] + ROAD_AFTER_FINISH_M * beyond / np.linalg.norm(beyond)
    return np.concatenate([before, points, after]), np.concatenate([normals[:1], normals, normals[-1:]])


def _flown(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Which points of the line lie between samples so far apart that the car flew: bool."""
    s, at = metres_along(points), metres_along(line)
    row = np.clip(np.searchsorted(s, at * s[-1] / at[-1], side="right") - 1, 0, len(s) - 2)
    step = np.diff(s)
    step[[0, -1]] = 0.0
    usual = max(_FLIGHT_M, 3.0 * float(np.median(step)))
    return step[row] > usual


def _ribbon(line: np.ndarray, normal: np.ndarray, flown: np.ndarray, half: float) -> tuple[np.ndarray, np.ndarray]:
    """Straight patches along a line, each with its own profile: heights and banks join, and ends overlap in bends."""
    ends = np.append(np.arange(0, len(line) - 1, _STEPS), len(line) - 1)
    start, end = ends[:-1], ends[1:]
    chord = (line[end] - line[start])[:, [0, 2]]
    length = np.linalg.norm(chord, axis=1)
    dx, dz = (chord / length[:, None]).T
    bend = np.abs(np.angle(np.exp(1j * np.diff(np.unwrap(np.arctan2(dx, dz))))))
    bend = np.maximum(np.append(bend, 0.0), np.append(0.0, bend))
    over = np.minimum(half * np.tan(np.minimum(bend / 2, 1.0)) + 0.05, _LONGEST_OVERLAP_M)
    rows = np.zeros(len(start), PATCH)
    rows["surface"], rows["profile"] = PROFILE, np.arange(len(rows))
    rows["x0"], rows["z0"] = line[start, 0] - over * dx, line[start, 2] - over * dz
    rows["dx"], rows["dz"] = rows["ex"], rows["ez"] = dx, dz
    rows["length"] = length + 2 * over
    rows["u_per_m"] = 1.0 / rows["length"]
    rows["border_left"] = rows["border_right"] = half
    rows["block"] = rows["opening"] = rows["nodes"] = -1
    number = np.arange(len(rows))
    rows["before"] = np.where(number > 0, number - 1, NO_LINK)
    rows["after"] = np.where(number < len(rows) - 1, number + 1, NO_LINK)
    # dy per metre to the left (dz, -dx) of a plane with this normal
    bank = [-(normal[at, 0] * dz - normal[at, 2] * dx) / normal[at, 1] for at in (start, end)]
    share = np.linspace(-over, length + over, PROFILE_KNOTS, axis=1) / length[:, None]
    profiles = np.zeros((len(rows), 2, PROFILE_KNOTS), np.float32)
    profiles[:, 0] = line[start, 1][:, None] + share * (line[end, 1] - line[start, 1])[:, None]
    profiles[:, 1] = bank[0][:, None] + np.clip(share, 0.0, 1.0) * (bank[1] - bank[0])[:, None]
    return _without(rows, ~(flown[start] & flown[end])), profiles


def _without(rows: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Only the kept patches; links to others are cut."""
    number = np.where(kept, np.cumsum(kept) - 1, NO_LINK)
    for field in ("before", "after"):
        rows[field] = np.where(rows[field] >= 0, number[np.maximum(rows[field], 0)], NO_LINK)
    return rows[kept]


def _set_materials(patches: np.ndarray, line: np.ndarray, run: Recording) -> None:
    """What the wheels of the recorded car touched nearest to each patch; asphalt where that is unknown to us."""
    samples = run.samples[run.grounded]
    wheel = np.argmax(samples["contact"], axis=1)
    material = samples["material"][np.arange(len(samples)), wheel].astype(np.int64)
    material = np.where(np.isin(material, _ROADS), material, Material.ASPHALT)
    at = np.array([patches["x0"], patches["z0"]]).T.astype(np.float64)
    # The patches and the samples are in the same order, so the nearest one is searched along the way.
    where = metres_along(run.points[run.grounded])
    s = _BEHIND_START_M * -1 + metres_along(line)[::_STEPS][: len(at)]
    nearest = material[np.clip(np.searchsorted(where, s), 0, len(material) - 1)]
    for strip in range(3):
        patches[f"strip_material_{strip}"] = nearest


def _route(line: np.ndarray, normal: np.ndarray, half: float) -> np.ndarray:
    s = metres_along(line) - _BEHIND_START_M
    on = s >= -0.5 * ROUTE_STEP_M
    left = np.cross(normal, np.gradient(line, axis=0))
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    out = np.zeros(int(on.sum()), ROUTE_POINT)
    for axis, name in enumerate("xyz"):
        out[name], out[f"left_{name}"] = line[on, axis], left[on, axis]
    out["s"] = s[on] - s[on][0]
    out["border_left"] = out["border_right"] = half
    return out


def _waypoints(run: Recording, route: np.ndarray, half: float) -> np.ndarray:
    """Checkpoints where the run passed them, and the finish."""
    time_s = run.samples["time_s"]
    passed = np.array(run.checkpoint_times_ms or [1000 * time_s[-1]]) / 1000
    points = run.points
    rows = np.zeros(len(passed), WAYPOINT)
    place = np.stack([np.interp(passed, time_s, column) for column in points.T], axis=1)
    # Recordings end up to a sample before the finish.
    place += np.maximum(passed - time_s[-1], 0.0)[:, None] * (points[-1] - points[-2]) / (time_s[-1] - time_s[-2])
    s = metres_along(points)
    guess = np.interp(passed, time_s, s)
    for row, (out, here) in enumerate(zip(rows, place, strict=True)):
        near = np.flatnonzero(
            np.abs(route["s"] - guess[row] * float(route["s"][-1]) / (s[-1] + ROAD_AFTER_FINISH_M)) < 60
        )
        away = sum((route[name][near] - here[axis]) ** 2 for axis, name in enumerate("xyz"))
        at = min(int(near[np.argmin(away)]) + 1, len(route) - 2)
        nx, nz = float(-route["left_z"][at]), float(route["left_x"][at])
        level = float(np.hypot(nx, nz))
        out["nx"], out["nz"] = nx / level, nz / level
        out["x"], out["z"] = here[0] + NOSE_M * out["nx"], here[2] + NOSE_M * out["nz"]
        out["y"], out["height"] = here[1] + TRIGGER_M[0], TRIGGER_M[1] - TRIGGER_M[0]
        out["half_width"], out["s"], out["group"] = half, route["s"][at], row
        out["kind"] = CHECKPOINT
    rows["kind"][-1], rows["group"][-1] = FINISH, -1
    return rows
