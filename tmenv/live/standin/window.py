"""The stand-in's window: it has the game's title, shows the race, and is driven by keys.

SDL wants all its calls from one thread, and on Windows and macOS from the main one: make the window, read it and show
it where the game runs.
"""

import os
from types import ModuleType

from tmenv.errors import LiveError
from tmenv.live.standin.controls import BUTTON_B, Input
from tmenv.live.standin.painter import Camera, Painter
from tmenv.live.standin.race import Race

DEFAULT_SIZE = (958, 488)
"""The size tmrl's LIDAR wants (community)."""


class GameWindow:
    """A window in place of the game's; also ``Controls``: arrow keys drive, Delete or Backspace restarts.

    As in the games, 1 is the camera behind the car and 3 the one in the cockpit.

    Args:
        title: the game's.
        size: width and height of the picture in pixels.
        painter: draws the race.

    Attributes:
        open: False once the window has been closed by its user.

    Raises:
        LiveError: pygame-ce is missing, or there is no screen.
    """

    def __init__(self, title: str, size: tuple[int, int] = DEFAULT_SIZE, painter: Painter | None = None):
        self._size, self._painter = size, painter or Painter()
        self._pygame = _pygame()
        cameras: dict[int, Camera] = {self._pygame.K_1: "chase", self._pygame.K_3: "cockpit"}
        self._cameras = cameras
        try:
            self._pygame.display.init()
            self._surface = self._pygame.display.set_mode(size)
        except self._pygame.error as error:
            raise LiveError(f"no window can be opened ({error}); start it on a desktop, or set DISPLAY") from None
        self._pygame.display.set_caption(title)
        self.open = True

    def read(self) -> Input:
        """What the keys say now; keys that were only tapped since the last call are not lost."""
        pressed = 0
        for event in self._pygame.event.get():
            if event.type == self._pygame.QUIT:
                self.open = False
            elif event.type == self._pygame.KEYDOWN:
                pressed |= self._tapped(event.key)
        keys, names = self._pygame.key.get_pressed(), self._pygame
        steer = float(keys[names.K_RIGHT]) - float(keys[names.K_LEFT])
        return Input(steer, float(keys[names.K_UP]), float(keys[names.K_DOWN]), pressed)

    def show(self, race: Race) -> None:
        """Draw the race."""
        picture = self._painter.rgb(race, *self._size)
        image = self._pygame.image.frombuffer(picture, self._size, "RGB")
        self._surface.blit(image, (0, 0))
        self._pygame.display.flip()

    def close(self) -> None:
        """Close the window; may be called twice."""
        self._pygame.display.quit()

    def _tapped(self, key: int) -> int:
        self._painter.camera = self._cameras.get(key, self._painter.camera)
        return BUTTON_B if key in (self._pygame.K_DELETE, self._pygame.K_BACKSPACE) else 0


def _pygame() -> ModuleType:
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError:
        raise LiveError("a window needs pygame-ce: pip install 'tmenv[live]'") from None
    return pygame
