"""Replays that the builder wrote, headers, and telling kinds of files apart."""

import numpy as np
import pytest

from tests.gbx.builder import full_header, gbx_file, tm2020_map, tmnf_map
from tests.gbx.ghost_builder import ghost_file, replay_file, tm2020_ghost, tmnf_ghost
from tmenv.errors import GbxError
from tmenv.gbx import Block, Ghost, Header, Map, Replay, read, read_ghost, read_header, read_map, read_replay
from tmenv.gbx.container import HEADER_BYTES

ROAD = Block("StadiumRoadMain", 1, (3, 1, 5), 0x1003)
TMNF_GHOST = tmnf_ghost([[1, 2, 3]], [(0, "Accelerate", 1)])
TM2020_GHOST = tm2020_ghost([0, 50], [[1, 2, 3]] * 2, [(0, 1, 0)])
FILES = {
    "map": tmnf_map([ROAD]),
    "replay": replay_file([TMNF_GHOST], tmnf_map([ROAD])),
    "ghost": ghost_file(TM2020_GHOST),
}
TM2020 = {"version": "3.3.0", "build": "2022-10-06_21_04"}


@pytest.mark.parametrize("old_ids", [False, True])
def test_tmnf_replay_holds_ghost_and_map(old_ids):
    ghost = tmnf_ghost([[1, 2, 3]], [(0, "Accelerate", 1)], old_ids=old_ids)
    replay = read_replay(replay_file([ghost], FILES["map"], old_ids=old_ids))
    assert (replay.game, replay.race_time_ms, replay.player_login) == ("TMNF", 1000, "secret login")
    assert replay.map == read_map(FILES["map"])
    (only,) = replay.ghosts
    np.testing.assert_array_equal(only.samples["position"], [[1, 2, 3]])
    assert only.inputs["gas"].all()


def test_tm2020_replay_may_hold_several_ghosts_and_no_map():
    replay = read_replay(replay_file([TM2020_GHOST, TM2020_GHOST], None, **TM2020))
    assert (replay.game, replay.map) == ("TM2020", None)
    assert [len(ghost.samples) for ghost in replay.ghosts] == [2, 2]
    assert replay.ghosts[0].driver() == replay.ghosts[1].driver()


def test_replay_of_another_game_is_refused():
    with pytest.raises(GbxError, match=r"version 3\.3\.0 of the game \(ManiaPlanet or Turbo\)"):
        read_replay(replay_file([TMNF_GHOST], None, version="3.3.0", build="2016-01-01"))


def test_replay_of_another_environment_keeps_its_ghost():
    replay = read_replay(replay_file([TMNF_GHOST], tmnf_map([ROAD], environment="Lagoon")))
    assert len(replay.ghosts) == 1
    with pytest.raises(GbxError, match=r"\(map\).*environment 'Lagoon'"):
        _ = replay.map


def test_replay_with_a_damaged_map_keeps_its_ghost():
    replay = read_replay(replay_file([TMNF_GHOST], FILES["map"][:100]))
    assert replay.ghosts[0].race_time_ms == 1000
    with pytest.raises(GbxError, match="expected"):
        _ = replay.map


def test_logins_are_not_printed():
    assert "secret" not in repr(read_replay(FILES["replay"]))
    assert "secret" not in repr(read_header(FILES["replay"]))


@pytest.mark.parametrize(("kind", "expected"), [("map", Map), ("replay", Replay), ("ghost", Ghost)])
def test_read_tells_what_a_file_is(kind, expected):
    assert isinstance(read(FILES[kind]), expected)
    assert read_header(FILES[kind]).kind == kind


READERS = {"map": read_map, "replay": read_replay, "ghost": read_ghost}


@pytest.mark.parametrize("wanted", READERS)
@pytest.mark.parametrize("given", FILES)
def test_strict_readers_name_what_a_file_is_instead(wanted, given):
    if wanted == given:
        assert READERS[wanted](FILES[given]) == read(FILES[given])
    else:
        with pytest.raises(GbxError, match=f"this is a {given}, not a {wanted}"):
            READERS[wanted](FILES[given])


@pytest.mark.parametrize("reader", [read, read_header])
def test_other_classes_are_refused(reader):
    with pytest.raises(GbxError, match="this is a file of class 0A0B0000; give a map, replay or ghost"):
        reader(gbx_file(0x0A0B0000, {}, bytes(8)))


def test_header_of_a_map():
    header = read_header(tm2020_map([ROAD], header=full_header()))
    assert (header.kind, header.game, header.name, header.uid) == ("map", "TM2020", "Test", "uid_of_test")
    assert (header.login, header.environment, header.decoration) == ("author", "Stadium2020", "48x48Day")
    assert (header.bronze_time_ms, header.author_time_ms) == (60000, 30000)
    assert (header.checkpoint_count, header.laps, header.is_lap_race) == (5, 3, True)
    assert (header.map_type, header.title) == ("TrackMania\\TM_Race", "TMStadium")
    assert (header.comments, header.thumbnail) == ("Hello", b"\xff\xd8jpeg")
    assert header.attributes["header.exever"] == "3.3.0"


def test_header_of_a_replay():
    header = read_header(FILES["replay"])
    assert (header.kind, header.game, header.race_time_ms) == ("replay", "TMNF", 1000)
    assert (header.uid, header.login) == ("uid_of_test", "secret login")
    assert header.attributes["times.best"] == "1000"


def test_header_of_a_ghost_is_only_its_kind():
    assert read_header(FILES["ghost"]) == Header("ghost", None)


def test_header_needs_no_more_than_the_first_64_kb(tmp_path):
    data = tm2020_map([ROAD], header=full_header(thumbnail=bytes(2 * HEADER_BYTES)))
    path = tmp_path / "a.Map.Gbx"
    path.write_bytes(data)
    whole = read_header(path)
    assert whole == read_header(data[:HEADER_BYTES])
    assert (whole.uid, whole.author_time_ms, whole.thumbnail) == ("uid_of_test", 30000, b"")


def test_header_reads_from_a_file_cut_in_its_body():
    header = read_header(FILES["map"])
    body = FILES["map"].index(b"</header>") + len("</header>")
    assert read_header(FILES["map"][:body]) == header


def test_xml_entities_are_resolved_but_not_executed():
    xml = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><header exever="2.11.26"/><ident name="A &amp; &a; B"/>'
    chunk = {0x03043005: len(xml).to_bytes(4, "little") + xml}
    assert read_header(tmnf_map([], header=chunk)).name == "A & &a; B"
