"""Windows on a real screen: where they are, how they are, and pictures of them."""

import time

import pytest

from tests.live.screen import minimise, move, until
from tmenv.errors import ConfigError, LiveError
from tmenv.live.capture import Capture
from tmenv.live.window import Wanted, find_window

pytestmark = pytest.mark.usefixtures("on_screen")


@pytest.mark.usefixtures("shown")
def test_a_minimised_window_is_an_error_until_it_is_restored():
    with Capture(find_window("tm2020")) as capture:
        window = find_window("tm2020")
        minimise(window)
        until(window.minimised)
        with pytest.raises(LiveError, match=r"'Trackmania' is minimised: restore it"):
            capture.grab()
        started = time.monotonic()
        window.focus()
        until(lambda: not window.minimised())
        assert capture.grab().pixels.shape == (200, 320, 4)
        assert time.monotonic() - started < 2.0
        window.close()


@pytest.mark.usefixtures("shown")
def test_a_resized_window_is_an_error_with_both_sizes():
    mismatch = pytest.raises(LiveError, match=r"is 320 x 200 pixels, not 958 x 488")
    with Capture(find_window("tm2020"), (958, 488)) as capture, mismatch:
        capture.grab()


@pytest.mark.usefixtures("shown")
def test_a_window_beyond_the_screen_is_an_error_until_it_comes_back():
    with Capture(find_window("tm2020")) as capture:
        window = find_window("tm2020")
        move(window, 1200, 100)
        until(lambda: window.area().left > 1000)
        with pytest.raises(LiveError, match="wholly onto the screen"):
            capture.grab()
        move(window, 100, 100)
        until(lambda: window.area().left < 1000)
        assert capture.grab().pixels.shape == (200, 320, 4)
        window.close()


def test_a_missing_screen_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(LiveError, match=r"cannot reach the X server \(DISPLAY=''\)"):
        find_window("tm2020")


def test_the_games_program_tells_its_window_from_a_folder_of_that_name():
    wanted = Wanted("tm2020")
    folder, game = wanted.rank("Trackmania", "explorer.exe"), wanted.rank("Trackmania", "trackmania.exe")
    assert wanted.rank("Trackmania - records", "firefox") == 0 < folder < game
    assert Wanted("tmnf").rank("TrackMania United", "TmForever.exe") > 0
    assert Wanted("tm2020", "Own").rank("Trackmania", "trackmania.exe") == 0


def test_an_unknown_game_is_named():
    with pytest.raises(ConfigError, match="tm2020, tmnf"):
        find_window("tm3")
