"""The worlds that recorded runs are driven in again: their maps, and endless plains where a map is not at hand."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tmenv.calibration.motion import rotate
from tmenv.calibration.plain import plain
from tmenv.calibration.recorded import Runs
from tmenv.constants import Material
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import CONTROL, Simulator
from tmenv.errors import GbxError, TmenvError, TrackError
from tmenv.gbx import Map, Replay, read
from tmenv.track.build import survey
from tmenv.track.scene import Scene

PLAINS = (Material.ASPHALT, Material.DIRT, Material.GRASS, Material.METAL, Material.CONCRETE, Material.RUBBER, 75, 76)
_CHUNK = 100_000


class Courses:
    """The tracks of all maps of some runs, in one world, and the plains.

    Attributes:
        slots: map index of ``Runs`` -> slot of its track in the world; only maps that could be built.
        plains: material -> slot of the plain.
        problems: name of a map -> why it could not be built.
    """

    def __init__(self, runs: Runs, show: Callable[[Iterable[Any], str], Iterable[Any]] | None = None):
        self.game = runs.game
        self._scenes: list[Any] = [plain(material) for material in PLAINS]
        self.plains = {material: slot for slot, material in enumerate(PLAINS)}
        self.slots: dict[int, int] = {}
        self.problems: dict[str, str] = {}
        used = np.unique(runs.runs["map"]).tolist()
        for index in used if show is None else show(used, "building maps"):
            name, path = runs.maps[index]
            if not path:
                self.problems[name] = "the data hold no such map"
                continue
            try:
                self._scenes.append(drivable(survey(_read_map(Path(path)), "skip")))
            except TmenvError as error:
                self.problems[name] = str(error)
                continue
            self.slots[index] = len(self._scenes) - 1
        self.covered = self._covered(runs)

    def simulator(self, count: int, params: np.ndarray | None = None) -> Simulator:
        """A simulator of ``count`` cars with all tracks; ``params`` may hold several records."""
        simulator = Simulator(self._scenes[0], load_parameters(self.game) if params is None else params, count)
        for scene in self._scenes[1:]:
            simulator.world.add(scene)
        return simulator

    def _covered(self, runs: Runs) -> np.ndarray:
        """bool (s,): the map is built, and has a surface under every wheel that touched one; in the air, True."""
        slots = np.array([self.slots.get(index, -1) for index in range(len(runs.maps))])
        slot = np.repeat(slots[runs.runs["map"]], runs.runs["samples"])
        result = np.zeros(len(runs.samples), bool)
        rows = np.flatnonzero(slot >= 0)
        for first in range(0, len(rows), _CHUNK):
            some = rows[first : first + _CHUNK]
            clearance = self._clearances(runs.samples[some], slot[some])
            touching = runs.samples["contact"][some]
            result[some] = (~touching | (np.abs(clearance) < COVERED_M)).all(axis=1)
        return result

    def _clearances(self, samples: np.ndarray, slot: np.ndarray) -> np.ndarray:
        """Distance of each wheel's bottomed position from the surface, m, (n, 4), at recorded poses."""
        simulator = self.simulator(len(samples))
        cars = simulator.cars
        params = simulator.world["params"][0]
        arm = np.array([0.0, params["com_up"], params["com_forward"]])
        cars["track"], cars["rotation"] = slot, samples["rotation"]
        cars["position"] = samples["position"] + rotate(samples["rotation"], arm)
        cars["patch"], cars["nose_patch"], cars["gear"] = -1, -1, 1
        simulator.drive(np.zeros((len(samples), 1), CONTROL))
        return cars["clearance"].copy()


def drivable(scene: Scene) -> Any:
    """A scene as the engine wants a track: with a spawn, and a route that nothing follows.

    Raises:
        TrackError: tmenv has no surface for any block of the map.
    """
    if not len(scene.patches):
        raise TrackError(f"map {scene.name!r}: tmenv has no surface for any of its blocks")
    values = {field.name: getattr(scene, field.name) for field in fields(scene)} | {"floors": scene.floors}
    return SimpleNamespace(**(vars(plain(Material.ASPHALT)) | values))


COVERED_M = 0.4
"""A wheel that touches is this close to the surface: beyond, the map is built wrongly there, or a block is missing."""


def _read_map(path: Path) -> Map:
    thing = read(path)
    if isinstance(thing, Replay):
        thing = thing.map
    if not isinstance(thing, Map):
        raise GbxError(f"{path}: holds no map")
    return thing
