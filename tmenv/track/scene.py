"""``Scene``: the surfaces of a map, found by cells; a ``Track`` is a scene with a route through it."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tmenv.track import query
from tmenv.track.floors import floors


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything on a map that a wheel or a hull can touch, as flat tables (see ``tmenv.track.tables``).

    All lengths are metres, world frame with y up.

    Attributes:
        name: name of the map or library track.
        game: ``"TMNF"`` or ``"TM2020"``.
        ground_y: height of the endless ground outside the grid; -inf where there is none.
        ground_material: ``constants.Material`` of that ground.
        patches: ``PATCH`` (P,): roads, height fields, round surfaces and walls.
        profiles: float32 (K, 2, 17): height and bank (dy per metre to the left) at the knots.
        heights: float32 (H,): the nodes of the height fields, one table after the other.
        openings: ``OPENING`` (O,): holes in straight patches.
        grid: ``GRID`` scalar record of the cell index.
        cell_starts: int32 (cells + 1,).
        cell_patches: int32 (entries,): the patches of each cell, without walls.
        wall_starts: int32 (cells + 1,).
        wall_patches: int32 (entries,): the walls of each cell.
        cell_ground_y: float32 (cells,): height of the open ground, -inf where a block replaces it.
        cell_ground_material: int32 (cells,).
        cell_waypoint: int32 (cells,): the first waypoint whose trigger reaches the cell, or -1.
        waypoints: ``WAYPOINT`` (W,): checkpoints, then finishes.
    """

    name: str
    game: str
    ground_y: float
    ground_material: int
    patches: np.ndarray = field(repr=False)
    profiles: np.ndarray = field(repr=False)
    heights: np.ndarray = field(repr=False)
    openings: np.ndarray = field(repr=False)
    grid: np.ndarray = field(repr=False)
    cell_starts: np.ndarray = field(repr=False)
    cell_patches: np.ndarray = field(repr=False)
    wall_starts: np.ndarray = field(repr=False)
    wall_patches: np.ndarray = field(repr=False)
    cell_ground_y: np.ndarray = field(repr=False)
    cell_ground_material: np.ndarray = field(repr=False)
    cell_waypoint: np.ndarray = field(repr=False)
    waypoints: np.ndarray = field(repr=False)

    @cached_property
    def floors(self) -> np.ndarray:
        """``FLOOR`` (P,): what a car or a LIDAR ray on each patch may cross in one go; see ``tmenv.track.floors``."""
        return floors(self)

    def surface(self, points: np.ndarray, up: np.ndarray | None = None) -> query.Touch:
        """The surface below (or slightly above) world points (n, 3); see ``query.below``.

        ``up`` is the car's up axis at each point, (n, 3) or (3,); None means upright cars.
        """
        return query.below(self, points, up)
