"""What actions mean: steering and pedals of each action kind, for the files that people look at."""

import numpy as np

KEYS = (
    "gas", "gas left", "gas right", "none", "left", "right",
    "brake", "brake left", "brake right", "gas brake", "gas brake left", "gas brake right",
)  # fmt: skip
"""The combinations of ``action="keys"``, in order."""

PEDAL_THRESHOLD = 0.1
"""An analog pedal counts as pressed from here."""


def controls(actions: np.ndarray, kind: str) -> dict[str, np.ndarray]:
    """``steer`` float32 (T,), -1 left to 1 right, ``gas`` and ``brake`` bool (T,).

    Args:
        actions: int (T,) for ``"keys"``, else float (T, A).
        kind: ``"keys"``, ``"steer_throttle"`` or ``"gas_brake_steer"``.
    """
    if kind == "keys":
        table = np.array([("gas" in k, "brake" in k, ("right" in k) - ("left" in k)) for k in KEYS], np.float32)
        gas, brake, steer = table[actions].T
    elif kind == "steer_throttle":
        steer, gas, brake = actions[:, 0], actions[:, 1], -actions[:, 1]
    else:
        gas, brake, steer = actions.T
    return {
        "steer": np.asarray(steer, np.float32),
        "gas": np.asarray(gas > PEDAL_THRESHOLD),
        "brake": np.asarray(brake > PEDAL_THRESHOLD),
    }
