"""Windows of the running games: found by title or by program, on Windows (win32) and on Linux (X11 with EWMH).

Nothing here is loaded before it is used: a computer without a screen can import this.
"""

import os
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tmenv.errors import ConfigError, LiveError


class Target(NamedTuple):
    """What a game's window is recognised by: one of the titles, exactly, or else the name of its program."""

    titles: tuple[str, ...]
    program: str


TARGETS = {
    "tm2020": Target(("Trackmania",), "Trackmania.exe"),
    "tmnf": Target(("TrackMania Modded Forever",), "TmForever.exe"),
}
"""TMNF's title is the one under TMLoader; others are not known for sure, hence the program (community)."""


class Area(NamedTuple):
    """The part of a window inside its borders, in pixels of the whole screen."""

    left: int
    top: int
    width: int
    height: int


class Window(Protocol):
    """A window of the system. Methods raise LiveError once it is gone.

    Attributes:
        title: as it was when the window was found.
        program: name of the program it belongs to, "" if unknown.
    """

    title: str
    program: str

    def area(self) -> Area:
        """Where the picture is, now."""
        ...

    def minimised(self) -> bool:
        """Is it an icon now?"""
        ...

    def focused(self) -> bool:
        """Do keys go to it?"""
        ...

    def focus(self) -> None:
        """Ask for it to be raised and to get the keys."""
        ...

    def close(self) -> None:
        """Forget the window, which stays; may be called twice."""
        ...


@dataclass(frozen=True)
class Wanted:
    """Which window is looked for.

    Attributes:
        game: tm2020 or tmnf.
        title: the window's exact title; None: as ``TARGETS`` says.
    """

    game: str
    title: str | None = None

    def __post_init__(self):
        if self.game not in TARGETS:
            raise ConfigError(f"game must be one of {', '.join(TARGETS)}, not {self.game!r}")

    @property
    def titles(self) -> tuple[str, ...]:
        """Any of these."""
        return TARGETS[self.game].titles if self.title is None else (self.title,)

    def rank(self, title: str, program: str) -> int:
        """How well a window fits: 0 not at all. The game's program tells it from a folder or page of that title."""
        named, runs = title in self.titles, program.lower() == TARGETS[self.game].program.lower()
        if self.title is not None:
            return named + (named and runs)
        return 2 * runs + named


def find_window(game: str, title: str | None = None) -> Window:
    """The window of a game.

    Args:
        game: ``"tm2020"`` or ``"tmnf"``.
        title: another title than the usual one.

    Raises:
        LiveError: there is none, or no screen to look on.
        ConfigError: unknown game.
    """
    wanted = Wanted(game, title)
    if os.name == "nt":
        from tmenv.live import win32 as system
    else:
        from tmenv.live import x11 as system
    window = system.find(wanted)
    if window is None:
        names = " or ".join(map(repr, wanted.titles))
        raise LiveError(
            f"no window is called {names}: start the game, in windowed mode, or give its title with "
            'live={"window": TITLE}'
        )
    return window
