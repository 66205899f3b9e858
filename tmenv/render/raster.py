"""The drawing kernel: from views of scenes to pixels."""

import math
from collections import namedtuple

import numpy as np
from numba import types

from tmenv.engine.compile import device, view
from tmenv.engine.vectors import axes
from tmenv.render.background import draw_background
from tmenv.render.compile import entry, header_type
from tmenv.render.develop import develop
from tmenv.render.faces import draw_face
from tmenv.render.polygon import LANES
from tmenv.render.tables import CAR_SCENE, CHUNK, FACE, LOOK, POSE, REGION, SCENE, TRACK_SCENES, VIEW

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_CAR_RADIUS_M = np.float32(3.0)
_LEVEL_FROM = (np.float32(0.8), np.float32(3.0))
"""Metres that a pixel covers from which on level 1 is drawn, and level 2."""

HEADER = np.dtype(
    [
        *((name, np.int64) for name in ("faces", "chunks", "regions", "scenes", "views", "looks", "poses", "pixels")),
        *((f"{name}_count", np.int64) for name in ("faces", "chunks", "regions", "scenes", "views", "looks", "poses")),
        ("scratch", np.int64),
        ("scratch_size", np.int64),  # 4-byte words for each worker
        ("width", np.int64),
        ("height", np.int64),
        ("channels", np.int64),  # 1 gray, 3 red, green, blue
    ],
    align=True,
)

ALL_DRAWN = -1

Scenery = namedtuple("Scenery", "faces chunks regions scenes")
Canvas = namedtuple("Canvas", "frame depth bounds rows width height gray")
Rows = namedtuple("Rows", "first last sky lawn mown")
Lens = namedtuple("Lens", "eye right up forward focal_x focal_y centre_x centre_y far reach_x reach_y")


def scratch_words(width: int, height: int) -> int:
    """4-byte words that one worker needs: colour, depth, the borders of spans and the plan of the background."""
    return 2 * (width * height + LANES) + (2 + len(Rows._fields)) * (height + LANES)


@entry(header_type(HEADER), types.int64, types.int64, types.int64)
def draw_range(headers, first, last, worker):
    """Draw views ``first`` .. ``last`` into the pixels, with the scratch memory of ``worker``.

    Returns ``ALL_DRAWN``, or the first view that names something that does not exist.
    """
    header = headers[0]
    scenery = Scenery(
        view(header.faces, header.faces_count, FACE),
        view(header.chunks, header.chunks_count, CHUNK),
        view(header.regions, header.regions_count, REGION),
        view(header.scenes, header.scenes_count, SCENE),
    )
    views = view(header.views, header.views_count, VIEW)
    looks = view(header.looks, header.looks_count, LOOK)
    poses = view(header.poses, header.poses_count, POSE)
    canvas = open_canvas(header, worker)
    size = header.width * header.height * header.channels
    for number in range(first, last):
        shot = views[number]
        if not is_drawable(shot, header):
            return number
        look = looks[shot.look]
        draw_view(scenery, shot, look, poses, canvas)
        pixels = view(header.pixels + number * size, size, np.uint8)
        develop(canvas, pixels, look.noise, shot.noise_seed)
    return ALL_DRAWN


@device
def is_drawable(shot, header):
    """Whether the track, the look and the cars of a view exist, and its camera is somewhere."""
    total = shot.focal_x + shot.focal_y + shot.far
    for i in range(3):
        total += shot.eye[i] + shot.right[i] + shot.up[i] + shot.forward[i]
    return (
        0 <= shot.scene < header.scenes_count - TRACK_SCENES
        and 0 <= shot.look < header.looks_count
        and shot.car_at >= 0
        and shot.car_at + shot.car_count <= header.poses_count
        and total - total == _ZERO  # not if any of them is NaN or infinite
    )


@device
def open_canvas(header, worker):
    """Borrowed views of a worker's scratch memory."""
    count = header.width * header.height + LANES
    rows = header.height + LANES
    at = header.scratch + 4 * worker * header.scratch_size
    bounds = at + 8 * count
    plan = bounds + 8 * rows
    return Canvas(
        view(at, count, np.uint32),
        view(at + 4 * count, count, np.float32),
        view(bounds, 2 * rows, np.int32),
        Rows(
            view(plan, rows, np.int32),
            view(plan + 4 * rows, rows, np.int32),
            view(plan + 8 * rows, rows, np.uint32),
            view(plan + 12 * rows, rows, np.uint32),
            view(plan + 16 * rows, rows, np.uint32),
        ),
        header.width,
        header.height,
        header.channels == 1,
    )


@device
def open_lens(shot, width, height):
    """The camera as scalars; ``reach`` are the lengths of the normals of the side planes of what it sees."""
    half_x = _HALF * np.float32(width) / shot.focal_x
    half_y = _HALF * np.float32(height) / shot.focal_y
    return Lens(
        (shot.eye[0], shot.eye[1], shot.eye[2]),
        (shot.right[0], shot.right[1], shot.right[2]),
        (shot.up[0], shot.up[1], shot.up[2]),
        (shot.forward[0], shot.forward[1], shot.forward[2]),
        shot.focal_x,
        shot.focal_y,
        _HALF * np.float32(width),
        _HALF * np.float32(height),
        shot.far,
        math.sqrt(_ONE + half_x * half_x),
        math.sqrt(_ONE + half_y * half_y),
    )


@device
def draw_view(scenery, shot, look, poses, canvas):
    """One picture: background, scenery region by region, cars."""
    lens = open_lens(shot, canvas.width, canvas.height)
    scene = scenery.scenes[TRACK_SCENES + shot.scene]
    sun = (look.sun[0], look.sun[1], look.sun[2])
    draw_background(canvas, lens, look, scene.ground_y)
    for number in range(scene.region_at, scene.region_at + scene.region_count):
        region = scenery.regions[number]
        if distance_of(lens, canvas, region.centre, region.radius) >= _ZERO:
            at = scene.chunk_at + region.chunk_at
            for index in range(at, at + region.chunk_count):
                draw_chunk(scenery, scenery.chunks[index], scene.face_at, lens, look, sun, canvas)
    car = scenery.scenes[CAR_SCENE]
    for number in range(shot.car_at, shot.car_at + shot.car_count):
        pose = poses[number]
        if distance_of(lens, canvas, pose.position, _CAR_RADIUS_M) >= _ZERO:
            mounted, light = in_car_frame(lens, sun, pose)
            chunk = scenery.chunks[car.chunk_at + pose.paint]
            draw_chunk(scenery, chunk, car.face_at, mounted, look, light, canvas)


@device
def distance_of(lens, canvas, centre, radius):
    """Metres from the eye to a sphere, or -1 if no part of it can be seen."""
    x, y, z = centre[0] - lens.eye[0], centre[1] - lens.eye[1], centre[2] - lens.eye[2]
    ahead = lens.forward[0] * x + lens.forward[1] * y + lens.forward[2] * z
    if ahead < -radius or ahead > lens.far + radius:
        return -_ONE
    across = abs(lens.right[0] * x + lens.right[1] * y + lens.right[2] * z)
    if across * lens.focal_x > ahead * lens.centre_x + radius * lens.reach_x * lens.focal_x:
        return -_ONE
    above = abs(lens.up[0] * x + lens.up[1] * y + lens.up[2] * z)
    if above * lens.focal_y > ahead * lens.centre_y + radius * lens.reach_y * lens.focal_y:
        return -_ONE
    return max(math.sqrt(x * x + y * y + z * z) - radius, _ZERO)


@device
def in_car_frame(lens, sun, pose):
    """Camera and sun as a car sees them."""
    left, up, forward = axes(pose.rotation)
    offset = (lens.eye[0] - pose.position[0], lens.eye[1] - pose.position[1], lens.eye[2] - pose.position[2])
    mounted = Lens(
        inside(offset, left, up, forward),
        inside(lens.right, left, up, forward),
        inside(lens.up, left, up, forward),
        inside(lens.forward, left, up, forward),
        lens.focal_x,
        lens.focal_y,
        lens.centre_x,
        lens.centre_y,
        lens.far,
        lens.reach_x,
        lens.reach_y,
    )
    return mounted, inside(sun, left, up, forward)


@device
def inside(vector, left, up, forward):
    """Components of a vector along three axes."""
    return (
        vector[0] * left[0] + vector[1] * left[1] + vector[2] * left[2],
        vector[0] * up[0] + vector[1] * up[1] + vector[2] * up[2],
        vector[0] * forward[0] + vector[1] * forward[1] + vector[2] * forward[2],
    )


@device
def draw_chunk(scenery, chunk, face_at, lens, look, sun, canvas):
    """All faces of the level of detail that suits the distance."""
    distance = distance_of(lens, canvas, chunk.centre, chunk.radius)
    if distance < _ZERO:
        return
    level = 0
    if distance > _LEVEL_FROM[0] * lens.focal_x:
        level = 1
    if distance > _LEVEL_FROM[1] * lens.focal_x:
        level = 2
    at = face_at + chunk.face_at[level]
    for index in range(at, at + chunk.face_count[level]):
        draw_face(scenery.faces[index], lens, look, sun, canvas)
