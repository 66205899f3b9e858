"""What drives the car in a running game, and the guard that lets go of it when its driver falls silent."""

import contextlib
import threading
import time
import weakref
from typing import Protocol

from tmenv.errors import ConfigError, LiveError
from tmenv.live.gamepad import Gamepad
from tmenv.live.keyboard import Keyboard
from tmenv.live.window import find_window
from tmenv.live.wire import check_port

CONTROLS = ("gamepad", "keyboard", "none", "channel:PORT")
"""Values of ``controls``; ``channel`` is a stand-in's, for tests and for trying the live path without the game."""

SILENCE_S = 1.0
"""A driver that has not been heard of for so long has gone, and the car is let go of."""


class Pad(Protocol):
    """What drives the car: a gamepad, keys, or a stand-in's channel. Methods raise LiveError when it is gone."""

    def apply(self, steer: float, gas: float, brake: float) -> None:
        """Hold the sticks so: steer -1 left .. 1 right, pedals 0 .. 1."""
        ...

    def neutral(self) -> None:
        """Let go of everything."""
        ...

    def restart(self) -> None:
        """Press the button that starts the race again."""
        ...

    def close(self) -> None:
        """Let go of everything and unplug; may be called twice."""
        ...


class NoPad:
    """Nobody drives: to watch a person's car, or where the game drives itself."""

    def apply(self, steer: float, gas: float, brake: float) -> None:
        """Nothing happens."""

    def neutral(self) -> None:
        """Nothing happens."""

    def restart(self) -> None:
        """Nothing happens."""

    def close(self) -> None:
        """Nothing to release."""


def open_pad(controls: str, game: str = "tm2020", title: str | None = None) -> Pad:
    """Plug in a pad by its name in ``CONTROLS``.

    Args:
        controls: see ``CONTROLS``.
        game: tm2020 or tmnf: whose window keys go to.
        title: of that window, if it is not the usual one.

    Raises:
        ConfigError: no such controls.
        LiveError: the pad cannot be plugged in; says what is missing.
    """
    if controls == "none":
        return NoPad()
    if controls == "gamepad":
        return Gamepad()
    if controls == "keyboard":
        return Keyboard(lambda: find_window(game, title))
    name, _, port = controls.partition(":")
    if name == "channel" and port.isdecimal():
        from tmenv.live.standin.pad import ChannelPad  # the stand-in imports the games, which import this

        return ChannelPad(check_port(int(port)))
    raise ConfigError(f"unknown controls {controls!r}; choose one of {', '.join(CONTROLS)}")


class Guard:
    """A pad that lets go by itself: when its driver falls silent, is garbage, or the program ends.

    A thread watches. It sleeps while nothing is held, and ends with ``close``.

    Args:
        pad: what drives; closed with the guard.
        silence_s: how long a driver may be silent while it holds something.
    """

    def __init__(self, pad: Pad, silence_s: float = SILENCE_S):
        self._watch = _Watch(pad, silence_s)
        self._finalizer = weakref.finalize(self, self._watch.stop)

    @property
    def let_go(self) -> int:
        """How often a silent driver's car was let go of."""
        return self._watch.let_go

    def apply(self, steer: float, gas: float, brake: float) -> None:
        """See ``Pad``; values beyond the range count as its ends."""
        self._watch.apply(min(max(steer, -1.0), 1.0), min(max(gas, 0.0), 1.0), min(max(brake, 0.0), 1.0))

    def neutral(self) -> None:
        """See ``Pad``."""
        self._watch.neutral()

    def restart(self) -> None:
        """See ``Pad``."""
        self._watch.restart()

    def close(self) -> None:
        """See ``Pad``."""
        self._finalizer()


class _Watch:
    """The pad, its lock and its thread; knows nothing of the guard, which may so become garbage."""

    def __init__(self, pad: Pad, silence_s: float):
        self._pad, self._silence_s = pad, silence_s
        self._changed = threading.Condition()
        self._held_since: float | None = None
        self._stopped = False
        self.let_go = 0
        self._thread = threading.Thread(target=self._run, name="tmenv guard", daemon=True)
        self._thread.start()

    def apply(self, steer: float, gas: float, brake: float) -> None:
        with self._changed:
            if self._stopped:
                raise LiveError("these controls are closed; make new ones")
            # noted first: what a broken call may have sent is let go of, too
            self._held_since = time.monotonic()
            self._changed.notify()
            self._pad.apply(steer, gas, brake)

    def neutral(self) -> None:
        with self._changed:
            self._held_since = None
            if not self._stopped:
                self._pad.neutral()

    def restart(self) -> None:
        with self._changed:
            if not self._stopped:
                self._pad.restart()

    def stop(self) -> None:
        with self._changed:
            if self._stopped:
                return
            self._stopped = True
            self._changed.notify()
            with contextlib.suppress(LiveError):  # a pad that is gone holds nothing
                self._pad.neutral()
            self._pad.close()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._stopped:
                left = None if self._held_since is None else self._held_since + self._silence_s - time.monotonic()
                if left is not None and left <= 0.0:
                    self._held_since = None
                    self.let_go += 1
                    with contextlib.suppress(LiveError):  # the driver's next call meets it
                        self._pad.neutral()
                else:
                    self._changed.wait(left)
