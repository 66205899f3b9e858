"""The stand-in games' windows: found by the games' titles, showing what our renderer drew, ending with the game."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from tests.live.screen import SIZE, ask_to_close, until, windowed
from tmenv.errors import LiveError
from tmenv.live.capture import Capture
from tmenv.live.controls import open_pad
from tmenv.live.standin.painter import Painter
from tmenv.live.standin.race import Race
from tmenv.live.tm2020 import Telemetry
from tmenv.live.window import TARGETS, find_window
from tmenv.track import load

pytestmark = pytest.mark.usefixtures("on_screen")

TRACKS = {"tm2020": "tm2020-first-drive", "tmnf": "tmnf-first-drive"}


@pytest.mark.parametrize("game", TRACKS)
def test_the_window_is_found_by_the_games_title(game: str):
    with pytest.raises(LiveError, match=rf"no window is called '{TARGETS[game].titles[0]}'.*start the game"):
        find_window(game)
    with windowed(game):
        window = find_window(game)
        assert (window.title, window.area()[2:]) == (TARGETS[game].titles[0], SIZE)
        assert not window.minimised()
        window.close()


@pytest.mark.parametrize("game", TRACKS)
@pytest.mark.parametrize("camera", ["chase", "cockpit"])
def test_what_is_captured_is_what_was_rendered(game: str, camera: str):
    race, painter = Race(load(TRACKS[game]), 0), Painter(camera)
    rendered = painter.bgra(race, *SIZE)
    with windowed(game, "--camera", camera), Capture(find_window(game)) as capture:
        # the window may still be on its way to its place; then the car stands before the countdown as ours does
        until(lambda: np.array_equal(capture.grab().pixels[..., :3], rendered[..., :3]))
        assert capture.grab().age_s < 0.5


def test_closing_the_window_ends_the_game():
    with windowed() as game:
        window = find_window("tm2020")
        ask_to_close(window)
        assert game.process.wait(5.0) == 0
        window.close()


def test_a_window_without_a_screen_is_named():
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | {"SDL_VIDEODRIVER": "x11"}
    command = [sys.executable, "-m", "tmenv", "game", "tm2020", "--window", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no window can be opened" in done.stderr


def test_a_closed_game_is_named_and_the_next_one_is_driven():
    with windowed() as game, Capture(find_window("tm2020")) as capture:
        pad = open_pad("keyboard")
        pad.apply(0.0, 1.0, 0.0)
        game.process.kill()
        game.process.wait()
        with pytest.raises(LiveError, match="'Trackmania' is gone: the game was closed"):
            until(lambda: not capture.grab(), 2.0)
        with pytest.raises(LiveError, match="is gone"):
            pad.apply(0.0, 1.0, 0.0)
    with windowed() as game, Telemetry(game.port) as client:
        pad.apply(0.0, 1.0, 0.0)
        until(lambda: client.latest().state["gas"] == 1.0)
        pad.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles")
def test_ctrl_c_ends_the_game_with_its_window():
    with windowed() as game:
        game.process.send_signal(signal.SIGINT)
        _, errors = game.process.communicate(timeout=10.0)
        assert (game.process.returncode, errors) == (130, "")
        with pytest.raises(LiveError, match="no window"):
            find_window("tm2020")
