"""Fixtures of the live tests: nothing may be left behind, neither thread nor socket nor process."""

import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.recorded import Recording, record
from tests.live.screen import Screen, screen_or_skip, windowed
from tests.live.verb import Verb


def open_sockets() -> int:
    """Number of sockets this process holds; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return 0
    links = []
    for entry in folder.iterdir():
        try:
            links.append(os.readlink(entry))
        except OSError:
            continue  # the folder's own descriptor
    return sum(link.startswith("socket:") for link in links)


def threads() -> set[str]:
    """Names of the living threads of this project."""
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("tmenv")}


@pytest.fixture(autouse=True)
def _nothing_leaks() -> Iterator[None]:
    before = open_sockets()
    yield
    gc.collect()
    deadline = time.monotonic() + 2.0
    while (threads() or open_sockets() > before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threads() == set()
    assert open_sockets() <= before


@pytest.fixture(scope="session")
def recording() -> Recording:
    """Two seconds of a driven car, as the game would tell of it at 50 frames a second."""
    return record(seconds=2.0)


@pytest.fixture(scope="session")
def screen() -> Iterator[Screen]:
    """A screen that nobody sees."""
    with screen_or_skip() as screen:
        yield screen


@pytest.fixture
def on_screen(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows open on that screen, and keys go there."""
    monkeypatch.setenv("DISPLAY", screen.display)


@pytest.fixture(scope="module")
def shown(screen: Screen) -> Iterator[Verb]:
    """A stand-in TM2020 with a window, for all tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", screen.display)
        with windowed() as game:
            yield game
