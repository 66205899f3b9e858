"""Every built-in track is sound."""

import pytest

from tests.track.geometry import assert_sound
from tmenv.constants import GAMES
from tmenv.errors import TrackError
from tmenv.track import load, names
from tmenv.track.blocklist import read_block_list, write_block_list
from tmenv.track.library import find


@pytest.mark.parametrize("name", names())
def test_built_in_track(name):
    track = load(name)
    assert_sound(track)
    assert name == track.name
    assert 700 < track.length_m < 4000


@pytest.mark.parametrize("game", GAMES)
def test_enough_of_everything(game):
    assert len(names(game)) >= 6
    tracks = [load(name) for name in names(game)]
    assert any(track.laps > 1 for track in tracks)
    radii = {round(float(radius)) for track in tracks for radius in track.patches["radius"]}
    assert {16, 48, 80, 112, 144} <= radii
    assert any((track.patches["effect"] == 1).any() for track in tracks)


def test_unknown_game():
    with pytest.raises(TrackError, match="TMUF"):
        names("TMUF")


def test_block_lists_round_trip(tmp_path):
    original = read_block_list(find("tmnf-grand-circuit"))
    write_block_list(original, tmp_path / "copy.json")
    assert read_block_list(tmp_path / "copy.json") == original
