"""The state of a car, as one flat record, and what the engine reports about it."""

import numpy as np

CAR = np.dtype(
    [
        # rigid body
        ("position", np.float32, (3,)),  # centre of mass, world, m
        ("rotation", np.float32, (4,)),  # quaternion x y z w, car frame -> world
        ("velocity", np.float32, (3,)),  # of the centre of mass, world, m/s
        ("spin", np.float32, (3,)),  # angular velocity about the car's left, up, forward axes, rad/s
        # wheels, order front left, front right, rear right, rear left
        ("damper", np.float32, (4,)),  # suspension extension, m: 0 bottomed
        ("clearance", np.float32, (4,)),  # from the wheel's lowest point with bottomed suspension to the surface, m
        ("contact", np.int32, (4,)),  # touches a surface
        ("slide", np.int32, (4,)),  # exceeds its grip (state of the slide switch)
        ("material", np.int32, (4,)),  # surface id of the last contact
        ("patch", np.int32, (4,)),  # patch below the wheel in the last sub-step (pool index), -1 none
        # drive train
        ("steer", np.float32),  # after slew, -1 left .. 1 right
        ("gas", np.int32),
        ("brake", np.int32),
        ("gear", np.int32),  # 1..5 forward, 0 reverse
        ("rpm", np.float32),
        ("shift_delay", np.float32),  # remaining fixed part of a gear pause, s
        ("shift_rpm", np.float32),  # engine speed still to fall in a gear pause, 1/min
        ("turbo_time", np.float32),  # remaining turbo, s
        ("turbo_factor", np.float32),  # its push, as a multiple of the thrust step
        ("free_wheel", np.int32),  # engine off until the next checkpoint
        ("wall_time", np.float32),  # remaining drag after a side contact, s
        # race
        ("track", np.int32),  # row of the tracks table
        ("params", np.int32),  # row of the parameter table
        ("ticks", np.int32),  # physics ticks since the start of the race
        ("substeps", np.int32),  # physics sub-steps since the start, for benchmarks
        ("nose", np.float32, (3,)),  # the point that fires triggers, world, m
        ("nose_patch", np.int32),  # patch below the nose (pool index), -1 none
        ("route_index", np.int32),  # segment of the route the car is on
        ("progress", np.float32),  # metres along the route
        ("best_progress", np.float32),  # largest so far
        ("lateral", np.float32),  # metres left of the route
        ("checkpoint_mask", np.int64),  # bit per checkpoint group passed in this lap
        ("checkpoints", np.int32),  # checkpoints passed since the start
        ("laps", np.int32),  # laps completed
        ("race_time_ms", np.int32),  # time at the finish, else of the current tick
        ("finished", np.int32),
    ],
    align=True,
)

TRACK = np.dtype(
    [
        ("patch_at", np.int32),  # first patch of this track in the pool
        ("patch_count", np.int32),
        ("profile_at", np.int32),
        ("height_at", np.int32),
        ("opening_at", np.int32),
        ("ground_at", np.int32),
        ("cell_starts_at", np.int32),  # offsets into the pool of cell tables
        ("cell_patches_at", np.int32),
        ("wall_starts_at", np.int32),
        ("wall_patches_at", np.int32),
        ("cell_walled_at", np.int32),
        ("cell_ground_at", np.int32),
        ("cell_waypoint_at", np.int32),
        ("walls", np.int32),  # number of walls
        ("own_ground", np.int32),  # does a cell have other ground than the rest of the world?
        ("cell_x", np.int32),
        ("cell_z", np.int32),
        ("columns", np.int32),
        ("rows", np.int32),
        ("route_at", np.int32),
        ("route_count", np.int32),
        ("waypoint_at", np.int32),
        ("waypoint_count", np.int32),
        ("checkpoints", np.int32),  # checkpoint groups per lap
        ("laps", np.int32),
        ("length", np.float32),  # of the route, all laps, m
        ("ground_y", np.float32),  # -inf without ground
        ("ground_material", np.int32),
        ("void_y", np.float32),  # a car below this has fallen
        ("spawn", np.float32, (3,)),  # car origin
        ("spawn_yaw", np.float32),
    ],
    align=True,
)
"""Where the tables of one track begin in the pools, and its scalars."""
