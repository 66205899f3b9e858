"""LIDAR on decks between walls, on height fields and in pipes, against stepping along the rays."""

from typing import Any

import numba
import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.scenes import arc, deck, field, pipe, plane, scene, wall
from tmenv.engine import lidar
from tmenv.engine.compile import view
from tmenv.engine.lidar import RANGE_M, RAYS
from tmenv.engine.state import CAR
from tmenv.engine.world import open_world
from tmenv.track.tables import LOOK_UP

ANGLES = np.deg2rad(np.linspace(-90.0, 90.0, RAYS))
STEP_M = 0.02
OPEN = {"open_sides": 3, "before": LOOK_UP, "after": LOOK_UP}


@numba.njit
def look(headers, readings):
    """The engine's scan of the first car."""
    header = headers[0]
    world = open_world(header)
    car = view(header.cars, header.cars_count, CAR)[0]
    lidar.scan(world, car, world.params[car.params], readings)


def scan(track: Any, nose: tuple[float, float, float], **attitude: float) -> np.ndarray:
    """The engine's readings with the nose at a point."""
    drive = Drive("TMNF", track=track).place(nose, **attitude)
    drive.car["nose"], drive.car["nose_patch"] = nose, -1
    readings = np.zeros(RAYS, np.float32)
    look(drive.simulator._filled_header(), readings)
    return readings


def tiles(rows: int, columns: int) -> list[np.ndarray]:
    """Deck tiles of 32 m, the first with its corner at the origin."""
    return [deck(x0=32.0 * i + 16.0, z0=32.0 * k, **OPEN) for i in range(columns) for k in range(rows)]


def reference(walls: list[np.ndarray], edge: tuple[float, float], x: float, z: float, yaw: float) -> np.ndarray:
    """Distances by stepping, to the first point off the decks (0..edge) or behind a wall's face."""
    t = np.arange(0.0, RANGE_M + STEP_M, STEP_M)
    angles = yaw + ANGLES[:, None]
    px, pz = x + t * np.sin(angles), z + t * np.cos(angles)
    free = (px >= 0.0) & (px <= edge[0]) & (pz >= 0.0) & (pz <= edge[1])
    for row in np.concatenate(walls):
        rx, rz = px - row["x0"], pz - row["z0"]
        if row["turn"] == 0.0:
            along, front = rx * row["dx"] + rz * row["dz"], rx * row["dz"] - rz * row["dx"]
            beside = (along >= 0.0) & (along <= row["length"])
        else:
            front = row["turn"] * (row["radius"] - np.hypot(rx, rz))
            beside = row["turn"] * (row["dz"] * rx - row["dx"] * rz) >= 0.0
            beside &= row["turn"] * (rz * row["ex"] - rx * row["ez"]) >= 0.0
        free &= ~(beside & (front < 0.0) & (front > -1.0))
    return np.where(free.all(axis=1), RANGE_M, t[free.argmin(axis=1)])


WALLS = [
    wall(90.0, x0=0.0, z0=90.0, length=64.0),
    wall(**arc(-1.0, 6.0, 0.0, 120.0, x0=40.0, z0=50.0)),
    wall(**arc(-1.0, 6.0, 240.0, 120.0, x0=40.0, z0=50.0)),
    wall(**arc(-1.0, 6.0, 120.0, 120.0, x0=40.0, z0=50.0)),
    wall(180.0, x0=60.0, z0=25.0, length=20.0),
]
TRACK = scene(*tiles(3, 2), *WALLS)


@pytest.mark.parametrize("seed", range(12))
def test_rays_on_decks_stop_at_walls_and_edges(seed: int):
    rng = np.random.default_rng(seed)
    x, z, yaw = rng.uniform(3.0, 30.0), rng.uniform(3.0, 85.0), rng.uniform(-np.pi, np.pi)
    readings = scan(TRACK, (x, 0.2, z), yaw=float(np.degrees(yaw)))
    np.testing.assert_allclose(readings, reference(WALLS, (64.0, 96.0), x, z, yaw), atol=0.06)


def test_walls_of_other_levels_are_not_seen():
    above = wall(90.0, x0=0.0, z0=60.0, y0=20.0, length=64.0)
    below = wall(90.0, x0=0.0, z0=60.0, y0=-30.0, length=64.0, wall_height=5.0)
    track = scene(*tiles(3, 2), above, below)
    np.testing.assert_allclose(scan(track, (30.0, 0.2, 50.0))[RAYS // 2], 46.0, atol=0.06)


def test_rays_go_on_up_a_slope_of_decks():
    """Tiles of an inclined deck have heights at their corners 16 m apart: they are one level all the same."""
    up = [plane(16.0 * (k - 1), 0.0, 0.5, z0=32.0 * k, plane_z=32.0 * k, **OPEN) for k in (1, 2)]
    track = scene(deck(z0=0.0, **OPEN), *up)
    np.testing.assert_allclose(scan(track, (0.0, 0.2, 10.0))[RAYS // 2], 86.0, atol=0.1)


def test_rays_run_over_height_fields_to_the_road_behind():
    track = scene(field(np.zeros((17, 17), np.float32)), deck(z0=32.0, **OPEN), heights=np.zeros(289, np.float32))
    np.testing.assert_allclose(scan(track, (0.0, 0.2, 10.0))[RAYS // 2], 54.0, atol=0.1)


def test_in_a_pipe_the_sides_stop_the_rays():
    track = scene(pipe(30.0, 0.0, 90.0, border_left=10.0, border_right=14.0))
    at = np.radians(60.0)
    nose = (2.0, 30.0 - 29.8 * np.cos(at), 29.8 * np.sin(at))
    readings = scan(track, nose, pitch=-60.0)
    assert readings[0] == pytest.approx(16.0, abs=0.01)
    assert readings[-1] == pytest.approx(8.0, abs=0.01)
    assert readings[RAYS // 2] == RANGE_M
    assert readings[RAYS - 4] == pytest.approx(8.0 / np.sin(np.radians(60.0)), abs=0.05)


@pytest.mark.parametrize("across", [-1.0e-4, -3.0e-6, 0.0, 3.0e-6, 1.0e-4])
@pytest.mark.parametrize("height", [0.0, 1.0])
def test_a_ray_that_grazes_the_seam_of_two_decks_goes_on(across: float, height: float):
    """The second row lies higher, so that its decks are no part of the first one's floor."""
    second = [deck(x0=32.0 * i + 16.0, z0=32.0 * k, y0=height, **OPEN) for i in (0, 1) for k in (1, 2)]
    first = [deck(x0=32.0 * i + 16.0, z0=0.0, **OPEN) for i in (0, 1)]
    yaw = float(np.degrees(np.arctan(across)))
    readings = scan(scene(*first, *second), (32.0, 0.2, 10.0), yaw=yaw)
    np.testing.assert_allclose(readings[RAYS // 2], 86.0, atol=0.06)
