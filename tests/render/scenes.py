"""Cars on tracks, drawn: what the tests of this folder share."""

import numpy as np

from tmenv.render.cameras import make_rigs
from tmenv.render.colours import plain_look
from tmenv.render.renderer import Renderer
from tmenv.render.scenery import Scenery
from tmenv.render.tables import POSE, VIEW
from tmenv.track import Track


def poses_at(track: Track, places, lateral: float = 0.0) -> np.ndarray:
    """``POSE`` (n,) of cars that stand on the route and look along it."""
    poses = np.zeros(len(places), POSE)
    for pose, s in zip(poses, places, strict=True):
        half = track.heading_at(s) / 2.0
        pose["position"] = track.position(s, lateral)
        pose["rotation"] = 0.0, np.sin(half), 0.0, np.cos(half)
    return poses


def shoot(
    track: Track, poses: np.ndarray, camera="chase", size=(64, 64), gray=True, looks=None, rigs=None, threads=1
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, height, width[, 3]) and the views they were drawn from; ``size`` is (width, height)."""
    scenery = Scenery()
    scenery.add(track)
    renderer = Renderer(scenery, *size, gray=gray, threads=threads)
    views = np.zeros(len(poses), VIEW)
    renderer.place(make_rigs(camera) if rigs is None else rigs, poses, views)
    out = np.zeros((len(poses), *renderer.frame_shape), np.uint8)
    renderer.draw(views, poses, plain_look() if looks is None else looks, out)
    renderer.close()
    return out, views


def only(*paints: int) -> np.ndarray:
    """``LOOK`` (1,) in which these paints are white in every light and everything else is black."""
    looks = plain_look()
    looks["colours"], looks["ambient"], looks["diffuse"] = 0.0, 1.0, 0.0
    looks["colours"][:, paints] = 255.0
    return looks


def project(view: np.void, points: np.ndarray, size=(64, 64)) -> np.ndarray:
    """Columns, rows and distances ahead (n, 3) of world points (n, 3), written without the renderer."""
    away = points - view["eye"].astype(np.float64)
    ahead = away @ view["forward"]
    column = size[0] / 2 + view["focal_x"] * (away @ view["right"]) / ahead
    row = size[1] / 2 - view["focal_y"] * (away @ view["up"]) / ahead
    return np.stack([column, row, ahead], axis=1)
