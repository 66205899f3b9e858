"""The stand-in's window on a real screen: found, captured, and driven by real keys."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.live.screen import Screen, screen_or_skip, until
from tests.live.verb import Verb
from tmenv.errors import ConfigError, LiveError
from tmenv.live.capture import Capture
from tmenv.live.controls import open_pad
from tmenv.live.keyboard import Keyboard
from tmenv.live.standin.painter import Painter
from tmenv.live.standin.race import Race
from tmenv.live.tm2020 import Telemetry
from tmenv.live.window import TARGETS, Wanted, find_window
from tmenv.track import load

TRACKS = {"tm2020": "tm2020-first-drive", "tmnf": "tmnf-first-drive"}
SIZE = (320, 200)


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with screen_or_skip() as screen:
        yield screen


@pytest.fixture(autouse=True)
def _on_screen(screen: Screen, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DISPLAY", screen.display)


def windowed(game: str = "tm2020", *arguments: str) -> Verb:
    """A stand-in with a small window."""
    return Verb(game, "--port", "0", "--window", "--size", *map(str, SIZE), *arguments)


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


def test_keys_drive_the_car_and_restart_the_race():
    with windowed() as game, Telemetry(game.port) as client:
        pad = open_pad("keyboard")
        until(lambda: client.latest().state["race_time_ms"] >= 0)
        pad.apply(-1.0, 1.0, 0.0)
        until(lambda: (client.latest().state["gas"], client.latest().state["steer"] < 0) == (1.0, True))
        until(lambda: client.latest().state["speed"] > 3.0)
        pad.apply(1.0, 0.0, 1.0)
        until(lambda: (client.latest().state["brake"], client.latest().state["steer"] > 0) == (1.0, True))
        pad.restart()
        until(lambda: client.latest().state["race_time_ms"] < 0)
        pad.close()
        assert client.latest().state["brake"] == 0.0


def test_a_picture_tells_for_how_long_nothing_moved():
    with windowed() as game, Telemetry(game.port) as client, Capture(find_window("tm2020")) as capture:
        until(lambda: client.latest().state["race_time_ms"] >= 0)
        until(lambda: capture.grab().still_s > 0.3)
        pad = Keyboard(find_window("tm2020"))
        pad.apply(0.0, 1.0, 0.0)
        until(lambda: capture.grab().still_s == 0.0)
        pad.close()


def test_a_minimised_window_is_an_error_until_it_is_restored():
    with windowed(), Capture(find_window("tm2020")) as capture:
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


def test_a_resized_window_is_an_error_with_both_sizes():
    mismatch = pytest.raises(LiveError, match=r"is 320 x 200 pixels, not 958 x 488")
    with windowed(), Capture(find_window("tm2020"), (958, 488)) as capture, mismatch:
        capture.grab()


def test_a_window_beyond_the_screen_is_an_error_until_it_comes_back():
    with windowed(), Capture(find_window("tm2020")) as capture:
        window = find_window("tm2020")
        move(window, 1200, 100)
        until(lambda: window.area().left > 1000)
        with pytest.raises(LiveError, match="wholly onto the screen"):
            capture.grab()
        move(window, 100, 100)
        until(lambda: window.area().left < 1000)
        assert capture.grab().pixels.shape == (200, 320, 4)
        window.close()


def test_a_closed_game_is_named_by_its_window():
    with windowed() as game, Capture(find_window("tm2020")) as capture:
        pad = open_pad("keyboard")
        pad.apply(0.0, 1.0, 0.0)
        game.process.kill()
        game.process.wait()
        with pytest.raises(LiveError, match="'Trackmania' is gone: the game was closed"):
            until(lambda: not capture.grab(), 2.0)
        with pytest.raises(LiveError, match="is gone"):
            pad.apply(0.0, 1.0, 0.0)
        pad.close()


def test_keys_are_not_typed_into_another_window():
    with windowed() as game, Telemetry(game.port) as client:
        pad = open_pad("keyboard")
        until(lambda: client.latest().state["race_time_ms"] >= 0)
        pad.apply(0.0, 1.0, 0.0)
        until(lambda: client.latest().state["gas"] == 1.0)
        with Verb("tmnf", "--port", "0", "--window", "--size", "320", "200"):
            other = find_window("tmnf")
            other.focus()
            until(other.focused)
            with pytest.raises(LiveError, match="has lost the focus"):
                pad.apply(0.0, 1.0, 0.0)
            until(lambda: client.latest().state["gas"] == 0.0)
            other.close()
        pad.close()


DRIVER = """
import sys, time
from tmenv.live.controls import open_pad
pad = open_pad("keyboard")
for _ in range(100):
    pad.apply(0.0, 1.0, 0.0)
    time.sleep(0.05)
    print("driving", flush=True)
"""


@pytest.mark.parametrize("end", ["kill", "terminate", "interrupt"])
def test_a_driver_that_is_killed_leaves_no_key_pressed(end: str):
    with windowed() as game, Telemetry(game.port) as client:
        until(lambda: client.latest().state["race_time_ms"] >= 0)
        driver = subprocess.Popen([sys.executable, "-c", DRIVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        until(lambda: client.latest().state["gas"] == 1.0, 10.0)
        driver.send_signal(2) if end == "interrupt" else getattr(driver, end)()
        driver.communicate()
        until(lambda: client.latest().state["gas"] == 0.0, 3.0)


def test_closing_the_window_ends_the_game():
    with windowed() as game:
        window = find_window("tm2020")
        ask_to_close(window)
        assert game.process.wait(5.0) == 0
        window.close()


def test_a_missing_screen_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(LiveError, match=r"cannot reach the X server \(DISPLAY=''\)"):
        find_window("tm2020")


def test_a_window_without_a_screen_is_named():
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | {"SDL_VIDEODRIVER": "x11"}
    command = [sys.executable, "-m", "tmenv", "game", "tm2020", "--window", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no window can be opened" in done.stderr


def test_the_games_program_tells_its_window_from_a_folder_of_that_name():
    wanted = Wanted("tm2020")
    folder, game = wanted.rank("Trackmania", "explorer.exe"), wanted.rank("Trackmania", "trackmania.exe")
    assert wanted.rank("Trackmania - records", "firefox") == 0 < folder < game
    assert Wanted("tmnf").rank("TrackMania United", "TmForever.exe") > 0
    assert Wanted("tm2020", "Own").rank("Trackmania", "trackmania.exe") == 0


def test_an_unknown_game_is_named():
    with pytest.raises(ConfigError, match="tm2020, tmnf"):
        find_window("tm3")


def request(window, name: str, values: list[int]) -> None:
    """Ask the window manager for something, as another program on the desktop would."""
    from Xlib import X
    from Xlib.protocol import event

    kind = window._display.intern_atom(name)
    message = event.ClientMessage(window=window._window, client_type=kind, data=(32, values))
    window._root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    window._display.sync()


def minimise(window) -> None:
    """Make it an icon."""
    request(window, "WM_CHANGE_STATE", [3, 0, 0, 0, 0])


def move(window, left: int, top: int) -> None:
    """Move it to a place."""
    request(window, "_NET_MOVERESIZE_WINDOW", [0x0300 | 10, left, top, 0, 0])


def ask_to_close(window) -> None:
    """Click on the cross."""
    request(window, "_NET_CLOSE_WINDOW", [0, 2, 0, 0, 0])
