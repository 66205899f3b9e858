"""A car driven on a built-in track, as a telemetry plugin would tell of it."""

from dataclasses import dataclass

import numpy as np

from tmenv.live.standin.race import Race
from tmenv.live.tm2020.car import state_of
from tmenv.live.tm2020.dialects import Dialect
from tmenv.track import load

FRAME_TICKS = 2


@dataclass(frozen=True)
class Recording:
    """States ``STATE`` and metres driven, one per frame."""

    states: list[np.ndarray]
    distances: list[float]

    def stream(self, dialect: Dialect) -> bytes:
        """All packets of a dialect in a row."""
        return b"".join(map(dialect.pack, self.states, self.distances))


def record(seconds: float, track: str = "tm2020-first-drive") -> Recording:
    """Full gas and a little steering from the start line."""
    race = Race(load(track, "TM2020"), countdown_ms=0)
    states, distances = [], []
    for _ in range(round(seconds * 100 / FRAME_TICKS)):
        for _ in range(FRAME_TICKS):
            race.tick(0.02, True, False)
        states.append(state_of(race.car, race.params))
        distances.append(race.distance_m)
    return Recording(states, distances)
