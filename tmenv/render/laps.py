"""``read_lap``: one drive, from a lap file of an agent or from a file of the game, ready to be shown.

A lap file is an ``.npz`` of arrays with one row per step, the state *after* it:

=============  ==================  =========================================================================
``time_s``     float (T,)          race time, strictly rising
``position``   float (T, 3)        origin of the car, world, metres
``speed_kmh``  float (T,)
``rotation``   float (T, 4)        optional: quaternion x y z w, car frame to world; else the car is shown
                                   looking where it moves
``steer``      float (T,)          optional: -1 left .. 1 right
``gas``        bool (T,)           optional, as is ``brake``
``gear``       int (T,)            optional
``track``      text                optional: what ``tmenv.track.load`` takes; ``game`` beside it
=============  ==================  =========================================================================
"""

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmenv.constants import KMH_PER_MPS
from tmenv.errors import LapError, UnsupportedBlockError
from tmenv.gbx import Ghost, Map, Replay, read
from tmenv.track import Track, build, load

_WANTED = {"time_s": (), "position": (3,), "speed_kmh": ()}
_OPTIONAL = {"rotation": (4,), "steer": (), "gas": (), "brake": (), "gear": ()}
_STANDING_M = 0.05
_SEARCH_BACK, _SEARCH_AHEAD = 8, 60
"""Route points behind and ahead of the last place in which the next one is looked for: 16 m and 120 m."""


@dataclass(frozen=True, eq=False)
class Lap:
    """One drive of T samples.

    Attributes:
        name: of the file.
        track: what it was driven on.
        time_s: float64 (T,), race time, strictly rising.
        position: float32 (T, 3), origin of the car, world, m.
        rotation: float32 (T, 4), quaternion x y z w, car frame to world.
        speed_kmh: float32 (T,).
        steer: float32 (T,), -1 left .. 1 right; zeros if unknown.
        gas: bool (T,); all False if unknown.
        brake: likewise.
        gear: int32 (T,); None if unknown.
        metres: float64 (T,), route metres, see ``route_metres``.
    """

    name: str
    track: Track
    time_s: np.ndarray
    position: np.ndarray
    rotation: np.ndarray
    speed_kmh: np.ndarray
    steer: np.ndarray
    gas: np.ndarray
    brake: np.ndarray
    gear: np.ndarray | None
    metres: np.ndarray


def read_lap(path: str | os.PathLike[str], track: str | None = None) -> Lap:
    """Read a lap.

    Args:
        path: a lap file (``.npz``), or a ghost, a replay, or a map that holds its author's run (``.Gbx``).
        track: the track to show it on, as ``tmenv.track.load`` takes it; None: the one that the file names.

    Raises:
        LapError: missing or damaged lap file, or no track named.
        GbxError: a ``.Gbx`` file that cannot be read.
        TrackError: the track cannot be found or built.
    """
    path = Path(path)
    if not path.is_file():
        raise LapError(f"there is no lap file {os.fspath(path)!r}")
    if path.suffix.lower() == ".gbx":
        return _from_game(path, track)
    columns = _columns(path)
    return lap_of(path.stem, _track_of(path, columns, track), columns)


def lap_of(name: str, track: Track, columns: Mapping[str, np.ndarray]) -> Lap:
    """A lap from its columns; see the table above."""
    time_s = np.asarray(columns["time_s"], np.float64)
    position = np.asarray(columns["position"], np.float32)
    nothing = np.zeros(len(time_s))
    rotation = columns["rotation"] if "rotation" in columns else rotation_along(position)
    gear = columns.get("gear")
    return Lap(
        name=name,
        track=track,
        time_s=time_s,
        position=position,
        rotation=np.asarray(rotation, np.float32),
        speed_kmh=np.asarray(columns["speed_kmh"], np.float32),
        steer=np.asarray(columns.get("steer", nothing), np.float32),
        gas=np.asarray(columns.get("gas", nothing)) > 0.5,
        brake=np.asarray(columns.get("brake", nothing)) > 0.5,
        gear=None if gear is None else np.asarray(gear, np.int32),
        metres=route_metres(track, position),
    )


def _columns(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            columns = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise LapError(f"{path} is not a lap file: {error}") from error
    missing = sorted(set(_WANTED) - set(columns))
    if missing:
        raise LapError(f"{path} is not a lap file: it lacks {', '.join(missing)}")
    rows = columns["time_s"].shape[0] if columns["time_s"].ndim == 1 else 0
    for name, rest in (_WANTED | {key: shape for key, shape in _OPTIONAL.items() if key in columns}).items():
        column = columns[name]
        if column.shape != (rows, *rest) or column.dtype.kind not in "fiub" or not np.isfinite(column).all():
            raise LapError(f"{path} is damaged: {name} must be {(rows, *rest)} finite numbers, not {column.shape}")
    if rows < 2 or not (np.diff(columns["time_s"]) > 0).all():
        raise LapError(f"{path} is damaged: time_s must rise over at least two rows")
    return columns


def _track_of(path: Path, columns: Mapping[str, np.ndarray], track: str | None) -> Track:
    name = track if track is not None else str(columns["track"]) if "track" in columns else None
    if name is None:
        raise LapError(f"{path} does not say what track it was driven on; name it with --track")
    game = str(columns["game"]) if "game" in columns and track is None else None
    return load_for_show(name, game)


def load_for_show(name: str | os.PathLike[str], game: str | None = None) -> Track:
    """A track as ``load`` gives it; where a map uses blocks that tmenv does not know, it is shown with holes."""
    try:
        return load(name, game)
    except UnsupportedBlockError:
        return load(name, game, on_unknown="skip")


def _from_game(path: Path, track: str | None) -> Lap:
    """The run in a file of the game, and the track it was driven on where the file holds that, too."""
    content = read(path)
    if isinstance(content, Map):
        ghosts, map_ = [content.validation_ghost], content
    elif isinstance(content, Replay):
        ghosts, map_ = list(content.ghosts), content.map
    else:
        ghosts, map_ = [content], None
    runs = [ghost for ghost in ghosts if ghost is not None and len(ghost.samples) > 1]
    if not runs:
        raise LapError(f"{path} holds no recorded run")
    if track is None and map_ is None:
        raise LapError(f"{path} does not hold the map it was driven on; name it with --track")
    loaded = build(map_, "skip") if track is None and map_ is not None else load_for_show(str(track))
    return lap_of(path.name.split(".")[0], loaded, ghost_columns(runs[0]))


def ghost_columns(ghost: Ghost) -> dict[str, np.ndarray]:
    """The columns of a lap from a ghost's samples, from the start of the race on."""
    samples = ghost.samples[np.ma.getdata(ghost.samples["time_s"]) >= 0.0]
    names = ("time_s", "position", "rotation", "steer", "gas", "brake")
    columns = {name: np.ma.getdata(samples[name]) for name in names}
    columns["speed_kmh"] = KMH_PER_MPS * np.linalg.norm(np.ma.getdata(samples["velocity"]), axis=1)
    if not np.ma.getmaskarray(samples["gear"]).all():  # TMNF stores none
        columns["gear"] = np.ma.filled(samples["gear"], 0)
    return columns


def rotation_along(position: np.ndarray) -> np.ndarray:
    """Rotations (T, 4) of a car that looks where it moves, wheels down; standing, it keeps its last direction."""
    moved = np.diff(position.astype(np.float64), axis=0, append=position[-1:])
    moving = np.hypot(moved[:, 0], moved[:, 2]) > _STANDING_M
    last = np.maximum.accumulate(np.where(moving, np.arange(len(moved)), -1))
    first = int(np.argmax(moving)) if moving.any() else 0
    step = moved[np.where(last >= 0, last, first)]
    yaw = np.arctan2(step[:, 0], step[:, 2]) / 2.0
    pitch = -np.arctan2(step[:, 1], np.hypot(step[:, 0], step[:, 2])) / 2.0
    # First the pitch about the car's left axis, then the yaw about the world's up.
    return np.stack(
        [np.cos(yaw) * np.sin(pitch), np.sin(yaw) * np.cos(pitch), -np.sin(yaw) * np.sin(pitch),
         np.cos(yaw) * np.cos(pitch)], axis=1,
    ).astype(np.float32)  # fmt: skip


def route_metres(track: Track, position: np.ndarray) -> np.ndarray:
    """Route metres (T,) of places (T, 3) driven one after the other; each is looked for near the one before."""
    points = np.stack([track.route[name] for name in "xyz"], axis=1).astype(np.float64)
    metres, at = np.zeros(len(position)), 0
    for row, place in enumerate(position.astype(np.float64)):
        low, high = max(0, at - _SEARCH_BACK), min(len(points), at + _SEARCH_AHEAD)
        at = low + int(np.argmin(((points[low:high] - place) ** 2).sum(axis=1)))
        before, after = max(0, at - 1), min(len(points) - 1, at + 1)
        along = points[after] - points[before]
        share = float((place - points[at]) @ along / max(along @ along, 1e-9))
        metres[row] = float(track.route["s"][at]) + share * float(track.route["s"][after] - track.route["s"][before])
    return metres


def state_at(lap: Lap, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions (n, 3) and rotations (n, 4) at race times between the samples."""
    times = np.clip(times, lap.time_s[0], lap.time_s[-1])
    position = np.stack([np.interp(times, lap.time_s, lap.position[:, i]) for i in range(3)], axis=1)
    after = np.clip(np.searchsorted(lap.time_s, times, side="right"), 1, len(lap.time_s) - 1)
    one, other = lap.rotation[after - 1], lap.rotation[after]
    other = other * np.where((one * other).sum(axis=1) < 0.0, -1.0, 1.0)[:, None]
    part = (times - lap.time_s[after - 1]) / (lap.time_s[after] - lap.time_s[after - 1])
    rotation = one + part[:, None] * (other - one)
    return position, rotation / np.linalg.norm(rotation, axis=1, keepdims=True)
