"""Every block of the catalogue in a map of its own: cells find it, triggers stand, nothing is left out."""

import numpy as np
import pytest

from tests.track.surfaces import on_patch, scene_of
from tmenv.constants import GAMES
from tmenv.track import catalogue
from tmenv.track.kinds import KINDS
from tmenv.track.query import below
from tmenv.track.tables import ROUND, WALL
from tmenv.track.template import template

INSET_M = 0.12
"""Points this near to the end of a patch may hover over the next cell."""

EVERY = [(game, key) for game in GAMES for key in catalogue.block_names(game)]


@pytest.mark.parametrize(("game", "key"), EVERY)
def test_cells_find_every_point_of_every_patch(game, key):
    scene = scene_of(game, (key, (6, 3, 9), 1 + len(key) % 3))
    for number in range(len(scene.patches)):
        inset = INSET_M / scene.patches["length"][number]
        along, across = (a.ravel() for a in np.meshgrid(np.linspace(inset, 1 - inset, 23), np.linspace(0.01, 0.99, 11)))
        points, normal = on_patch(scene, number, along, across)
        if scene.patches["opening"][number] >= 0:
            continue  # what is left of such a patch is found by the tests of its block
        leaning = scene.patches["surface"][number] in (ROUND, WALL)
        touch = below(scene, points + 0.05 * (normal if leaning else np.array([0.0, 1.0, 0.0])), normal)
        # Another patch of the block may lie there too, but never clearly below this one.
        assert (touch.patch >= 0).all()
        assert touch.distance.max() < 0.06


DIRT_M = 0.6
"""Dirt roads lie this much below the base of their blocks."""


@pytest.mark.parametrize(("game", "key"), EVERY)
def test_triggers_stand_where_the_block_is(game, key):
    made = template(game, key, 0, True)
    scene = scene_of(game, (key, (6, 3, 9), 0))
    assert len(scene.waypoints) == (made.waypoint in ("checkpoint", "finish", "start_finish"))
    for waypoint in scene.waypoints:
        assert (waypoint["nx"], waypoint["nz"]) == pytest.approx((0.0, 1.0), abs=1e-6) or made.kinds == {"deck"}
        assert 192.0 <= waypoint["x"] <= 224.0
        assert 288.0 <= waypoint["z"] <= 320.0
        assert 24.0 - DIRT_M <= waypoint["y"] <= 40.0
        assert 0 in scene.cell_waypoint


def test_ring_fires_high_above_its_base():
    scene = scene_of("TMNF", ("StadiumCheckpointRingV", (6, 3, 9), 1))
    assert scene.waypoints["y"][0] <= 24.0 + 4.0
    assert scene.waypoints["y"][0] + scene.waypoints["height"][0] >= 24.0 + 25.0


@pytest.mark.parametrize(("game", "key"), EVERY)
def test_kinds_are_known_words(game, key):
    assert template(game, key, 0, True).kinds <= set(KINDS)


def test_mirror_images_are_mirror_images():
    one, other = (template("TMNF", f"StadiumLoop{side}", 0, False).patches for side in ("Left", "Right"))
    assert np.allclose(one["x0"] + other["x0"], 96.0)
    assert np.allclose(one["shift"], -other["shift"])
    left, right = (template("TMNF", f"StadiumPlatformToRoad2{side}", 0, False) for side in ("", "Mirror"))
    assert [port.x for port in left.ports] == [2 - port.x for port in right.ports]


def test_walls_keep_their_open_side_when_mirrored():
    # Both borders of a stretched road look inwards, also on the mirror image.
    scene = scene_of("TMNF", ("StadiumRoadStretch", (6, 3, 9), 0))
    walls = np.flatnonzero(scene.patches["surface"] == WALL)
    points, normal = (np.concatenate(part) for part in zip(*(on_patch(scene, w, 0.5, 0.5) for w in walls), strict=True))
    assert (np.sign(normal[:, 0]) == np.sign(208.0 - points[:, 0])).all()
