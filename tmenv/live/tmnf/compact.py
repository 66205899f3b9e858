"""``COMPACT``: what a step needs of the simulation state, 188 bytes instead of 8.4 kB."""

import numpy as np

from tmenv.live.tmnf.simstate import SIM_STATE
from tmenv.live.wire import WireError

COMPACT_WHEEL = np.dtype([("damper", "<f4"), ("contact", "<i4"), ("material", "<i4"), ("sliding", "<i4")])
_NAMES = (
    *("rotation", "position", "velocity", "spin", "input_gas", "input_brake", "input_steer"),
    *("gearbox_state", "rpm", "gear", "turbo_boost", "free_wheeling"),
)
_RACE_NAMES = ("race_time", "checkpoints", "lap", "race_finished", "display_speed")


def _field(name: str) -> tuple:
    dtype = SIM_STATE[name]
    return (name, dtype.base, dtype.shape)


COMPACT = np.dtype(
    [
        *(_field(name) for name in _NAMES),
        ("wheels", COMPACT_WHEEL, (4,)),
        *(_field(name) for name in _RACE_NAMES),
    ]
)
"""The fields of ``SIM_STATE`` of the same names, packed. Material ids count in their low 16 bits."""


def compact_of(fields: np.ndarray) -> np.ndarray:
    """``COMPACT`` record, shape (), of a ``SIM_STATE`` record."""
    compact = np.zeros((), COMPACT)
    for name in (*_NAMES, *_RACE_NAMES):
        compact[name] = fields[name]
    for name in COMPACT_WHEEL.names or ():
        compact["wheels"][name] = fields["wheels"][name]
    return compact


def compact_from_bytes(data: bytes) -> np.ndarray:
    """Read a COMPACT record; what a newer plugin appends is ignored.

    Raises:
        WireError: too few bytes.
    """
    if len(data) < COMPACT.itemsize:
        raise WireError(f"a compact state of {len(data)} bytes, and it has {COMPACT.itemsize}")
    return np.frombuffer(data, COMPACT, 1)[0:1].reshape(()).copy()
