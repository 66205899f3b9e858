"""The engine's surface query against the vectorised reference, over every kind of surface."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.probe import probe
from tests.engine.scenes import arc, deck, field, opening, pipe, plane, profiled, scene, wall
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator
from tmenv.errors import TrackError
from tmenv.track import query
from tmenv.track.tables import NODES

EVERY_NORMAL = 1.0e-4
BORDERLINE_M = 5.0e-3
"""The two may place the end of an arc, in single and in double precision, so far apart; patches overlap by 20 mm."""


def random_ups(rng: np.random.Generator, count: int) -> np.ndarray:
    """Up axes all round, one in three upright."""
    up = rng.normal(size=(count, 3))
    up[::3] = (0.0, 1.0, 0.0)
    return up / np.linalg.norm(up, axis=1, keepdims=True)


def near_borderline(track, points: np.ndarray, up: np.ndarray, found: query.Touch) -> np.ndarray:
    """Points whose answer changes if they move a little: both answers are right there."""
    doubtful = np.zeros(len(points), bool)
    for step in np.vstack([np.eye(3), -np.eye(3)]) * BORDERLINE_M:
        moved = query.below(track, points + step, up)
        doubtful |= (moved.patch != found.patch) | (np.isinf(moved.distance) != np.isinf(found.distance))
    tilted = query.below(track, points, up * 0.999)
    return doubtful | (tilted.patch != found.patch) | (query.below(track, points, up * 1.001).patch != found.patch)


def check(track, points: np.ndarray, up: np.ndarray) -> None:
    """The engine finds the same patch, distance, normal and material as the reference; most points count."""
    wanted = query.below(track, points, up)
    clear = ~near_borderline(track, points, up, wanted)
    found = probe(track, points, up)
    assert clear.mean() > 0.8
    tied = (found.patch >= 0) & (wanted.patch >= 0) & np.isclose(found.distance, wanted.distance, 0.0, 1.0e-5)
    clear &= ~tied | (found.patch == wanted.patch)  # two surfaces of the same height
    np.testing.assert_array_equal(found.patch[clear], wanted.patch[clear])
    np.testing.assert_allclose(found.distance[clear], wanted.distance[clear], atol=2.0e-3)
    np.testing.assert_array_equal(found.material[clear], wanted.material[clear])
    # a wheel exactly over a line of nodes may take the slope of either side
    bent = track.patches["surface"][np.maximum(wanted.patch, 0)] == NODES
    np.testing.assert_allclose(found.normal[clear & ~bent], wanted.normal[clear & ~bent], atol=EVERY_NORMAL)
    aslant = np.abs(found.normal - wanted.normal).max(axis=1)[clear & bent]
    assert (aslant > EVERY_NORMAL).mean() < 0.01 if len(aslant) else True


RNG = np.random.default_rng(7)
PROFILE = np.stack([np.sin(np.linspace(0, 3, 17)), 0.2 * np.cos(np.linspace(0, 2, 17))])[None].astype(np.float32)
HEIGHTS = RNG.normal(0.0, 0.7, (17, 9)).astype(np.float32)
SCENES = {
    "decks above one another": scene(deck(), deck(y0=8.0, z0=5.0), deck(y0=0.3, x0=10.0), ground_y=-1.0),
    "planes": scene(plane(1.0, 0.3, -0.5), plane(2.0, -0.2, 0.4, x0=20.0)),
    "profiles": scene(profiled(), profiled(y0=0.5, **arc(-1.0, 40.0, 90.0, 60.0)), profiles=PROFILE),
    "height field": scene(field(HEIGHTS, y0=2.0), field(HEIGHTS, x0=20.0, dx=1.0, dz=0.0), heights=HEIGHTS.ravel()),
    "opening": scene(
        deck(opening=0, z0=-20.0),
        deck(opening=1, z0=12.0),
        openings=np.concatenate(
            [
                opening(s=15.0, lateral=2.0, half_length=6.0, half_width=4.0),
                opening(s=15.0, lateral=-3.0, radius=7.0),
            ]
        ),
    ),
    "pipe": scene(deck(length=200.0, z0=-100.0), pipe(20.0, 0.0, 90.0), pipe(20.0, 180.0, 355.0, z0=50.0, shift=9.0)),
    "walls": scene(
        deck(),
        wall(90.0, z0=20.0, x0=-16.0),
        wall(slope_z=0.2, **arc(1.0, 25.0, 0.0, 80.0)),
        wall(**arc(-1.0, 12.0, 0.0, 120.0)),
    ),
}


@pytest.mark.parametrize("name", SCENES)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_engine_finds_what_the_reference_finds(name: str, seed: int):
    rng = np.random.default_rng(seed)
    points = rng.uniform((-30.0, -3.0, -30.0), (40.0, 12.0, 60.0), (4000, 3))
    check(SCENES[name], points, random_ups(rng, len(points)))


def test_a_track_without_floors_of_its_own_is_refused():
    track = scene(deck())
    track.floors = track.floors[:0]
    with pytest.raises(TrackError, match="1 patches and 0 floors"):
        Simulator(track, load_parameters("TMNF"))
