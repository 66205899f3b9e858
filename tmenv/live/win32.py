"""Windows on Windows: user32 and kernel32 through ctypes."""

import ctypes
from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import Any

from tmenv.errors import LiveError
from tmenv.live.window import Area, Wanted

_RESTORE = 9  # SW_RESTORE
_QUERY = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
_LONGEST = 1024
_PER_MONITOR_AWARE = 2
_POINTER = ctypes.c_void_p


class Point(ctypes.Structure):
    """POINT."""

    _fields_ = (("x", ctypes.c_long), ("y", ctypes.c_long))


class Rect(ctypes.Structure):
    """RECT."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("left", "top", "right", "bottom"))


class Win32Window:
    """A window of the desktop; see ``tmenv.live.window.Window``."""

    def __init__(self, user32: Any, handle: int, title: str, program: str):
        self.title, self.program = title, program
        self._user32, self._handle = user32, _POINTER(handle)

    def area(self) -> Area:
        """Where the picture is, now."""
        rect, corner = Rect(), Point()
        self._check(self._user32.GetClientRect(self._handle, ctypes.byref(rect)))
        self._check(self._user32.ClientToScreen(self._handle, ctypes.byref(corner)))
        return Area(corner.x, corner.y, rect.right, rect.bottom)

    def minimised(self) -> bool:
        """Is it an icon now?"""
        self._check(self._user32.IsWindow(self._handle))
        return bool(self._user32.IsIconic(self._handle))

    def focused(self) -> bool:
        """Do keys go to it?"""
        self._check(self._user32.IsWindow(self._handle))
        return self._user32.GetForegroundWindow() == self._handle.value

    def focus(self) -> None:
        """Raise it and give it the keys, if Windows allows."""
        if self.minimised():
            self._user32.ShowWindow(self._handle, _RESTORE)
        self._user32.SetForegroundWindow(self._handle)

    def close(self) -> None:
        """Nothing is held."""

    def _check(self, worked: int) -> None:
        if not worked:
            raise LiveError(f"the window {self.title!r} is gone: the game was closed; start it again")


def find(wanted: Wanted) -> Win32Window | None:
    """The window that fits best, None without one."""
    libraries = ctypes.windll  # pyright: ignore[reportAttributeAccessIssue]
    # Without it Windows lies about places and sizes on a screen with scaling; mss asks for the same.
    libraries.shcore.SetProcessDpiAwareness(_PER_MONITOR_AWARE)
    return find_in(libraries.user32, libraries.kernel32, wanted)


def find_in(user32: Any, kernel32: Any, wanted: Wanted) -> Win32Window | None:
    """``find`` with the two libraries it asks."""
    for function in (user32.GetForegroundWindow, kernel32.OpenProcess):
        function.restype = _POINTER
    windows = [(handle, _title(user32, handle), _program(user32, kernel32, handle)) for handle in _handles(user32)]
    best = max(windows, key=lambda each: wanted.rank(*each[1:]), default=None)
    return Win32Window(user32, *best) if best is not None and wanted.rank(*best[1:]) else None


def _handles(user32: Any) -> Iterator[int]:
    """Windows that can be seen, the topmost first."""
    found: list[int] = []
    kind = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)(ctypes.c_int, _POINTER, _POINTER)

    @kind
    def take(handle: int, _: int) -> int:
        found.append(handle)
        return 1

    user32.EnumWindows(take, _POINTER(0))
    return (handle for handle in found if user32.IsWindowVisible(_POINTER(handle)))


def _title(user32: Any, handle: int) -> str:
    text = ctypes.create_unicode_buffer(_LONGEST)
    user32.GetWindowTextW(_POINTER(handle), text, _LONGEST)
    return text.value


def _program(user32: Any, kernel32: Any, handle: int) -> str:
    number, size = ctypes.c_ulong(), ctypes.c_ulong(_LONGEST)
    user32.GetWindowThreadProcessId(_POINTER(handle), ctypes.byref(number))
    process = kernel32.OpenProcess(_QUERY, 0, number)
    if not process:
        return ""
    path = ctypes.create_unicode_buffer(_LONGEST)
    worked = kernel32.QueryFullProcessImageNameW(_POINTER(process), 0, path, ctypes.byref(size))
    kernel32.CloseHandle(_POINTER(process))
    return PureWindowsPath(path.value).name if worked else ""
