"""Open-loop windows of recorded runs, sorted by the kind of surface under the car."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from tmenv.calibration.replay import (
    WARM_UP_S,
    Recording,
    car_origins,
    drive_on,
    place_cars,
    rotate,
    set_controls,
    tape,
    times_ms,
)
from tmenv.constants import Material
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator
from tmenv.track import Track
from tmenv.track.scene import Scene
from tmenv.track.tables import NODES, PATCH, PROFILE, ROUND, ROUTE_POINT, WALL

HORIZONS_S = (0.5, 1.0, 2.0)

_LEVEL, _BANKED = 0.997, 0.08
"""A surface is level if its normal points up by this much; inclined, it is banked if the normal leans sideways so."""

_ENDLESS_M = 1.0e5
_ABOVE_ORIGIN_M = 0.05
_STRIDE_S = 0.5


@dataclass(frozen=True, eq=False)
class Windows:
    """Errors of the windows of one kind of surface.

    Attributes:
        position_m: float64 (n, 3): distance from the recording after each of ``HORIZONS_S``, NaN where the surface
            changes before.
        speed_mps: float64 (n,): simulated minus recorded speed after the first of them.
        runs: number of recorded runs.
    """

    position_m: np.ndarray
    speed_mps: np.ndarray
    runs: int


def unrouted(scene: Scene) -> Track:
    """A scene as a track without a race: for driving on maps whose way to the finish is not known."""
    route = np.zeros(2, ROUTE_POINT)
    route["z"] = route["s"] = (0.0, _ENDLESS_M)
    route["border_left"] = route["border_right"] = _ENDLESS_M
    return Track(
        **{field.name: getattr(scene, field.name) for field in fields(Scene)},
        uid="",
        author_time_s=None,
        gold_time_s=None,
        silver_time_s=None,
        bronze_time_s=None,
        laps=1,
        checkpoints=0,
        length_m=_ENDLESS_M,
        void_y=-_ENDLESS_M,
        spawn=(0.0, 0.0, 0.0),
        spawn_yaw=0.0,
        route=route,
        centreline=np.zeros(0, PATCH),
        centreline_s=np.zeros(0),
    )


def surface_kinds(scene: Scene, ghost: Recording) -> np.ndarray:
    """What the car stands on at each sample: str (n,), "air" without contact."""
    samples = ghost.samples
    up = rotate(samples["rotation"], np.array([0.0, 1.0, 0.0]))
    forward = rotate(samples["rotation"], np.array([0.0, 0.0, 1.0]))
    touch = scene.surface(samples["position"].astype(np.float64) + _ABOVE_ORIGIN_M * up, up)
    surface = np.where(touch.patch >= 0, scene.patches["surface"][np.maximum(touch.patch, 0)], -1)
    sideways = np.cross(forward, (0.0, 1.0, 0.0))
    inclined, leaning = touch.normal[:, 1] < _LEVEL, np.abs((touch.normal * sideways).sum(axis=1)) > _BANKED
    kinds = np.select(
        [
            ~samples["on_ground"],
            surface < 0,
            (surface == ROUND) | (surface == WALL),
            surface == NODES,
            surface == PROFILE,
            inclined & leaning,
            inclined,
        ],
        ["air", "ground", "round", "nodes", "profile", "bank", "slope"],
        "flat",
    )
    return kinds.astype(str)


def windows_by_kind(track: Track, ghosts: Sequence[Recording]) -> dict[str, Windows]:
    """Drive windows of recorded runs open loop; windows after the first free-wheel block are left out.

    The kinds are those of ``surface_kinds`` where a whole window has one, else "landing", "take-off" or "mixed".
    """
    errors: dict[str, list[np.ndarray]] = defaultdict(list)
    runs: dict[str, set[int]] = defaultdict(set)
    for number, ghost in enumerate(ghosts):
        kinds = surface_kinds(track, ghost)
        starts, rows = _windows(track, ghost)
        for start, row in zip(starts.tolist(), rows, strict=True):
            for horizon in range(len(HORIZONS_S)):
                kind = _kind_of(kinds[start : start + _samples(ghost, HORIZONS_S[horizon]) + 1])
                kept = np.full(len(HORIZONS_S) + 1, np.nan)
                kept[horizon] = row[horizon]
                kept[-1] = row[-1] if horizon == 0 else np.nan
                errors[kind].append(kept)
                runs[kind].add(number)
    return {kind: _collected(np.array(rows), len(runs[kind])) for kind, rows in sorted(errors.items())}


def _collected(rows: np.ndarray, runs: int) -> Windows:
    return Windows(rows[:, :-1], rows[np.isfinite(rows[:, -1]), -1], runs)


def _kind_of(kinds: np.ndarray) -> str:
    if (kinds == kinds[0]).all():
        return str(kinds[0])
    if (kinds == "air").any():
        return "take-off" if kinds[-1] == "air" else "landing"
    return "round and other" if (kinds == "round").any() else "mixed"


def _samples(ghost: Recording, seconds: float) -> int:
    time = ghost.samples["time_s"]
    return round(seconds / float(time[1] - time[0]))


def _windows(track: Track, ghost: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Samples at which windows start (n,), and their errors (n, horizons + 1): positions, and speed after the first."""
    times, warm, last = times_ms(ghost), _samples(ghost, WARM_UP_S), _samples(ghost, HORIZONS_S[-1])
    off = (ghost.samples["material"][: len(times)] == Material.FREE_WHEEL).any(axis=1)
    end = int(off.argmax()) if off.any() else len(times)
    starts = np.arange(warm + 3, end - last - 3, _samples(ghost, _STRIDE_S))
    if not len(starts):
        return starts, np.zeros((0, len(HORIZONS_S) + 1))
    simulator = started(track, ghost, starts)
    columns, before, speed = [], 0.0, np.zeros(0)
    for horizon in HORIZONS_S:
        drive_on(simulator, times[starts + _samples(ghost, before)], tape(ghost), horizon - before)
        before, at = horizon, starts + _samples(ghost, horizon)
        columns.append(np.linalg.norm(car_origins(simulator) - ghost.samples["position"][at], axis=1))
        if horizon == HORIZONS_S[0]:
            speed = np.linalg.norm(simulator.cars["velocity"], axis=1) - recorded_speed(ghost, at)
    return starts, np.column_stack([*columns, speed])


def started(track: Track, ghost: Recording, starts: np.ndarray) -> Simulator:
    """One car per sample number in its recorded state, after a simulated second for what no sample shows."""
    times, warm = times_ms(ghost), _samples(ghost, WARM_UP_S)
    simulator = Simulator(track, load_parameters(track.game), len(starts))
    place_cars(simulator, ghost, starts - warm, times)
    set_controls(simulator, times[starts - warm], tape(ghost))
    drive_on(simulator, times[starts - warm], tape(ghost), WARM_UP_S)
    place_cars(simulator, ghost, starts, times)
    return simulator


def recorded_speed(ghost: Recording, at: np.ndarray) -> np.ndarray:
    """Speed at sample numbers from five positions, m/s: two would lose 2 % in a loop."""
    position = ghost.samples["position"].astype(np.float64)
    period = float(ghost.samples["time_s"][1] - ghost.samples["time_s"][0])
    ahead2, ahead1, back1, back2 = (position[at + k] for k in (2, 1, -1, -2))
    return np.linalg.norm(8.0 * (ahead1 - back1) - (ahead2 - back2), axis=1) / (12.0 * period)
