"""Standing walls: as obstacles for cars beside them, as roads for cars that lean on them."""

from typing import Any

import numba
import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.scenes import arc, deck, pipe, scene, strip, wall
from tmenv.engine.compile import view
from tmenv.engine.obstacles import near_wall
from tmenv.engine.state import CAR
from tmenv.engine.world import open_world
from tmenv.track import ribbon
from tmenv.track.tables import WALL

WIDE = {"border_left": 200.0, "border_right": 200.0, "length": 400.0, "z0": -200.0}


def solid(half: float) -> np.ndarray:
    """A square pillar around the origin."""
    sides = [wall(yaw, length=2 * half, wall_height=6.0) for yaw in (0.0, 90.0, 180.0, 270.0)]
    for side, (x, z) in zip(sides, ((half, -half), (-half, -half), (-half, half), (half, half)), strict=True):
        side["x0"], side["z0"] = x, z
    return np.concatenate(sides)


def curved(turn: float, radius: float) -> list[np.ndarray]:
    """A standing cylinder around the origin, hollow (turn 1) or solid (turn -1), as four walls."""
    shape: dict[str, Any] = {"surface": WALL, "wall_height": 6.0, "border_left": 0.0, "border_right": 0.0}
    return [strip(**{**shape, **arc(turn, radius, first, 90.0)}) for first in (0.0, 90.0, 180.0, 270.0)]


def arena(half: float) -> list[np.ndarray]:
    """Four walls around the origin that look inwards."""
    corners = ((half, half, 180.0), (half, -half, 270.0), (-half, -half, 0.0), (-half, half, 90.0))
    rows = [wall(yaw, length=2 * half) for _, _, yaw in corners]
    for row, (x, z, _) in zip(rows, corners, strict=True):
        row["x0"], row["z0"] = x, z
    return rows


def test_walls_of_the_helpers_look_the_right_way():
    inwards = np.concatenate(arena(20.0))
    np.testing.assert_allclose(inwards["dx"] * inwards["z0"] - inwards["dz"] * inwards["x0"], 20.0, rtol=1e-6)
    pillar = solid(1.4)
    np.testing.assert_allclose(pillar["dx"] * pillar["z0"] - pillar["dz"] * pillar["x0"], -1.4, rtol=1e-6)


@pytest.mark.parametrize("kmh", [60, 200, 450])
@pytest.mark.parametrize("shape", ["pillar", "round pillar", "wall"])
def test_a_head_on_hit_stops_the_car_in_front_of_the_wall(shape: str, kmh: float):
    front = {"pillar": -1.4, "round pillar": -3.0, "wall": 0.0}[shape]
    walls = {"pillar": [solid(1.4)], "round pillar": curved(-1.0, 3.0), "wall": [wall(90.0, x0=-20.0, length=40.0)]}
    track = scene(deck(**WIDE), *walls[shape])
    drive = Drive("TMNF", track=track).place((0.0, 0.015, -30.0), speed=kmh / 3.6)
    drive.until(lambda d: d.car["wall_time"] > 0, gas=True)
    for _ in range(30):
        drive.go(1, gas=True)
        assert drive.wheels[:, 2].max() < front + 0.1
        assert float(drive.velocity[2]) > -1.5
    assert drive.kmh < 0.3 * kmh
    assert abs(float(drive.car["position"][0])) < 1.0e-3


def test_no_wheel_leaves_an_arena_and_none_enters_its_pillars():
    track = scene(deck(**WIDE), *arena(24.0), solid(1.4), *curved(1.0, 30.0))
    rng = np.random.default_rng(3)
    for _ in range(25):
        drive = Drive("TMNF", track=track)
        drive.place((rng.uniform(-18, 18), 0.015, rng.choice([-12.0, 12.0])), yaw=rng.uniform(0, 360), speed=40.0)
        for _ in range(60):
            drive.go(5, steer=float(rng.uniform(-1, 1)), gas=bool(rng.random() < 0.9), brake=bool(rng.random() < 0.1))
            wheels = drive.wheels
            assert np.abs(wheels[:, [0, 2]]).max() < 24.6
            assert np.hypot(wheels[:, 0], wheels[:, 2]).max() < 30.6
            assert np.abs(wheels[:, [0, 2]]).max(axis=1).min() > 1.25
            assert drive.kmh < 500


def test_mirrored_hits_are_mirrored():
    track = scene(deck(**WIDE), *arena(30.0))
    left, right = (Drive("TM2020", track=track).place((0, 0.015, -5), yaw=side * 25.0, speed=50.0) for side in (1, -1))
    for _ in range(15):
        left.go(10, gas=True)
        right.go(10, gas=True)
        assert left.car["position"][0] == pytest.approx(-right.car["position"][0], abs=2.0e-3)
        assert left.kmh == pytest.approx(right.kmh, abs=0.05)
    assert left.car["wall_time"] > 0.0


def test_a_straight_hit_on_both_front_wheels_does_not_turn_the_car():
    drive = Drive("TMNF", track=scene(deck(**WIDE), *arena(30.0))).place((0.0, 0.015, 10.0), speed=60.0)
    drive.go(60, gas=True)
    assert drive.car["wall_time"] > 0.0
    assert abs(float(drive.car["spin"][1])) < 1.0e-4


@pytest.mark.parametrize("origin", [(0.0, -6.0, 1.0), (0.0, 9.0, 0.5), (0.0, 0.015, 4.0)])
def test_a_car_below_above_or_behind_a_wall_is_left_alone(origin: tuple[float, float, float]):
    row = wall(90.0, x0=-20.0, length=40.0)  # looks to -z: the car is on its far side
    drive = Drive("TMNF", track=scene(deck(**WIDE), row)).place(origin)
    drive.go(3)
    assert drive.car["wall_time"] == 0.0
    assert float(drive.velocity[2]) == pytest.approx(0.0, abs=0.01)


def test_a_car_rides_from_a_quarter_pipe_up_a_wall_and_falls_back():
    radius = 30.648
    upright = wall(90.0, x0=-40.0, z0=radius, y0=radius, length=80.0, wall_height=60.0)
    track = scene(deck(z0=-200.0, length=200.0), pipe(radius, 0.0, 90.0, border_left=40.0, border_right=40.0), upright)
    drive = Drive("TMNF", track=track).place((0.0, 0.015, -20.0), speed=60.0)
    touched = set()
    for _ in range(200):
        drive.go(1, gas=True)
        touched |= set(drive.car["patch"][drive.car["contact"] == 1].tolist())
        assert float(drive.car["position"][2]) < radius
    assert touched == {0, 1, 2}
    highest = float(drive.car["position"][1])
    assert highest > radius + 5.0
    assert drive.car["wall_time"] == 0.0
    drive.go(400)
    assert float(drive.car["position"][1]) < highest


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_a_leaning_car_is_carried_round_a_hollow_wall(turn: float):
    """A standing cylinder of radius 62 m at 70 m/s: the wall presses with 80 m/s2 and carries the car on."""
    shape = {"surface": WALL, "wall_height": 60.0, "border_left": 0.0, "border_right": 0.0}
    walls = [strip(**{**shape, **arc(1.0, 62.645, first, 90.0)}) for first in (0.0, 90.0, 180.0, 270.0)]
    drive = Drive("TMNF", track=scene(*walls))
    drive.place((62.6 * turn, 30.0, 0.0), roll=90.0 * turn, speed=70.0)
    drive.go(60)
    radius = np.hypot(drive.wheels[:, 0], drive.wheels[:, 2])
    assert drive.car["contact"].sum() == 4
    np.testing.assert_allclose(radius, 62.6, atol=0.3)


@pytest.mark.parametrize("seed", range(3))
def test_a_car_near_a_wall_is_told_so(seed: int):
    """The squares of the cells hold every place within 5.8 m of a wall, and none beyond 17 m."""
    rng = np.random.default_rng(seed)
    walls = [wall(float(rng.uniform(0.0, 360.0)), x0=x, z0=z, length=20.0) for x, z in rng.uniform(-60.0, 60.0, (3, 2))]
    track = scene(deck(), *walls, wall(**arc(-1.0, 6.0, 0.0, 120.0, x0=40.0, z0=50.0)))
    rows = track.patches[track.patches["surface"] == WALL][:, None]
    x, z, _, _ = ribbon.frame(rows, np.linspace(0.0, 1.0, 400) * rows["length"])
    places = rng.uniform(-100.0, 100.0, (3000, 2))
    away = np.min(np.hypot(places[:, :1] - x.ravel(), places[:, 1:] - z.ravel()), axis=1)
    near = squares_say(track, places)
    assert near[away < 5.8].all()
    assert not near[away > 17.0].any()


def squares_say(track: Any, places: np.ndarray) -> np.ndarray:
    """``near_wall`` for a car over each place (x, z)."""
    drive = Drive("TMNF", track=track)
    found = np.zeros(len(places), bool)
    ask_near_wall(drive.simulator._filled_header(), places, found)
    return found


@numba.njit
def ask_near_wall(headers, places, found):
    """The engine's answer for the first car, moved to each place."""
    header = headers[0]
    world = open_world(header)
    car = view(header.cars, header.cars_count, CAR)[0]
    for row in range(len(places)):
        car.position[0], car.position[2] = places[row, 0], places[row, 1]
        found[row] = near_wall(world, car)
