"""The mesh of a track: it covers the road, stays in its chunks, and thins out with distance."""

from dataclasses import replace

import numpy as np
import pytest

from tests.track.geometry import samples
from tmenv.render.mesh import GROUND_BELOW_M, Mesh, build_mesh
from tmenv.render.solids import box, moved, quads, settled
from tmenv.render.tables import LEVELS, Paint
from tmenv.track import Track, load

TRACKS = ("tm2020-hairpins", "tmnf-chicanes", "tmnf-first-drive")
TOLERANCE_M = (0.12, 0.6, 2.5)


@pytest.fixture(scope="module", params=TRACKS)
def track(request) -> Track:
    return load(request.param)


def rows_of(mesh: Mesh, level: int) -> np.ndarray:
    spans = zip(mesh.chunks["face_at"][:, level], mesh.chunks["face_count"][:, level], strict=True)
    return np.concatenate([np.arange(at, at + count) for at, count in spans])


def level_faces(mesh: Mesh, level: int) -> np.ndarray:
    return mesh.faces[rows_of(mesh, level)]


def heights_at(faces: np.ndarray, x: float, z: float) -> np.ndarray:
    """Heights of the upward faces above a place in plan."""
    corners = faces["corners"][faces["normal"][:, 1] > 0.3].astype(np.float64)
    ahead = np.roll(corners, -1, axis=1) - corners
    to = np.array([x, 0.0, z]) - corners
    inside = (ahead[..., 2] * to[..., 0] - ahead[..., 0] * to[..., 2] >= -1e-6).all(axis=1)
    return corners[inside].mean(axis=1)[:, 1]


@pytest.mark.parametrize("level", range(LEVELS))
def test_road_is_covered_at_every_level(track: Track, level: int):
    faces = level_faces(build_mesh(track), level)
    number, x, z = samples(track, TOLERANCE_M[level] + 0.3, 9.0)
    for patch, at_x, at_z in zip(number[::3], x[::3], z[::3], strict=True):
        heights = heights_at(faces, at_x, at_z)
        row = track.patches[patch]
        if row["profile"] < 0:
            assert np.abs(heights - row["y0"]).min(initial=np.inf) < 0.05, (patch, at_x, at_z)
        else:
            assert len(heights) > 0


def test_each_level_has_fewer_faces_than_the_one_before(track: Track):
    counts = build_mesh(track).chunks["face_count"].sum(axis=0)
    assert counts[0] > 2 * counts[1] > 4 * counts[2] > 0


def test_faces_lie_in_the_spheres_that_cull_them(track: Track):
    mesh = build_mesh(track)
    for region in mesh.regions:
        chunks = mesh.chunks[region["chunk_at"] : region["chunk_at"] + region["chunk_count"]]
        reach = np.linalg.norm(chunks["centre"] - region["centre"], axis=1) + chunks["radius"]
        assert reach.max() <= region["radius"] + 1e-3
    assert mesh.regions["chunk_count"].sum() == len(mesh.chunks)
    for chunk in mesh.chunks:
        for at, count in zip(chunk["face_at"], chunk["face_count"], strict=True):
            corners = mesh.faces["corners"][at : at + count].reshape(-1, 3)
            assert np.linalg.norm(corners - chunk["centre"], axis=1).max(initial=0.0) <= chunk["radius"] + 0.05


def test_every_face_belongs_to_one_chunk(track: Track):
    mesh = build_mesh(track)
    rows = np.sort(np.concatenate([rows_of(mesh, level) for level in range(LEVELS)]))
    assert rows.tolist() == list(range(len(mesh.faces)))


def test_walls_face_the_road_and_its_outside(track: Track):
    faces = level_faces(build_mesh(track), 0)
    walls = faces[faces["paint"] == Paint.WALL]
    inward = 0
    for wall in walls[:: max(1, len(walls) // 40)]:
        middle = wall["corners"].mean(axis=0)
        s, lateral = track.local_coordinates(*(float(v) for v in middle))
        toward = middle + 0.5 * wall["normal"]
        _, after = track.local_coordinates(*(float(v) for v in toward))
        if abs(lateral) < track.width_at(s) / 2 + 0.2:
            inward += 1
            assert abs(after) < abs(lateral)
        else:
            assert abs(after) > abs(lateral)
    assert inward > 5


def test_road_in_the_air_has_an_underside_and_an_earthed_one_has_none():
    track = load("tm2020-first-drive")
    raised = track.patches.copy()
    raised["y0"][5] += 12.0
    faces = build_mesh(replace(track, patches=raised)).faces
    below = faces[faces["paint"] == Paint.UNDERSIDE]
    assert len(below) > 0
    assert below["normal"][:, 1].max() < -0.99
    assert below["corners"][..., 1].min() > 20.0
    assert not (build_mesh(track).faces["paint"] == Paint.UNDERSIDE).any()


def test_ground_is_the_games_or_below_the_lowest_road():
    assert build_mesh(load("tmnf-hairpins")).ground_y == 9.0
    assert build_mesh(load("tm2020-hairpins")).ground_y == 10.0 - GROUND_BELOW_M


def test_gates_stand_where_the_waypoints_are(track: Track):
    faces = level_faces(build_mesh(track), 0)
    for waypoint in track.waypoints:
        paint = Paint.FINISH if waypoint["group"] < 0 else Paint.CHECKPOINT
        banner = faces[(faces["paint"] == paint) & (faces["corners"][..., 1].min(axis=1) > waypoint["y"] + 3.0)]
        plan = banner["corners"].mean(axis=1)[:, [0, 2]] - (waypoint["x"], waypoint["z"])
        along = plan @ (waypoint["nx"], waypoint["nz"])
        assert np.abs(along[np.linalg.norm(plan, axis=1) < 14.0]).max() < 0.6


def test_a_box_shows_its_six_sides_outwards():
    faces = box((-1.0, -2.0, -3.0), (1.0, 2.0, 3.0), Paint.WALL)
    assert len(faces) == 6
    assert ((faces["corners"].mean(axis=1) * faces["normal"]).sum(axis=1) > 0.9).all()


def test_a_twisted_quad_becomes_two_triangles_and_an_empty_one_nothing():
    flat = [(0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 0, 0)]
    twisted = [(0, 0, 0), (0, 0, 1), (1, 0.5, 1), (1, 0, 0)]
    empty = [(0, 0, 0), (0, 0, 1), (0, 0, 1), (0, 0, 0)]
    faces, owner = settled(quads([flat, twisted, empty], [1, 2, 3]))
    assert owner.tolist() == [0, 1, 1]
    assert faces["paint"].tolist() == [1, 2, 2]
    corners, normals = faces["corners"], faces["normal"]
    off = ((corners - corners[:, :1]) * normals[:, None]).sum(axis=2)
    assert np.abs(off).max() < 1e-6
    assert (normals[:, 1] > 0).all()


def test_moved_faces_look_along_the_new_direction():
    face = moved(quads([[(0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)]], 0), (10.0, 0.0, 0.0), (-1.0, 0.0))
    assert face["normal"][0] == pytest.approx([-1.0, 0.0, 0.0])
    # the car's left, +x when it looks along +z, is +z when it looks along -x
    assert face["corners"][0] == pytest.approx(np.array([(9, 0, 0), (9, 0, 1), (9, 1, 1), (9, 1, 0)]))
