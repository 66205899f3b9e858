"""Keys as a pad: for games or computers without a gamepad, and for games that are bound to keys."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tmenv.errors import ConfigError, LiveError
from tmenv.live.window import Window

GAS, BRAKE, LEFT, RIGHT = "up", "down", "left", "right"
RESTART_KEYS = ("delete", "backspace")
"""What the games are bound to: tmrl presses the first on Windows and the second on Linux (community)."""

_STEER_ON = 0.5
_TAP_S = 0.1
_FOCUS_S = 2.0
_LOOK_S = 0.02
_GUARD_S = 5.0


class Keyboard:
    """A ``Pad`` of arrow keys. Steering presses a key from half lock on, pedals as soon as they are touched.

    Keys go to whatever window has the focus: they are pressed only while the game's has it. A helper process lets go
    of them should this one be killed.

    Args:
        find: the game's window, which is given the focus now, and found again when the game was started again. None:
            nobody looks where the keys go.
        restart_key: what starts the race again, ``"delete"`` or ``"backspace"``.

    Raises:
        LiveError: pynput is missing, there is no screen, or the game does not get the focus.
        ConfigError: another restart key.
    """

    def __init__(self, find: Callable[[], Window] | None = None, restart_key: str = RESTART_KEYS[0]):
        self._find, self._held = find, set[str]()
        self._window: Window | None = None
        self._guard: subprocess.Popen | None = None
        self._keys: Any = None
        self._restart_key = restart_key
        try:
            if restart_key not in RESTART_KEYS:
                raise ConfigError(f"restart_key must be {' or '.join(map(repr, RESTART_KEYS))}, not {restart_key!r}")
            module = pynput_keyboard()
            self._codes = {name: getattr(module.Key, name) for name in (GAS, BRAKE, LEFT, RIGHT, restart_key)}
            self._keys = module.Controller()
            self._take_focus()
            self._guard = _start_guard()
        except BaseException:
            self.close()
            raise

    def apply(self, steer: float, gas: float, brake: float) -> None:
        """See ``Pad``."""
        wanted = {GAS: gas > 0.0, BRAKE: brake > 0.0, LEFT: steer < -_STEER_ON, RIGHT: steer > _STEER_ON}
        held = frozenset(key for key, on in wanted.items() if on)
        if held:
            self._check_focus()
        self._hold(held)

    def neutral(self) -> None:
        """See ``Pad``."""
        self._hold(frozenset())

    def restart(self) -> None:
        """See ``Pad``."""
        self._take_focus()
        self._hold(frozenset({self._restart_key}))
        time.sleep(_TAP_S)
        self._hold(frozenset())

    def close(self) -> None:
        """See ``Pad``."""
        if self._keys is not None:
            self.neutral()
            self._keys = None
        if self._guard is not None:
            _dismiss(self._guard)
            self._guard = None
        self._forget_window()

    def _forget_window(self) -> None:
        if self._window is not None:
            self._window.close()
            self._window = None

    def _hold(self, wanted: frozenset[str]) -> None:
        """Press and release what changed; a game that sees the same key pressed again may take it for a tap.

        A key counts as held from before its press until after its release: Ctrl+C may come in between.
        """
        if self._keys is None:
            raise LiveError("this keyboard is closed; make a new one")
        for name in self._held - wanted:
            self._send(self._keys.release, name)
            self._held.discard(name)
        for name in wanted - self._held:
            self._held.add(name)
            self._send(self._keys.press, name)

    def _send(self, event: Callable[[Any], None], name: str) -> None:
        try:
            event(self._codes[name])
        except Exception as error:  # the libraries below pynput each have their own
            raise LiveError(f"the key {name!r} cannot be sent ({error}): is the desktop still there?") from None

    def _take_focus(self) -> None:
        if self._find is None:
            return
        window = self._window = self._window or self._find()
        try:
            _focus(window)
        except LiveError:
            self._forget_window()
            raise

    def _check_focus(self) -> None:
        """Let go, and say so, rather than type into another program."""
        if self._window is None:
            self._take_focus()
            return
        try:
            focused = self._window.focused()
        except LiveError:
            self.neutral()
            self._forget_window()
            raise
        if not focused:
            self.neutral()
            title = self._window.title
            raise LiveError(f"the window {title!r} has lost the focus, so its keys are let go of: click on it")


def _focus(window: Window) -> None:
    deadline = time.monotonic() + _FOCUS_S
    window.focus()
    while not window.focused():
        if time.monotonic() > deadline:
            raise LiveError(f"the window {window.title!r} does not take the focus: click on it, then try again")
        time.sleep(_LOOK_S)


def pynput_keyboard() -> ModuleType:
    """The module ``pynput.keyboard``. Raises LiveError: it is missing, or there is no screen."""
    try:
        import pynput  # noqa: F401
    except ModuleNotFoundError:
        raise LiveError("keys need pynput: pip install 'tmenv[keys]'") from None
    except ImportError as error:
        raise LiveError(f"keys need a screen: {' '.join(str(error).split())}; log in to a desktop") from None
    from pynput import keyboard

    return keyboard


def _start_guard() -> subprocess.Popen:
    """A process that lets go of the keys when this one is gone, in whatever way it went; Ctrl+C does not reach it."""
    command = [sys.executable, "-m", "tmenv.live.keyguard", GAS, BRAKE, LEFT, RIGHT]
    if sys.platform == "win32":
        return subprocess.Popen(command, stdin=subprocess.PIPE, creationflags=subprocess.CREATE_NEW_PROCESS_GROUP)
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def _dismiss(guard: subprocess.Popen) -> None:
    """The keys are released: the guard has nothing to do."""
    assert guard.stdin is not None
    with contextlib.suppress(OSError):  # it was killed before
        guard.stdin.write(b"released")
        guard.stdin.close()
    try:
        guard.wait(_GUARD_S)
    except subprocess.TimeoutExpired:
        guard.kill()
        guard.wait()
