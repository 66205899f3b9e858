"""Parameters drawn within what is known about them: for training that must not lean on one exact car."""

import copy
from typing import Any

import numpy as np

from tmenv.engine.params import make_record, read_parameters

WIDTHS = {"fit": 0.01, "reported": 0.03, "assumed": 0.15}
"""Standard deviation, as a share of the value, of a number without a standard error, by its origin."""
LEAST = 0.002
"""Least such share where there is one: a fit knows its noise, not its missing laws."""
FURTHEST = 2.0
"""Standard deviations beyond which nothing is drawn."""
FIXED = frozenset(
    {
        "rest_height",
        "thrust_speeds",
        "grip_speeds",
        "steer_speeds",
        "reverse_speeds",
        "wall_drag_speeds",
        "grip_damper_length",
        "grip_damper_x",
        "steer_slew",
        "steer_min_speed",
        "slope_full",
        "slope_grip_zero",
        "slope_drive_zero",
        "roulette_until",
        "speed_cap",
        "hard_cap",
        "substep_length",
        "substep_cap",
        "substep_cap_round",
        "time_step_ms",
        "nose",
        "spawn_damper",
    }
)
"""Numbers that are exact, or that say where a table has its knots; besides all lengths of the car."""
_GEOMETRY = ("com_", "wheel_", "hull_left", "hull_up", "hull_forward")
_COLUMNS = ("speed", "accel", "brake", "grip")


def draw_parameters(game: str, seed: int | np.random.Generator) -> np.ndarray:
    """One ``PARAMS`` record (array of shape (1,)) of a car of ``game`` that the data allow.

    Every number is drawn from a normal distribution around its value, with its standard error where it has one, else
    with a width by its origin: wider for what is only assumed. The same seed draws the same car.

    Args:
        game: ``"TM2020"`` or ``"TMNF"``.
        seed: a number, or a generator to draw from.

    Raises:
        ConfigError: unknown game.
    """
    return make_record(drawn(read_parameters(game), np.random.default_rng(seed)))


def drawn(data: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The data of a parameter file with its numbers drawn; see ``draw_parameters``."""
    result = copy.deepcopy(data)
    for name, item in result["parameters"].items():
        if name not in FIXED and not name.startswith(_GEOMETRY):
            item["value"] = _near(item["value"], item.get("standard_error"), WIDTHS[item["origin"]], rng)
    for surface in result["surfaces"].values():
        errors = surface.get("standard_error", {})
        for column in _COLUMNS:
            surface[column] = _near(surface[column], errors.get(column), WIDTHS[surface["origin"]], rng)
    return result


def _near(value: Any, error: Any, width: float, rng: np.random.Generator) -> Any:
    values = np.atleast_1d(np.asarray(value, np.float64))
    errors = [None] * len(values) if error is None else np.atleast_1d(np.asarray(error, object)).tolist()
    widths = np.array(
        [width if one is None else max(one / max(abs(v), 1e-9), LEAST) for v, one in zip(values, errors, strict=True)]
    )
    shifts = np.clip(rng.standard_normal(len(values)), -FURTHEST, FURTHEST) * widths
    shifted = (values * (1.0 + shifts)).tolist()
    return shifted if np.ndim(value) else shifted[0]
