"""The LIDAR rays of a car on its way, as lines in the world, for pictures that show them."""

import numpy as np
from numba import types

from tmenv.engine.compile import bind, view
from tmenv.engine.contact import NO_PATCH
from tmenv.engine.lidar import COSINES, RAYS, SINES, heading, scan
from tmenv.engine.params import load_parameters
from tmenv.engine.race import place_nose
from tmenv.engine.state import CAR
from tmenv.engine.vectors import axes
from tmenv.engine.world import WORLD_FIELDS, World, open_world
from tmenv.render.compile import entry
from tmenv.render.tables import POSE
from tmenv.track import Track

RAY = np.dtype([("start", np.float32, (3,)), ("ends", np.float32, (RAYS, 3))], align=True)
"""Nose of the car and the ends of its rays, right to left, world, m; all at the nose where there is no road."""

HEADER = np.dtype(
    [*WORLD_FIELDS, *((name, np.int64) for name in ("car", "poses", "rays", "count"))],
    align=True,
)
_LEAST_UP = np.float32(0.2)
"""A car that leans more than this (as the upward part of its up) has its rays drawn level."""


@entry(types.int64)
def scan_way(address):
    """Scan from each pose in turn; ``address`` is that of a ``HEADER``."""
    header = view(address, 1, HEADER)[0]
    world = open_world(header)
    car, poses = view(header.car, 1, CAR)[0], view(header.poses, header.count, POSE)
    rays = view(header.rays, header.count, RAY)
    p = world.params[0]
    for row in range(header.count):
        pose, ray = poses[row], rays[row]
        for i in range(4):
            car.rotation[i] = pose.rotation[i]
        left, up, forward = axes(car.rotation)
        for i in range(3):
            car.position[i] = pose.position[i] + p.com_up * up[i] + p.com_forward * forward[i]
        place_nose(car, p)
        for i in range(3):
            ray.start[i] = car.nose[i]
        scan(world, car, p, ray.ends[:, 0])
        ahead_x, ahead_z = heading(car.rotation)
        for number in range(RAYS):
            reach = ray.ends[number, 0]
            x = reach * (COSINES[number] * ahead_x + SINES[number] * ahead_z)
            z = reach * (COSINES[number] * ahead_z - SINES[number] * ahead_x)
            y = -(up[0] * x + up[2] * z) / up[1] if up[1] > _LEAST_UP else np.float32(0.0)
            ray.ends[number, 0] = ray.start[0] + x
            ray.ends[number, 1] = ray.start[1] + y
            ray.ends[number, 2] = ray.start[2] + z


def rays_along(track: Track, poses: np.ndarray) -> np.ndarray:
    """The metric LIDAR of a car at each of its places, in the plane of its wheels.

    Args:
        track: what it drives on.
        poses: ``POSE`` (n,), one after the other.

    Returns:
        ``RAY`` (n,).
    """
    world, car, header = World(load_parameters(track.game)), np.zeros(1, CAR), np.zeros(1, HEADER)
    world.add(track)
    car["nose_patch"] = NO_PATCH
    poses, rays = np.ascontiguousarray(poses), np.zeros(len(poses), RAY)
    world.fill_header(header)
    header["car"], header["poses"], header["rays"] = car.ctypes.data, poses.ctypes.data, rays.ctypes.data
    header["count"] = len(poses)
    bind(scan_way)(header.ctypes.data)
    return rays
