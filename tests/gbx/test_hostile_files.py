"""Whatever the bytes are, the reader answers with a map or with GbxError."""

import contextlib
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gbx.builder import MAP_CLASS, Writer, gbx_file, stored_lzo, tm2020_map, tmnf_map
from tests.gbx.ghost_builder import tm2020_ghost
from tmenv.errors import GbxError
from tmenv.gbx import Block, read_map
from tmenv.gbx.archive import Reader
from tmenv.gbx.samples import decompress_zlib
from tmenv.gbx.samples_tm2020 import read_entities

NAMES = st.text(st.characters(exclude_categories=("C",), max_codepoint=0xFFFF), min_size=1, max_size=12)
FREE = Block("Gate", 0, (-1, -8, -1), is_free=True, position=(1.0, 2.0, 3.0), rotation_euler=(0.0, 0.5, 1.0))
SMALL_MAPS = {
    "TMNF": tmnf_map([Block("StadiumRoadMain", 1, (3, 1, 5), 0x1003)] * 3, codec="raw"),
    "TM2020": tm2020_map(
        [Block("RoadTechStart", 0, (1, 1, 1), waypoint="Spawn"), FREE],
        ghost=tm2020_ghost([0, 50], [[0, 0, 0]] * 2, [(0, 1, 0), (5, 1, 0)]),
        codec="raw",
    ),
    "compressed": tmnf_map([Block("StadiumRoadMain", 1, (3, 1, 5), 0x1003)] * 3),
}


def check_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(GbxError):
        _ = read_map(data).validation_ghost


def blocks(flags: st.SearchStrategy[int], lowest: tuple[int, int, int], **fields) -> st.SearchStrategy[Block]:
    cell = st.tuples(*(st.integers(low, low + 255) for low in lowest))
    return st.builds(Block, NAMES, st.integers(0, 3), cell, flags, **fields)


@settings(max_examples=60, deadline=None)
@given(st.lists(blocks(st.integers(0, 0x7FFF), (0, 0, 0)), max_size=8))
def test_tmnf_blocks_round_trip(written):
    assert read_map(tmnf_map(written)).blocks == tuple(written)


@settings(max_examples=60, deadline=None)
@given(st.lists(blocks(st.integers(0, 0x7FFF), (-1, -8, -1)), max_size=8), st.lists(NAMES, max_size=3))
def test_tm2020_blocks_round_trip(written, tags):
    waypoints = [Block("Gate", 0, (1, 2, 3), 1 << 20, waypoint=tag, waypoint_order=len(tag)) for tag in tags]
    assert read_map(tm2020_map(written + waypoints)).blocks == (*written, *waypoints)


@pytest.mark.parametrize("game", SMALL_MAPS)
def test_every_prefix_reads_or_is_refused(game):
    for length in range(len(SMALL_MAPS[game])):
        check_read_or_refused(SMALL_MAPS[game][:length])


@pytest.mark.parametrize("game", SMALL_MAPS)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_flipped_bytes_read_or_are_refused(game, data):
    damaged = bytearray(SMALL_MAPS[game])
    places = st.tuples(st.integers(0, len(damaged) - 1), st.integers(1, 255))
    for offset, change in data.draw(st.lists(places, min_size=1, max_size=4)):
        damaged[offset] ^= change
    check_read_or_refused(bytes(damaged))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_random_bodies_read_or_are_refused(body):
    check_read_or_refused(gbx_file(MAP_CLASS, {}, body, codec="raw"))


def test_cyclic_and_deep_nodes_are_refused():
    cycle = struct.pack("<3I", 0x03043011, 1, 0x0305B000) + struct.pack("<2I", 0x0305B00D, 1)
    check_read_or_refused(gbx_file(MAP_CLASS, {}, cycle, codec="raw"))
    nested = b"".join(struct.pack("<3I", index, 0x0305B000, 0x03043011) for index in range(2000))
    with pytest.raises(GbxError, match="nested nodes"):
        read_map(gbx_file(MAP_CLASS, {}, struct.pack("<I", 0x03043011) + nested, codec="raw"))


def test_decompression_bombs_are_refused_before_they_go_off():
    bomb = stored_lzo(b"")[:-3] + bytes(8 * 2**20) + b"\x11\0\0"
    file = b"GBX\x06\0BUCR" + struct.pack("<6I", MAP_CLASS, 0, 1, 0, 2**20, len(bomb)) + bomb
    with pytest.raises(GbxError, match="impossible size"):
        read_map(file)


@pytest.mark.parametrize("stated", [5, 2**31])
def test_zlib_records_of_another_size_are_refused(stated):
    packed = bytes.fromhex("789c4b4c4a06000 24d0127".replace(" ", ""))
    with pytest.raises(GbxError, match="expected a record"):
        decompress_zlib(Reader(struct.pack("<2I", stated, len(packed)) + packed, "test"))


def test_impossible_counts_are_refused_at_once():
    data = SMALL_MAPS["TMNF"]
    count = data.index(struct.pack("<3I", 0, 1, 3), data.index(b"Day")) + 8
    with pytest.raises(GbxError, match="possible number of blocks"):
        read_map(data[:count] + b"\xff\xff\xff\x7f" + data[count + 4 :])


ENDLESS = {
    "placeholders": (struct.pack("<I4BI", 0xFFFFFFFF, 0, 0, 0, 0, 0xFFFFFFFF) * 10_001, "at most 10000 placeholders"),
    "blocks": (b"", "possible number of blocks .it says 300000"),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_endless_block_lists_are_refused_at_once(case):
    records, message = ENDLESS[case]
    body = Writer().u32(0x0304301F).ident("uid", "Stadium", "author").string("name").ident("Day", "Stadium", "author")
    body.u32(32, 32, 32, 0, 1, 1 if records else 300_000).data += records or bytes(12 * 300_000)
    with pytest.raises(GbxError, match=message):
        read_map(gbx_file(MAP_CLASS, {}, bytes(body.data), codec="raw"))


def test_endless_chunks_are_refused_at_once():
    with pytest.raises(GbxError, match="at most 300000 chunks"):
        read_map(gbx_file(MAP_CLASS, {}, (struct.pack("<I", 0x03043999) + b"PIKS\0\0\0\0") * 300_001))


def record_of(entities: bytes) -> bytes:
    """A version-11 record with one class of entities."""
    raw = struct.pack("<3I", 0, 0, 1) + struct.pack("<6I", 0x0A018000, 0, 0, 0, 0, 0) + struct.pack("<I", 0) + entities
    packed = zlib.compress(raw)
    return struct.pack("<3I", 11, len(raw), len(packed)) + packed


ENTITY = struct.pack("<B6I", 1, 0, 0, 0, 0, 0, 0)
"""The byte that announces an entity, and one without samples."""


def test_records_of_endless_entities_and_events_are_refused_at_once():
    with pytest.raises(GbxError, match="at most 1000 entities"):
        read_entities(record_of(ENTITY + (b"\1\0" + ENTITY[1:]) * 5000), "test")
    events = struct.pack("<BIiI", 1, 0, 0, 0) * 200_000
    with pytest.raises(GbxError, match="at most 100000 events"):
        read_entities(record_of(ENTITY + b"\0" + events), "test")


def test_record_that_cannot_be_so_large_is_not_expanded():
    packed = zlib.compress(bytes(1000))
    with pytest.raises(GbxError, match="a record of a possible size"):
        decompress_zlib(Reader(struct.pack("<2I", 2**24, len(packed)) + packed, "test"))


def test_names_from_files_are_printable_and_short_in_messages():
    with pytest.raises(GbxError) as refused:
        read_map(tmnf_map([], environment="Lagoon\x1b[2J" + "y" * 100_000, header={}))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300
