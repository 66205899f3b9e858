"""Maps that people made and drove."""

import numpy as np
import pytest

from tests.track.geometry import assert_continuous, assert_indexed, assert_linked, assert_route
from tmenv.errors import GbxError, TrackError
from tmenv.gbx import read_map
from tmenv.track import build, catalogue, ribbon
from tmenv.track.kinds import DRIVEN_KINDS
from tmenv.track.place import place
from tmenv.track.route import find_route


@pytest.fixture(scope="module")
def tmrl_train(data_dir):
    return read_map(data_dir / "tm2020_maps" / "tmrl-train.Map.Gbx")


def test_tmrl_train_length(tmrl_train):
    track = build(tmrl_train)
    # Half the start block, 17 straights, 21 / 12 / 8 curves of radius 16 / 48 / 80, 3.1 m to the finish plane.
    expected = 16 + 17 * 32 + (21 * 16 + 12 * 48 + 8 * 80) * np.pi / 2 + 3.1
    assert len(track.centreline) == 60
    assert track.length_m == pytest.approx(expected, abs=1e-2)
    assert (track.author_time_s, track.checkpoints) == (61.124, 0)


def test_tmrl_train_author_drives_on_the_road(tmrl_train):
    track = build(tmrl_train)
    run = np.array([track.local_coordinates(*position) for position in tmrl_train.validation_ghost.samples["position"]])
    assert np.abs(run[:, 1]).max() < 12.0
    assert run[0] == pytest.approx((0.0, 0.0), abs=0.02)
    assert (np.diff(run[:, 0]) > -0.01).all()
    # The race ends when the nose, 2.3 m before the origin, crosses the plane.
    assert track.length_m - 4.0 < run[-1, 0] < track.length_m


@pytest.mark.parametrize(("folder", "floor"), [("tmnf_maps", 17), ("tm2020_maps", 2)])
def test_maps_whose_connections_tell_the_route(data_dir, folder, floor):
    built = 0
    for path in sorted((data_dir / folder).glob("*.Gbx")):
        try:
            map_ = read_map(path)
            find_route(place(map_, "error", DRIVEN_KINDS))
        except (TrackError, GbxError):
            continue
        track = build(map_)
        built += 1
        assert_continuous(track)
        assert_linked(track)
        assert_indexed(track)
        assert_route(track)
    assert built >= floor


@pytest.mark.parametrize(
    "name", ["A01-Race", "A08-Endurance", "B02-Race", "C05-Endurance", "D06-Obstacle", "D15-Endurance"]
)
def test_people_drive_on_the_surface(data_dir, name):
    """Grounded level cars of public runs stand 1-6 cm above our road (tyres and dampers give) and between its walls."""
    runs = np.load(data_dir / "tmnf_runs" / f"{name}.npz")
    x, _, z, _ = runs["rotation"].astype(float).T
    level = runs["contact"].all(axis=1) & (1 - 2 * (x**2 + z**2) > 0.999)
    cars = runs["position"].astype(float)[level][::3]
    layout = place(read_map(data_dir / "tmnf_maps" / f"{name}.Challenge.Gbx"), "skip", {"road"})
    above, lateral = _over_the_road(layout, cars)
    assert len(above) > 100
    assert 0.01 < np.median(above) < 0.05
    assert np.percentile(np.abs(above), 95) < 0.12
    assert np.abs(lateral).max() < 12.65


def _over_the_road(layout, cars):
    """Height above the nearest surface and lateral offset of the cars within 0.6 m of any patch."""
    above, side = np.full(len(cars), np.inf), np.zeros(len(cars))
    for number in range(len(layout.patches)):
        row = layout.patches[number : number + 1]
        s, lateral = ribbon.local(row, cars[:, 0], cars[:, 2])
        gap = cars[:, 1] - ribbon.height(row, s, lateral, (cars[:, 0], cars[:, 2]), catalogue.profile_table())
        inside = (s >= 0) & (s <= row["length"]) & (np.abs(lateral) <= row["border_left"])
        nearer = inside & (np.abs(gap) < np.minimum(np.abs(above), 0.6))
        above[nearer], side[nearer] = gap[nearer], lateral[nearer]
    found = np.isfinite(above)
    return above[found], side[found]
