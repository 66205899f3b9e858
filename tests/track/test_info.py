"""``tmenv track info`` and ``tmenv track draw``: what they say about files that can and cannot be driven."""

import json
from dataclasses import replace

import pytest

from tests.track.test_build import straight_map
from tmenv import cli
from tmenv.gbx import Block, write_map
from tmenv.track.info import info


@pytest.fixture
def abyss(tmp_path):
    """A map of six drivable blocks, one of which we do not know."""
    path = tmp_path / "abyss.Challenge.Gbx"
    write_map(replace(straight_map(extra=[Block("StadiumAbyss", 0, (1, 1, 1))]), uid="any"), path)
    return path


def test_a_map_with_unknown_blocks_is_no_error(abyss):
    found = info(abyss)
    assert (found.drivable, found.missing, found.covered_share) == (False, {"StadiumAbyss": 1}, round(5 / 6, 4))
    assert found.length_m is None
    assert "StadiumAbyss x1" in found.problem


def test_json_lists_objects(abyss, capsys):
    assert cli.main(["track", "info", str(abyss), "tmnf-first-drive", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert list(first)[:8] == [
        *("file", "name", "game", "drivable", "missing", "covered_share", "length_m", "checkpoints")
    ]
    assert first["file"] == str(abyss)
    assert (second["drivable"], second["checkpoints"], second["missing"]) == (True, 1, {})


def test_table_says_what_is_missing(abyss, capsys):
    assert cli.main(["track", "info", str(abyss)]) == 0
    assert "no surface for StadiumAbyss x1" in capsys.readouterr().out


def test_broken_files_are_one_line_each(abyss, tmp_path, capsys):
    broken, short = tmp_path / "broken.Challenge.Gbx", tmp_path / "short.npz"
    broken.write_bytes(abyss.read_bytes()[:200])
    short.write_bytes(b"PK")
    assert cli.main(["track", "info", str(broken), str(short), str(abyss)]) == 1
    said = capsys.readouterr()
    assert [line.split(":")[1].strip() for line in said.err.splitlines()] == [str(broken), str(short)]
    assert "abyss.Challenge.Gbx" in said.out


def test_picture_is_written(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    out = tmp_path / "a.png"
    assert cli.main(["track", "draw", "tmnf-first-drive", "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.strip() == str(out)


def test_picture_of_no_format_is_an_error(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert cli.main(["track", "draw", "tmnf-first-drive", "--out", str(tmp_path / "a.txt")]) == 1
    assert "a picture ends in .png, .svg, .pdf" in capsys.readouterr().err


def test_blocks_are_counted_without_a_route(abyss, tmp_path, capsys):
    other = tmp_path / "other.Challenge.Gbx"
    blocks = [
        Block(name, 0, (i, 1, i)) for i, name in enumerate(("StadiumAbyss", "StadiumAbyss", "StadiumRoadOfGlass"))
    ]
    write_map(replace(straight_map(extra=blocks), uid="any"), other)
    assert info(abyss, routes=False).drivable is False
    assert cli.main(["track", "info", str(abyss), str(other), "tmnf-first-drive", "--no-routes"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["StadiumAbyss", "2", "1", "3"] in lines
    assert ["StadiumRoadOfGlass", "1", "0", "1"] in lines
