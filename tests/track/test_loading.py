"""``load`` and saved tracks: the way in and the errors."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.gbx.ghost_builder import ghost_file, replay_file, tmnf_ghost
from tmenv.errors import TrackError
from tmenv.gbx import map_to_bytes
from tmenv.track import Track, load, storage
from tmenv.track.generate import generate

GHOST = tmnf_ghost([[1, 2, 3]], [(0, "Accelerate", 1)])


@pytest.mark.parametrize("name", ["tmnf-short-circuit", "tm2020-first-drive"])
def test_saved_tracks_are_the_same(tmp_path, name):
    track = load(name)
    track.save(tmp_path / "track.npz")
    again = load(tmp_path / "track.npz")
    for field, value in vars(track).items():
        assert np.array_equal(value, getattr(again, field)), field
        assert type(value) is type(getattr(again, field))
    assert [path.name for path in tmp_path.iterdir()] == ["track.npz"]


def test_replay_stands_for_the_map_inside(tmp_path):
    data = map_to_bytes(replace(generate(3, "TMNF"), uid="any"))
    (tmp_path / "a.Challenge.Gbx").write_bytes(data)
    (tmp_path / "a.Replay.Gbx").write_bytes(replay_file([GHOST], data))
    assert np.array_equal(load(tmp_path / "a.Replay.Gbx").patches, load(tmp_path / "a.Challenge.Gbx").patches)
    (tmp_path / "b.Ghost.Gbx").write_bytes(ghost_file(GHOST))
    (tmp_path / "b.Replay.Gbx").write_bytes(replay_file([GHOST], None))
    for name in ("b.Ghost.Gbx", "b.Replay.Gbx"):
        with pytest.raises(TrackError, match="holds no map"):
            load(tmp_path / name)


def test_broken_files(tmp_path):
    good = tmp_path / "good.npz"
    load("tmnf-first-drive").save(good)
    content = good.read_bytes()
    for number, broken in enumerate((b"", b"hello", content[: len(content) // 2], content[:-30])):
        path = tmp_path / f"broken{number}.npz"
        path.write_bytes(broken)
        with pytest.raises(TrackError, match="broken"):
            Track.load(path)
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(TrackError, match="broken"):
        Track.load(tmp_path / "other.npz")
    with pytest.raises(TrackError, match="no track file"):
        Track.load(tmp_path / "missing.npz")


def test_other_version(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "VERSION", 0)
    load("tmnf-first-drive").save(tmp_path / "old.npz")
    monkeypatch.undo()
    with pytest.raises(TrackError, match="version 0"):
        load(tmp_path / "old.npz")


def test_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "track.npz"
    path.write_text("old")
    monkeypatch.setattr(np, "savez_compressed", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load("tmnf-first-drive").save(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["track.npz"]


def test_unknown_names():
    with pytest.raises(TrackError, match=r"did you mean .*tmnf-first-drive"):
        load("tmnf-first-driv")
    with pytest.raises(TrackError, match=r"built-in tracks: .*tm2020-chicanes"):
        load("/nowhere/zzzzzz.Map.Gbx")
    with pytest.raises(TrackError, match="belongs to TMNF"):
        load("tmnf-first-drive", game="TM2020")


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format": 2}',
        '{"format": 1, "game": "TMUF", "blocks": []}',
        '{"format": 1, "game": "TMNF", "blocks": [["StadiumRoadMain#3", 1, 1, 1]]}',
        '{"format": 1, "game": "TMNF", "blocks": [["StadiumRoadMain#3", 1, 1, 1, 4]]}',
        '{"format": 1, "game": "TMNF", "blocks": [["StadiumRoadMain#x", 1, 1, 1, 0]]}',
        '{"format": 1, "game": "TMNF", "laps": 0, "blocks": []}',
        '{"format": 1, "game": "TMNF", "blocks": []}',
    ],
)
def test_broken_block_lists(tmp_path, content):
    path = tmp_path / "track.json"
    path.write_text(content)
    with pytest.raises(TrackError):
        load(path)


def test_own_block_list(tmp_path):
    blocks = [["RoadTechStart", 5, 1, 5, 3], ["RoadTechStraight", 6, 1, 5, 1], ["RoadTechFinish", 7, 1, 5, 3]]
    path = tmp_path / "mine.json"
    head = {"format": 1, "name": "mine", "game": "TM2020", "author_time_ms": 4200}
    path.write_text(json.dumps({**head, "blocks": blocks}))
    track = load(path)
    assert (track.name, track.author_time_s) == ("mine", 4.2)
    assert track.length_m == pytest.approx(51.1)


def test_import_is_light():
    code = "import sys, tmenv.track; print([m for m in ('numba', 'matplotlib', 'scipy') if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_outline_runs_along_the_borders():
    track = load("tm2020-first-drive")
    lines = track.plan_outline()
    assert len(lines) == 2 * len(track.patches)
    for line in lines:
        for x, z in line[1:-1]:
            _, lateral = track.local_coordinates(x, 10.0, z)
            assert abs(lateral) == pytest.approx(12.81, abs=1e-2)
