"""Parameters drawn within what is known about them: for training that must not lean on one exact car."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tmenv.engine.params import record_of

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


class Randomizer:
    """Cars of one game that the data allow.

    Every number is drawn from a normal distribution around its value, with its standard error where it has one, else
    with a width by its origin: wider for what is only assumed.
    """

    def __init__(self, data: dict[str, Any]):
        """``data``: a parameter file as ``read_parameters`` returns it."""
        self._fixed = {name: item["value"] for name, item in data["parameters"].items() if _exact(name)}
        self._surfaces = data["surfaces"]
        self._places: dict[tuple[str, str], int | slice] = {}
        values: list[float] = []
        widths: list[float] = []
        for place, value, error, width in _numbers(data):
            many = np.ndim(value) > 0
            parts = np.atleast_1d(value).tolist()
            errors = [None] * len(parts) if error is None else np.atleast_1d(np.asarray(error, object)).tolist()
            self._places[place] = slice(len(values), len(values) + len(parts)) if many else len(values)
            values += parts
            widths += [_width(part, one, width) for part, one in zip(parts, errors, strict=True)]
        self._values, self._widths = np.array(values, np.float64), np.array(widths)

    def draw(self, generator: np.random.Generator) -> np.ndarray:
        """One ``PARAMS`` record, array of shape (1,); the same state of the generator draws the same car."""
        shifts = np.clip(generator.standard_normal(len(self._values)), -FURTHEST, FURTHEST)
        drawn = self._values * (1.0 + shifts * self._widths)
        values, surfaces = dict(self._fixed), {material: dict(row) for material, row in self._surfaces.items()}
        for (name, column), place in self._places.items():
            if column:
                surfaces[name][column] = drawn[place]
            else:
                values[name] = drawn[place]
        return record_of(values, surfaces)


def _exact(name: str) -> bool:
    return name in FIXED or name.startswith(_GEOMETRY)


def _numbers(data: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Any, Any, float]]:
    """(place, value or list of values, their standard errors or None, width by origin) of all that is drawn."""
    for name, item in data["parameters"].items():
        if not _exact(name):
            yield (name, ""), item["value"], item.get("standard_error"), WIDTHS[item["origin"]]
    for material, surface in data["surfaces"].items():
        for column in _COLUMNS:
            error = surface.get("standard_error", {}).get(column)
            yield (material, column), surface[column], error, WIDTHS[surface["origin"]]


def _width(value: float, error: float | None, width: float) -> float:
    """Standard deviation of a number as a share of its value."""
    return width if error is None else max(error / max(abs(value), 1e-9), LEAST)
