"""The physics parameters of each game: one JSON file each, loaded into one flat record for the kernels.

Every value in the files carries its unit, its origin (``fit``, ``reported`` or ``assumed``) and its source.
Speeds are km/h in the files, as in the games, and m/s in the record.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tmenv.constants import GAMES, KMH_PER_MPS, Material
from tmenv.errors import ConfigError

SPEED_TABLE = 1024
"""Entries of the tables over speed: one per km/h."""
REVERSE_TABLE = 256
"""Entries of the thrust table for speeds below 0, one per km/h."""
DAMPER_LINES = 2
"""The falling lines of the grip factor over the suspension's extension, besides its cap of 1."""

_SCALARS = [
    "com_up",
    "com_forward",
    "wheel_left_front",
    "wheel_left_rear",
    "wheel_forward_front",
    "wheel_forward_rear",
    "wheel_half_width",
    "wheel_radius",
    "rest_height",
    "gravity_ground",
    "gravity_air",
    "air_drag",
    "suspension_target",
    "suspension_relax",
    "suspension_stiffness",
    "suspension_damping",
    "bottom_share",
    "bottom_push",
    "blend_target",
    "coast_constant",
    "coast_linear",
    "brake_constant",
    "brake_linear",
    "brake_cap",
    "brake_cap_sliding",
    "shift_delay",
    "shift_overshoot",
    "shift_rpm_rate",
    "shift_rpm_rate_sliding",
    "tyre_stiffness",
    "slide_limit",
    "slide_brake_limit",
    "slide_kept",
    "slide_overflow",
    "roll_lever",
    "steer_slew",
    "steer_min_speed",
    "yaw_lever",
    "yaw_stiffness",
    "slope_grip_zero",
    "slope_drive_zero",
    "slope_full",
    "turbo_factor",
    "turbo_time",
    "turbo_2_factor",
    "turbo_2_time",
    "free_wheel_drag",
    "hull_friction",
    "wall_share",
    "wall_friction",
    "wall_angular",
    "wall_slop",
    "wall_time",
    "air_spin_constant",
    "air_spin_linear",
    "air_against",
    "speed_cap_drag",
    "hard_cap",
    "substep_length",
    "nose",
    "spawn_damper",
]
_INTEGERS = ("substep_cap", "substep_cap_round", "time_step_ms")
_SPEED_SCALARS = ("speed_cap",)
_LISTS = {
    "inverse_inertia": 3,
    "reverse_thrust": 4,
    "gear_ratio": 5,
    "wall_drag": 4,
    "roulette_until": 3,
    "roulette_factor": 3,
    "hull_left": 6,
    "hull_up": 6,
    "hull_forward": 6,
}
_SPEED_LISTS = {
    "reverse_speeds": 4,
    "upshift_speed": 4,
    "downshift_speed": 4,
    "wall_drag_speeds": 4,
}
_TABLES = ("grip_limit", "steer_torque", "tilt")
_SURFACE = ("speed", "accel", "brake", "halving", "grip")

PARAMS = np.dtype(
    [(name, np.float32) for name in (*_SCALARS, *_SPEED_SCALARS, "mount_up")]
    + [(name, np.int32) for name in _INTEGERS]
    + [(name, np.float32, (size,)) for name, size in (_LISTS | _SPEED_LISTS).items()]
    + [(name, np.float32, (DAMPER_LINES,)) for name in ("damper_grip_at_zero", "damper_grip_slope")]
    + [(name, np.float32, (SPEED_TABLE,)) for name in _TABLES]  # over km/h
    + [("thrust", np.float32, (REVERSE_TABLE + SPEED_TABLE,))]  # over km/h, from -REVERSE_TABLE
    + [(f"surface_{name}", np.float32, (Material.COUNT,)) for name in _SURFACE],
    align=True,
)
"""One car model. Speeds in m/s, everything else in the units of the file; the entries that are not in the file:

* ``grip_limit`` (m/s2 per wheel), ``steer_torque`` (m/s2 per front wheel at full lock, with its fade-in at low
  speed) and ``tilt`` (angle of the front wheels at full lock, rad) over the speed in km/h;
* ``thrust`` with gas, m/s2, in steps of 1 km/h;
* ``damper_grip_*``: the grip factor is the largest of these lines over the suspension's extension, at most 1;
* ``mount_up``: height over the centre of mass of a wheel's lowest point with a bottomed suspension, m, from the
  rest height and the spring;
* ``surface_*``: factors by material.
"""


def read_parameters(game: str) -> dict[str, Any]:
    """The parameter file of ``game`` as plain data, with units, origins and sources."""
    if game not in GAMES:
        raise ConfigError(f"no physics parameters for game {game!r}; choose one of {', '.join(GAMES)}")
    return read_parameter_file(parameter_file(game))


def parameter_file(game: str) -> Path:
    """Where the parameters of ``game`` are."""
    return Path(__file__).parent / f"{game.lower()}.json"


def read_parameter_file(path: str | Path) -> dict[str, Any]:
    """A parameter file as plain data, see ``read_parameters``.

    Raises:
        ConfigError: the file is missing, no JSON, or lacks a parameter.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        names = set(data["parameters"])
        surfaces = data["surfaces"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: no file of physics parameters ({error!r})") from None
    missing = {*_SCALARS, *_INTEGERS, *_SPEED_SCALARS, *_LISTS, *_SPEED_LISTS} - names
    if missing or str(Material.ASPHALT) not in surfaces:
        raise ConfigError(f"{path}: lacks the physics parameters {', '.join(sorted(missing)) or 'of asphalt'}")
    return data


def load_parameters(game: str, **changes: Any) -> np.ndarray:
    """The parameters of ``game`` as one ``PARAMS`` record (array of shape (1,)).

    ``changes`` replaces values by name, in the units of the file (for experiments and fits).

    Raises:
        ConfigError: unknown game or parameter name.
    """
    return make_record(read_parameters(game), **changes)


def make_record(data: dict[str, Any], **changes: Any) -> np.ndarray:
    """The data of a parameter file as one ``PARAMS`` record (array of shape (1,)); see ``load_parameters``.

    Raises:
        ConfigError: unknown parameter name among the changes.
    """
    values = {name: item["value"] for name, item in data["parameters"].items()}
    unknown = set(changes) - set(values)
    if unknown:
        raise ConfigError(f"unknown physics parameters: {', '.join(sorted(unknown))}")
    return record_of(values | changes, data["surfaces"])


def record_of(values: dict[str, Any], surfaces: dict[str, dict[str, Any]]) -> np.ndarray:
    """One ``PARAMS`` record (array of shape (1,)) from the values of all parameters and the surfaces of a file."""
    record = np.zeros(1, PARAMS)
    for name in (*_SCALARS, *_INTEGERS, *_LISTS):
        record[name] = values[name]
    for name in (*_SPEED_SCALARS, *_SPEED_LISTS):
        record[name] = np.asarray(values[name]) / KMH_PER_MPS
    rest_damper = values["suspension_target"] - values["gravity_ground"] / (4 * values["suspension_stiffness"])
    record["mount_up"] = rest_damper - values["rest_height"] - values["com_up"]
    _fill_damper_lines(record, values)
    _fill_tables(record, values)
    _fill_surfaces(record, surfaces)
    return record


def _fill_damper_lines(record: np.ndarray, values: dict[str, Any]) -> None:
    """The grip factor as lines over the extension: knots over compression, a convex fall from 1."""
    extension = values["grip_damper_length"] * (1.0 - np.asarray(values["grip_damper_x"])[: DAMPER_LINES + 1])
    factor = np.asarray(values["grip_damper_factor"])[: DAMPER_LINES + 1]
    slope = np.diff(factor) / np.diff(extension)
    record["damper_grip_slope"] = slope
    record["damper_grip_at_zero"] = factor[:-1] - slope * extension[:-1]


def _fill_tables(record: np.ndarray, values: dict[str, Any]) -> None:
    kmh = np.arange(SPEED_TABLE, dtype=np.float64)
    mps = kmh / KMH_PER_MPS
    record["grip_limit"] = np.interp(kmh, values["grip_speeds"], values["grip_limit"])
    steps = np.asarray(values["thrust_steps"]) * values["thrust_efficiency"]
    signed_kmh = np.arange(-REVERSE_TABLE, SPEED_TABLE)
    record["thrust"] = steps[np.searchsorted(values["thrust_speeds"], signed_kmh, side="right")]
    fade_in = np.sin(np.minimum(mps / values["steer_full_speed"], 1.0) * np.pi / 2)
    record["steer_torque"] = np.interp(kmh, values["steer_speeds"], values["steer_torque"]) * fade_in
    record["tilt"] = np.arcsin(np.minimum(1.0, 1.0 / (values["tilt_linear"] * mps + values["tilt_constant"])))


def _fill_surfaces(record: np.ndarray, surfaces: dict[str, dict[str, Any]]) -> None:
    """A material that the file does not list drives like asphalt; tracks refuse such surfaces beforehand."""
    asphalt = surfaces[str(Material.ASPHALT)]
    for name in _SURFACE:
        record[f"surface_{name}"] = asphalt[name]
        for material, surface in surfaces.items():
            record[f"surface_{name}"][0, int(material)] = surface[name]
