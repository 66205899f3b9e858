"""Blocks that the games let meet do meet: no step and no kink at any connection."""

from itertools import product

import numpy as np
import pytest

from tests.track.surfaces import scene_of
from tmenv.constants import GAMES
from tmenv.track import catalogue, ribbon
from tmenv.track.query import below
from tmenv.track.template import template

STEP_M, KINK_DEGREES = 0.011, 1.0
EXCEPTIONS = {
    "StadiumRoadMainStartLine": (0.02, 1.0),  # the ramp of the start line ends 17 mm below the road (33 071 contacts)
    "StadiumRoadMainSlopeBase": (0.011, 1.8),  # the meshes of these begin and end with a sloping piece
    "StadiumRoadMainSlopeBase2": (0.011, 3.5),
    "StadiumBump1": (0.07, 6.3),
    "StadiumRoadTiltTransition1Left": (0.03, 2.5),
    "StadiumRoadTiltTransition1Right": (0.03, 2.5),
    "StadiumRoadTiltTransition2DiagLeft": (0.02, 1.0),
    "StadiumRoadTiltTransition2DiagRight": (0.02, 1.0),
    "StadiumRoadTiltCornerDownLeft": (0.04, 1.0),  # planes measured to 4 mm, but 3 cm above the straight tilt's
    "StadiumRoadTiltCornerDownRight": (0.04, 1.0),
    "StadiumRoadTiltGTCurve2DownLeft": (0.03, 1.0),
    "StadiumRoadTiltGTCurve2DownRight": (0.03, 1.0),
    "RoadTechSlopeBase": (0.011, 1.8),
    "RoadTechSlopeBase2": (0.011, 3.5),
    "RoadTechSlopeBase2x1": (0.011, 1.2),  # a cosine in 16 pieces
    "RoadTechTiltSwitchLeft": (0.011, 2.6),  # smooth steps in 16 pieces
    "RoadTechTiltSwitchRight": (0.011, 2.6),
    **{f"RoadTechTiltTransition1{way}": (0.011, 1.4) for way in ("UpLeft", "UpRight", "DownLeft", "DownRight")},
}
"""Blocks whose measured surfaces meet their neighbours worse: step in metres, kink in degrees."""

JOINTS = {
    "TMNF": {
        "road": (1.345, 0.0, 0.0),
        "slope": (1.345, 0.25, 0.0),
        "tilt": (5.325, 0.0, 0.251),
        "deck": (8.0, 0.0, 0.0),
    },
    "TM2020": {
        "road": (2.0, 0.0, 0.0),
        "slope": (2.0, 0.25, 0.0),
        "tilt": (6.0, 0.0, 0.25),
    },
}
"""What connects: height above the port's level, size of the slope along the road, and of the bank."""


def ends():
    """Every port of every road: (game, key, port, height above its level, slope outward, bank to the left)."""
    for game in GAMES:
        for key in catalogue.block_names(game):
            made = template(game, key, 0, False)
            for number, port in enumerate(made.ports):
                if port.patch >= 0:
                    yield game, key, number, *end(made, port)


def end(made, port):
    row = made.patches[port.patch : port.patch + 1]
    table = catalogue.profile_table()
    length, sign = float(row["length"][0]), 1 if port.at_end else -1
    s = np.array([length if port.at_end else 0.0])
    inward = s - sign * 0.01
    y, before = (ribbon.position(row, at, 0.0, table)[1][0] for at in (s, inward))
    left = ribbon.position(row, s, sign * 1.0, table)[1][0]
    return float(y) - 8.0 * port.level, float(y - before) / 0.01, float(left - y)


EVERY_END = list(ends())


@pytest.mark.parametrize(("game", "key", "number", "height", "slope", "bank"), EVERY_END)
def test_connection_is_one_of_the_few_that_exist(game, key, number, height, slope, bank):
    step, degrees = EXCEPTIONS.get(key, (STEP_M, KINK_DEGREES))
    kink = np.tan(np.radians(degrees))
    kinds = [
        name
        for name, (y, along, across) in JOINTS[game].items()
        if abs(height - y) < step and abs(abs(slope) - along) < kink and abs(abs(bank) - across) < kink
    ]
    assert len(kinds) == 1


@pytest.mark.parametrize("game", GAMES)
def test_blocks_meet_without_a_step_or_kink(game):
    """All pairs whose slopes and banks continue each other, which is what the games' connections allow."""
    mine = [one for one in EVERY_END if one[0] == game and one[1] not in EXCEPTIONS]
    kink, met = np.tan(np.radians(KINK_DEGREES)), 0
    for (_, a, _, y, slope, bank), (_, b, _, other_y, other_slope, other_bank) in product(mine, mine):
        # Seen from the other side a slope outward is one inward, and left is right.
        if abs(slope + other_slope) < 0.1 and abs(bank + other_bank) < 0.1 and abs(y - other_y) < 1.0:
            met += 1
            assert abs(y - other_y) < 2 * STEP_M, (a, b)
            assert abs(slope + other_slope) < 2 * kink, (a, b)
            assert abs(bank + other_bank) < 2 * kink, (a, b)
    assert met > len(mine)


def lane_ends():
    """The same of lanes, which only the route follows: (key, height above its level)."""
    for key in catalogue.block_names("TMNF"):
        made = template("TMNF", key, 0, False)
        for path in made.paths:
            if path.entry >= 0 and made.ports[path.entry].patch < 0:
                y = ribbon.position(path.rows[:1], 0.0, 0.0, catalogue.profile_table())[1][0]
                yield key, float(y) - 8.0 * made.ports[path.entry].level


@pytest.mark.parametrize(("key", "height"), list(lane_ends()))
def test_lanes_meet_each_other_and_the_road(key, height):
    assert min(abs(height - meets) for meets in (-0.6, JOINTS["TMNF"]["road"][0])) < 0.07


DECK_PAIRS = [
    (("StadiumCircuitBase", 1), ("StadiumCircuitBase", 1)),
    (("StadiumCircuitBase", 1), ("StadiumPlatformRoad#3", 1)),
    (("StadiumCircuitBase", 1), ("StadiumCircuitSlopeStart", 1)),
    (("StadiumCircuitSlopeStart", 1), ("StadiumCircuitSlopeStraight", 2)),
    (("StadiumCircuitSlopeStart", 1), ("StadiumPlatformSlope2Straight", 3)),
    (("StadiumCircuitSlopeStraight", 2), ("StadiumCircuitSlopeStraight", 4)),
    (("StadiumCircuitSlopeStraight", 2), ("StadiumPlatformTurboUp", 4)),
    (("StadiumCircuitSlopeStraight", 2), ("StadiumCircuitSlopeEnd", 4)),
    (("StadiumPlatformSlope2Straight", 3), ("StadiumPlatformBiSlope2End", 5)),
    (("StadiumCircuitSlopeEnd", 4), ("StadiumCircuitBase", 5)),
    (("StadiumPlatformBiSlope2End", 5), ("StadiumPlatformRoad#3", 5)),
    (("StadiumPlatformTurbo", 1), ("StadiumPlatformToRoadMain", 1)),
    (("StadiumPlatformToRoadMain", 1), ("StadiumRoadMain#3", 2)),
    (("StadiumPlatformToRoad", 2), ("StadiumRoadMain#3", 2)),
    (("StadiumRoadDirtFenceStraight", 1), ("StadiumRoadDirtCheckpoint", 1)),
    (("StadiumRoadDirtToRoadGrass", 1), ("StadiumRoadDirt#3", 1)),
    (("StadiumRoadDirt#3", 1), ("StadiumRoadDirtToRoadDirtHigh", 1)),
    (("StadiumRoadDirtHighCheckpoint", 1), ("StadiumRoadDirtHighFenceStraight", 1)),
    (("StadiumRoadDirtHillSlope", 1), ("StadiumRoadDirt#3", 3)),
]
"""The first block's +z side meets the second's -z side; with the levels at which builders put them."""


@pytest.mark.parametrize(("one", "other"), DECK_PAIRS)
def test_decks_and_dirt_meet(one, other):
    dirt = "Dirt" in one[0]
    scene = scene_of("TMNF", (one[0], (3, one[1], 3), 0), (other[0], (3, other[1], 4), 0))
    x = np.linspace(108.0, 116.0, 5)
    y = middle_height(scene, 0, 127.0)
    sides = [on_block(scene, block, x, y, z) for block, z in ((0, 127.99), (1, 128.01))]
    heights, slopes = zip(*sides, strict=True)
    # Height fields are fitted on contacts block by block, each to some centimetres.
    assert np.abs(heights[0] - heights[1]).max() < (0.08 if dirt else 0.015)
    assert dirt or np.abs(slopes[0] - slopes[1]).max() < np.tan(np.radians(2.3))


def middle_height(scene, block, z):
    """Height of a block's surface in the middle of the cell, searched from its levels."""
    for y in np.arange(60.0, 0.0, -1.0):
        touch = below(scene, np.array([[112.0, y, z]]))
        if touch.block[0] == block:
            return y - touch.distance[0] / touch.normal[0, 1]
    raise AssertionError(f"block {block} has no surface at z = {z}")


def on_block(scene, block, x, y, z):
    """Heights and slopes along z of one block's surface at points (x, about y, z)."""
    touch = below(scene, np.stack([x, np.full_like(x, y + 0.5), np.full_like(x, z)], axis=1))
    assert (touch.block == block).all()
    return y + 0.5 - touch.distance / touch.normal[:, 1], -touch.normal[:, 2] / touch.normal[:, 1]


def test_pipes_meet_walls_and_lips():
    up = np.array([0.0, 0.0, 1.0])
    scene = scene_of(
        "TMNF",
        ("StadiumPlatformToRoad", (3, 1, 4), 2),
        ("StadiumPlatformLoopStart", (3, 1, 3), 0),
        ("StadiumPlatformWall2", (3, 5, 3), 0),
        ("StadiumPlatformLoopEnd", (3, 7, 3), 0),
    )
    floor = below(scene, np.array([[112.0, 9.5, 127.9], [112.0, 9.5, 128.1]]))
    assert floor.block.tolist() == [1, 0]
    assert np.ptp(floor.distance) < 0.011
    wall = below(scene, np.array([[112.0, y, 97.5] for y in (39.9, 40.1, 55.9, 56.1)]), up)
    assert wall.block.tolist() == [1, 2, 2, 3]
    assert np.ptp(wall.distance) < 0.002
    assert wall.normal == pytest.approx(np.tile(up, (4, 1)), abs=0.01)
