"""Placing blocks, routing, waypoints, and what goes wrong."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.track.geometry import assert_sound, overlaps, triggers_at
from tmenv.errors import TrackError, UnsupportedBlockError
from tmenv.gbx import Block
from tmenv.track import build, ribbon
from tmenv.track.blocklist import make_block, make_map
from tmenv.track.tables import FINISH, LOOK_UP, START_FINISH, WALL_LEFT, WALL_RIGHT
from tmenv.track.turtle import Cursor, lay


def track_of(game, *words, laps=1, heading=0):
    return build(make_map("test", game, lay(game, list(words), Cursor(10, 10, heading)), laps))


def straight_map(game="TMNF", extra=(), drop=()):
    blocks = lay(game, ["start", "straight", "checkpoint", "straight", "finish"], Cursor(10, 10, 0))
    return make_map("test", game, [b for i, b in enumerate(blocks) if i not in drop] + list(extra))


@pytest.mark.parametrize(
    ("heading", "spawn", "yaw"),
    [
        (0, (336.0, 10.21, 331.2), 0.0),
        (1, (340.8, 10.21, 336.0), -np.pi / 2),
        (2, (336.0, 10.21, 340.8), np.pi),
        (3, (331.2, 10.21, 336.0), np.pi / 2),
    ],
)
def test_start_line_in_every_rotation(heading, spawn, yaw):
    # The four forms of spawn in the cell are those of the first samples of public replays.
    track = track_of("TMNF", "start", "straight", "finish", heading=heading)
    assert np.allclose(track.spawn, spawn, atol=1e-4)
    assert np.isclose(np.cos(track.spawn_yaw - yaw), 1.0)


def test_lengths_and_planes():
    tmnf = track_of("TMNF", "start", "straight", "checkpoint", "finish")
    assert tmnf.length_m == pytest.approx(32 - 11.2 + 64 + 12)
    assert tmnf.waypoints["s"].tolist() == pytest.approx([32 - 11.2 + 32 + 16, tmnf.length_m])
    tm2020 = track_of("TM2020", "start", "straight", "finish")
    assert tm2020.length_m == pytest.approx(16 + 32 + 3.1)
    assert tm2020.ground_y == -np.inf
    assert tmnf.ground_y == 9.0


def test_left_is_left():
    track = track_of("TMNF", "start", "curve2 left", "finish")
    assert track.heading_at(track.length_m) == pytest.approx(np.pi / 2)  # left of +z is +x
    x, _, z = track.position(5.0, 4.0)
    assert (x, z) == pytest.approx((340.0, 336.2))
    assert track.local_coordinates(340.0, 9.345, 336.2) == pytest.approx((5.0, 4.0), abs=1e-3)


def test_four_verbs_beyond_the_ends():
    track = track_of("TM2020", "start", "straight", "finish")
    end = track.length_m + track.road_after_finish_m
    x, y, z = track.position(end + 100, 2.0)
    assert (x, y, z) == pytest.approx((338.0, 10.0, 336 + end + 100))
    assert track.local_coordinates(x, y, z) == pytest.approx((end + 100, 2.0))
    assert track.width_at(10.0) == pytest.approx(2 * 12.81)


def test_patches_lead_along_the_route():
    # A left curve enters its block at the far port, so its ribbon must be reversed.
    track = track_of("TM2020", "start", "curve3 left", "chicane3x2 right", "curve2 right", "finish")
    order = np.argsort([track.local_coordinates(*middle(track, n))[0] for n in range(len(track.patches))])
    for one, other in pairwise(order):
        assert track.patches["after"][one] == other
        assert track.patches["before"][other] == one


def middle(track, number):
    row = track.patches[number : number + 1]
    x, y, z = ribbon.position(row, row["length"] / 2, 0.0, track.profiles)
    return float(x[0]), float(y[0]), float(z[0])


def circuit(game, laps):
    quarter = ["straight", "curve1 left"]
    return track_of(game, "lap", "curve1 left", "checkpoint", "curve1 left", *quarter, *quarter, laps=laps)


@pytest.mark.parametrize("game", ["TMNF", "TM2020"])
def test_lap_race(game):
    one, three = circuit(game, 1), circuit(game, 3)
    lap = 4 * 8 * np.pi + 4 * 32
    assert three.length_m - one.length_m == pytest.approx(2 * lap, abs=1e-3)
    finish = three.waypoints[three.waypoints["kind"] == START_FINISH]
    assert len(finish) == 1
    assert finish["s"][0] == pytest.approx(one.length_m)  # the end of the first lap, not the crossing at the start
    assert three.laps == 3
    assert three.checkpoints == 1
    assert three.road_after_finish_m >= 40
    assert_sound(three)


def test_junction_takes_the_way_through_the_checkpoints():
    # A T with open sides +z, -x and -z: the finish lies to the right, a blind road straight on.
    right = Cursor(9, 11, 1)
    blocks = [
        *lay("TMNF", ["start"], Cursor(10, 10, 0)),
        make_block("TMNF", "StadiumRoadMain#4", (10, 1, 11), 0),
        *lay("TMNF", ["straight"], Cursor(10, 12, 0)),
        *lay("TMNF", ["checkpoint", "finish"], right),
    ]
    track = build(make_map("test", "TMNF", blocks))
    assert track.length_m == pytest.approx(32 - 11.2 + 8 * np.pi + 32 + 12, abs=1e-3)
    centre = track.patches[track.patches["block"] == 1][0]
    assert centre["open_sides"] in (WALL_LEFT, WALL_RIGHT)
    assert centre["walls"] | centre["open_sides"] == WALL_LEFT | WALL_RIGHT
    assert LOOK_UP in track.patches["before"] or LOOK_UP in track.patches["after"]


def test_cross_is_crossed_twice():
    words = ["start", "straight", "curve1 right", "checkpoint", "curve1 right", "curve1 right", "straight"]
    blocks = lay("TMNF", words, Cursor(10, 10, 0))
    blocks[1] = make_block("TMNF", "StadiumRoadMain#5", (10, 1, 11), 0)
    blocks += lay("TMNF", ["finish"], Cursor(11, 11, 3))
    track = build(make_map("test", "TMNF", blocks))
    assert track.length_m == pytest.approx(32 - 11.2 + 32 + 3 * 8 * np.pi + 2 * 32 + 32 + 12, abs=1e-3)


def test_linked_checkpoints_count_once():
    one = Block("RoadTechCheckpoint", 0, (10, 1, 11), waypoint="LinkedCheckpoint", waypoint_order=4)
    linked = [one, replace(one, cell=(10, 1, 12))]
    blocks = [*lay("TM2020", ["start"], Cursor(10, 10, 0)), *linked, *lay("TM2020", ["finish"], Cursor(10, 13, 0))]
    track = build(make_map("test", "TM2020", blocks))
    assert track.checkpoints == 1
    assert track.waypoints["group"].tolist() == [0, 0, -1]


def test_chained_triggers_are_all_found():
    track = track_of("TM2020", "start", "checkpoint", "finish")
    assert triggers_at(track, 336.0, 32 * 11 + 30.0) == [0, 1]
    assert track.waypoints["kind"][1] == FINISH


def test_unknown_blocks_are_all_named():
    names = ("StadiumRoadOfGlass", "StadiumAbyss", "StadiumAbyss")
    extra = [Block(name, 0, (i, 1, i)) for i, name in enumerate(names)]
    with pytest.raises(UnsupportedBlockError, match="StadiumAbyss x2, StadiumRoadOfGlass x1") as error:
        build(straight_map(extra=extra))
    assert error.value.counts == {"StadiumAbyss": 2, "StadiumRoadOfGlass": 1}
    assert build(straight_map(extra=extra), on_unknown="skip").checkpoints == 1


def test_decoration_changes_nothing():
    extra = [Block("StadiumGrassClip", 0, (1, 1, 1)), Block("StadiumTube", 0, (2, 1, 2))]
    assert build(straight_map(extra=extra)).length_m == build(straight_map()).length_m


@pytest.mark.parametrize(
    ("drop", "message"),
    [
        ((0,), "no start block"),
        ((4,), "no finish block"),
    ],
)
def test_roads_without_both_ends(drop, message):
    with pytest.raises(TrackError, match=message):
        build(straight_map(drop=drop))


@pytest.mark.parametrize(("drop", "route_from"), [((3,), "connections"), ((1, 2, 3), "surfaces")])
def test_the_route_leads_over_the_grass_of_a_gap(drop, route_from):
    whole, broken = build(straight_map()), build(straight_map(drop=drop))
    assert (whole.route_from, broken.route_from) == ("connections", route_from)
    assert broken.length_m == pytest.approx(whole.length_m, abs=1.0)


def test_a_short_gap_is_a_straight_line_of_the_route():
    whole, broken = build(straight_map()), build(straight_map(drop=(3,)))
    assert np.diff(broken.gaps).tolist() == [[32.0]]
    assert len(whole.gaps) == 0
    for axis in "xyz":
        assert np.allclose(broken.route[axis], whole.route[axis], atol=1e-4)


def test_a_gap_in_which_something_stands_is_none():
    gone = straight_map().blocks[3]
    other = [make_block("TMNF", "StadiumCircuitBase", gone.cell, 0)]
    filled = build(straight_map(drop=(3,), extra=other))
    assert filled.route_from == "surfaces"
    assert len(filled.gaps) == 0


def test_checkpoint_out_of_reach():
    extra = [make_block("TMNF", "StadiumRoadMainCheckpoint", (20, 20, 20), 0)]
    message = r"all 2 checkpoints .* passes 1; no way over the surfaces .* through all 2 checkpoints"
    with pytest.raises(TrackError, match=message):
        build(straight_map(extra=extra))


def test_road_that_ends_in_the_air():
    high = replace(
        straight_map(drop=(3,)),
        blocks=tuple(
            replace(
                block,
                cell=(block.cell[0], block.cell[1] + (0 if block.name.endswith("FinishLine") else -10), block.cell[2]),
            )
            for block in straight_map(drop=(3,)).blocks
        ),
    )
    with pytest.raises(TrackError, match=r"ends after StadiumRoadMainCheckpoint at cell .*no way over the surfaces"):
        build(high)


def test_other_environment():
    with pytest.raises(TrackError, match="environment 'Bay'; tmenv drives only Stadium"):
        build(replace(straight_map(), environment="Bay"))


def test_wrong_option():
    with pytest.raises(TrackError, match="on_unknown"):
        build(straight_map(), on_unknown="ignore")


def test_overlap_checker_sees_overlaps():
    extra = [make_block("TMNF", "StadiumRoadMain#2", (10, 1, 11), 0)]
    assert overlaps(build(straight_map(extra=extra)))
