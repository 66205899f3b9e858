"""The surface below a point: exact distances, unit normals, and the rule that picks one of several."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.track.surfaces import on_patch, scene_of
from tmenv.constants import Material
from tmenv.track import build, load
from tmenv.track.blocklist import make_map
from tmenv.track.query import below, measure
from tmenv.track.tables import ROUND, WALL
from tmenv.track.turtle import Cursor, lay

ONE_OF_EACH = (
    "StadiumRoadMain#3",
    "StadiumRoadMainGTCurve3",
    "StadiumRoadMainSlopeStraight",
    "StadiumRoadMainGTDiag3x2Slope",
    "StadiumRoadTiltGTCurve2DownRight",
    "StadiumRoadMainBiSlopeStart",
    "StadiumRoadTiltTransition2CurveLeft",
    "StadiumRoadTiltTransition2DiagRight",
    "StadiumCircuitBorderGTCurve2In",
    "StadiumRoadDirtGTCurve2",
    "StadiumDirtHill#9",
    "StadiumPlatformLoopStart",
    "StadiumPlatformLoopEnd",
    "StadiumLoopRight",
    "StadiumPlatformWall4",
    "StadiumPlatformGTCurve2Wall4",
    "StadiumHolePillar",
)
SHARE = st.floats(0.01, 0.99)


@pytest.mark.parametrize("key", ONE_OF_EACH)
@given(along=SHARE, across=SHARE, rotation=st.integers(0, 3), above=st.floats(-0.6, 1.5))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_points_on_a_surface_are_at_distance_zero_and_its_normal_leads_off_it(key, along, across, rotation, above):
    scene = scene_of("TMNF", (key, (5, 2, 7), rotation))
    for number in range(len(scene.patches)):
        points, normal = on_patch(scene, number, along, across)
        surface = scene.patches["surface"][number]
        inside, distance, measured, _ = measure(scene, np.array([number]), points)
        assert inside.all() or scene.patches["opening"][number] >= 0
        assert distance == pytest.approx(0.0, abs=1e-3)
        assert np.linalg.norm(measured, axis=1) == pytest.approx(1.0, abs=1e-6)
        assert measured == pytest.approx(normal, abs=5e-3)
        if surface in (ROUND, WALL):
            _, distance, again, _ = measure(scene, np.array([number]), points + above * normal)
            assert distance == pytest.approx(above, abs=1e-3)
            assert again == pytest.approx(normal, abs=1e-3)
        else:
            _, distance, _, _ = measure(scene, np.array([number]), points + np.array([0.0, above, 0.0]))
            assert distance == pytest.approx(above * measured[:, 1], abs=1e-3)


@given(x=st.floats(162.0, 190.0), z=st.floats(226.0, 254.0), above=st.floats(-0.5, 1.4), rotation=st.integers(0, 3))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_distance_from_a_sloping_plane_is_exact(x, z, above, rotation):
    scene = scene_of("TMNF", ("StadiumPlatformSlope2Straight", (5, 2, 7), rotation))
    points, normal = on_patch(scene, 0, 0.5, 0.5)
    y = points[0, 1] - (normal[0, 0] * (x - points[0, 0]) + normal[0, 2] * (z - points[0, 2])) / normal[0, 1]
    touch = below(scene, np.array([[x, y, z]]) + above * normal)
    assert touch.distance == pytest.approx(above, abs=2e-3)
    assert touch.normal == pytest.approx(normal, abs=1e-5)


def test_road_wins_over_the_grass_below_it_and_grass_beside_it_is_found():
    track = build(make_map("test", "TMNF", lay("TMNF", ["start", "straight", "finish"], Cursor(10, 10, 0))))
    touch = below(track, np.array([[336.0, 9.345, 368.0], [200.0, 9.0, 368.0], [336.0, 30.0, 368.0]]))
    assert touch.material.tolist() == [Material.ASPHALT, Material.GRASS, -1]
    assert touch.block.tolist() == [1, -1, -1]
    assert touch.distance[:2] == pytest.approx(0.0, abs=1e-4)
    assert np.isinf(touch.distance[2])


def test_dirt_takes_the_grass_away():
    scene = scene_of("TMNF", ("StadiumRoadDirtFenceStraight", (5, 1, 7), 0))
    in_bowl = np.array([[176.0, 7.39, 240.0]])
    touch = below(scene, in_bowl)
    assert touch.material.tolist() == [Material.DIRT]
    assert abs(touch.distance[0]) < 0.05
    assert np.isneginf(scene.cell_ground_y[0])
    on_grass = below(scene, np.array([[300.0, 9.0, 240.0]]))
    assert on_grass.material.tolist() == [Material.GRASS]


def test_dirt_ground_stands_at_its_own_height():
    scene = scene_of("TMNF", ("StadiumDirt", (5, 2, 7), 0))
    touch = below(scene, np.array([[170.0, 25.0, 230.0]]))
    assert (touch.material.tolist(), touch.distance.tolist()) == ([Material.DIRT], [0.0])


def test_hill_gives_way_to_the_road_over_it():
    scene = scene_of("TMNF", ("StadiumDirtHill#5", (5, 2, 7), 0), ("StadiumRoadDirtHillSlope", (5, 1, 7), 0))
    assert set(scene.patches["block"].tolist()) == {1}


def test_a_hole_has_no_surface():
    scene = scene_of("TMNF", ("StadiumHole", (5, 3, 7), 1))
    beside, inside = np.array([[163.0, 25.345, 240.0]]), np.array([[176.0, 25.345, 240.0]])
    assert below(scene, beside).block.tolist() == [0]
    assert below(scene, inside).patch.tolist() == [-1]


def test_a_plate_fills_the_hole_around_a_pillar():
    scene = scene_of("TMNF", ("StadiumHolePillar", (5, 3, 7), 1))
    assert below(scene, np.array([[170.0, 25.345, 237.0]])).material.tolist() == [Material.METAL]


def test_walls_count_only_for_cars_that_lean_on_them():
    scene = scene_of("TMNF", ("StadiumPlatformWall4", (5, 3, 7), 0))
    points = np.array([[176.0, 40.0, 224.0 + 1.352 + 0.3]])
    assert below(scene, points).patch.tolist() == [-1]
    touch = below(scene, points, np.array([0.0, 0.0, 1.0]))
    assert touch.distance == pytest.approx(0.3, abs=1e-4)
    assert touch.normal == pytest.approx(np.array([[0.0, 0.0, 1.0]]), abs=1e-6)


def test_saved_tracks_answer_the_same(tmp_path):
    track = load("tmnf-first-drive")
    track.save(tmp_path / "track.npz")
    again = type(track).load(tmp_path / "track.npz")
    points = np.stack([track.route["x"], track.route["y"] + 0.1, track.route["z"]], axis=1)
    assert (below(track, points).distance == below(again, points).distance).all()
    assert np.abs(below(track, points).distance - 0.1).max() < 1e-3


def test_blocks_answer_the_same_alone_and_among_others():
    keys = ("StadiumRoadDirtGTCurve2", "StadiumRoadDirtToRoad", "StadiumHole", "StadiumRoadTiltTransition2Right")
    together = scene_of("TMNF", *((key, (3 + 4 * i, 1, 7), i) for i, key in enumerate(keys)))
    for i, key in enumerate(keys):
        alone = scene_of("TMNF", (key, (3 + 4 * i, 1, 7), i))
        for number in range(len(alone.patches)):
            points, normal = on_patch(alone, number, np.linspace(0.1, 0.9, 9), np.linspace(0.2, 0.9, 9))
            one, all_ = alone.surface(points + 0.1 * normal, normal), together.surface(points + 0.1 * normal, normal)
            assert (one.distance == all_.distance).all()
            assert (one.material == all_.material).all()
            assert (np.where(one.block < 0, -1, i) == all_.block).all()
