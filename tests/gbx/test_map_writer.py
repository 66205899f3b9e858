"""Writing TMNF maps from nothing."""

import os
import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from tests.gbx.maps import TMNF_MAPS
from tmenv.errors import GbxError, OutputError
from tmenv.gbx import Block, FileReference, Item, Map, Skin, map_to_bytes, new_uid, read_header, read_map, write_map

ROAD = Block("StadiumRoadMain", 1, (3, 1, 5), 0x1003)
SMALL = Map.tmnf("Small", [ROAD, replace(ROAD, cell=(3, 1, 6))], uid="uid_of_small", author_time_ms=30000)


@settings(max_examples=150, deadline=None)
@given(TMNF_MAPS)
def test_a_map_written_and_read_is_equal(written):
    assert read_map(map_to_bytes(written)) == written


def test_thumbnail_and_vehicle_are_written():
    written = replace(SMALL, thumbnail=b"\xff\xd8 a picture", vehicle="AnotherCar", comments="two\nlines")
    assert read_map(map_to_bytes(written)) == written


def test_the_header_agrees_with_the_body():
    written = replace(SMALL, name="<\"$f00&'>", bronze_time_ms=60000, is_lap_race=True, laps=5)
    header = read_header(map_to_bytes(written))
    assert (header.game, header.name, header.uid) == ("TMNF", written.name, written.uid)
    assert (header.author_time_ms, header.bronze_time_ms, header.gold_time_ms) == (30000, 60000, None)
    assert (header.is_lap_race, header.decoration) == (True, "Day")
    assert header.attributes["desc.nblaps"] == "5"
    assert header.attributes["times.authortime"] == "30000"
    assert header.attributes["times.gold"] == "-1"


def test_same_map_same_bytes():
    assert map_to_bytes(SMALL) == map_to_bytes(SMALL)


def test_uids_look_like_the_games_and_follow_the_seed():
    assert re.fullmatch(r"\w{27}", new_uid(), re.ASCII)
    assert new_uid() != new_uid()
    assert new_uid(5) == new_uid(5) != new_uid(6)
    assert new_uid(random.Random(5)) == new_uid(5)
    assert len(Map.tmnf("M", []).uid) == 27


def test_fields_imply_their_flags():
    assert Block("A", 0, (0, 0, 0), author="somebody").flags == 1 << 15
    assert Block("A", 0, (0, 0, 0), waypoint="Goal").flags == 1 << 20
    assert Block.free("A", (1, 2, 3)).flags == 1 << 29


def test_positions_take_the_precision_of_the_file():
    assert Block.free("A", (0.1, 2, 3)).position == (0.10000000149011612, 2.0, 3.0)


def test_write_map_leaves_nothing_but_the_file(tmp_path):
    path = tmp_path / "small.Challenge.Gbx"
    write_map(SMALL, path)
    write_map(replace(SMALL, name="Again"), path)
    assert read_map(path).name == "Again"
    assert os.listdir(tmp_path) == [path.name]


def test_a_map_that_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "small.Challenge.Gbx"
    write_map(SMALL, path)
    with pytest.raises(GbxError, match="rotation 4"):
        write_map(replace(SMALL, blocks=(replace(ROAD, rotation=4),)), path)
    assert read_map(path) == SMALL
    assert os.listdir(tmp_path) == [path.name]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"nowhere.*cannot be written.*choose a folder"):
        write_map(SMALL, tmp_path / "nowhere" / "a.Challenge.Gbx")


REFUSED_BLOCKS = {
    "cell below": (replace(ROAD, cell=(-1, 1, 5)), r"block 1 \('StadiumRoadMain' at \(-1, 1, 5\)\).*\(255, 255, 255\)"),
    "cell above": (replace(ROAD, cell=(0, 256, 0)), "not in"),
    "half a cell": (replace(ROAD, cell=(0, 1.5, 0)), "not in"),
    "rotation": (replace(ROAD, rotation=-1), "give 0, 1, 2 or 3"),
    "no name": (replace(ROAD, name=""), "name is empty"),
    "long name": (replace(ROAD, name="x" * 2000), "2000 of at most 1024 bytes"),
    "control character": (replace(ROAD, name="a\tb"), r"control character '\\t'"),
    "half a surrogate pair": (replace(ROAD, author="\ud800"), "is no character"),
    "flags": (replace(ROAD, flags=0xFFFFFFFF), "whole number up to 0xfffffffe"),
    "waypoint": (replace(ROAD, waypoint="Goal"), "only in TM2020"),
    "free": (Block.free("A", (0, 0, 0)), "not in|only in TM2020"),
    "position": (replace(ROAD, position=(0.0, 0.0, 0.0)), "has a position"),
    "url without path": (replace(ROAD, skin=Skin("", FileReference("", "http://a"))), "no url without a path"),
    "checksum": (replace(ROAD, skin=Skin("", FileReference("a", checksum=b"1", version=3))), "32 bytes"),
}


@pytest.mark.parametrize("case", REFUSED_BLOCKS)
def test_a_block_that_cannot_be_written_is_named(case):
    block, message = REFUSED_BLOCKS[case]
    with pytest.raises(GbxError, match=f"map 'Small': block 1 .*({message})|{message}"):
        map_to_bytes(replace(SMALL, blocks=(ROAD, block)))


REFUSED_MAPS = {
    "game": ({"game": "TM2"}, "give 'TMNF' or 'TM2020'"),
    "no uid": ({"uid": ""}, "uid is empty"),
    "long name": ({"name": "n" * 1025}, "map 'n*': .*1025 of at most 1024 bytes"),
    "name of no characters": ({"name": "\udfff"}, "is no character"),
    "time": ({"gold_time_ms": -5}, "gold_time_ms -5"),
    "half a millisecond": ({"gold_time_ms": 0.5}, "gold_time_ms 0.5"),
    "no text": ({"name": 5}, "give a str"),
    "late time": ({"author_time_ms": 0x534B4950}, "author_time_ms"),
    "laps": ({"laps": 0}, "laps 0"),
    "size": ({"size": (32, 32, 0)}, "size"),
    "items": ({"items": (Item("a", (0, 0, 0), (0, 0, 0)),)}, "TMNF maps have no items"),
    "title": ({"title": "TMStadium"}, "TMNF maps have no"),
    "tm2020": ({"game": "TM2020"}, "give template="),
    "environment": ({"environment": "Bay"}, "any map of that environment"),
}


@pytest.mark.parametrize("case", REFUSED_MAPS)
def test_a_map_that_cannot_be_written_is_refused(case):
    changes, message = REFUSED_MAPS[case]
    with pytest.raises(GbxError, match=message):
        map_to_bytes(replace(SMALL, **changes))
