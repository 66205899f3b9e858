"""Saved tracks: an ``.npz`` of the tables and a JSON header; nothing in it can execute code."""

import json
import os
import zipfile
from dataclasses import fields
from typing import Any

import numpy as np

from tmenv.errors import TrackError
from tmenv.files import replacing
from tmenv.track.tables import GRID, OPENING, PATCH, ROUTE_POINT, WAYPOINT

VERSION = 3
"""Version of the file; raised when the tables change."""

_DTYPES = {
    "patches": PATCH,
    "profiles": np.dtype(np.float32),
    "heights": np.dtype(np.float32),
    "openings": OPENING,
    "grid": GRID,
    "cell_starts": np.dtype(np.int32),
    "cell_patches": np.dtype(np.int32),
    "wall_starts": np.dtype(np.int32),
    "wall_patches": np.dtype(np.int32),
    "cell_ground_y": np.dtype(np.float32),
    "cell_ground_material": np.dtype(np.int32),
    "cell_waypoint": np.dtype(np.int32),
    "route": ROUTE_POINT,
    "waypoints": WAYPOINT,
    "centreline": PATCH,
    "centreline_s": np.dtype(np.float64),
}
_HEADER = "header"


def save(track: Any, path: str | os.PathLike[str]) -> None:
    """Write every field of a ``Track``; the file appears under its name only when it is complete.

    Raises:
        OutputError: the file cannot be written.
    """
    values = {f.name: getattr(track, f.name) for f in fields(track)}
    plain = {name: value for name, value in values.items() if name not in _DTYPES}
    # JSON has no infinity; None stands for the missing ground.
    plain["ground_y"] = None if np.isinf(track.ground_y) else track.ground_y
    header = json.dumps({"version": VERSION, **plain})
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **{_HEADER: np.array(header)}, **{name: values[name] for name in _DTYPES})


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The fields of a saved track.

    Raises:
        TrackError: the file is missing, broken, or of another version.
    """
    try:
        # Opened here, because np.load leaves a broken file open.
        with open(path, "rb") as content, np.load(content, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _DTYPES}
            header = json.loads(str(file[_HEADER]))
    except FileNotFoundError as error:
        raise TrackError(f"there is no track file {os.fspath(path)!r}") from error
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise TrackError(f"{os.fspath(path)!r} is not a track that tmenv saved, or it is broken: {error}") from error
    _check(path, header, arrays)
    header["ground_y"] = -np.inf if header["ground_y"] is None else header["ground_y"]
    header["spawn"] = tuple(header["spawn"])
    del header["version"]
    return {**header, **arrays}


def _check(path: str | os.PathLike[str], header: Any, arrays: dict[str, np.ndarray]) -> None:
    version = header.get("version") if isinstance(header, dict) else None
    if version != VERSION:
        raise TrackError(
            f"{os.fspath(path)!r} has version {version} of the track format, this tmenv reads {VERSION}: build it again"
        )
    for name, dtype in _DTYPES.items():
        if arrays[name].dtype != dtype:
            raise TrackError(f"{os.fspath(path)!r} is broken: table {name!r} has the wrong columns")
