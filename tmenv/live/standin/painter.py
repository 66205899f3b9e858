"""What the stand-in games show: their race, drawn by our renderer."""

from typing import Literal

import numpy as np

from tmenv.engine.state import CAR
from tmenv.live.standin.race import Race
from tmenv.render.batch import CarPictures
from tmenv.render.cameras import make_rigs
from tmenv.render.colours import plain_look
from tmenv.render.pixel_lidar import tmrl_view
from tmenv.render.renderer import Renderer, compile_kernels
from tmenv.render.scenery import Scenery
from tmenv.track.track import Track

Camera = Literal["chase", "cockpit"]
"""The games' camera 1, behind the car, and 3, in the cockpit: for tmrl's LIDAR, on a road with black borders."""


class Painter:
    """Draws a race from the car's camera.

    Attributes:
        camera: may be changed between two pictures.
    """

    def __init__(self, camera: Camera = "chase"):
        self.camera: Camera = camera
        compile_kernels()  # before somebody waits for a picture, not while
        self._track: Track | None = None
        self._scenery = Scenery()
        self._pictures: dict[tuple[str, int, int], tuple[CarPictures, np.ndarray]] = {}
        self._cars = np.zeros(1, CAR)

    def rgb(self, race: Race, width: int, height: int) -> np.ndarray:
        """The picture, uint8 (height, width, 3) red, green, blue; overwritten by the next of this size."""
        if race.track is not self._track:
            self._load(race.track)
        key = (self.camera, width, height)
        if key not in self._pictures:
            self._pictures[key] = self._prepare(race, width, height)
        pictures, out = self._pictures[key]
        self._cars[0] = race.car
        pictures.shoot(self._cars, out)
        return out[0]

    def bgra(self, race: Race, width: int, height: int) -> np.ndarray:
        """The picture as the link of TMNF sends it, uint8 (height, width, 4) blue, green, red, 255."""
        frame = np.full((height, width, 4), 255, np.uint8)
        frame[..., :3] = self.rgb(race, width, height)[..., ::-1]
        return frame

    def _load(self, track: Track) -> None:
        self._track, self._scenery = track, Scenery()
        self._scenery.add(track)
        self._pictures.clear()

    def _prepare(self, race: Race, width: int, height: int) -> tuple[CarPictures, np.ndarray]:
        rigs, looks = tmrl_view() if self.camera == "cockpit" else (make_rigs("chase"), plain_look())
        renderer = Renderer(self._scenery, width, height, gray=False)
        params = np.array([race.params], race.params.dtype)
        pictures = CarPictures(renderer, params, rigs, looks, 1)
        return pictures, np.zeros((1, height, width, 3), np.uint8)
