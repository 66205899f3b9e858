"""Faces of the patches that are no plain road lie on the surfaces they stand for, and face who drives on them."""

from dataclasses import replace

import numpy as np
import pytest

from tests.render.scenes import only, shoot
from tmenv.constants import Material
from tmenv.render.cameras import make_rigs
from tmenv.render.mesh import build_mesh
from tmenv.render.shapes import holed_faces, node_faces, round_faces, terrain_faces, wall_faces
from tmenv.render.tables import LEVELS, POSE, Paint
from tmenv.track import Track, load
from tmenv.track.tables import ARC, FLAT, NODES, OPENING, PATCH, ROUND, WALL

SUN_SIDE = (100.0, 40.0, 200.0)


@pytest.fixture(scope="module")
def plain() -> Track:
    return load("tmnf-hairpins")


def patch(**fields) -> np.ndarray:
    """One straight patch from (100, 40, 200) along +z, 32 m long and wide."""
    row = np.zeros(1, PATCH)
    x, y, z = SUN_SIDE
    values = {
        "x0": x,
        "z0": z,
        "y0": y,
        "dz": 1.0,
        "ez": 1.0,
        "length": 32.0,
        "border_left": 16.0,
        "border_right": 16.0,
    }
    values |= {"profile": -1, "opening": -1, "nodes": -1, "before": -1, "after": -1, "open_sides": 3}
    values |= {"strip_edge_0": 16.0, "strip_edge_1": 16.0}
    for name, value in (values | fields).items():
        row[name] = value
    return row


def area(faces: np.ndarray) -> float:
    corners = faces["corners"].astype(np.float64)
    return float(
        np.linalg.norm(np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]), axis=1).sum() / 2
    )


@pytest.mark.parametrize("level", range(LEVELS))
def test_a_height_field_passes_through_its_nodes(plain: Track, level: int):
    s, lateral = np.meshgrid(np.arange(17) * 2.0, np.arange(17) * 2.0 - 16.0, indexing="ij")
    heights = (0.02 * s**2 + 0.1 * lateral).astype(np.float32)
    row = patch(surface=NODES, nodes=0, node_columns=17)
    corners = node_faces(replace(plain, heights=heights.ravel()), row, level)["corners"].reshape(-1, 3)
    z, left = corners[:, 2] - 200.0, corners[:, 0] - 100.0
    assert corners[:, 1] == pytest.approx(40.0 + 0.02 * z**2 + 0.1 * left, abs=1e-4)
    assert (z.min(), z.max(), left.min(), left.max()) == (0.0, 32.0, -16.0, 16.0)


def test_a_height_field_is_seen_from_above_and_thins_out(plain: Track):
    track = replace(plain, heights=np.zeros(17 * 17, np.float32))
    levels = [node_faces(track, patch(surface=NODES, nodes=0, node_columns=17), level) for level in range(LEVELS)]
    assert [len(faces) for faces in levels] == [64, 16, 4]
    assert all((faces["normal"][:, 1] > 0.99).all() for faces in levels)


@pytest.mark.parametrize("level", range(LEVELS))
def test_a_quarter_pipe_has_its_inside_and_its_back(plain: Track, level: int):
    """Axis 30 m above the start of the patch, from the bottom up to the level of the axis."""
    row = patch(surface=ROUND, radius=30.0, y0=70.0, from_up=-1.0, to_along=1.0, length=30.0 * np.pi / 2)
    faces = round_faces(plain, row, level)
    corners = faces["corners"].reshape(-1, 3).astype(np.float64)
    along, up = corners[:, 2] - 200.0, corners[:, 1] - 70.0
    assert np.hypot(along, up) == pytest.approx(np.full(len(corners), 30.0), abs=1e-3)
    assert along.min() == pytest.approx(0.0, abs=1e-4)
    assert up.max() == pytest.approx(0.0, abs=1e-4)
    middle = faces["corners"].mean(axis=1) - (100.0, 70.0, 200.0)
    inward = -(middle * faces["normal"]).sum(axis=1)
    assert (inward[faces["paint"] != Paint.UNDERSIDE] > 20.0).all()
    assert (inward[faces["paint"] == Paint.UNDERSIDE] < -20.0).all()


def test_a_loop_moves_sideways_as_it_turns(plain: Track):
    row = patch(surface=ROUND, radius=10.0, y0=50.0, from_up=-1.0, to_up=1.0, shift=4.0, length=10.0 * np.pi)
    row["border_left"] = row["border_right"] = 2.0
    corners = round_faces(plain, row, 0)["corners"].reshape(-1, 3)
    top, bottom = corners[corners[:, 1] > 59.99], corners[corners[:, 1] < 40.01]
    assert bottom[:, 0].mean() == pytest.approx(100.0, abs=1e-3)
    assert top[:, 0].mean() == pytest.approx(100.0 + 4.0 * np.pi, abs=1e-3)


@pytest.mark.parametrize("turn", [0.0, 1.0, -1.0])
def test_a_wall_faces_its_left_and_has_a_back(plain: Track, turn: float):
    row = patch(surface=WALL, border_left=0.0, border_right=0.0, wall_height=8.0)
    if turn:
        row["plan"], row["turn"], row["radius"], row["length"] = ARC, turn, 20.0, 20.0 * np.pi / 2
        row["dx"], row["dz"], row["ex"], row["ez"] = -turn, 0.0, 0.0, 1.0
    both = wall_faces(plain, row, 0)
    faces, backs = both[both["paint"] == Paint.WALL], both[both["paint"] == Paint.UNDERSIDE]
    assert backs["normal"] == pytest.approx(-faces["normal"], abs=1e-6)
    assert area(faces) == pytest.approx(8.0 * float(row["length"][0]), rel=0.01)
    assert np.abs(faces["normal"][:, 1]).max() < 1e-5
    middle = faces["corners"].mean(axis=1) - SUN_SIDE
    outward = (middle * faces["normal"]).sum(axis=1)
    if turn:  # hollow walls face the centre, pillars away from it
        assert (-turn * outward > 15.0).all()
    else:
        assert faces["normal"][:, 0] == pytest.approx(np.ones(len(faces)))


@pytest.mark.parametrize(
    ("hole", "missing"),
    [
        ({"s": 16.0, "half_length": 5.0, "half_width": 4.0}, 80.0),
        ({"s": 12.0, "lateral": -3.0, "radius": 6.0}, 36.0 * np.pi),
        ({"s": 0.0, "lateral": 16.0, "radius": 20.0}, 100.0 * np.pi),
    ],
)
def test_a_hole_is_left_out_of_the_road(plain: Track, hole: dict[str, float], missing: float):
    openings = np.zeros(1, OPENING)
    for name, value in hole.items():
        openings[name] = value
    faces = holed_faces(replace(plain, openings=openings), patch(surface=FLAT, opening=0), 0)
    assert area(faces) == pytest.approx(32.0 * 32.0 - missing, rel=0.01)
    assert (faces["normal"][faces["normal"].any(axis=1)][:, 1] > 0.99).all()


def test_raised_ground_is_drawn_with_its_banks(plain: Track):
    heights = plain.cell_ground_y.copy()
    materials = plain.cell_ground_material.copy()
    columns = int(plain.grid["columns"])
    cell = columns + 1  # inside the grid, with lower ground on all four sides
    heights[cell], materials[cell] = 25.0, Material.DIRT
    track = replace(plain, cell_ground_y=heights, cell_ground_material=materials)
    soup, count = terrain_faces(track, 9.0, 7)
    assert count == 1
    assert set(soup.chunk) == {7}
    faces = soup.faces[soup.level == 0]
    assert area(faces) == pytest.approx(32.0 * 32.0 + 4 * 32.0 * 16.0)
    assert set(faces["paint"]) == {Paint.DIRT}
    middle = faces["corners"].mean(axis=1) - faces["corners"].reshape(-1, 3).mean(axis=0)
    assert ((middle * faces["normal"]).sum(axis=1) > 0.0).all()
    assert terrain_faces(plain, 9.0, 0)[1] == 0


def test_all_kinds_are_drawn_together(plain: Track):
    """A car before a quarter pipe sees it; its mesh holds every kind once per level."""
    pipe = patch(surface=ROUND, radius=30.0, y0=70.0, z0=232.0, from_up=-1.0, to_along=1.0, length=30.0 * np.pi / 2)
    deck, wall = patch(), patch(surface=WALL, x0=84.0, border_left=0.0, border_right=0.0, wall_height=8.0)
    field = patch(surface=NODES, nodes=0, node_columns=17, z0=168.0)
    added = np.concatenate([pipe, deck, wall, field])
    added["strip_material_0"] = Material.CONCRETE
    heights = np.zeros(17 * 17, np.float32)
    track = replace(plain, patches=np.concatenate([plain.patches, added]), heights=heights)
    assert len(build_mesh(track).faces) > len(build_mesh(plain).faces) + 20
    poses = np.zeros(1, POSE)
    poses["position"], poses["rotation"] = (100.0, 40.0, 204.0), (0.0, 0.0, 0.0, 1.0)
    concrete, _ = shoot(track, poses, rigs=make_rigs("cockpit"), looks=only(Paint.CONCRETE))
    walls, _ = shoot(track, poses, rigs=make_rigs("cockpit"), looks=only(Paint.WALL))
    assert (concrete[0, :, 30:34] > 200).mean() > 0.9
    assert (walls[0, :, 56:] > 200).any()
    assert not (walls[0, :, :8] > 200).any()
