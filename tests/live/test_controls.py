"""Controls: what is held is let go of, whatever happens to the driver."""

import gc
import subprocess
import sys
import threading
import time

import pytest

from tests.live.test_game_tm2020 import until
from tmenv.errors import ConfigError, LiveError
from tmenv.live.controls import Guard, NoPad, open_pad
from tmenv.live.standin import ChannelControls, ChannelPad


class Recorder:
    """A pad that remembers what it was told."""

    def __init__(self):
        self.calls: list = []

    def apply(self, steer: float, gas: float, brake: float) -> None:
        self.calls.append((steer, gas, brake))

    def neutral(self) -> None:
        self.calls.append("neutral")

    def restart(self) -> None:
        self.calls.append("restart")

    def close(self) -> None:
        self.calls.append("close")


def test_controls_are_opened_by_name():
    assert isinstance(open_pad("none"), NoPad)
    channel = ChannelControls(0)
    pad = open_pad(f"channel:{channel.port}")
    assert isinstance(pad, ChannelPad)
    pad.close()
    channel.close()


@pytest.mark.parametrize("name", ["joystick", "channel", "channel:x", ""])
def test_unknown_controls_are_named_with_the_known(name: str):
    with pytest.raises(ConfigError, match=f"'{name}'.*gamepad, keyboard, none"):
        open_pad(name)


def test_a_guard_passes_on_and_clips():
    pad = Recorder()
    guard = Guard(pad)
    guard.apply(-3.0, 2.0, -1.0)
    guard.restart()
    guard.neutral()
    guard.close()
    guard.close()
    assert pad.calls == [(-1.0, 1.0, 0.0), "restart", "neutral", "neutral", "close"]
    with pytest.raises(LiveError, match="closed"):
        guard.apply(0.0, 1.0, 0.0)


def test_a_silent_driver_is_let_go_of_once():
    pad = Recorder()
    guard = Guard(pad, 0.05)
    guard.apply(0.0, 1.0, 0.0)
    until(lambda: "neutral" in pad.calls)
    time.sleep(0.15)
    assert pad.calls == [(0.0, 1.0, 0.0), "neutral"]
    assert guard.let_go == 1
    guard.close()


def test_a_busy_driver_is_left_alone():
    pad = Recorder()
    guard = Guard(pad, 0.2)
    for _ in range(10):
        guard.apply(0.0, 1.0, 0.0)
        time.sleep(0.04)
    assert "neutral" not in pad.calls
    guard.close()


def test_a_forgotten_guard_lets_go():
    pad = Recorder()
    guard = Guard(pad)
    guard.apply(0.0, 1.0, 0.0)
    del guard
    gc.collect()
    assert pad.calls[-2:] == ["neutral", "close"]
    until(lambda: "tmenv guard" not in {thread.name for thread in threading.enumerate()})


LEAVING = """
from tmenv.live.controls import Guard
class Printer:
    def apply(self, *sticks): print("apply", flush=True)
    def neutral(self): print("neutral", flush=True)
    def restart(self): pass
    def close(self): print("close", flush=True)
guard = Guard(Printer())
guard.apply(0.0, 1.0, 0.0)
raise SystemExit
"""


def test_a_program_that_ends_lets_go():
    done = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout.split() == ["apply", "neutral", "close"]
