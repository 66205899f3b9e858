"""Writing maps into files that exist."""

import contextlib
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gbx.builder import MAP_CLASS, Writer, tmnf_map
from tests.gbx.ghost_builder import tm2020_ghost
from tests.gbx.maps import NAMES, TEMPLATE_BLOCKS, TM2020_BLOCKS, TMNF_BLOCKS, tm2020_template
from tmenv.errors import GbxError
from tmenv.gbx import Block, Item, Map, map_to_bytes, read_header, read_map, write_map
from tmenv.gbx.container import read_container

TEMPLATE = tm2020_template()
MAP = read_map(TEMPLATE)
GHOST = tm2020_ghost([0, 50], [[0, 0, 0]] * 2, [(0, 1, 0), (5, 1, 0)])
WITH_GHOST = tm2020_template(ghost=GHOST)
TMNF_TEMPLATE = tmnf_map([Block("StadiumRoadMain", 1, (3, 1, 5), 0x1003)] * 2, laps=2)


@settings(max_examples=150, deadline=None)
@given(st.lists(TM2020_BLOCKS, max_size=6), st.permutations(TEMPLATE_BLOCKS), st.integers(0, 4), NAMES, NAMES)
def test_a_tm2020_map_spliced_and_read_is_equal(added, kept, number, name, uid):
    written = replace(MAP, blocks=(*added, *kept[:number], *added[:2]), name=name, uid=uid)
    assert read_map(map_to_bytes(written, template=TEMPLATE)) == written


@settings(max_examples=60, deadline=None)
@given(st.lists(TMNF_BLOCKS, max_size=6), NAMES, NAMES, st.sampled_from(["Day", "Night"]))
def test_a_tmnf_map_spliced_and_read_is_equal(blocks, name, author, decoration):
    old = read_map(TMNF_TEMPLATE)
    written = replace(old, blocks=tuple(blocks), name=name, author_login=author, decoration=decoration)
    assert read_map(map_to_bytes(written, template=TMNF_TEMPLATE)) == written


@pytest.mark.parametrize("template", [TEMPLATE, WITH_GHOST, TMNF_TEMPLATE], ids=["TM2020", "with ghost", "TMNF"])
def test_splicing_a_map_into_itself_changes_nothing(template):
    before, after = read_container(template), read_container(map_to_bytes(read_map(template), template=template))
    assert before.header == after.header
    assert read_map(template) == read_map(map_to_bytes(read_map(template), template=template))


@pytest.mark.parametrize("template", [TEMPLATE, TMNF_TEMPLATE], ids=["TM2020", "TMNF"])
def test_times_and_laps_are_replaced_everywhere(template):
    written = replace(read_map(template), author_time_ms=31000, bronze_time_ms=None, laps=7, is_lap_race=True)
    assert read_map(map_to_bytes(written, template=template)) == written


def test_the_header_of_a_new_map_can_serve_as_a_template():
    old = Map.tmnf("Old <&>", [], uid="old_uid", author_time_ms=20000)
    new = replace(old, name='New "1"', uid="new_uid", author_time_ms=19000, gold_time_ms=5, is_lap_race=True, laps=2)
    header = read_header(map_to_bytes(new, template=map_to_bytes(old)))
    assert (header.name, header.uid, header.author_time_ms, header.gold_time_ms) == ('New "1"', "new_uid", 19000, 5)
    assert header.attributes["ident.name"] == 'New "1"'
    assert (header.attributes["times.authortime"], header.attributes["times.authorscore"]) == ("19000", "19000")
    assert (header.is_lap_race, header.attributes["desc.nblaps"]) == (True, "2")


def test_a_template_may_be_a_path(tmp_path):
    path = tmp_path / "a.Map.Gbx"
    path.write_bytes(TEMPLATE)
    write_map(replace(MAP, name="Spliced"), path, template=path)
    assert read_map(path).name == "Spliced"


def test_fields_left_empty_stay_the_templates():
    fields = {"author_login": "", "title": "", "items": (), "comments": ""}
    read = read_map(map_to_bytes(replace(MAP, **fields), template=TEMPLATE))
    assert read.author_login == MAP.author_login


def with_tail(*chunks: bytes) -> bytes:
    """The template with more chunks behind its blocks, uncompressed."""
    raw = tm2020_template(codec="raw")
    end = struct.pack("<I", 0xFACADE01)
    assert raw.endswith(end)
    return raw[: -len(end)] + b"".join(chunks) + end


def sized(chunk: int, payload: bytes) -> bytes:
    return bytes(Writer().skippable(MAP_CLASS | chunk, payload).data)


def tail_of(data: bytes, chunk: int) -> bytes:
    """Payload of a chunk that states its size."""
    body = read_container(data).body
    start = body.rindex(struct.pack("<I", MAP_CLASS | chunk) + b"PIKS") + 8
    return body[start + 4 : start + 4 + int.from_bytes(body[start : start + 4], "little")]


def ids_of_template() -> int:
    """Names in the table of Ids at the end of the template's blocks: uid, three of the place, and four blocks."""
    return len({"uid", "author", "48x48Day"}) + len({block.name for block in TEMPLATE_BLOCKS})


def test_names_behind_the_blocks_are_renumbered():
    number = ids_of_template()
    title = struct.pack("<3I", 0, 0x40000000, 5) + b"Title" + b"rest"
    author_again = struct.pack("<2I", 0, 0x40000000 | 2) + b"rest"
    data = map_to_bytes(replace(MAP, blocks=MAP.blocks[1:]), template=with_tail(sized(0x51, title)))
    assert tail_of(data, 0x51) == title
    data = map_to_bytes(replace(MAP, blocks=MAP.blocks[::-1]), template=with_tail(sized(0x51, author_again)))
    assert tail_of(data, 0x51) == author_again
    last_block = struct.pack("<2I", 0, 0x40000000 | number) + b"rest"
    data = map_to_bytes(replace(MAP, blocks=MAP.blocks[::-1]), template=with_tail(sized(0x51, last_block)))
    assert tail_of(data, 0x51) == struct.pack("<2I", 0, 0x40000000 | 4) + b"rest"


def test_the_games_own_blocks_keep_their_names():
    number = ids_of_template()
    grass = struct.pack("<2I", 0x40000000, 5) + b"Grass" + bytes(8)
    again = struct.pack("<I", 0x40000000 | (number + 1)) + bytes(8)
    start = struct.pack("<I", 0x40000000 | 4) + bytes(8)
    template = with_tail(sized(0x48, struct.pack("<3I", 0, 6, 3) + grass + again + start + b"the rest"))
    data = map_to_bytes(replace(MAP, blocks=(MAP.blocks[1],)), template=template)
    grass_again = struct.pack("<I", 0x40000000 | 5) + bytes(8)
    start_as_new = struct.pack("<2I", 0x40000000, 13) + b"RoadTechStart" + bytes(8)
    assert tail_of(data, 0x48) == struct.pack("<3I", 0, 6, 3) + grass + grass_again + start_as_new + b"the rest"


@pytest.mark.parametrize(("chunk", "size", "default"), [(0x62, 1, b"\0"), (0x68, 1, b"\0"), (0x69, 4, b"\xff" * 4)])
def test_entries_per_block_follow_their_blocks(chunk, size, default):
    entries = [bytes([number]) * size for number in range(1, 5)]
    template = with_tail(sized(chunk, b"vers" + b"".join(entries) + b"of the game's own"))
    new = Block("Other", 0, (1, 1, 1))
    moved = replace(MAP.blocks[1], cell=(20, 1, 20))
    data = map_to_bytes(replace(MAP, blocks=(MAP.blocks[3], new, moved)), template=template)
    assert tail_of(data, chunk) == b"vers" + entries[3] + default + entries[1] + b"of the game's own"


def test_poses_behind_those_of_the_blocks_stay():
    template = with_tail().replace(struct.pack("<I", 4 + 24), struct.pack("<I", 4 + 24 + 5), 1)
    start = template.index(struct.pack("<I", MAP_CLASS | 0x5F)) + 12 + 4 + 24
    template = template[:start] + b"other" + template[start:]
    data = map_to_bytes(replace(MAP, blocks=MAP.blocks[:2]), template=template)
    assert tail_of(data, 0x5F) == bytes(4) + b"other"


def test_new_nodes_take_new_numbers():
    template = tm2020_template()
    used = read_container(template).node_count
    copies = tuple(replace(MAP.blocks[0], cell=(x, 1, 1)) for x in range(3))
    data = map_to_bytes(replace(MAP, blocks=MAP.blocks + copies), template=template)
    assert read_container(data).node_count >= used + 3
    assert [block.waypoint for block in read_map(data).blocks[4:]] == ["Spawn"] * 3


def test_clips_with_names_are_refused_when_names_move():
    clip = struct.pack("<I", MAP_CLASS | 0x49) + struct.pack("<2I", 0x40000000, 8) + b"Internal"
    template = with_tail(clip)
    assert read_map(map_to_bytes(replace(MAP, name="Only the name"), template=template)).name == "Only the name"
    with pytest.raises(GbxError, match=r"media tracker clips.*choose a template without clips"):
        map_to_bytes(replace(MAP, blocks=()), template=template)


def test_chunks_of_later_games_are_refused_when_blocks_change():
    template = with_tail(sized(0x70, b"unknown"))
    assert tail_of(map_to_bytes(replace(MAP, uid="u2"), template=template), 0x70) == b"unknown"
    with pytest.raises(GbxError, match="chunk 03043070"):
        map_to_bytes(replace(MAP, blocks=MAP.blocks[:2]), template=template)


REFUSED = {
    "other game": (Map.tmnf("A", []), "template's game is 'TM2020'"),
    "other size": (replace(MAP, size=(64, 64, 64)), "template's size"),
    "other decoration": (replace(MAP, decoration="48x48Night"), "decoration cannot be changed"),
    "other author": (replace(MAP, author_login="somebody"), "author_login cannot be changed"),
    "other items": (replace(MAP, items=(Item("a", (0, 0, 0), (0, 0, 0)),)), "items cannot be changed"),
    "free without place": (replace(MAP, blocks=(Block("A", 0, (0, 0, 0), is_free=True),)), "give position"),
    "free by flags only": (replace(MAP, blocks=(Block("A", 0, (0, 0, 0), 1 << 29),)), "set is_free"),
    "data of a template": (replace(MAP, blocks=(Block("A", 0, (0, 0, 0), 1 << 17),)), "bits 17 to 19"),
    "order without waypoint": (replace(MAP, blocks=(Block("A", 0, (0, 0, 0), waypoint_order=1),)), "no waypoint"),
    "cell": (replace(MAP, blocks=(Block("A", 0, (0, 248, 0)),)), r"not in \(-1, -8, -1\) to \(254, 247, 254\)"),
    "far away": (replace(MAP, blocks=(Block.free("A", (2e5, 0, 0)),)), "within"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_go_with_the_template_is_refused(case):
    map_, message = REFUSED[case]
    with pytest.raises(GbxError, match=message):
        map_to_bytes(map_, template=TEMPLATE)


def test_a_damaged_template_is_refused():
    for length in range(0, len(TEMPLATE), 7):
        with pytest.raises(GbxError):
            map_to_bytes(MAP, template=TEMPLATE[:length])


FULL = with_tail(
    sized(0x48, struct.pack("<5I", 0, 6, 1, 0x40000000, 5) + b"Grass" + bytes(8) + b"the rest"),
    sized(0x51, struct.pack("<3I", 0, 0x40000000, 5) + b"Title"),
    sized(0x62, bytes(9)),
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_template_is_refused_or_used(data):
    damaged = bytearray(FULL)
    places = st.tuples(st.integers(0, len(FULL) - 1), st.integers(1, 255))
    for offset, change in data.draw(st.lists(places, min_size=1, max_size=4)):
        damaged[offset] ^= change
    with contextlib.suppress(GbxError):
        written = map_to_bytes(replace(MAP, name="New", blocks=MAP.blocks[::-1]), template=bytes(damaged))
        assert written.startswith(b"GBX")


def test_every_prefix_of_a_template_is_refused_or_used():
    for length in range(len(FULL)):
        with contextlib.suppress(GbxError):
            assert map_to_bytes(replace(MAP, blocks=MAP.blocks[1:]), template=FULL[:length]).startswith(b"GBX")
