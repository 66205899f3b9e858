"""``write_page``: laps replayed in 3D in one HTML file that needs no network."""

import base64
import html
import json
import os
from collections.abc import Sequence
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from tmenv.errors import LapError
from tmenv.files import replacing
from tmenv.render.car import car_faces
from tmenv.render.colours import plain_look
from tmenv.render.laps import Lap
from tmenv.render.mesh import Mesh, build_mesh
from tmenv.render.solids import quads
from tmenv.render.tables import TINT_ONE, Paint

_GROUND_MARGIN_M = 1500.0
_GROUND_TILES = 24


def write_page(path: str | os.PathLike[str], laps: Sequence[Lap], title: str | None = None) -> None:
    """Write a page that replays laps on the track of the first one.

    Args:
        path: the file; replaced only once the new one is complete.
        laps: at least one.
        title: None: the track's name.

    Raises:
        LapError: no lap.
        OutputError: the file cannot be written.
    """
    if not laps:
        raise LapError("there is no lap to show")
    track = laps[0].track
    parts = files("tmenv.render") / "page"
    text = {name: (parts / name).read_text(encoding="utf-8") for name in ("page.html", "style.css", "viewer.js")}
    page = Template(text["page.html"]).substitute(
        title=html.escape(title or track.name or "race"),
        subtitle=html.escape(f"{track.game}, {track.length_m:.0f} m, {_author(track.author_time_s)}"),
        style=text["style.css"],
        script=text["viewer.js"],
        # "</" would end the script element
        data=json.dumps(page_data(laps), separators=(",", ":")).replace("</", "<\\/"),
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _author(time_s: float | None) -> str:
    return "no author time" if time_s is None else f"author {time_s:.3f} s"


def page_data(laps: Sequence[Lap]) -> dict[str, Any]:
    """What the page's script reads: faces, cars and laps; arrays as base64 of little-endian float32 or bytes."""
    mesh, look = build_mesh(laps[0].track), plain_look()[0]
    used = range(min(len(laps), Paint.CARS))
    near = near_faces(mesh)
    return {
        "track": _shape(np.concatenate([ground_faces(near, mesh.ground_y), near]), look),
        "cars": [_shape(car_faces(colour, 0), look) for colour in used],
        "laps": [_lap(lap, look["colours"][Paint.CAR + number % Paint.CARS]) for number, lap in enumerate(laps)],
        "bounds": {"low": near["corners"].min((0, 1)).tolist(), "high": near["corners"].max((0, 1)).tolist()},
        "sky": look["colours"][Paint.SKY_LOW].tolist(),
    }


def near_faces(mesh: Mesh) -> np.ndarray:
    """The faces of level 0."""
    spans = zip(mesh.chunks["face_at"][:, 0], mesh.chunks["face_count"][:, 0], strict=True)
    return mesh.faces[np.concatenate([np.arange(at, at + count) for at, count in spans])]


def ground_faces(near: np.ndarray, ground_y: float) -> np.ndarray:
    """The ground far around the faces, in large squares of two greens."""
    low = near["corners"].min((0, 1)) - _GROUND_MARGIN_M
    high = near["corners"].max((0, 1)) + _GROUND_MARGIN_M
    x, z = (np.linspace(low[i], high[i], _GROUND_TILES + 1) for i in (0, 2))
    i, j = (part.ravel() for part in np.meshgrid(range(_GROUND_TILES), range(_GROUND_TILES)))
    y = np.full(len(i), ground_y)
    corners = [np.stack([x[i + a], y, z[j + b]], axis=1) for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))]
    return quads(np.stack(corners, axis=1), np.where((i + j) % 2, Paint.GROUND, Paint.GROUND_ALTERNATE))


def _shape(faces: np.ndarray, look: np.void) -> dict[str, str]:
    light = look["ambient"] + look["diffuse"] * np.maximum(faces["normal"] @ look["sun"], 0.0)
    light *= faces["tint"] / TINT_ONE
    colours = np.clip(look["colours"][faces["paint"]] * light[:, None], 0.0, 255.0)
    return {"corners": _coded(faces["corners"]), "colours": _coded(np.rint(colours), np.uint8)}


def _lap(lap: Lap, colour: np.ndarray) -> dict[str, Any]:
    columns = {
        "time": lap.time_s,
        "position": lap.position,
        "rotation": lap.rotation,
        "speed": lap.speed_kmh,
        "steer": lap.steer,
        "gas": lap.gas,
        "brake": lap.brake,
        "metres": lap.metres,
    }
    coded: dict[str, Any] = {name: _coded(column) for name, column in columns.items()}
    gear = None if lap.gear is None else _coded(lap.gear)
    return coded | {"name": lap.name, "gear": gear, "colour": np.rint(colour).astype(int).tolist()}


def _coded(values: np.ndarray, dtype: type = np.float32) -> str:
    little = np.dtype(dtype).newbyteorder("<")
    return base64.b64encode(np.ascontiguousarray(values, little).tobytes()).decode("ascii")
