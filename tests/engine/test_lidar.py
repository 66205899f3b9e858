"""The corridor walk against a plain reference: step along the ray until the point is on no road."""

import numba
import numpy as np
import pytest

from tests.engine.roads import crossing, road
from tmenv.engine import lidar
from tmenv.engine.compile import view
from tmenv.engine.lidar import RANGE_M, RAYS
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator
from tmenv.engine.state import CAR
from tmenv.engine.world import open_world
from tmenv.track import Track
from tmenv.track.tables import ARC

STEP_M = 0.02


def on_road(track: Track, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Which points lie between the borders of any patch? No links, no cells: every patch is asked."""
    found = np.zeros(x.shape, bool)
    for patch in track.patches:
        rx, rz = x - patch["x0"], z - patch["z0"]
        if patch["plan"] == ARC:
            turn = patch["turn"]
            start = turn * (patch["dz"] * rx - patch["dx"] * rz)
            end = turn * (rz * patch["ex"] - rx * patch["ez"])
            lateral, inside = turn * (patch["radius"] - np.hypot(rx, rz)), (start >= -0.01) & (end >= -0.01)
        else:
            along = rx * patch["dx"] + rz * patch["dz"]
            lateral = rx * patch["dz"] - rz * patch["dx"]
            inside = (along >= -0.01) & (along <= patch["length"] + 0.01)
        found |= inside & (-patch["border_right"] <= lateral) & (lateral <= patch["border_left"])
    return found


def reference(track: Track, x: float, z: float, yaw: float) -> np.ndarray:
    """19 distances by stepping, right to left."""
    angles = yaw + np.deg2rad(np.linspace(-90.0, 90.0, RAYS))[:, None]
    travelled = np.arange(0.0, RANGE_M + STEP_M, STEP_M)
    inside = on_road(track, x + travelled * np.sin(angles), z + travelled * np.cos(angles))
    return np.where(inside.all(axis=1), RANGE_M, travelled[inside.argmin(axis=1)])


@numba.njit
def look(headers, readings):
    """The engine's scan of the first car."""
    header = headers[0]
    world = open_world(header)
    car = view(header.cars, header.cars_count, CAR)[0]
    lidar.scan(world, car, world.params[car.params], readings)


def scan(track: Track, x: float, z: float, yaw: float) -> np.ndarray:
    """The engine's reading with the nose at (x, z)."""
    simulator = Simulator(track, load_parameters(track.game))
    car = simulator.cars[0]
    car["rotation"] = [0.0, np.sin(yaw / 2), 0.0, np.cos(yaw / 2)]
    car["nose"] = [x, track.position(0.0)[1] + 0.1, z]
    readings = np.zeros(RAYS, np.float32)
    look(simulator._filled_header(), readings)
    return readings


ROADS = [
    ("TM2020", ("start", "straight", "curve1 left", "straight", "curve2 right", "finish")),
    ("TM2020", ("start", "chicane3x2 left", "curve3 left", "curve1 right", "chicane2x2 right", "finish")),
    ("TMNF", ("start", "curve4 left", "chicane4x3 right", "curve1 left", "finish")),
]


@pytest.mark.parametrize(("game", "words"), ROADS)
def test_rays_agree_with_stepping_along_them(game, words):
    track = road(game, *words)
    rng = np.random.default_rng(1)
    for s in rng.uniform(3.0, track.length_m - 3.0, 12):
        x, _, z = track.position(s, rng.uniform(-12.0, 12.0))
        yaw = track.heading_at(s) + rng.uniform(-1.0, 1.0)
        np.testing.assert_allclose(scan(track, x, z, yaw), reference(track, x, z, yaw), atol=0.06)


def test_rays_run_through_the_open_sides_of_a_crossing():
    """From the middle of a crossroads the rays along its arms reach the ends of the arms."""
    track = crossing()
    x, _, z = track.position(float(track.length_m) / 2)
    np.testing.assert_allclose(
        scan(track, x, z, track.heading_at(0.0)), reference(track, x, z, track.heading_at(0.0)), atol=0.06
    )


def test_nose_beyond_the_border_reads_zero_towards_it():
    track = road("TM2020", "start", "straight", "straight", "finish")
    x, _, z = track.position(40.0, 12.9)  # left of the border
    readings = scan(track, x, z, track.heading_at(40.0))
    assert readings[-1] == pytest.approx(0.0, abs=1e-3)
    assert readings[0] == pytest.approx(track.width_at(40.0), abs=0.01)


def test_nose_off_the_road_reads_zero_everywhere():
    track = road("TM2020", "start", "straight", "straight", "finish")
    x, _, z = track.position(40.0, 40.0)
    assert (scan(track, x, z, track.heading_at(40.0)) == 0.0).all()
