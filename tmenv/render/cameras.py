"""Cameras: how a rig is mounted on a car, and the kernel that turns poses of cars into views."""

import math

import numpy as np

from tmenv.constants import CAMERAS
from tmenv.engine.compile import bind, device, view
from tmenv.engine.state import CAR
from tmenv.engine.vectors import axes, cross
from tmenv.errors import ConfigError
from tmenv.render.compile import entry, header_type
from tmenv.render.tables import POSE, RIG, VIEW

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_SMALLEST = np.float32(1e-6)

_CHASE = {"up": 3.1, "forward": -7.6, "pitch": math.radians(-9.0), "upright": 0.6, "fov": math.radians(56.0)}
_COCKPIT = {"up": 1.25, "forward": 0.6, "pitch": math.radians(-4.0), "upright": 0.0, "fov": math.radians(70.0)}
_TOP = {"up": 75.0, "forward": 14.0, "pitch": math.radians(-90.0), "upright": 1e3, "fov": math.radians(56.0)}
_RIGS = {"chase": _CHASE, "cockpit": _COCKPIT, "top": _TOP}
"""Seen in the games, not measured: TM2020's camera 1 behind the car, its camera 3 with the car hidden, a view from
above with the car's heading up."""

FAR_M = 900.0
"""Scenery beyond is not drawn, m."""

PLACE = np.dtype(
    [
        ("rigs", np.int64),
        ("rigs_count", np.int64),
        ("poses", np.int64),
        ("views", np.int64),
        ("count", np.int64),
        ("width", np.int64),
        ("height", np.int64),
    ],
    align=True,
)

MOUNT = np.dtype(
    [
        ("cars", np.int64),
        ("poses", np.int64),
        ("count", np.int64),
        ("up", np.float32),  # of the centre of mass above the origin, m
        ("forward", np.float32),
    ],
    align=True,
)


def make_rigs(camera: str, count: int = 1, aspect: float | None = None) -> np.ndarray:
    """``RIG`` (count,) of a camera; change its fields for another mounting, or per view for a jittered one.

    Args:
        camera: ``"chase"``, ``"cockpit"`` or ``"top"``.
        count: one for all views, or one per view.
        aspect: width / height of what is seen; None: as the image.

    Raises:
        ConfigError: an unknown camera.
    """
    if camera not in _RIGS:
        raise ConfigError(f"camera must be one of {', '.join(map(repr, CAMERAS))}, not {camera!r}")
    rigs = np.zeros(count, RIG)
    for field, value in _RIGS[camera].items():
        rigs[field] = value
    rigs["aspect"] = 0.0 if aspect is None else aspect
    rigs["far"], rigs["shows_car"] = FAR_M, camera != "cockpit"
    return rigs


def jitter_rigs(rigs: np.ndarray, seeds) -> np.ndarray:
    """Rigs (n,) moved by up to 0.3 m and turned by up to 2 degrees, one per seed; each seed gives the same rig.

    Args:
        rigs: ``RIG`` (1,) or (n,).
        seeds: whole numbers of at least 0, (n,).
    """
    out = np.repeat(rigs, len(seeds)) if len(rigs) == 1 else rigs.copy()
    for rig, seed in zip(out, seeds, strict=True):
        random = np.random.Generator(np.random.PCG64(int(seed)))
        for field in ("left", "up", "forward"):
            rig[field] += random.uniform(-0.3, 0.3)
        for field in ("yaw", "pitch", "roll"):
            rig[field] += math.radians(random.uniform(-2.0, 2.0))
        rig["fov"] *= random.uniform(0.95, 1.05)
    return out


@entry(header_type(MOUNT))
def mount_all(headers):
    """Origins and rotations of the engine's cars."""
    header = headers[0]
    cars, poses = view(header.cars, header.count, CAR), view(header.poses, header.count, POSE)
    for row in range(header.count):
        car, pose = cars[row], poses[row]
        _, up, forward = axes(car.rotation)
        for i in range(3):
            pose.position[i] = car.position[i] - header.up * up[i] - header.forward * forward[i]
        for i in range(4):
            pose.rotation[i] = car.rotation[i]


@entry(header_type(PLACE))
def place_all(headers):
    """One view per pose, through its rig."""
    header = headers[0]
    rigs, poses = view(header.rigs, header.rigs_count, RIG), view(header.poses, header.count, POSE)
    views = view(header.views, header.count, VIEW)
    for row in range(header.count):
        rig = rigs[row if header.rigs_count > 1 else 0]
        place(rig, poses[row], views[row], np.float32(header.width), np.float32(header.height))
        views[row].car_at, views[row].car_count = row, rig.shows_car


@device
def place(rig, pose, shot, width, height):
    """Point a view from a car through its rig."""
    _, up, forward = axes(pose.rotation)
    up = unit((up[0], up[1] + rig.upright, up[2]))
    left = unit(cross(up, forward))
    forward = cross(left, up)
    for i in range(3):
        shot.eye[i] = pose.position[i] + rig.left * left[i] + rig.up * up[i] + rig.forward * forward[i]
    forward, left = turned(forward, left, rig.yaw)
    forward, up = turned(forward, up, rig.pitch)
    up, left = turned(up, left, -rig.roll)
    for i in range(3):
        shot.forward[i], shot.up[i], shot.right[i] = forward[i], up[i], -left[i]
    aspect = width / height if rig.aspect <= _ZERO else rig.aspect
    half_height = math.tan(_HALF * rig.fov)
    shot.focal_y = _HALF * height / half_height
    shot.focal_x = _HALF * width / (half_height * aspect)
    shot.far = rig.far


@device
def turned(one, other, angle):
    """Two perpendicular axes turned by an angle from the first towards the second."""
    cos, sin = math.cos(angle), math.sin(angle)
    first = (cos * one[0] + sin * other[0], cos * one[1] + sin * other[1], cos * one[2] + sin * other[2])
    second = (cos * other[0] - sin * one[0], cos * other[1] - sin * one[1], cos * other[2] - sin * one[2])
    return first, second


@device
def unit(v):
    """A vector of length 1."""
    scale = _ONE / max(math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), _SMALLEST)
    return (v[0] * scale, v[1] * scale, v[2] * scale)


class Mount:
    """Fills ``poses`` from the engine's cars, and views from poses, without Python work per car.

    Args:
        params: ``PARAMS`` (1,) of the game: where the centre of mass lies in the car.
    """

    def __init__(self, params: np.ndarray):
        self._header = np.zeros(1, MOUNT)
        self._header["up"], self._header["forward"] = params["com_up"][0], params["com_forward"][0]
        self._kernel = bind(mount_all)
        self._tables: tuple[np.ndarray | None, ...] = (None, None)  # of the last call, as in ``Renderer``

    def poses(self, cars: np.ndarray, out: np.ndarray) -> None:
        """Write the poses of ``CAR`` (n,) into ``POSE`` (n,); ``paint`` is left as it is."""
        if cars is not self._tables[0] or out is not self._tables[1]:
            self._header["cars"], self._header["poses"] = cars.ctypes.data, out.ctypes.data
            self._header["count"] = len(cars)
            self._tables = cars, out
        self._kernel(self._header)
