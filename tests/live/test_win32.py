"""Windows' windows, asked of a user32 that is none: what is asked for and what is made of the answers."""

import ctypes
from pathlib import PureWindowsPath
from typing import Any

import pytest

from tmenv.errors import LiveError
from tmenv.live.win32 import Win32Window, find_in
from tmenv.live.window import Area, Wanted

EXPLORER, GAME, HIDDEN = 11, 22, 33
PROGRAMS = {
    EXPLORER: r"C:\Windows\explorer.exe",
    GAME: r"C:\Games\Trackmania\Trackmania.exe",
    HIDDEN: r"C:\Games\Trackmania\Trackmania.exe",
}


def number(handle: Any) -> int:
    return handle.value if isinstance(handle, ctypes.c_void_p) else handle


class Function:
    """One function of a library; its result type may be set, as ctypes' may."""

    def __init__(self, body):
        self._body, self.restype = body, None

    def __call__(self, *arguments):
        return self._body(*arguments)


class User32:
    """A desktop with a folder called Trackmania above the game of that name."""

    def __init__(self):
        self.there, self.iconic, self.calls = True, False, []
        self.GetForegroundWindow = Function(lambda: GAME)

    def EnumWindows(self, take, _) -> int:
        return all(take(handle, 0) for handle in (HIDDEN, EXPLORER, GAME))

    def IsWindowVisible(self, handle) -> bool:
        return number(handle) != HIDDEN

    def GetWindowTextW(self, handle, text, _) -> int:
        text.value = "Trackmania"
        return len(text.value)

    def GetWindowThreadProcessId(self, handle, process) -> int:
        process._obj.value = number(handle)
        return 1

    def GetClientRect(self, handle, rect) -> int:
        assert number(handle) == GAME
        rect._obj.right, rect._obj.bottom = 958, 488
        return self.there

    def ClientToScreen(self, handle, point) -> int:
        point._obj.x += 108
        point._obj.y += 131
        return self.there

    def IsWindow(self, handle) -> bool:
        return self.there

    def IsIconic(self, handle) -> bool:
        return self.iconic

    def ShowWindow(self, handle, how) -> int:
        self.calls.append(("show", number(handle), how))
        return 1

    def SetForegroundWindow(self, handle) -> int:
        self.calls.append(("focus", number(handle)))
        return 1


class Kernel32:
    """Processes have the numbers of their windows."""

    def __init__(self):
        self.open = 0
        self.OpenProcess = Function(self._open)

    def _open(self, _rights, _inherit, process) -> int:
        self.open += 1
        return process.value

    def QueryFullProcessImageNameW(self, process, _, path, size) -> int:
        path.value = str(PureWindowsPath(PROGRAMS[number(process)]))
        return 1

    def CloseHandle(self, _) -> int:
        self.open -= 1
        return 1


def found(user32: User32, title: str | None = None) -> Win32Window:
    window = find_in(user32, Kernel32(), Wanted("tm2020", title))
    assert window is not None
    return window


def test_the_game_is_told_from_a_folder_of_the_same_title():
    kernel32 = Kernel32()
    window = find_in(User32(), kernel32, Wanted("tm2020"))
    assert window is not None
    assert (window.title, window.program) == ("Trackmania", "Trackmania.exe")
    assert kernel32.open == 0


def test_no_window_is_none():
    assert find_in(User32(), Kernel32(), Wanted("tm2020", "Something else")) is None


def test_the_area_is_inside_the_borders():
    assert found(User32()).area() == Area(108, 131, 958, 488)


def test_an_icon_is_restored_when_it_gets_the_focus():
    user32 = User32()
    window, user32.iconic = found(user32), True
    assert window.minimised()
    window.focus()
    assert user32.calls == [("show", GAME, 9), ("focus", GAME)]


def test_a_closed_game_is_named():
    user32 = User32()
    window, user32.there = found(user32), False
    for question in (window.area, window.minimised, window.focused, window.focus):
        with pytest.raises(LiveError, match="'Trackmania' is gone"):
            question()


def test_the_window_in_front_has_the_keys():
    user32 = User32()
    window = found(user32)
    assert window.focused()
    user32.GetForegroundWindow = Function(lambda: EXPLORER)
    assert not window.focused()
