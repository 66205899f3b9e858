"""Keys on a real screen: they drive the car, go to the game only, and are let go of whatever happens."""

import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest

from tests.live.screen import until, windowed
from tests.live.verb import Verb
from tmenv.errors import ConfigError, LiveError
from tmenv.live.capture import Capture
from tmenv.live.controls import open_pad
from tmenv.live.keyboard import Keyboard
from tmenv.live.tm2020 import Telemetry
from tmenv.live.window import find_window

pytestmark = pytest.mark.usefixtures("on_screen")


@pytest.fixture(autouse=True)
def _afresh(shown: Verb) -> None:
    """Every test begins with a race that runs and nothing held."""
    with Telemetry(shown.port) as client:
        client.restart()
        until(lambda: 0 <= client.latest().state["race_time_ms"] < 200)
        assert (client.latest().state["gas"], client.latest().state["brake"]) == (0.0, 0.0)


def test_keys_drive_the_car_and_restart_the_race(shown: Verb):
    with Telemetry(shown.port) as client:
        pad = open_pad("keyboard")
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
    with Capture(find_window("tm2020")) as capture:
        until(lambda: capture.grab().still_s > 0.3)
        assert capture.grab().still_s > 0.3
        pad = Keyboard(lambda: find_window("tm2020"))
        pad.apply(0.0, 1.0, 0.0)
        until(lambda: capture.grab().still_s == 0.0)
        pad.close()


def test_keys_are_not_typed_into_another_window(shown: Verb):
    with Telemetry(shown.port) as client:
        pad = open_pad("keyboard")
        pad.apply(0.0, 1.0, 0.0)
        until(lambda: client.latest().state["gas"] == 1.0)
        with windowed("tmnf"):
            other = find_window("tmnf")
            other.focus()
            until(other.focused)
            with pytest.raises(LiveError, match="has lost the focus"):
                pad.apply(0.0, 1.0, 0.0)
            until(lambda: client.latest().state["gas"] == 0.0)
            other.close()
        pad.close()


DRIVER = """
import time
from tmenv.live.controls import open_pad
pad = open_pad("keyboard")
for _ in range(100):
    pad.apply(0.0, 1.0, 0.0)
    time.sleep(0.05)
    print("driving", flush=True)
"""


@pytest.mark.parametrize("end", ["kill", "terminate", "interrupt"])
def test_a_driver_that_is_killed_leaves_no_key_pressed(end: str, shown: Verb):
    with Telemetry(shown.port) as client:
        driver = subprocess.Popen([sys.executable, "-c", DRIVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        until(lambda: client.latest().state["gas"] == 1.0, 10.0)
        driver.send_signal(2) if end == "interrupt" else getattr(driver, end)()
        driver.communicate()
        until(lambda: client.latest().state["gas"] == 0.0, 3.0)
        assert client.latest().state["gas"] == 0.0  # nobody presses it again


def test_an_unknown_restart_key_is_named():
    with pytest.raises(ConfigError, match="'delete' or 'backspace', not 'enter'"):
        Keyboard(restart_key="enter")


# the env


def make(port: int, **live) -> gym.Env:
    settings = {"port": port, "controls": "keyboard"} | live
    return gym.make("tmenv/TM2020-Lidar-v0", backend="live", track="tm2020-first-drive", live=settings)


def drive_into_an_exception(env: gym.Env, error: BaseException) -> None:
    for _ in range(10):
        env.step(np.array([0.0, 1.0]))
    raise error


@pytest.mark.parametrize("error", [ZeroDivisionError("in the policy"), KeyboardInterrupt()])
def test_an_env_drives_with_keys_and_lets_go_when_its_policy_fails(error: BaseException, shown: Verb):
    env = make(shown.port)
    env.reset()
    try:
        with pytest.raises(type(error)):
            drive_into_an_exception(env, error)
    finally:
        env.close()
    with Telemetry(shown.port) as client:
        state = client.latest().state
        assert state["speed"] > 1.0  # it drove
        until(lambda: client.latest().state["gas"] == 0.0, 2.0)


def test_an_env_looks_for_the_window_it_is_told(shown: Verb):
    env = make(shown.port, window="Something else")
    with pytest.raises(LiveError, match="no window is called 'Something else'"):
        env.reset()
    env.close()


def test_a_title_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="title of a window, not 7"):
        make(1, window=7)
