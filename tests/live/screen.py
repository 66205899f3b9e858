"""A screen that nobody sees: an X server of our own with a window manager, for tests with real windows and keys."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.live.absent import absent, need
from tests.live.verb import Verb

_SIZE = "1280x1024x24"
SIZE = (320, 200)
"""Of the windows of most tests: quick to draw."""


class Screen:
    """Xvfb and openbox. A context manager; ``display`` is what DISPLAY must be."""

    def __enter__(self) -> "Screen":
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", _SIZE, "-nolisten", "tcp"]
        self._server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = f":{pipe.readline().strip()}"
        environment = os.environ | {"DISPLAY": self.display}
        self._manager = subprocess.Popen(
            ["openbox"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._managed)
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._manager, self._server):
            process.terminate()
            process.wait()

    def _managed(self) -> bool:
        """Is the window manager there?"""
        from Xlib.display import Display

        display = Display(self.display)
        root, name = display.screen().root, display.intern_atom("_NET_CLIENT_LIST")
        found = root.get_full_property(name, 0) is not None
        display.close()
        return found


def screen_or_skip() -> Screen:
    """A screen, where one can be had."""
    if sys.platform != "linux":
        pytest.skip("the screen of these tests is an X server")
    for program in ("Xvfb", "openbox"):
        if shutil.which(program) is None:
            absent(f"{program} is not installed: apt install xvfb openbox")
    for package in ("mss", "pynput", "pygame", "Xlib", "psutil"):
        need(package, "pip install 'tmenv[live,keys]'")
    return Screen()


def until(condition: Callable[[], object], limit_s: float = 5.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def windowed(game: str = "tm2020", *arguments: str) -> Verb:
    """A stand-in with a small window."""
    return Verb(game, "--port", "0", "--window", "--size", *map(str, SIZE), *arguments)


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
