"""The engine's surface query, from Python: for tests only."""

from typing import Any, NamedTuple

import numba
import numpy as np

from tmenv.engine.contact import FAR, NO_PATCH, find_surface, ground_material, strip_material
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator
from tmenv.engine.world import open_world


class Found(NamedTuple):
    """What the engine finds below n points."""

    patch: np.ndarray
    distance: np.ndarray
    normal: np.ndarray
    material: np.ndarray


@numba.njit
def _probe(headers, points, ups, hints, patches, distances, normals, materials):
    world = open_world(headers[0])
    track = world.tracks[0]
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        up = (ups[i, 0], ups[i, 1], ups[i, 2])
        index, distance, nx, ny, nz, lateral, _, _ = find_surface(world, track, hints[i], x, y, z, up)
        patches[i], distances[i] = index, distance
        normals[i, 0], normals[i, 1], normals[i, 2] = nx, ny, nz
        materials[i] = ground_material(world, track, x, z)
        if index != NO_PATCH:
            materials[i] = strip_material(world.patches[index], lateral)


def probe(track: Any, points: np.ndarray, up: np.ndarray, hint: np.ndarray | None = None) -> Found:
    """The surface below each of ``points`` (n, 3) for cars with these up axes (n, 3); inf where there is none."""
    simulator = Simulator(track, load_parameters("TMNF"))
    count = len(points)
    found = Found(np.zeros(count, np.int64), np.zeros(count), np.zeros((count, 3)), np.zeros(count, np.int64))
    hints = np.full(count, NO_PATCH) if hint is None else hint
    _probe(simulator._filled_header(), points.astype(np.float32), up.astype(np.float32), hints, *found)
    nothing = found.distance >= FAR
    found.distance[nothing], found.material[nothing] = np.inf, -1
    return found
