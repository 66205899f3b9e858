"""The records of a task: its settings, and what an episode remembers between steps."""

import struct

import numpy as np

TERMS = ("progress", "finish", "time", "checkpoint", "speed")
"""Reward terms. Units before weighting: metres of new progress, 1 at the finish, seconds, checkpoints, m/s."""

OUTCOMES = ("", "finished", "no_progress", "off_track", "fell", "flipped", "time_limit")
"""``info["outcome"]``: why the episode ended; empty while it runs."""
RUNNING, FINISHED, NO_PROGRESS, OFF_TRACK, FELL, FLIPPED, TIME_LIMIT = range(len(OUTCOMES))
TERMINAL_OUTCOMES = (FINISHED, OFF_TRACK, FELL, FLIPPED)
"""Outcomes that terminate; no_progress and time_limit truncate (tmrl's limits make no_progress terminal too)."""

LIDAR, STATE, TELEMETRY, PIXEL_LIDAR = range(4)
"""``TASK.observation``: what the kernel writes. It leaves the newest frame of PIXEL_LIDAR to who draws the pictures."""

STEER_THROTTLE, GAS_BRAKE_STEER = 0, 1
"""``TASK.action``: columns of an action row."""

MOST_ACTION_COLUMNS = 3

TASK = np.dtype(
    [
        ("observation", np.int32),
        ("observation_size", np.int32),
        ("history", np.int32),  # LIDAR frames, pictures
        ("action", np.int32),
        ("action_columns", np.int32),
        ("action_history", np.int32),  # actions in the observation
        ("action_delay", np.int32),  # whole steps, 0 or 1
        ("latency_ticks", np.int32),  # an action takes effect up to this many ticks late, at random
        ("frame_skip", np.int32),  # ticks per step
        ("max_steps", np.int32),
        ("idle_steps", np.int32),  # steps without progress that end the episode, 0 = never
        ("idle_grace", np.int32),  # first step at which that may happen
        ("idle_terminates", np.int32),  # no_progress counts as termination, not truncation
        ("off_track_steps", np.int32),  # steps on open ground that end the episode, 0 = never
        ("flipped_steps", np.int32),
        ("weights", np.float32, (len(TERMS),)),
    ],
    align=True,
)

EPISODE = np.dtype(
    [
        ("random_state", np.uint64),
        ("visuals", np.uint64),  # seed of the looks of its pictures
        ("steps", np.int32),
        ("idle", np.int32),  # steps since the last progress
        ("off_track", np.int32),
        ("flipped", np.int32),
        ("outcome", np.int32),
        ("start", np.float32),  # where the next reset puts the car: metres, or spawn.START_LINE
        ("pending", np.float32, (MOST_ACTION_COLUMNS,)),  # action that waits one step
        ("applied", np.float32, (MOST_ACTION_COLUMNS,)),  # action in force
        ("replaced", np.float32, (MOST_ACTION_COLUMNS,)),  # action in force before it
        # within a step
        ("late", np.int32),  # ticks before the action takes effect
        ("ticks", np.int32),  # ticks driven so far
        ("progress_before", np.float32),
        ("checkpoints_before", np.int32),
    ],
    align=True,
)

INFO = np.dtype(
    [
        ("race_time_ms", np.int64),
        ("checkpoints", np.int64),
        ("lap", np.int64),
        ("finished", np.int64),
        ("outcome", np.int64),
        ("reward", np.float64),  # the sum of the ...
        ("terms", np.float64, (len(TERMS),)),  # ... weighted terms
        ("speed_kmh", np.float64),
        ("progress_m", np.float64),
        ("progress", np.float64),
        ("position", np.float64, (3,)),
    ]
)
"""What a step tells of a car beside its observation."""
INFO_NUMBERS = struct.Struct(f"=5q{4 + len(TERMS)}d")
"""All of an ``INFO`` row before the position, as Python's numbers in one go."""
