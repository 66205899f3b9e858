"""``tmenv gbx`` on files that the tests write."""

import csv
import json

import pytest

from tests.gbx.builder import tm2020_map
from tests.gbx.ghost_builder import ghost_file, replay_file, tm2020_ghost, tmnf_ghost
from tmenv.cli import main
from tmenv.gbx import Block, Map, script_to_events, write_map
from tmenv.gbx.command import COLUMNS

BLOCK = Block("StadiumRoadMain", 1, (3, 1, 4), flags=0x1003)


@pytest.fixture
def folder(tmp_path):
    """A map, a replay of it, and a ghost of the other game in a folder below."""
    write_map(Map.tmnf("Red", [BLOCK, BLOCK], author_time_ms=12340), tmp_path / "a.Challenge.Gbx")
    (tmp_path / "deep").mkdir()
    events = [(0, "Accelerate", 1), (500, "Steer", 0x10000), (900, "Accelerate", 0)]  # fully to the left
    ghost = tmnf_ghost([[1, 2, 3], [4, 5, 6]], events)
    (tmp_path / "b.Replay.Gbx").write_bytes(replay_file([ghost], (tmp_path / "a.Challenge.Gbx").read_bytes()))
    other = tm2020_ghost([0, 50, 100], [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [(0, 1, 0)] * 5)
    (tmp_path / "deep" / "c.ghost.gbx").write_bytes(ghost_file(other))
    return tmp_path


def listed(capsys, *arguments):
    code = main(["gbx", "info", "--json", *map(str, arguments)])
    return code, json.loads(capsys.readouterr().out)


def test_info_of_a_folder_has_an_object_per_file(folder, capsys):
    code, rows = listed(capsys, folder)
    assert code == 0
    assert [tuple(row) for row in rows] == [COLUMNS] * 3
    assert [(row["kind"], row["game"]) for row in rows] == [("map", "TMNF"), ("replay", "TMNF"), ("ghost", "TM2020")]
    map_, replay, ghost = rows
    assert (map_["name"], map_["blocks"], map_["author_time_ms"], map_["inputs"]) == ("Red", 2, 12340, None)
    assert (replay["name"], replay["race_time_ms"], replay["inputs"]) == ("Red", 1000, 3)
    assert (ghost["name"], ghost["inputs"], ghost["samples"]) == (None, 5, 3)


def test_info_takes_patterns(folder, capsys):
    code, rows = listed(capsys, folder / "*.Gbx")
    assert (code, len(rows)) == (0, 2)
    assert len(listed(capsys, folder / "**" / "*.gbx")[1]) == 1


def test_info_goes_on_after_a_bad_file(folder, capsys):
    (folder / "bad.Map.Gbx").write_bytes((folder / "a.Challenge.Gbx").read_bytes()[:100])
    assert main(["gbx", "info", str(folder), str(folder / "none.Gbx")]) == 1
    output = capsys.readouterr()
    assert "Red" in output.out
    assert [line.startswith("tmenv: ") for line in output.err.splitlines()] == [True, True]
    assert "bad.Map.Gbx" in output.err
    assert "none.Gbx: no such file" in output.err


@pytest.mark.parametrize("given", [[], ["empty"], ["*.nothing"]])
def test_info_without_files_says_what_to_give(given, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(["gbx", "info", *given]) == 1
    assert "give" in capsys.readouterr().err


def test_blocks_are_counted_by_name(folder, capsys):
    assert main(["gbx", "blocks", str(folder / "b.Replay.Gbx")]) == 0
    assert capsys.readouterr().out.split() == ["blocks", "name", "2", "StadiumRoadMain"]


def test_blocks_as_json_have_their_places(folder, capsys):
    assert main(["gbx", "blocks", str(folder / "a.Challenge.Gbx"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["cell"], row["rotation"]) for row in rows] == [("StadiumRoadMain", [3, 1, 4], 1)] * 2


def test_inputs_are_printed_as_events(folder, capsys):
    assert main(["gbx", "inputs", str(folder / "b.Replay.Gbx")]) == 0
    assert capsys.readouterr().out == "0\tAccelerate\t1\n500\tSteer\t-65536\n900\tAccelerate\t0\n"


def test_inputs_become_a_script(folder, capsys):
    script = folder / "run.txt"
    assert main(["gbx", "inputs", str(folder / "b.Replay.Gbx"), "--script", str(script)]) == 0
    assert script_to_events(script.read_text())["name"].tolist() == ["Accelerate", "Steer", "Accelerate"]
    assert str(script) in capsys.readouterr().out


def test_samples_become_csv_and_what_is_not_stored_stays_empty(folder):
    table = folder / "run.csv"
    assert main(["gbx", "samples", str(folder / "deep" / "c.ghost.gbx"), "--csv", str(table)]) == 0
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [float(row["position_1"]) for row in rows] == [2, 5, 8]
    assert {row["contact_0"] for row in rows} == {""}
    assert {row["on_ground"] for row in rows} == {"True"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["blocks", "deep/c.ghost.gbx"], "holds no map"),
        (["inputs", "a.Challenge.Gbx"], "holds no run"),
        (["inputs", "b.Replay.Gbx", "--ghost", "1"], "--ghost takes 0 to 0"),
        (["inputs", "b.Replay.Gbx", "--script", "nowhere/run.txt"], "cannot be written"),
        (["samples", "b.Replay.Gbx", "--csv", "deep"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, message, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert main(["gbx", *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not list(folder.glob(".*"))


def test_author_run_of_a_map_counts_as_its_ghost(tmp_path, capsys):
    ghost = tm2020_ghost([0, 50], [[1, 2, 3], [4, 5, 6]], [(0, 1, 0)] * 4, race_time_ms=2000)
    (tmp_path / "a.Map.Gbx").write_bytes(tm2020_map([Block("RoadTechStart", 0, (1, 1, 1))], ghost=ghost))
    _, rows = listed(capsys, tmp_path / "a.Map.Gbx")
    assert (rows[0]["race_time_ms"], rows[0]["inputs"], rows[0]["samples"]) == (2000, 4, 2)
