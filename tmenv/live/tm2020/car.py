"""Between a TM2020 plugin's ``STATE`` and the simulator's ``CAR``."""

import numpy as np

from tmenv.constants import KMH_PER_MPS, TICK_MS
from tmenv.engine.state import CAR
from tmenv.live.pose import centre_of_mass, matrix_of, matrix_of_axes, quaternion_of
from tmenv.live.tm2020.state import (
    FINISH_SEQUENCE,
    NO_CONTACT,
    NOT_RACING,
    PLAYING_SEQUENCE,
    SPAWNED,
    unknown_state,
)

_TO_CAR = [0, 1, 3, 2]
"""The plugin's wheels go row by row, the simulator's clockwise; this order leads from each to the other."""


def state_of(car: np.ndarray, params: np.ndarray) -> np.ndarray:
    """What a plugin would say of a simulated car: ``STATE`` record from a ``CAR`` and a ``PARAMS`` record."""
    state, rotation = unknown_state(), matrix_of(car["rotation"])
    velocity = rotation.T @ car["velocity"]
    state["position"] = car["position"] - rotation @ centre_of_mass(params)
    state["velocity"], state["up"], state["forward"] = car["velocity"], rotation[:, 1], rotation[:, 2]
    state["speed"] = np.linalg.norm(velocity)
    state["side_speed"], state["front_speed"] = velocity[0], velocity[2]
    for name in ("steer", "gas", "brake", "gear", "rpm", "race_time_ms"):
        state[name] = car[name]
    state["checkpoints"], state["lap"] = car["checkpoints"] + car["laps"], car["laps"]
    state["wheels_contact"], state["wheels_skidding"] = car["contact"].sum(), car["slide"].sum()
    state["spawn_status"] = SPAWNED
    state["ui_sequence"] = FINISH_SEQUENCE if car["finished"] else PLAYING_SEQUENCE
    _fill_wheels(state["wheels"], car)
    state["wheels"]["steer_angle"][:2] = car["steer"] * params["tilt"][int(abs(velocity[2]) * KMH_PER_MPS)]
    return state


def _fill_wheels(wheels: np.ndarray, car: np.ndarray) -> None:
    wheels["slip"], wheels["damper"] = car["slide"][_TO_CAR], car["damper"][_TO_CAR]
    wheels["steer_angle"] = 0.0
    wheels["material"] = np.where(car["contact"], car["material"], NO_CONTACT)[_TO_CAR]


def car_of(state: np.ndarray, params: np.ndarray) -> np.ndarray:
    """The simulator's ``CAR`` record, shape (), for what a plugin said; what it did not say is 0.

    A dialect without axes gives a level car that looks where it goes; one without velocity a car at rest.
    The place on the route (progress, lateral, route index) is for the track to find.
    """
    car = np.zeros((), CAR)
    known = np.nan_to_num(state["velocity"])
    rotation = _rotation(state, known)
    car["position"] = state["position"] + rotation @ centre_of_mass(params)
    car["rotation"], car["velocity"] = quaternion_of(rotation), known
    for name in ("steer", "gas", "brake", "gear", "rpm"):
        car[name] = np.nan_to_num(state[name])
    wheels = state["wheels"][_TO_CAR]
    car["damper"], car["slide"] = np.nan_to_num(wheels["damper"]), np.nan_to_num(wheels["slip"]) > 0.0
    car["material"], car["contact"] = wheels["material"], wheels["material"] != NO_CONTACT
    car["finished"] = state["ui_sequence"] == FINISH_SEQUENCE
    car["laps"], car["checkpoints"] = state["lap"], int(state["checkpoints"]) - int(state["lap"])
    if state["race_time_ms"] != NOT_RACING:
        car["race_time_ms"] = state["race_time_ms"]
        car["ticks"] = max(0, int(state["race_time_ms"])) // TICK_MS
    return car


def _rotation(state: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    if np.isfinite(state["forward"]).all() and np.isfinite(state["up"]).all():
        return matrix_of_axes(state["forward"].astype(np.float64), state["up"].astype(np.float64))
    ahead = np.array([velocity[0], 0.0, velocity[2]], np.float64)
    length = float(np.linalg.norm(ahead))
    forward = ahead / length if length > 0.0 else np.array([0.0, 0.0, 1.0])
    return matrix_of_axes(forward, np.array([0.0, 1.0, 0.0]))
