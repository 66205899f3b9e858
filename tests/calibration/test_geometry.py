"""``tmenv calibrate geometry``: contacts on the surfaces of their maps."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tmenv import cli
from tmenv.calibration import geometry
from tmenv.calibration.contacts import Contacts, origin_contacts, wheel_contacts
from tmenv.errors import TmenvError
from tmenv.gbx import Block, read_map
from tmenv.track.blocklist import make_block, make_map

LOWEST_SHARE = {"D05-Race": 0.97, "A10-Acrobatic": 0.985, "E03-Endurance": 0.985, "A06-Obstacle": 0.99}
"""Share of the contacts within 5 cm, where it is below 99 % of a map's or close to it."""


def road_and_unknown():
    blocks = [make_block("TMNF", "StadiumRoadMain#3", (3, 1, 3), 0), Block("StadiumSomethingNew", 0, (3, 3, 3))]
    return make_map("test", "TMNF", blocks)


def contacts(*points):
    points = np.array(points, float)
    up = np.tile([0.0, 1.0, 0.0], (len(points), 1))
    return Contacts(points, up, np.full(len(points), 16), np.zeros(len(points), int))


@pytest.fixture
def compared():
    touched = contacts((112, 9.345, 112), (112, 9.375, 112), (112, 9.445, 112), (300, 9.0, 112), (112, 28.0, 112))
    return geometry.compare(road_and_unknown(), touched, "one")


def test_distances_and_names(compared):
    assert compared.distance[:4] == pytest.approx([0.0, 0.03, 0.1, 0.0], abs=1e-4)
    road = "StadiumRoadMain"
    assert compared.names().tolist() == [road] * 3 + [geometry.OPEN_GROUND, "(beside StadiumSomethingNew)"]


def test_shares_per_block_worst_first(compared):
    rows = geometry.by_block([compared, replace(compared, name="two")])
    assert [(row.name, row.contacts, row.files) for row in rows] == [
        ("(beside StadiumSomethingNew)", 2, 2),
        ("StadiumRoadMain", 6, 2),
        (geometry.OPEN_GROUND, 2, 2),
    ]
    assert [row.near for row in rows] == pytest.approx([0.0, 2 / 3, 1.0])
    assert [row.close for row in rows] == pytest.approx([0.0, 1 / 3, 1.0])
    assert rows[1].median_m == pytest.approx(0.03, abs=1e-4)
    assert rows[1].p95_m == pytest.approx(0.1, abs=1e-4)
    assert np.isinf(rows[0].p95_m)


def test_wheels_hang_below_the_car(tmp_path):
    # One car at rest on its side: its wheels point along -x, one of them in the air.
    turned = [0.0, 0.0, -np.sqrt(0.5), np.sqrt(0.5)]
    np.savez(
        tmp_path / "one.npz",
        position=[[10.0, 2.0, 30.0]],
        rotation=[turned],
        damper=[[0.02, 0.02, 0.02, 0.02]],
        contact=[[1, 0, 1, 1]],
        material=[[16, 16, 6, 6]],
        sample_offsets=[0, 1],
    )
    found = wheel_contacts(tmp_path / "one.npz")
    assert found.up == pytest.approx(np.tile([1.0, 0.0, 0.0], (3, 1)))
    assert found.points[0] == pytest.approx([10.0 - 0.033, 2.0 - 0.863, 30.0 + 1.782])
    assert found.points[1] == pytest.approx([10.0 - 0.033, 2.0 + 0.885, 30.0 - 1.2055])
    assert found.material.tolist() == [16, 6, 6]
    assert found.run.tolist() == [0, 0, 0]


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 broken"])
def test_broken_runs(tmp_path, content):
    (tmp_path / "one.npz").write_bytes(content)
    with pytest.raises(TmenvError, match=r"one\.npz"):
        wheel_contacts(tmp_path / "one.npz")


def test_a_folder_without_samples(tmp_path, capsys):
    assert cli.main(["calibrate", "geometry", "--data", str(tmp_path)]) == 1
    assert "tmnf_runs" in capsys.readouterr().err


def test_unknown_map(data_dir, capsys):
    assert cli.main(["calibrate", "geometry", "--data", str(data_dir), "--maps", "Z99"]) == 1
    assert "Z99" in capsys.readouterr().err


def test_command_prints_json_and_draws(data_dir, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    options = ["--json", "--maps", "B09", "--pictures", str(tmp_path)]
    assert cli.main(["calibrate", "geometry", "--data", str(data_dir), *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in found["maps"]] == ["B09-Acrobatic"]
    assert found["games"][0]["contacts"] == 5449
    names = {row["name"] for row in found["blocks"]}
    assert {"StadiumRoadMain", "StadiumPlatformTurboLeft"} <= names
    assert (tmp_path / "StadiumRoadMain.png").stat().st_size > 1000
    assert not list(tmp_path.glob(".*"))


def test_command_prints_tables(data_dir, capsys):
    assert cli.main(["calibrate", "geometry", "--data", str(data_dir), "--maps", "A04", "--rows", "3"]) == 0
    printed = capsys.readouterr().out
    assert "A04-Acrobatic" in printed
    assert "all TMNF" in printed


def test_people_touch_our_surfaces(data_dir):
    """The regression limits of every map with recorded runs, and of all of them together."""
    compared = list(geometry.comparisons(one for one in geometry.sources(data_dir) if one[1] is not None))
    near = {row.name: row.near for row in geometry.by_map(compared)}
    assert len(near) == 49
    assert {name: share for name, share in near.items() if share < LOWEST_SHARE.get(name, 0.99)} == {}
    (together,) = geometry.by_game(compared)
    assert together.near > 0.997
    assert together.close > 0.975
    assert together.contacts > 1_000_000


def test_tm2020_author_drives_on_our_surface(data_dir):
    map_ = read_map(data_dir / "tm2020_maps" / "tmrl-train.Map.Gbx")
    compared = geometry.compare(map_, origin_contacts(map_.validation_ghost), "tmrl-train")
    assert np.isfinite(compared.distance).all()
    assert 0.0 < np.median(compared.distance) < 0.03
    assert np.percentile(np.abs(compared.distance), 95) < 0.05
