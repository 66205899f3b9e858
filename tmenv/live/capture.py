"""Pictures of the running game's window, from the screen: what is above the window is in the picture too."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from tmenv.errors import LiveError
from tmenv.live.window import Area, Window

_SAMPLE = 7
"""Every so many pixels are compared to see whether the picture changed; a prime, so that no pattern hides from it."""


@dataclass(frozen=True)
class Picture:
    """What a window showed.

    Attributes:
        pixels: uint8 (height, width, 4) BGRA, the caller's own.
        taken_s: when, ``time.perf_counter`` seconds.
        changed_s: when a picture was first taken that looked like this one.
    """

    pixels: np.ndarray
    taken_s: float
    changed_s: float

    @property
    def age_s(self) -> float:
        """Seconds since it was taken."""
        return time.perf_counter() - self.taken_s

    @property
    def still_s(self) -> float:
        """How long the window had not changed when it was taken; a game in a race changes with every frame."""
        return self.taken_s - self.changed_s


class Capture:
    """Takes pictures of a window. It follows the window around the screen; belongs to the thread that uses it.

    Args:
        window: of the game; closed with this.
        size: the width and height that pictures must have; None: those the window has now.

    Raises:
        LiveError: mss is missing, no screen, or a window that is gone.
    """

    def __init__(self, window: Window, size: tuple[int, int] | None = None):
        self._window = window
        self._mss: Any = None
        try:
            self.size = window.area()[2:] if size is None else size
            self._mss = _mss()
        except BaseException:
            self.close()
            raise
        self._sample, self._changed_s = np.zeros(0, np.uint8), 0.0

    def grab(self) -> Picture:
        """The window as it is on the screen now.

        Raises:
            LiveError: it is minimised, has another size, is partly off the screen, or gone. The next call may succeed.
        """
        self._check_screen()
        area = self._window.area()
        self._check_size(area)
        taken_s, pixels = time.perf_counter(), self._shoot(area)
        sample = pixels.reshape(-1, 4)[::_SAMPLE]
        if not np.array_equal(sample, self._sample):
            self._sample, self._changed_s = sample.copy(), taken_s
        return Picture(pixels, taken_s, self._changed_s)

    def close(self) -> None:
        """Let go of the screen and the window; may be called twice."""
        self._window.close()
        if self._mss is not None:
            self._mss.close()
            self._mss = None

    def __enter__(self) -> "Capture":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_screen(self) -> None:
        if self._mss is None:
            raise LiveError("this capture is closed; make a new one")
        if self._window.minimised():
            raise LiveError(f"the window {self._window.title!r} is minimised: restore it and leave it uncovered")

    def _check_size(self, area: Area) -> None:
        if (area.width, area.height) != tuple(self.size):
            wide, high = self.size
            raise LiveError(
                f"the window {self._window.title!r} is {area.width} x {area.height} pixels, not {wide} x {high}: give "
                "it its size back, or make the environment again with the new one"
            )

    def _shoot(self, area: Area) -> np.ndarray:
        from mss import ScreenShotError

        try:
            shot = self._mss.grab(area._asdict())
        except ScreenShotError as error:
            raise LiveError(
                f"the window {self._window.title!r} at {area} cannot be captured ({error}): move it wholly onto the "
                "screen"
            ) from None
        return np.frombuffer(shot.raw, np.uint8).reshape(area.height, area.width, 4)


def _mss() -> Any:
    try:
        from mss import MSS, ScreenShotError
    except ImportError:
        raise LiveError("capturing the game needs mss: pip install 'tmenv[live]'") from None
    try:
        return MSS()
    except ScreenShotError as error:
        raise LiveError(f"the screen cannot be captured ({error}): log in to a desktop, with X11 or XWayland") from None
