"""Other people's readers read the same: from the games' files, and from ours."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.gbx.judges import Judged, ask_npm, ask_pygbx
from tests.gbx.maps import TEMPLATE_BLOCKS, tm2020_template
from tmenv.errors import GbxError
from tmenv.gbx import Block, FileReference, Map, Skin, map_to_bytes, read_map, write_map

STORED_CORNER = {"TMNF": (0, 0, 0), "TM2020": (1, 8, 1)}
NAMES_WITH_MARKS = 3
"""TMNF maps of the sample files whose name holds a byte order mark, which pygbx keeps and ours leaves out."""

NPM_FAILS = "Failed processing unskippable chunk 0x309201c."
"""What the npm package says of TM2020 maps with the author's run inside: it does not know one of its chunks."""

NPM_FAILS_ON = {
    "Fall_2020_-_12",
    "Simple_TECH_1",
    "Stuartville_Track",
    "Summer_2021_-_25",
    "Winter_2021_-_15",
    "tmrl-train",
}
PLACEHOLDER_FLAGS = 2**32 - 1
"""What the npm package lists as a block with these flags follows a block of TM2020 as its variant, or is no block."""

SKIN = Skin("", FileReference("Skins\\Any\\A.dds", "http://example.com/A.dds"), FileReference("", ""))


def medals(map_: Map) -> list[int]:
    times = (map_.bronze_time_ms, map_.silver_time_ms, map_.gold_time_ms, map_.author_time_ms)
    return [-1 if time is None else time for time in times]


def stored_blocks(map_: Map) -> list[tuple]:
    x, y, z = STORED_CORNER[map_.game]
    return [(b.name, b.rotation, b.cell[0] + x, b.cell[1] + y, b.cell[2] + z, b.flags) for b in map_.blocks]


def agree_with_pygbx(judged: Judged, map_: Map, where: str) -> bool:
    """Check all but the name; whether that is equal, too."""
    assert (judged.uid, judged.times) == (map_.uid, medals(map_)), where
    assert judged.blocks == stored_blocks(map_), where
    return judged.name == map_.name


def agree_with_npm(judged: dict, map_: Map, where: str) -> None:
    assert (judged["name"], judged["uid"]) == (map_.name, map_.uid), where
    assert [-1 if time is None or time == 2**32 - 1 else time for time in judged["times"]] == medals(map_), where
    assert judged["laps"] == (map_.laps if map_.is_lap_race else 0), where
    assert judged["decoration"] == map_.decoration, where
    blocks = [tuple(block) for block in judged["blocks"] if block[-1] != PLACEHOLDER_FLAGS]
    assert blocks == stored_blocks(map_), where


NOTICE = "server_010.Challenge.Gbx"
"""Holds nothing but the notice of a modification of the game, of which every reader makes something else."""


def real_maps(folder: Path) -> Iterator[tuple[Path, Map]]:
    for path in sorted(folder.glob("*.Gbx")):
        if path.name != NOTICE:
            yield path, read_map(path)


def made_maps() -> list[Map]:
    """TMNF maps that use everything the writer can write."""
    road = Block("StadiumRoadMain", 1, (3, 1, 5), 0x1003)
    start = Block("StadiumRoadMainStartLine", 0, (3, 1, 4), 0x1000)
    sign = Block("StadiumInflatableAdvert", 2, (255, 0, 31), 0x2000, author="somebody", skin=SKIN)
    return [
        Map.tmnf("Empty", [], uid="empty"),
        Map.tmnf("$f00Signs \u00e9", [start, road, sign, sign, road], author_login="somebody", author_time_ms=12340),
        Map.tmnf("Laps", [road] * 500, laps=5, decoration="Night", bronze_time_ms=0, comments="two\nlines"),
    ]


def test_pygbx_reads_the_games_maps_as_we_do(pygbx, data_dir):
    maps = list(real_maps(data_dir / "tmnf_maps"))
    same_names = [agree_with_pygbx(ask_pygbx(path.read_bytes()), map_, path.name) for path, map_ in maps]
    assert same_names.count(False) == NAMES_WITH_MARKS


def test_npm_reads_the_games_tmnf_maps_as_we_do(npm, data_dir):
    maps = list(real_maps(data_dir / "tmnf_maps"))
    assert maps
    for (path, map_), judged in zip(maps, ask_npm(npm, [path for path, _ in maps]), strict=True):
        agree_with_npm(judged, map_, path.name)


def test_npm_reads_the_games_tm2020_maps_as_we_do(npm, data_dir):
    maps = list(real_maps(data_dir / "tm2020_maps"))
    failed = set()
    for (path, map_), judged in zip(maps, ask_npm(npm, [path for path, _ in maps]), strict=True):
        if judged.get("error") == NPM_FAILS:
            failed.add(path.name.removesuffix(".Map.Gbx"))
        else:
            agree_with_npm(judged, map_, path.name)
    assert failed == NPM_FAILS_ON


def test_pygbx_reads_our_maps(pygbx):
    for map_ in made_maps():
        assert agree_with_pygbx(ask_pygbx(map_to_bytes(map_)), map_, map_.name)


def test_npm_reads_our_maps(npm, tmp_path):
    template = tm2020_template(times_ms=(-1,) * 4)  # the npm package takes times from the header, which has none
    maps = [*made_maps(), read_map(template)]
    paths = [tmp_path / f"{number}.Gbx" for number in range(len(maps))]
    new = (Block.free("GateFinish", (1.5, 2, 3)), Block("RoadTechFinish", 3, (7, 0, 9), waypoint="Goal"))
    maps[-1] = replace(maps[-1], name="Spliced", uid="spliced", blocks=(*new, *TEMPLATE_BLOCKS, *new))
    for path, map_ in zip(paths, maps, strict=True):
        write_map(map_, path, template=template if map_.game == "TM2020" else None)
    for map_, judged in zip(maps, ask_npm(npm, paths), strict=True):
        agree_with_npm(judged, map_, map_.name)


def changed(map_: Map) -> Map:
    """A map with another name, uid and half of its blocks, some of them twice."""
    blocks = map_.blocks[::2] + map_.blocks[:10]
    return replace(map_, name="Changed <&>", uid="changed_uid", blocks=blocks, author_time_ms=54321)


def spliced(folder: Path, target: Path, every: int) -> list[tuple[Path, Map]]:
    """Changed maps, written into files of the games: ``every`` so many of a folder."""
    written = []
    for path, map_ in list(real_maps(folder))[::every]:
        try:
            write_map(changed(map_), target / path.name, template=path)
        except GbxError:
            continue  # test_real_maps_written says how many and why
        written.append((target / path.name, changed(map_)))
    return written


def test_both_read_maps_that_we_wrote_into_tmnf_files(pygbx, npm, data_dir, tmp_path):
    written = spliced(data_dir / "tmnf_maps", tmp_path, every=4)
    assert len(written) > 30
    for (path, map_), judged in zip(written, ask_npm(npm, [path for path, _ in written]), strict=True):
        assert agree_with_pygbx(ask_pygbx(path.read_bytes()), map_, path.name)
        agree_with_npm(judged, map_, path.name)


def test_npm_reads_maps_that_we_wrote_into_tm2020_files(npm, data_dir, tmp_path):
    written = spliced(data_dir / "tm2020_maps", tmp_path, every=1)
    agreed = 0
    for (path, map_), judged in zip(written, ask_npm(npm, [path for path, _ in written]), strict=True):
        if judged.get("error") != NPM_FAILS:
            agree_with_npm(judged, map_, path.name)
            agreed += 1
    assert agreed >= 10
