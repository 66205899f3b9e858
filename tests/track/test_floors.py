"""Floors: what lies beyond the sides of decks, and how far rays and wheels may go without asking."""

from typing import Any

import numpy as np
import pytest

from tests.engine.scenes import deck, opening, plane, scene
from tmenv.constants import Material
from tmenv.track import load
from tmenv.track.floors import SIDES
from tmenv.track.tables import FLOOR, LOOK_UP, NO_LINK

OPEN = {"open_sides": 3, "before": LOOK_UP, "after": LOOK_UP}


def tile(column: int, row: int, **columns: Any) -> np.ndarray:
    """An open deck of 32 m x 32 m in a cell."""
    return deck(x0=32.0 * column + 16.0, z0=32.0 * row, **{**OPEN, **columns})


def box(track: Any, number: int) -> list[float]:
    """The rectangle (low x, high x, low z, high z) that rays cross on a floor along z."""
    floor = track.floors[number]
    x, z = floor["x0"], floor["z0"]
    return [x - floor["border_right"], x + floor["border_left"], z, z + floor["length"]]


def level(track: Any, number: int) -> list[float]:
    """The rectangle in which wheels find the same surface as on a patch along z."""
    floor, x, z = track.floors[number], track.patches[number]["x0"], track.patches[number]["z0"]
    return [x - floor["level_right"], x + floor["level_left"], z + floor["level_from"], z + floor["level_to"]]


def test_the_floor_of_level_decks_is_their_rectangle():
    track = scene(*[tile(column, row) for row in range(3) for column in range(2)])
    for number, floor in enumerate(track.floors):
        assert box(track, number) == [0.0, 64.0, 0.0, 96.0]
        assert [floor[side] for side in SIDES] == [NO_LINK] * 4
        assert level(track, number) == [0.0, 64.0, 0.0, 96.0]


@pytest.mark.parametrize("yaw", [0.0, 90.0, 180.0, 270.0])
def test_a_floor_is_seen_in_the_frame_of_its_patch(yaw: float):
    """Two decks beside each other along x; the first is driven in any direction."""
    starts = {0.0: (16.0, 0.0), 90.0: (0.0, 16.0), 180.0: (16.0, 32.0), 270.0: (32.0, 16.0)}
    x, z = starts[yaw]
    floor = scene(deck(yaw_deg=yaw, x0=x, z0=z, **OPEN), tile(1, 0)).floors[0]
    toward = {0.0: "level_left", 90.0: "level_to", 180.0: "level_right", 270.0: "level_from"}[yaw]
    own = {"level_from": 0.0, "level_to": 32.0, "level_left": 16.0, "level_right": 16.0}
    grown = -32.0 if toward == "level_from" else own[toward] + 32.0
    assert {name: pytest.approx(floor[name]) for name in own} == {**own, toward: grown}
    assert floor["length"] * (floor["border_left"] + floor["border_right"]) == pytest.approx(64.0 * 32.0)


def test_wheels_ask_where_the_material_changes_but_rays_go_on():
    dirt = {"strip_material_0": Material.DIRT}
    track = scene(tile(0, 0), tile(1, 0, **dirt))
    assert box(track, 0) == [0.0, 64.0, 0.0, 32.0]
    assert level(track, 0) == [0.0, 32.0, 0.0, 32.0]


@pytest.mark.parametrize("low", [deck(x0=48.0, y0=1.5), plane(1.0, 0.1, 0.0, x0=48.0)])
def test_wheels_ask_below_what_hangs_low(low: np.ndarray):
    track = scene(tile(0, 0), tile(1, 0), low)
    assert level(track, 0) == [0.0, 32.0, 0.0, 32.0]


def test_what_hangs_high_does_not_count():
    track = scene(tile(0, 0), tile(1, 0), deck(x0=48.0, y0=10.0))
    assert level(track, 0) == [0.0, 64.0, 0.0, 32.0]


def test_wheels_ask_on_decks_with_holes():
    hole = opening(s=16.0, radius=5.0)
    track = scene(tile(0, 0), tile(1, 0, opening=0), openings=hole)
    assert level(track, 0) == [0.0, 32.0, 0.0, 32.0]


def test_decks_at_other_heights_are_linked_and_not_joined():
    track = scene(tile(0, 0), tile(1, 0, y0=2.0), tile(0, 1, y0=5.0))
    assert box(track, 0) == [0.0, 32.0, 0.0, 32.0]
    assert [track.floors[0][side] for side in SIDES] == [NO_LINK, NO_LINK, 1, NO_LINK]  # 5 m up is another level


def test_a_side_with_several_neighbours_is_looked_up():
    half = deck(x0=40.0, z0=0.0, length=16.0, border_left=8.0, border_right=8.0, **OPEN)
    assert scene(tile(0, 0), half).floors[0]["left"] == LOOK_UP


def test_roads_keep_their_own_plan():
    track = load("tmnf-grand-circuit")
    for name in set(FLOOR.names or ()) & set(track.patches.dtype.names or ()):
        np.testing.assert_array_equal(track.floors[name], track.patches[name])
    np.testing.assert_array_equal(track.floors["level_to"], track.patches["length"])
    assert (track.floors["left"] == NO_LINK).all()
