"""Laps as files that ``tmenv view``, ``tmenv plot`` and ``tmenv video`` read."""

from pathlib import Path
from typing import Any

import numpy as np

from tmenv_agents.controls import controls
from tmenv_agents.files import replacing
from tmenv_agents.ppo.evaluate import Lap

_COLUMNS = ("time_s", "position", "speed_kmh", "actions", "progress")


def save_lap(path: Path, lap: Lap, *, track: str | None, game: str, action: str) -> None:
    """Write a lap as ``.npz``.

    Args:
        path: the file; it is whole or not there.
        track: name or path of its track, by which readers find it again; None if it is not known.
        game: ``"TM2020"`` or ``"TMNF"``.
        action: what its actions are: ``"keys"``, ``"steer_throttle"`` or ``"gas_brake_steer"``.

    Raises:
        OptionError: the file cannot be written.
    """
    columns: dict[str, Any] = {name: getattr(lap, name) for name in _COLUMNS} | controls(lap.actions, action)
    columns |= {"game": game} if track is None else {"game": game, "track": track}
    with replacing(path) as file:
        np.savez_compressed(file, **columns)
