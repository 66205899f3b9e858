"""Random tracks: always valid, never crossing themselves, stable, and as hard as asked for."""

import hashlib
import os
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.track.checker import faults
from tests.track.geometry import assert_sound
from tmenv.constants import GAMES
from tmenv.errors import TrackError
from tmenv.gbx import read_map, write_map
from tmenv.track import build, generate, load, random_tracks, split
from tmenv.track.generate import OVERRUN_M
from tmenv.track.jumps import JUMPS
from tmenv.track.recipe import FAMILIES, LENGTH_RANGE_M, ONLY_IN

MANY = int(os.environ.get("TMENV_RANDOM_TRACKS", "200"))
"""Maps that the checker sees per game; 10 000 take about a minute."""

SPAWN_TO_FINISH_M = 32.0
"""The spawn stands inside the start block and the finish line inside the last."""


ASPHALT = ("flat", "slopes", "tilts")


def families_of(game):
    return tuple(family for family in FAMILIES if ONLY_IN.get(family, game) == game)


def options(number, game):
    """Difficulty and families, all combinations in turn."""
    own = [("flat", family) for family in families_of(game)[1:]]
    both = list(product((0.0, 0.5, 1.0, 0.25, 0.75), (("flat",), ASPHALT, families_of(game), *own)))
    return both[number % len(both)]


@pytest.mark.parametrize("game", GAMES)
def test_the_checker_finds_nothing_and_no_two_are_equal(game):
    seen = set()
    for seed in range(MANY):
        difficulty, families = options(seed, game)
        map_ = generate(seed, game, difficulty, families=families)
        assert faults(map_) == [], map_.name
        seen.add(map_.blocks)
    assert len(seen) == MANY


@pytest.mark.parametrize("game", GAMES)
def test_the_checker_sees_what_is_wrong(game):
    map_ = generate(3, game, "hard", families=ASPHALT)
    blocks = list(map_.blocks)
    raised = replace(blocks[4], cell=(blocks[4].cell[0], blocks[4].cell[1] + 1, blocks[4].cell[2]))
    turned = replace(blocks[4], rotation=(blocks[4].rotation + 1) % 4)
    doubled = replace(blocks[0], name=blocks[-1].name)
    without_gates = [block for block in blocks if "Checkpoint" not in block.name]
    for wrong in (
        blocks[:4] + blocks[5:],
        [*blocks[:4], raised, *blocks[5:]],
        [*blocks[:4], turned, *blocks[5:]],
        [*blocks, doubled],
        blocks[:-1],
        blocks[1:],
        without_gates,
    ):
        assert faults(replace(map_, blocks=tuple(wrong)))


@pytest.mark.parametrize("game", GAMES)
@given(
    seed=st.integers(0, 2**63),
    difficulty=st.floats(0, 1),
    families=st.sets(st.sampled_from(FAMILIES)),
    length=st.none() | st.floats(*LENGTH_RANGE_M),
)
@settings(max_examples=20, deadline=None, derandomize=True)
def test_tracks_are_sound_for_any_options(game, seed, difficulty, families, length):
    map_ = generate(seed, game, difficulty, length, families & set(families_of(game)))
    track = build(map_)
    assert track.route_from == "connections"
    assert_sound(track)
    assert faults(map_) == []
    assert track.checkpoints >= 1
    low, high = (600.0, 1500.0) if length is None else (length, length)
    assert low - 2 * SPAWN_TO_FINISH_M < track.length_m < high + OVERRUN_M


def digest(game, families):
    rows = [
        (b.name, b.cell, b.rotation, b.flags)
        for seed in range(20)
        for b in generate(seed, game, families=families).blocks
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("game", "families", "expected"),
    [
        ("TMNF", ("flat",), "1a6d6bbc5ff3e0f5"),
        ("TM2020", ("flat",), "63131bfa61946452"),
        ("TMNF", ASPHALT, "6800446ca9941753"),
        ("TM2020", ASPHALT, "70ef9cf171f25821"),
        ("TMNF", ("flat", "dirt"), "e51c4b4f73ac3e92"),
        ("TMNF", ("flat", "jumps"), "a4ee77b23470a938"),
        ("TM2020", ("flat", "jumps"), "a885d8069c21ced5"),
    ],
)
def test_families_are_stable(game, families, expected):
    """If this fails on purpose, raise generate.VERSION and renew the digests."""
    assert digest(game, families) == expected


def turning(game, difficulty, families):
    """Radians per kilometre that 40 tracks turn."""
    turned = length = 0.0
    for seed in range(40):
        route = build(generate(seed, game, difficulty, 1000.0, families)).route
        heading = np.unwrap(np.arctan2(np.diff(route["x"]), np.diff(route["z"])))
        turned += np.abs(np.diff(heading)).sum()
        length += route["s"][-1] / 1000.0
    return turned / length


@pytest.mark.parametrize(
    ("game", "families"),
    [*((game, families) for game in GAMES for families in (ASPHALT, ("flat", "jumps"))), ("TMNF", ("flat", "dirt"))],
)
def test_harder_tracks_turn_more(game, families):
    turned = [turning(game, difficulty, families) for difficulty in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert (np.divide(turned[1:], turned[:-1]) > 1.05).all(), turned


@pytest.mark.parametrize("game", GAMES)
def test_families_hold_what_they_are_named_for(game):
    used = {
        families: {b.name for seed in range(100) for b in generate(seed, game, "hard", families=families).blocks}
        for families in families_of(game)
    }
    assert not any(word in name for name in used["flat"] for word in ("Slope", "Tilt", "Up", "Down", "Dirt"))
    assert any("SlopeStraight" in name for name in used["slopes"])
    assert not any("Tilt" in name for name in used["slopes"])
    assert any("TiltStraight" in name for name in used["tilts"])
    assert not any("Slope" in name for name in used["tilts"])
    turns = {n for name in used["flat"] for n in (2, 3, 4, 5) if name.endswith(f"Curve{n}")}
    assert turns == {2, 3, 4, 5}


@pytest.mark.parametrize("game", GAMES)
def test_the_options_of_a_name_are_those_of_the_call(game):
    named = load("random:7?length=800&families=slopes,flat&difficulty=hard", game)
    called = build(generate(7, game, 1.0, 800, ["slopes"]))
    assert named.name == called.name == "random:7?difficulty=hard&families=flat,slopes&length=800"
    assert np.array_equal(named.patches, called.patches)
    assert load("random:7", game).name == "random:7"
    assert load("random:7", game).uid == load("random:7?difficulty=medium", game).uid != named.uid


def test_dirt_lies_on_the_ground_and_joins_asphalt_only_by_its_own_blocks():
    joins = {"StadiumRoadDirtToRoad", "StadiumRoadDirtHighToRoad"}
    used = set()
    for seed in range(200):
        blocks = generate(seed, "TMNF", "hard", families="dirt").blocks
        for one, other in pairwise(blocks):
            assert "Dirt" not in one.name or one.cell[1] == 1
            assert ("Dirt" in one.name) == ("Dirt" in other.name) or {one.name, other.name} & joins
        used.update(block.name for block in blocks)
    assert joins <= used
    assert {"StadiumRoadDirtToRoadDirtHigh", "StadiumRoadDirtHighGTCurve3", "StadiumRoadDirtHighCheckpoint"} <= used


@pytest.mark.parametrize("game", GAMES)
def test_the_run_up_to_every_jump_is_long_enough_and_its_landing_straight(game):
    jumps = 0
    for seed in range(40):
        track = build(generate(seed, game, (0.0, 0.5, 1.0)[seed % 3], families=("slopes", "jumps")))
        route, s = track.route, track.route["s"]
        heading = np.unwrap(np.arctan2(np.diff(route["x"]), np.diff(route["z"])))
        for start, end in track.gaps:
            jump = jump_at(track, start, end)
            before, behind = (s[:-1] > start - 64.0) & (s[:-1] < start - 2.0), (s[:-1] > end) & (s[:-1] < end + 64.0)
            assert np.ptp(heading[before | behind]) < 1e-3
            landing = (s > end) & (s < end + jump.landing_m)
            assert np.ptp(route["y"][landing]) < 0.1
            jumps += 1
    assert jumps > 20


def jump_at(track, start, end):
    """The jump of a gap, told from its length, its fall and the climb before it."""
    climb = track.position(start - 1.0)[1] - track.position(start - 2.0)[1]
    drop = round((track.position(start - 0.1)[1] - track.position(end + 0.1)[1]) / 8.0)
    known = {(jump.has_ramp, jump.cells, jump.drop): jump for jump in JUMPS}
    return known[climb > 0.1, round((end - start) / 32.0), drop]


def test_a_family_of_the_other_game_says_so():
    with pytest.raises(TrackError, match="'dirt' in TMNF only, not in TM2020: leave it out"):
        load("random:1?families=dirt", "TM2020")


def test_splits_do_not_share_a_track():
    train, test, hard = split("train"), split("test"), split("hard")
    assert (len(train), len(test), len(hard)) == (10_000, 1000, 1000)
    assert not set(train) & set(test)
    assert test[0] == "random:10000"
    assert hard[0] == "random:11000?difficulty=hard&families=flat,slopes,tilts"
    assert split("test", difficulty="easy", length=500)[-1] == "random:10999?difficulty=easy&length=500"


def test_names_that_draw():
    for name, seeds in (("random", range(2**31)), ("random:train", range(10_000)), ("random:test?length=900", None)):
        drawn = random_tracks(name)
        assert drawn.draws
        assert seeds is None or drawn.seeds == seeds
        with pytest.raises(TrackError, match=r"draws one at each reset"):
            load(name, "TMNF")
    assert not random_tracks("random:5").draws
    assert random_tracks("randomness") is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("random:x", "whole number"),
        ("random:-1", "whole number"),
        ("random:", "whole number"),
        ("random:1?difficulty=extreme", "easy, medium, hard or a number"),
        ("random:1?difficulty=1.5", "from 0 to 1"),
        ("random:1?difficulty=nan", "from 0 to 1"),
        ("random:1?length=long", "metres from 300 to 4000"),
        ("random:1?length=100000", "metres from 300 to 4000"),
        ("random:1?families=flat,loops", "flat, slopes, tilts, dirt, jumps, not 'loops'"),
        ("random:1?dificulty=easy", "did you mean 'difficulty'"),
        ("random:1?seed", "key=value"),
        ("random:1?length=500&length=600", "each key once"),
    ],
)
def test_bad_names_say_what_is_wrong(name, says):
    with pytest.raises(TrackError, match=says):
        load(name, "TMNF")


def test_bad_arguments_say_what_is_wrong():
    for arguments in ((-1, "TMNF"), (1, "TMUF"), (1, "TMNF", None), (1, "TMNF", "easy", "far")):
        with pytest.raises(TrackError):
            generate(*arguments)
    with pytest.raises(TrackError, match="train, test, hard"):
        split("validation")
    with pytest.raises(TrackError, match="game="):
        load("random:7")
    with pytest.raises(TrackError):
        load("random:1", "TMUF")


def test_maps_become_files_that_read_back(tmp_path):
    map_ = generate(5, "TMNF", "hard", families=FAMILIES)
    write_map(map_, tmp_path / "five.Challenge.Gbx")
    read = read_map(tmp_path / "five.Challenge.Gbx")
    assert read.blocks == map_.blocks
    again, track = build(read), build(map_)
    for table in ("patches", "route", "waypoints", "cell_patches"):
        assert np.array_equal(getattr(again, table), getattr(track, table))
