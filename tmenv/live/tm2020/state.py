"""``STATE``: what a TM2020 plugin says about the car and the race in one frame. Every dialect is decoded into it."""

import numpy as np

WHEEL = np.dtype(
    [
        ("slip", "<f4"),  # 0 .. 1
        ("steer_angle", "<f4"),  # rad
        ("damper", "<f4"),  # suspension length, m
        ("material", "<u4"),  # surface id below the wheel; NO_CONTACT in the air
    ]
)

STATE = np.dtype(
    [
        ("frame", "<u4"),  # rendered frames since the game started
        ("time_ms", "<u8"),  # the plugin's clock
        ("race_time_ms", "<i4"),  # negative in the countdown; NOT_RACING
        ("spawn_status", "<u1"),  # 0 not spawned, 1 spawning, 2 spawned
        ("ui_sequence", "<u1"),  # CGamePlaygroundUIConfig EUISequence
        ("checkpoints", "<u2"),  # waypoints passed in the race, the finish included
        ("lap", "<u2"),
        ("respawns", "<u2"),
        ("position", "<f4", (3,)),  # car origin, world, m
        ("velocity", "<f4", (3,)),  # world, m/s
        ("forward", "<f4", (3,)),  # unit vector, world
        ("up", "<f4", (3,)),
        ("speed", "<f4"),  # m/s
        ("front_speed", "<f4"),  # along the car's forward axis, m/s
        ("side_speed", "<f4"),  # to the car's left, m/s
        ("steer", "<f4"),  # -1 left .. 1 right
        ("gas", "<f4"),  # 0 .. 1
        ("brake", "<f4"),
        ("gear", "<i4"),
        ("rpm", "<f4"),
        ("wheels_contact", "<u4"),  # wheels that touch, 0 .. 4
        ("wheels_skidding", "<u4"),
        ("flying_ms", "<u4"),  # time since the last contact
        ("wheels", WHEEL, (4,)),  # front left, front right, rear left, rear right
    ]
)
"""180 packed little-endian bytes, the payload of our protocol's STATE frames."""

NOT_RACING = -1
FINISH_SEQUENCE = 11
"""``ui_sequence`` while the finish is shown."""
PLAYING_SEQUENCE = 1
NO_CONTACT = 80
"""Surface id ``XXX_Null``."""
SPAWNED = 2

RANGES = {"steer": (-1.0, 1.0), "gas": (0.0, 1.0), "brake": (0.0, 1.0)}
_FINITE = [name for name in STATE.names or () if STATE[name].base.kind == "f"]
_MOST_M = 1.0e5


def unknown_state() -> np.ndarray:
    """A ``STATE`` record, shape (), in which nothing is known: floats are NaN, race time NOT_RACING, counts 0."""
    state = np.zeros((), STATE)
    for name in _FINITE:
        state[name] = np.nan
    state["wheels"]["slip"] = state["wheels"]["steer_angle"] = state["wheels"]["damper"] = np.nan
    state["wheels"]["material"] = NO_CONTACT
    state["race_time_ms"] = NOT_RACING
    return state


def is_sane(state: np.ndarray) -> bool:
    """Can this be a car? Finite numbers, inputs in range, a place within 100 km."""
    if not all(np.isfinite(state[name]).all() for name in _FINITE):
        return False
    in_range = all(low <= float(state[name]) <= high for name, (low, high) in RANGES.items())
    return in_range and bool((np.abs(state["position"]) < _MOST_M).all())
