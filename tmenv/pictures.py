"""What the cars of a batch see: images and LIDAR from pixels for observations, pictures for people."""

from typing import Protocol

import numpy as np

from tmenv.render.batch import CarPictures
from tmenv.render.cameras import jitter_rigs, make_rigs
from tmenv.render.colours import plain_look, random_look
from tmenv.render.pixel_lidar import RAYS, TMRL_HEIGHT, TMRL_WIDTH, tmrl_lidar, tmrl_view
from tmenv.render.renderer import Renderer
from tmenv.render.scenery import Scenery
from tmenv.task.batch import Batch
from tmenv.track import Track

WINDOW_ASPECT = {"TM2020": 2.0, "TMNF": 4.0 / 3.0}
"""Width / height of the game windows that agents learn from (tmrl 256 x 128, Linesight 640 x 480): an image of any
size shows the whole window, squeezed as those projects squeeze it."""

SCREEN_WIDTH, SCREEN_HEIGHT = 640, 360
"""Size of the pictures that ``render()`` returns."""

_CARS_AT_ONCE = 8
"""Pictures for the pixel LIDAR are 1.4 MB each: this many per thread are held at a time."""


class Eyes(Protocol):
    """Draws what an observation needs into the buffers of its batch. ``rows``: int (M,), sorted."""

    def start(self, rows: np.ndarray) -> None:
        """Cars that have been reset: their history is one picture, repeated."""
        ...

    def follow(self, rows: np.ndarray) -> None:
        """Cars that have driven a step: their history moves up by one picture."""
        ...

    def close(self) -> None:
        """Stop the worker threads; harmless when called twice."""
        ...


def open_eyes(batch: Batch, threads: int) -> Eyes:
    """The eyes for a batch whose observation is partly drawn."""
    return Images(batch, threads) if batch.images is not None else PixelLidar(batch, threads)


class Stage:
    """The scenery of a batch: slot by slot the meshes of its tracks."""

    def __init__(self, batch: Batch):
        self.scenery = Scenery()
        self._batch = batch
        self._built: list[Track] = []

    def renew(self) -> None:
        """Build the meshes of tracks that are new in their slots."""
        for slot, track in enumerate(self._batch.tracks):
            if slot == len(self._built):
                self.scenery.add(track)
                self._built.append(track)
            elif self._built[slot] is not track:
                self.scenery.put(slot, track)
                self._built[slot] = track


class Images:
    """Keeps ``Batch.images``: the last pictures of each car."""

    def __init__(self, batch: Batch, threads: int):
        spec = batch.spec
        assert batch.images is not None  # ``open_eyes`` asked
        self._batch, self._stage, self._images = batch, Stage(batch), batch.images
        height, width = spec.image_size
        renderer = Renderer(self._stage.scenery, width, height, spec.gray, threads)
        self._rig = make_rigs(spec.camera, aspect=WINDOW_ASPECT[spec.game])
        self._pictures = CarPictures(renderer, batch.world["params"], self._rig, plain_look(), batch.count)
        self._channels = spec.image_channels
        self._some = np.zeros((batch.count, *renderer.frame_shape), np.uint8)
        # all that is kept of each car is one gray picture: it is drawn there
        self._in_place = self._images.shape[1] == 1
        self._all = self._images[:, 0] if self._in_place else self._some
        self._dressed = np.zeros(batch.count, np.uint64)

    def start(self, rows: np.ndarray) -> None:
        """See ``Eyes``."""
        repeats = self._images.shape[1] // self._channels
        self._images[rows] = np.tile(self._shoot(rows), (1, repeats, 1, 1))

    def follow(self, rows: np.ndarray) -> None:
        """See ``Eyes``."""
        new, images = self._shoot(rows), self._images
        if len(rows) == len(images):
            if images.shape[1] > self._channels:
                # all in one go, also from car to car: what arrives there is written over right below
                pixels, count = images.reshape(-1), new[0].size
                pixels[:-count] = pixels[count:]
            if not self._in_place:
                images[:, -self._channels :] = new
        else:
            images[rows] = np.concatenate([images[rows, self._channels :], new], axis=1)

    def _shoot(self, rows: np.ndarray) -> np.ndarray:
        """Pictures (M, channels, height, width)."""
        self._stage.renew()
        if self._batch.spec.visuals != "plain":
            self._dress(rows)
        everyone = len(rows) == self._batch.count
        out = self._all if everyone else self._some[: len(rows)]
        self._pictures.shoot(self._batch.cars, out, None if everyone else rows)
        return out[:, None] if out.ndim == 3 else out.transpose(0, 3, 1, 2)

    def _dress(self, rows: np.ndarray) -> None:
        """Colours, light and camera of each episode, and the noise of each step, from the episode's seed."""
        seeds, steps = self._batch.episodes["visuals"], self._batch.episodes["steps"]
        changed = rows[self._dressed[rows] != seeds[rows]]
        if len(changed):
            self._pictures.rigs[changed] = jitter_rigs(self._rig, seeds[changed])
            self._pictures.looks[changed] = random_look(seeds[changed])
            self._dressed[changed] = seeds[changed]
        noise = seeds.astype(np.uint32) + steps.astype(np.uint32) * np.uint32(0x9E3779B1)  # spreads over all bits
        self._pictures.views["noise_seed"] = noise

    def close(self) -> None:
        """See ``Eyes``."""
        self._pictures.renderer.close()


class PixelLidar:
    """Keeps the rays of ``observation="tmrl_lidar"``: the numbers after the speed, newest frame last."""

    def __init__(self, batch: Batch, threads: int):
        self._batch, self._stage = batch, Stage(batch)
        renderer = Renderer(self._stage.scenery, TMRL_WIDTH, TMRL_HEIGHT, gray=False, threads=threads)
        self._pictures = CarPictures(renderer, batch.world["params"], *tmrl_view(), batch.count)
        group = _CARS_AT_ONCE * threads
        self._out = np.zeros((min(group, batch.count), *renderer.frame_shape), np.uint8)
        self._history = batch.spec.history
        self._frames = batch.observations[:, 1 : 1 + RAYS * self._history]

    def start(self, rows: np.ndarray) -> None:
        """See ``Eyes``."""
        self._frames[rows] = np.tile(self._measure(rows), self._history)

    def follow(self, rows: np.ndarray) -> None:
        """See ``Eyes``; the kernel has moved the older frames up."""
        self._frames[rows, -RAYS:] = self._measure(rows)

    def _measure(self, rows: np.ndarray) -> np.ndarray:
        """Rays (M, 19), pixels."""
        self._stage.renew()
        fans = np.zeros((len(rows), RAYS), np.float32)
        for at in range(0, len(rows), len(self._out)):
            some = rows[at : at + len(self._out)]
            pictures = self._out[: len(some)]
            self._pictures.shoot(self._batch.cars, pictures, some)
            for number, picture in enumerate(pictures):
                fans[at + number] = tmrl_lidar(picture)
        return fans

    def close(self) -> None:
        """See ``Eyes``."""
        self._pictures.renderer.close()


class Screen:
    """Pictures for people: what ``render()`` returns."""

    def __init__(self, batch: Batch, threads: int):
        self._batch, self._stage = batch, Stage(batch)
        renderer = Renderer(self._stage.scenery, SCREEN_WIDTH, SCREEN_HEIGHT, gray=False, threads=threads)
        rigs = make_rigs(batch.spec.camera)
        self._pictures = CarPictures(renderer, batch.world["params"], rigs, plain_look(), batch.count)

    def draw(self) -> np.ndarray:
        """A picture of each car, uint8 (N, 360, 640, 3), the caller's own."""
        self._stage.renew()
        out = np.zeros((self._batch.count, *self._pictures.renderer.frame_shape), np.uint8)
        self._pictures.shoot(self._batch.cars, out)
        return out

    def close(self) -> None:
        """Stop the worker threads; harmless when called twice."""
        self._pictures.renderer.close()
