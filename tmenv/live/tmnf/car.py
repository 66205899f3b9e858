"""Between TMNF's simulation state and the simulator's ``CAR``."""

import numpy as np

from tmenv.constants import KMH_PER_MPS, TICK_MS
from tmenv.engine.state import CAR
from tmenv.live.pose import centre_of_mass, matrix_of, quaternion_of

_WHEEL_FIELDS = (("damper", "damper"), ("contact", "contact"), ("material", "material"), ("sliding", "slide"))
_MATERIAL_BITS = 0xFFFF


def car_of(compact: np.ndarray, params: np.ndarray) -> np.ndarray:
    """The simulator's ``CAR`` record, shape (), of a ``COMPACT`` record; ``params``: a PARAMS record.

    The place on the route (progress, lateral, route index) is for the track to find.
    """
    car = np.zeros((), CAR)
    rotation = compact["rotation"].astype(np.float64)
    car["position"] = compact["position"] + rotation @ centre_of_mass(params)
    car["rotation"], car["velocity"] = quaternion_of(rotation), compact["velocity"]
    car["spin"] = rotation.T @ compact["spin"]
    for theirs, ours in _WHEEL_FIELDS:
        car[ours] = compact["wheels"][theirs]
    car["material"] &= _MATERIAL_BITS
    car["steer"], car["gas"], car["brake"] = (compact[f"input_{name}"] for name in ("steer", "gas", "brake"))
    car["gear"], car["rpm"], car["free_wheel"] = compact["gear"], compact["rpm"], compact["free_wheeling"]
    car["laps"], car["finished"] = compact["lap"], compact["race_finished"]
    car["checkpoints"] = compact["checkpoints"] - compact["lap"]
    car["race_time_ms"] = compact["race_time"]
    car["ticks"] = max(0, int(compact["race_time"])) // TICK_MS
    return car


def fill_fields(fields: np.ndarray, car: np.ndarray, params: np.ndarray) -> None:
    """Write a simulated car into a ``SIM_STATE`` record."""
    rotation = matrix_of(car["rotation"])
    x, y, z, w = car["rotation"]
    fields["quaternion"], fields["rotation"] = (w, x, y, z), rotation
    fields["position"] = car["position"] - rotation @ centre_of_mass(params)
    fields["velocity"], fields["spin"] = car["velocity"], rotation @ car["spin"]
    fields["local_velocity"] = rotation.T @ car["velocity"]
    fields["display_speed"] = int(np.linalg.norm(car["velocity"]) * KMH_PER_MPS)
    for theirs, ours in _WHEEL_FIELDS:
        fields["wheels"][theirs] = car[ours]
    fields["sliding"] = car["slide"].any()
    fields["input_steer"], fields["input_gas"], fields["input_brake"] = car["steer"], car["gas"], car["brake"]
    fields["gear"], fields["rpm"], fields["free_wheeling"] = car["gear"], car["rpm"], car["free_wheel"]
    fields["gearbox_state"] = car["shift_delay"] > 0.0 or car["shift_rpm"] > 0.0
    fields["turbo_boost"] = params["turbo_factor"] if car["turbo_time"] > 0.0 else 0.0
    fields["lap"], fields["race_finished"] = car["laps"], car["finished"]
    fields["checkpoints"] = car["checkpoints"] + car["laps"]
