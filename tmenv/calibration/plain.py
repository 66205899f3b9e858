"""Endless flat ground as a scene: windows of runs whose map is not at hand, on level ground or in the air."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from tmenv.track.tables import FLOOR, GRID, OPENING, PATCH, ROUTE_POINT, WAYPOINT


def plain(material: int) -> Any:
    """A track without blocks: ground of ``material`` at y = 0, a straight route, no finish."""
    route = np.zeros(2, ROUTE_POINT)
    route["z"] = route["s"] = [0.0, 1.0e5]
    route["border_left"] = route["border_right"] = 1.0e5
    return SimpleNamespace(
        patches=np.zeros(0, PATCH),
        floors=np.zeros(0, FLOOR),
        profiles=np.zeros((0, 2, 17), np.float32),
        heights=np.zeros(0, np.float32),
        openings=np.zeros(0, OPENING),
        grid=np.zeros((), GRID),
        cell_starts=np.zeros(1, np.int32),
        cell_patches=np.zeros(0, np.int32),
        wall_starts=np.zeros(1, np.int32),
        wall_patches=np.zeros(0, np.int32),
        cell_ground_y=np.zeros(0, np.float32),
        cell_ground_material=np.zeros(0, np.int32),
        cell_waypoint=np.zeros(0, np.int32),
        route=route,
        waypoints=np.zeros(0, WAYPOINT),
        checkpoints=0,
        laps=1,
        length_m=1.0e5,
        ground_y=0.0,
        ground_material=material,
        void_y=-20.0,
        spawn=(0.0, 0.0, 0.0),
        spawn_yaw=0.0,
    )
