"""Windows on Linux: the window manager's list of them (EWMH), read through python-xlib.

Games under Wine and Proton are in that list too, and under Wayland whatever XWayland shows.
"""

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from tmenv.errors import LiveError
from tmenv.live.window import Area, Wanted

_T = TypeVar("_T")
_ICONIC = 3  # WM_STATE (ICCCM 4.1.3.1)
_PAGER = 2  # the source of a request that a person made (EWMH)


class X11Window:
    """A window of an X server; see ``tmenv.live.window.Window``. It holds a connection of its own."""

    def __init__(self, display: Any, number: int, title: str, program: str):
        self.title, self.program = title, program
        self._display, self._closed = display, False
        self._root = display.screen().root
        self._window = display.create_resource_object("window", number)

    def area(self) -> Area:
        """Where the picture is, now."""
        return self._ask(self._area)

    def minimised(self) -> bool:
        """Is it an icon now?"""
        return self._ask(self._minimised)

    def focused(self) -> bool:
        """Do keys go to it?"""
        return self._ask(self._focused)

    def focus(self) -> None:
        """Ask the window manager to raise it and give it the keys."""
        self._ask(self._focus)

    def close(self) -> None:
        """Close the connection."""
        if not self._closed:
            self._closed = True
            self._display.close()

    def _area(self) -> Area:
        size = self._window.get_geometry()
        corner = self._root.translate_coords(self._window, 0, 0)
        return Area(corner.x, corner.y, size.width, size.height)

    def _minimised(self) -> bool:
        state = _numbers(self._display, self._window, "WM_STATE")
        self._window.get_geometry()  # a window that is gone has no state either, and this tells
        return bool(state) and state[0] == _ICONIC

    def _focused(self) -> bool:
        self._window.get_geometry()
        return _numbers(self._display, self._root, "_NET_ACTIVE_WINDOW")[:1] == [self._window.id]

    def _focus(self) -> None:
        from Xlib import X
        from Xlib.protocol import event

        self._window.get_geometry()
        kind = self._display.intern_atom("_NET_ACTIVE_WINDOW")
        request = event.ClientMessage(
            window=self._window, client_type=kind, data=(32, [_PAGER, X.CurrentTime, 0, 0, 0])
        )
        self._root.send_event(request, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self._display.sync()

    def _ask(self, question: Callable[[], _T]) -> _T:
        from Xlib.error import ConnectionClosedError, XError

        if self._closed:
            raise LiveError(f"the window {self.title!r} was closed by us; find it again")
        try:
            return question()
        except (XError, ConnectionClosedError):
            raise LiveError(f"the window {self.title!r} is gone: the game was closed; start it again") from None


def find(wanted: Wanted) -> X11Window | None:
    """The window that fits best, None without one. Raises LiveError: no screen, or no window manager."""
    display = connect()
    try:
        best = max(_windows(display), key=lambda each: wanted.rank(*each[1:]), default=None)
        if best is None or not wanted.rank(*best[1:]):
            display.close()
            return None
        return X11Window(display, *best)
    except BaseException:
        display.close()
        raise


def connect() -> Any:
    """A connection to the X server. Raises LiveError."""
    try:
        from Xlib.display import Display
        from Xlib.error import ConnectionClosedError, DisplayError
    except ImportError:
        raise LiveError("finding the game's window needs python-xlib: pip install 'tmenv[live]'") from None
    try:
        return Display()
    except (DisplayError, ConnectionClosedError, OSError) as error:
        shown = os.environ.get("DISPLAY", "")
        raise LiveError(
            f"no screen: cannot reach the X server (DISPLAY={shown!r}): {error}; log in to a desktop"
        ) from None


def _windows(display: Any) -> Iterator[tuple[int, str, str]]:
    """Number, title and program of each window."""
    from Xlib.error import XError

    root = display.screen().root
    if not _numbers(display, root, "_NET_SUPPORTING_WM_CHECK"):
        raise LiveError("the window manager tells nobody about its windows (no EWMH); use another one, e.g. openbox")
    for number in _numbers(display, root, "_NET_CLIENT_LIST"):
        window = display.create_resource_object("window", number)
        try:
            yield number, _title(display, window), _program(display, window)
        except XError:
            continue  # it was closed meanwhile


def _title(display: Any, window: Any) -> str:
    for name in ("_NET_WM_NAME", "WM_NAME"):
        value = window.get_full_property(display.intern_atom(name), 0)
        if value is not None:
            return value.value.decode(errors="replace") if isinstance(value.value, bytes) else str(value.value)
    return ""


def _program(display: Any, window: Any) -> str:
    """Wine calls a window's class after its program; else the process tells."""
    named = window.get_wm_class()
    if named and named[0].lower().endswith(".exe"):
        return named[0]
    numbers = _numbers(display, window, "_NET_WM_PID")
    try:
        return Path(f"/proc/{numbers[0]}/comm").read_text().strip() if numbers else ""
    except OSError:
        return ""


def _numbers(display: Any, window: Any, name: str) -> list[int]:
    """A property that is a list of numbers; empty if the window does not have it."""
    value = window.get_full_property(display.intern_atom(name), 0)
    return [] if value is None or value.format != struct.calcsize("=I") * 8 else [int(each) for each in value.value]
