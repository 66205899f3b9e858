"""Maps that people made and drove."""

import numpy as np
import pytest

from tests.track.geometry import assert_continuous, assert_indexed, assert_linked, assert_route
from tmenv.errors import GbxError, TrackError
from tmenv.gbx import read_map
from tmenv.track import build, load


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
def test_maps_that_build(data_dir, folder, floor):
    built = 0
    for path in sorted((data_dir / folder).glob("*.Gbx")):
        try:
            track = load(path)
        except (TrackError, GbxError):
            continue
        built += 1
        assert_continuous(track)
        assert_linked(track)
        assert_indexed(track)
        assert_route(track)
    assert built >= floor
