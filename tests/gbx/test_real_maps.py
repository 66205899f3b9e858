"""Maps that the games wrote, read in place."""

import csv
import re

import numpy as np
import pytest

from tmenv.errors import GbxError
from tmenv.gbx import read_header, read_map
from tmenv.gbx.container import HEADER_BYTES, read_container
from tmenv.gbx.map_chunks import FREE_BLOCKS_CHUNK


@pytest.fixture(scope="module")
def listed_maps(data_dir):
    with (data_dir / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["path"].split("/")[0] in ("tmnf_maps", "tm2020_maps")]


def test_every_map_agrees_with_the_manifest(data_dir, listed_maps):
    for row in listed_maps:
        read = read_map(data_dir / row["path"])
        expected = re.fullmatch(r"map '(.*)' env=Stadium blocks=(\d+) .*validation_ghost=(\w+)", row["content"])
        assert expected, row["path"]
        assert expected[1].lstrip("\ufeff") in (read.name, read.plain_name.strip()), row["path"]
        assert (len(read.blocks), str(read.validation_ghost is not None)) == (int(expected[2]), expected[3]), row[
            "path"
        ]
        assert read.game == ("TM2020" if row["path"].startswith("tm2020") else "TMNF")
        assert all(block.position is not None for block in read.blocks if block.is_free), row["path"]
        _check_times_and_uid(read, row["content"])


def _check_times_and_uid(read, content):
    times = re.search(r"times=\(([^)]*)\)", content)
    if times:
        medals = (read.bronze_time_ms, read.silver_time_ms, read.gold_time_ms, read.author_time_ms)
        assert [-1 if time is None else time for time in medals] == [int(time) for time in times[1].split(",")]
    uid = re.search(r"uid=(\S+)", content)
    assert uid is None or uid[1] == read.uid


def test_replay_is_refused_as_a_map(data_dir):
    replay = next((data_dir / "tmnf_replays").glob("*.Gbx"))
    with pytest.raises(GbxError, match="this is a replay, not a map"):
        read_map(replay)


SPOT_VALUES = {
    "A01-Race": (397, (38030, 29190, 25870, 24540)),
    "B13-Obstacle": (216, (38550, 31150, 27170, 25650)),
    "E02-Endurance": (907, (384580, 307990, 292260, 277480)),
    "Template": (3, None),
}


@pytest.mark.parametrize("name", SPOT_VALUES)
def test_spot_values_of_forever_maps(data_dir, name):
    read = read_map(data_dir / "tmnf_maps" / f"{name}.Challenge.Gbx")
    number, times = SPOT_VALUES[name]
    assert len(read.blocks) == number
    if times is not None:
        assert (read.bronze_time_ms, read.silver_time_ms, read.gold_time_ms, read.author_time_ms) == times
    if name == "A01-Race":
        assert read.uid == "BeySZdnfuSh4nHY5xztiXLmlrXe"


def test_tmrl_train_and_its_ghost(data_dir):
    read = read_map(data_dir / "tm2020_maps" / "tmrl-train.Map.Gbx")
    assert (len(read.blocks), read.author_time_ms, read.bronze_time_ms) == (60, 61124, 92000)
    assert {block.cell[1] for block in read.blocks} == {1}
    ghost = read.validation_ghost
    assert ghost is not None
    assert (ghost.race_time_ms, ghost.checkpoint_times_ms) == (61124, (61124,))
    assert (len(ghost.inputs), ghost.start_offset_ms) == (6262, -1490)
    samples = ghost.samples
    assert (len(samples), samples["time_s"][0], samples["time_s"][-1]) == (1223, 0.01, 61.11)
    np.testing.assert_allclose(samples["position"][100], (536.707, 10.045, 688.044), atol=1e-3)


def test_headers_agree_with_bodies(data_dir, listed_maps):
    for row in listed_maps:
        path = data_dir / row["path"]
        assert path.stat().st_size == int(row["size"])
        with path.open("rb") as file:
            header = read_header(file.read(HEADER_BYTES))
        assert header == read_header(path)
        read = read_map(path)
        for name in ("game", "name", "uid", "is_lap_race", "author_time_ms", "gold_time_ms", "bronze_time_ms"):
            assert getattr(header, name) == getattr(read, name), (row["path"], name)
        assert header.login == read.author_login


def test_pictures_are_jpegs(data_dir, listed_maps):
    pictures = [read_map(data_dir / row["path"]).thumbnail for row in listed_maps]
    assert all(picture[:3] in (b"", b"\xff\xd8\xff") for picture in pictures)
    assert sum(map(bool, pictures)) == 235


ITEMS = {"Fall_2020_-_12": 1543, "Stuartville_Track": 22, "ManiaAPI-NET_Test_Map": 3, "tmrl-train": 0}


@pytest.mark.parametrize("name", ITEMS)
def test_items_of_real_maps(data_dir, name):
    items = read_map(data_dir / "tm2020_maps" / f"{name}.Map.Gbx").items
    assert len(items) == ITEMS[name]
    assert all(0 <= x <= 1536 and 0 <= z <= 1536 for x, _, z in (item.position for item in items))
    assert {item.scale for item in items} <= {1.0}


def test_waypoints_of_items_are_read(data_dir):
    items = read_map(data_dir / "tm2020_maps" / "Stuartville_Track.Map.Gbx").items
    assert [item.waypoint for item in items if item.waypoint] == ["Checkpoint"] * 3


def test_baked_blocks_have_the_grass_and_all_remaining_poses(data_dir, listed_maps):
    """Every map has a layer of 48 x 48 cells of grass, and a pose for every free block, baked ones last."""
    for row in listed_maps:
        if row["path"].startswith("tm2020"):
            read = read_map(data_dir / row["path"], baked=True)
            assert sum(block.name == "Grass" for block in read.baked_blocks) == 48 * 48, row["path"]
            free = [block for block in (*read.blocks, *read.baked_blocks) if block.is_free]
            body = read_container(data_dir / row["path"]).body
            size = int.from_bytes(body[(at := body.index(FREE_BLOCKS_CHUNK) + 8) : at + 4], "little")
            assert size == 4 + 24 * len(free), row["path"]
            assert all(block.position is not None for block in free), row["path"]
