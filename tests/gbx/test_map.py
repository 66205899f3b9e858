"""Reading maps that the builder wrote."""

import struct
from dataclasses import replace

import pytest

from tests.gbx.builder import MAP_CLASS, full_header, gbx_file, tm2020_map, tmnf_map, xml_header
from tests.gbx.ghost_builder import RECORD_CLASS, tm2020_ghost
from tmenv.errors import GbxError, UnsupportedBlockError
from tmenv.gbx import Block, FileReference, Item, Skin, read_map
from tmenv.gbx.blocks import NO_ROTATION, PLACEHOLDER_FLAGS
from tmenv.track import build

ROAD = Block("StadiumRoadMain", 1, (3, 1, 5), 0x1003)


def test_tmnf_map_keeps_its_fields():
    read = read_map(tmnf_map([ROAD], name="$f00Fast $$ $oone", uid="u1", laps=4))
    assert (read.name, read.plain_name, read.uid) == ("$f00Fast $$ $oone", "Fast $ one", "u1")
    assert (read.game, read.decoration, read.size, read.vehicle) == ("TMNF", "Day", (32, 32, 32), "")
    assert (read.is_lap_race, read.laps) == (True, 4)
    assert (read.bronze_time_ms, read.silver_time_ms) == (60000, 50000)
    assert (read.gold_time_ms, read.author_time_ms) == (40000, 30000)
    assert read.blocks == (ROAD,)
    assert read.validation_ghost is None


def test_block_flags_have_names():
    block = read_map(tmnf_map([ROAD])).blocks[0]
    assert (block.variant, block.road_shape, block.on_ground) == (3, 3, True)


def test_unset_medal_times_are_none():
    read = read_map(tmnf_map([], times_ms=(-1, -1, -1, -1)))
    assert read.author_time_ms is None
    assert read.bronze_time_ms is None


def test_author_login_is_not_printed():
    read = read_map(tmnf_map([ROAD]))
    assert read.author_login == "author"
    assert "author'" not in repr(read)


@pytest.mark.parametrize("codec", ["lzo", "stored", "raw"])
def test_every_body_format_reads_alike(codec):
    assert read_map(tmnf_map([ROAD] * 40, codec=codec)).blocks == (ROAD,) * 40


def test_tm2020_cells_are_world_cells():
    block = Block("RoadTechStraight", 2, (10, 1, 20))
    assert read_map(tm2020_map([block])).blocks == (block,)


def test_tm2020_waypoints_keep_tag_and_order():
    start = Block("RoadTechStart", 0, (1, 1, 1), waypoint="Spawn")
    linked = Block("GateCheckpoint", 0, (1, 1, 2), waypoint="LinkedCheckpoint", waypoint_order=7)
    read = read_map(tm2020_map([start, linked])).blocks
    assert [(block.waypoint, block.waypoint_order) for block in read] == [("Spawn", 0), ("LinkedCheckpoint", 7)]


def test_free_blocks_get_their_poses_in_order():
    grid = Block("RoadTechStraight", 0, (1, 1, 1))
    free = [
        Block("GateFinish", 0, (0, 0, 0), is_free=True, position=(x, 120.0, 800.0), rotation_euler=(-1.5, 0.5, 0.25))
        for x in (100.0, 200.0)
    ]
    read = read_map(tm2020_map([free[0], grid, free[1]])).blocks
    assert [block.is_free for block in read] == [True, False, True]
    assert [block.position for block in read] == [(100.0, 120.0, 800.0), None, (200.0, 120.0, 800.0)]
    assert read[2].rotation_euler == (-1.5, 0.5, 0.25)


def test_map_without_header_chunks_reads():
    assert read_map(tm2020_map([ROAD], header={})).game == "TM2020"
    assert read_map(tmnf_map([ROAD], header={})).game == "TMNF"


def test_path_and_bytes_read_alike(tmp_path):
    data = tmnf_map([ROAD])
    path = tmp_path / "a.Challenge.Gbx"
    path.write_bytes(data)
    assert read_map(path) == read_map(str(path)) == read_map(data)


def _patched(data: bytes, offset: int, replacement: bytes) -> bytes:
    return data[:offset] + replacement + data[offset + len(replacement) :]


GOOD = tmnf_map([ROAD])

REFUSED = {
    "empty": (b"", "the file is empty"),
    "not a gbx": (b"PK\x03\x04 something else", "not a .Gbx file"),
    "text format": (_patched(GOOD, 5, b"T"), "BUCR"),
    "old format": (_patched(GOOD, 3, b"\x05"), "version 6"),
    "truncated": (GOOD[: len(GOOD) // 2], "expected"),
    "replay": (gbx_file(0x2407E000, {}, bytes(8)), "this is a replay, not a map"),
    "ghost": (gbx_file(0x03092000, {}, bytes(8)), "this is a ghost, not a map"),
    "other class": (gbx_file(0x0A0B0000, {}, bytes(8)), "class 0A0B0000"),
    "other environment, no header": (tmnf_map([], environment="Lagoon", header={}), "environment 'Lagoon'"),
    "valley by header": (tmnf_map([], header=xml_header("3.3.0", "2016", "Valley")), "environment 'Valley'"),
    "maniaplanet": (tm2020_map([], header=xml_header("3.3.0", "2019-11-19_18_50")), "ManiaPlanet"),
    "header of the other game": (tm2020_map([], header=xml_header("2.11.26")), "the header says TMNF"),
    "decoration": (tm2020_map([], decoration="16x12Day"), "decoration '16x12Day'"),
    "rotation": (tmnf_map([Block("StadiumRoadMain", 4, (0, 0, 0))]), "rotation of 0-3"),
    "no blocks chunk": (gbx_file(MAP_CLASS, {}, struct.pack("<I", 0xFACADE01)), "no list of blocks"),
    "missing poses": (tm2020_map([Block("A", 0, (0, 0, 0), 1 << 29)]), "poses of 1 free blocks"),
}


def test_maps_of_the_other_forever_games_are_read():
    assert read_map(tmnf_map([ROAD], environment="Bay")).environment == "Bay"
    assert {read_map(data).environment for data in (GOOD, tm2020_map([]))} == {"Stadium"}


def test_notice_of_a_modified_game_is_a_block_that_no_track_is_built_of():
    notice = Block("TMUnlimiter 2.0 is required", NO_ROTATION, (255, 255, 255))
    read = read_map(tmnf_map([replace(notice, flags=PLACEHOLDER_FLAGS)]))
    assert read.blocks == (notice,)
    with pytest.raises(UnsupportedBlockError, match="TMUnlimiter"):
        build(read)


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_says_what_is_wrong(case):
    data, message = REFUSED[case]
    with pytest.raises(GbxError, match=message):
        read_map(data)


def test_missing_file_and_folder_are_named(tmp_path):
    with pytest.raises(GbxError, match=r"nowhere\.Gbx: no such file; check the path"):
        read_map(tmp_path / "nowhere.Gbx")
    with pytest.raises(GbxError, match="this is a folder"):
        read_map(tmp_path)
    with pytest.raises(GbxError, match="cannot be read"):
        read_map("a\0b")


def test_errors_name_the_file_and_the_offset(tmp_path):
    path = tmp_path / "cut.Challenge.Gbx"
    path.write_bytes(tmnf_map([ROAD], codec="raw")[:-60])
    with pytest.raises(GbxError, match=r"cut\.Challenge\.Gbx.*at byte \d+"):
        read_map(_cut_in_blocks(path))


def _cut_in_blocks(path):
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"StadiumRoadMain") + 3])
    return path


def test_damaged_ghost_does_not_stop_the_map():
    data = tm2020_map([ROAD], ghost=tm2020_ghost([0, 50], [[0, 0, 0]] * 2, [(0, 1, 0)]), codec="raw")
    at = data.index(struct.pack("<2I", RECORD_CLASS, RECORD_CLASS)) + 8
    read = read_map(_patched(data, at, b"\x63"))
    assert len(read.blocks) == 1
    assert read.validation_ghost is not None
    with pytest.raises(GbxError, match="version 10 or 11"):
        _ = read.validation_ghost.samples


@pytest.mark.parametrize("write", [tmnf_map, tm2020_map])
def test_skins_keep_their_files_and_authors(write):
    files = FileReference("Skins\\Any\\Left.zip", "http://example.org/Left.zip"), FileReference("")
    skin = Skin("word", *files)
    again = Block("Sign", 2, (4, 5, 6), 1 << 15, author="someone", skin=skin)
    assert read_map(write([ROAD, again, ROAD, again])).blocks == (ROAD, again, ROAD, again)


def test_tm2020_skins_keep_checksum_and_foreground():
    file = FileReference("Skins\\Any\\Left.webm", "", bytes(range(32)), 3)
    skin = Skin("", file, FileReference("", "", bytes(32), 3), FileReference("b", "", bytes(32), 3))
    assert read_map(tm2020_map([Block("Sign", 0, (1, 1, 1), 1 << 15, skin=skin)])).blocks[0].skin == skin


def test_authors_of_blocks_and_items_are_not_printed():
    block = Block("Sign", 2, (4, 5, 6), author="secret")
    item = Item("Flag", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), author="secret")
    assert "secret" not in repr((block, item))


ITEMS = (
    Item("GateCheckpoint", (1.0, 2.0, 3.0), (0.5, 0.25, -0.5), (9, 8, 7), waypoint="Checkpoint", author="Nadeo"),
    Item("Flag", (4.0, 5.0, 6.0), (0.0, 0.0, 0.0), None, (0.5, 0.0, 1.0), 2.0, 4, author="Nadeo"),
    Item("Flag", (7.0, 5.0, 6.0), (0.0, 0.0, 0.0), flags=1, author="Nadeo"),
)


def test_items_keep_their_places_and_waypoints():
    assert read_map(tm2020_map([ROAD], items=ITEMS)).items == ITEMS
    assert read_map(tm2020_map([ROAD])).items == ()


def test_baked_blocks_are_read_only_if_asked_for():
    def free(x: float) -> Block:
        return Block("F", 0, (0, 0, 0), 1 << 29, is_free=True, position=(x, 0.0, 0.0), rotation_euler=(0.0, 0.0, 0.0))

    grass = Block("Grass", 1, (1, 0, 1))
    data = tm2020_map([ROAD, free(1.0)], baked=[grass, free(2.0), ROAD])
    assert read_map(data).baked_blocks == ()
    assert read_map(data, baked=True).baked_blocks == (grass, free(2.0), ROAD)
    assert read_map(data, baked=True).blocks == (ROAD, free(1.0))


def test_header_chunks_add_to_a_map():
    read = read_map(tm2020_map([ROAD], header=full_header(comments="Two\nlines")))
    assert (read.title, read.map_type, read.checkpoint_count) == ("TMStadium", "TrackMania\\TM_Race", 5)
    assert (read.comments, read.thumbnail) == ("Two\nlines", b"\xff\xd8jpeg")
    assert read.mood == "Day"


@pytest.mark.parametrize(("decoration", "mood"), [("48x48Screen155Sunrise", "Sunrise"), ("NoStadium48x48", "")])
def test_mood_is_in_the_decoration(decoration, mood):
    assert read_map(tm2020_map([], decoration=decoration)).mood == mood
