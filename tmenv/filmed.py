"""What a running game shows, as observations: images and tmrl's LIDAR, from its window or from its plugin's frames."""

import numpy as np

from tmenv.live.backend import Film
from tmenv.live.tmnf.frames import gray_of
from tmenv.render.pixel_lidar import RAYS, TMRL_HEIGHT, TMRL_WIDTH, tmrl_lidar
from tmenv.task.outside import OutsideBatch
from tmenv.task.spec import TaskSpec


def film_of(spec: TaskSpec) -> Film:
    """The pictures that a task needs of the game.

    tmrl's rays hold for one size. TMNF's plugin makes pictures of the size that is asked for; TM2020's window is
    squeezed to an image of any size, as its projects do.
    """
    if spec.observation == "tmrl_lidar":
        return Film(TMRL_WIDTH, TMRL_HEIGHT)
    return Film(spec.image_size[1], spec.image_size[0]) if spec.game == "TMNF" else Film()


def open_film(batch: OutsideBatch) -> "FilmedImages | FilmedLidar":
    """The ``Eyes`` of a batch whose observation is partly seen."""
    return FilmedLidar(batch) if batch.images is None else FilmedImages(batch)


class FilmedImages:
    """Keeps ``Batch.images``: the last pictures of the one car."""

    def __init__(self, batch: OutsideBatch):
        assert batch.images is not None  # ``open_film`` asked
        self._engine, self._images = batch.engine, batch.images[0]
        self._gray, self._size = batch.spec.gray, batch.spec.image_size

    def start(self, rows: np.ndarray) -> None:
        """See ``Eyes``."""
        channels = self._look()
        self._images[:] = np.tile(channels, (len(self._images) // len(channels), 1, 1))

    def follow(self, rows: np.ndarray) -> None:
        """See ``Eyes``."""
        channels = self._look()
        self._images[:] = np.concatenate([self._images[len(channels) :], channels])

    def close(self) -> None:
        """See ``Eyes``; the engine films until it is closed itself."""

    def _look(self) -> np.ndarray:
        """The newest picture (channels, height, width)."""
        picture = self._engine.picture()
        picture = gray_of(picture)[..., None] if self._gray else picture[..., 2::-1]
        return squeezed(picture, *self._size).transpose(2, 0, 1)


class FilmedLidar:
    """Keeps the rays of ``observation="tmrl_lidar"``: the numbers after the speed, newest frame last."""

    def __init__(self, batch: OutsideBatch):
        self._engine, self._history = batch.engine, batch.spec.history
        self._frames = batch.observations[0, 1 : 1 + RAYS * self._history]

    def start(self, rows: np.ndarray) -> None:
        """See ``Eyes``."""
        self._frames[:] = np.tile(self._look(), self._history)

    def follow(self, rows: np.ndarray) -> None:
        """See ``Eyes``; the kernel has moved the older frames up."""
        self._frames[-RAYS:] = self._look()

    def close(self) -> None:
        """See ``Eyes``; the engine films until it is closed itself."""

    def _look(self) -> np.ndarray:
        return tmrl_lidar(self._engine.picture()[..., :3])


def squeezed(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture in another size: each new pixel is the mean of those that it covers, or repeats where there are none.

    Args:
        picture: uint8 (H, W, channels).
        height: of the result; likewise
        width.

    Returns:
        uint8 (height, width, channels).
    """
    tall, wide = picture.shape[:2]
    rows, columns = np.arange(height) * tall // height, np.arange(width) * wide // width
    sums = np.add.reduceat(np.add.reduceat(picture, rows, axis=0, dtype=np.uint32), columns, axis=1)
    covered = [np.maximum(np.diff(first, append=end), 1) for first, end in ((rows, tall), (columns, wide))]
    counts = np.multiply.outer(*covered)[..., None]
    return ((sums + counts // 2) // counts).astype(np.uint8)
