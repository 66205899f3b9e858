"""The tables of a picture: what the mesh builder and the cameras write and the drawing kernel reads.

World frame as everywhere: metres, y up; the car's axes are +x left, +y up, +z forward. In an image x runs to the
right and y down; pixel (row, column) covers [column, column + 1) x [row, row + 1).
"""

import numpy as np

LEVELS = 3
"""Levels of detail of a chunk: 0 is drawn near the camera, 2 far from it."""


class Paint:
    """Colour numbers of faces: rows of ``LOOK.colours``."""

    ROAD = 0
    KERB = 1
    KERB_ALTERNATE = 2
    METAL = 3
    CONCRETE = 4
    GRASS = 5
    DIRT = 6
    TURBO = 7
    FREE_WHEEL = 8
    WALL = 9
    WALL_TOP = 10
    UNDERSIDE = 11
    CHECKPOINT = 12
    FINISH = 13
    FINISH_ALTERNATE = 14
    GATE_POST = 15
    CAR = 16  # and the CARS - 1 after it, for the cars of a race
    CARS = 4
    CAR_GLASS = 20
    CAR_TYRE = 21
    CAR_TRIM = 22
    SKY_HIGH = 23
    SKY_LOW = 24
    GROUND = 25
    GROUND_ALTERNATE = 26
    ICE = 27
    WOOD = 28
    COUNT = 32


FACE = np.dtype(
    [
        ("corners", np.float32, (4, 3)),  # in order around the face; a triangle repeats its last corner
        ("normal", np.float32, (3,)),  # unit; the face is seen from this side only
        ("paint", np.uint8),  # Paint
        ("tint", np.uint8),  # brightness of the paint in 1/128
    ],
    align=True,
)
"""One flat, convex face of four corners; with its padding 64 bytes, one cache line."""

TINT_ONE = 128
"""``FACE.tint`` that leaves a paint as it is."""

CHUNK = np.dtype(
    [
        ("centre", np.float32, (3,)),  # sphere around all its faces
        ("radius", np.float32),
        ("face_at", np.int32, (LEVELS,)),  # faces of each level, one after the other
        ("face_count", np.int32, (LEVELS,)),
    ],
    align=True,
)
"""A piece of scenery of up to 40 m or so: culled as one, drawn at one level of detail."""

REGION = np.dtype(
    [
        ("centre", np.float32, (3,)),  # sphere around all its chunks
        ("radius", np.float32),
        ("chunk_at", np.int32),
        ("chunk_count", np.int32),
    ],
    align=True,
)
"""All chunks in 8 x 8 cells."""

SCENE = np.dtype(
    [
        ("region_at", np.int32),
        ("region_count", np.int32),
        ("chunk_at", np.int32),  # chunks of this scene in the pool; REGION.chunk_at counts from here
        ("face_at", np.int32),  # faces of this scene in the pool; CHUNK.face_at counts from here
        ("ground_y", np.float32),  # height of the endless ground
    ],
    align=True,
)
"""Where the mesh of one track begins in the pools."""

CAR_SCENE, TRACK_SCENES = 0, 1
"""Rows of the scenes table: the car, then the tracks, slot by slot."""

POSE = np.dtype(
    [
        ("position", np.float32, (3,)),  # origin of the car, world, m
        ("rotation", np.float32, (4,)),  # quaternion x y z w, car frame -> world
        ("paint", np.int32),  # 0 .. Paint.CARS - 1
    ],
    align=True,
)
"""A car to be looked at, or from."""

RIG = np.dtype(
    [
        ("left", np.float32),  # eye, from the car's origin along the rig's axes, m
        ("up", np.float32),
        ("forward", np.float32),
        ("yaw", np.float32),  # turn of the view to the left, rad
        ("pitch", np.float32),  # and upwards
        ("roll", np.float32),  # and clockwise
        ("upright", np.float32),  # the rig's up is car up + upright * world up
        ("fov", np.float32),  # vertical angle of view, rad
        ("aspect", np.float32),  # width / height of what is seen; a square image of 2.0 is squeezed
        ("far", np.float32),  # nothing beyond is drawn, m
        ("shows_car", np.int32),  # draws the car it belongs to
    ],
    align=True,
)
"""How a camera is mounted on a car."""

VIEW = np.dtype(
    [
        ("scene", np.int32),  # slot of the track
        ("look", np.int32),
        ("eye", np.float32, (3,)),
        ("right", np.float32, (3,)),  # unit axes of the camera in the world
        ("up", np.float32, (3,)),
        ("forward", np.float32, (3,)),
        ("focal_x", np.float32),  # pixels per unit of (right / forward)
        ("focal_y", np.float32),
        ("far", np.float32),
        ("car_at", np.int32),  # the cars to draw: a range of the POSE table
        ("car_count", np.int32),
        ("noise_seed", np.uint32),
    ],
    align=True,
)
"""One picture to be drawn."""

LOOK = np.dtype(
    [
        ("colours", np.float32, (Paint.COUNT, 3)),  # red, green, blue, 0 .. 255
        ("sun", np.float32, (3,)),  # unit, towards the sun
        ("ambient", np.float32),  # brightness of a face that the sun does not reach
        ("diffuse", np.float32),  # added for one that looks into the sun
        ("noise", np.float32),  # half width of the uniform noise on every pixel, 0 .. 255
    ],
    align=True,
)
"""Colours and light."""
