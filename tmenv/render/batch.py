"""``CarPictures``: one picture from each of N cars of the engine, with no Python work per car."""

import numpy as np

from tmenv.engine.state import CAR
from tmenv.errors import ConfigError
from tmenv.render.cameras import Mount
from tmenv.render.renderer import Renderer
from tmenv.render.tables import LOOK, POSE, RIG, VIEW


class CarPictures:
    """What N cars see, each through its own camera and in its own light.

    Visual randomisation is writing rows of ``rigs`` and ``looks`` (``jitter_rigs``, ``random_look``) and of
    ``views["noise_seed"]`` between two calls.

    Attributes:
        rigs: ``RIG`` (N,), the camera of each car.
        looks: ``LOOK`` (N,), the colours and light of each.
        views: ``VIEW`` (N,), as of the last call for all cars.
        poses: ``POSE`` (N,), as of the last call; ``paint`` is the colour of each car.

    Args:
        renderer: draws on the scenery whose slots ``CAR.track`` counts in.
        params: ``PARAMS`` (1,) of the game that the cars drive in.
        rigs: ``RIG`` (1,) for all cars, or (N,).
        looks: ``LOOK`` (1,) for all cars, or (N,).
        count: N.

    Raises:
        ConfigError: rigs or looks of another length.
    """

    def __init__(self, renderer: Renderer, params: np.ndarray, rigs: np.ndarray, looks: np.ndarray, count: int):
        for name, table in (("rigs", rigs), ("looks", looks)):
            if len(table) not in (1, count):
                raise ConfigError(f"{name} must have 1 or {count} rows, not {len(table)}")
        self.renderer = renderer
        self.rigs, self.looks = np.zeros(count, RIG), np.zeros(count, LOOK)
        self.rigs[:], self.looks[:] = rigs, looks
        self.poses, self.views = np.zeros(count, POSE), np.zeros(count, VIEW)
        self.views["look"] = np.arange(count)
        self._mount = Mount(params)

    def shoot(self, cars: np.ndarray, out: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Draw the picture of every car, or of some.

        Args:
            cars: ``CAR`` (N,).
            out: uint8 (M, height, width), with a last axis of 3 for RGB; contiguous; written.
            rows: int (M,), the cars to draw; None: all, M = N.

        Raises:
            ConfigError: a wrong shape or type, or a car on a track that the scenery does not hold.
        """
        if cars.dtype != CAR or cars.shape != self.poses.shape or not cars.flags.c_contiguous:
            raise ConfigError(f"cars must be a contiguous table of {len(self.poses)} engine cars")
        self._mount.poses(cars, self.poses)
        rigs, poses, views = self.rigs, self.poses, self.views
        views["scene"] = cars["track"]
        if rows is not None:
            rigs, poses, views = rigs[rows], poses[rows], views[rows]
        self.renderer.place(rigs, poses, views)
        self.renderer.draw(views, poses, self.looks, out)
