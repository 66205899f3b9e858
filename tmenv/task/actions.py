"""Actions: three spaces, one meaning. Pedals are on or off in both games; steering is analog.

===================  =============  ============================================================
name                 space          meaning
===================  =============  ============================================================
``steer_throttle``   Box(-1, 1, 2)  steer (-1 left, 1 right); throttle (gas above 0.1, brake below -0.1)
``gas_brake_steer``  Box(-1, 1, 3)  gas and brake (pressed above 0.1); steer
``keys``             Discrete(12)   combinations of four keys, see ``KEY_NAMES``
===================  =============  ============================================================
"""

import numpy as np
from gymnasium import spaces

from tmenv.engine.compile import device
from tmenv.engine.vectors import clamp
from tmenv.errors import ConfigError
from tmenv.task.tables import GAS_BRAKE_STEER, STEER_THROTTLE

PEDAL_THRESHOLD = 0.1
"""Value from which an analog pedal counts as pressed (both games read pedals as on or off)."""

KEY_NAMES = (
    "gas",
    "gas left",
    "gas right",
    "none",
    "left",
    "right",
    "brake",
    "brake left",
    "brake right",
    "gas brake",
    "gas brake left",
    "gas brake right",
)
"""Meaning of ``Discrete(12)`` (the order Linesight uses, so that its policies can be compared)."""

KEY_ROWS = np.array(
    [[float("gas" in k), float("brake" in k), float("right" in k) - float("left" in k)] for k in KEY_NAMES], np.float32
)
"""Gas, brake, steer of each key combination, shape (12, 3)."""

ACTION_COLUMNS = {
    "steer_throttle": ("steer", "throttle"),
    "gas_brake_steer": ("gas", "brake", "steer"),
    "keys": ("gas", "brake", "steer"),
}
"""Columns of an action row, as the action history in the observation shows them."""

_ONE = np.float32(1.0)
_THRESHOLD = np.float32(PEDAL_THRESHOLD)


def action_space(name: str) -> spaces.Box | spaces.Discrete:
    """The Gymnasium space of an action kind.

    Raises:
        ConfigError: unknown name.
    """
    if name not in ACTION_COLUMNS:
        raise ConfigError(f"unknown action {name!r}; choose one of {', '.join(ACTION_COLUMNS)}")
    if name == "keys":
        return spaces.Discrete(len(KEY_NAMES))
    return spaces.Box(-1.0, 1.0, (len(ACTION_COLUMNS[name]),), np.float32)


def action_kind(name: str) -> int:
    """The kernel's number for an action kind (keys are turned into rows before the kernel sees them)."""
    return STEER_THROTTLE if name == "steer_throttle" else GAS_BRAKE_STEER


@device
def decode(kind, row):
    """(steer, gas, brake) of an action row; steer is limited to [-1, 1]."""
    if kind == STEER_THROTTLE:
        return clamp(row[0], -_ONE, _ONE), np.int32(row[1] > _THRESHOLD), np.int32(row[1] < -_THRESHOLD)
    return clamp(row[2], -_ONE, _ONE), np.int32(row[0] > _THRESHOLD), np.int32(row[1] > _THRESHOLD)
