"""Jumps of random tracks: which gaps a car clears, from how fast it may be where the road ends.

The road before a jump bounds the speed there from both sides. Driven flat out from a standstill a car reaches
``speed_after`` some metres; a curve is left no faster than its radius allows, and the straight behind it adds metres.
A careful driver leaves curves at ``CAREFUL_MPS2`` to the side and drives at ``CAREFUL`` of what the straight allows;
the boldest one leaves them at ``BOLD_MPS2``. A jump comes only where the careful one clears its gap and the boldest one
lands on the straight behind it.
"""

import math
from bisect import bisect
from dataclasses import dataclass
from functools import cached_property

from tmenv.constants import CELL_M, LEVEL_M

AIR_MPS2 = 25.0
"""Gravity in the air, both games (the engine's parameter)."""

CAREFUL_MPS2, BOLD_MPS2 = 8.0, 25.0
"""Sideways accelerations in curves (our choice: the tyres hold 11 with ease, the walls more than any tyre)."""

CAREFUL = 0.85
"""Share of the speed that the road allows at which a jump must still be cleared (our choice)."""

REACH_M = 6.0
"""The middle of a car that has cleared a gap is at least this far behind it (a car is 4 m long)."""

SETTLE_M = 40.0
"""Straight and level road behind the farthest touchdown."""

SLOPE, RAMP_M = 0.25, 64.0
"""Climb of a ramp where it ends, and its length."""

UNBOUND_M = 1e9
"""No limit."""

_METRES = (0.0, 2.0, 5.0, 10.0, 20.0, 32.0, 64.0, 96.0, 128.0, 192.0, 256.0, 320.0, 480.0, 640.0, 960.0, 1920.0, 5000.0)
_SPEEDS = (0.0, 8.0, 12.6, 17.8, 25.2, 28.3, 38.3, 45.0, 51.7, 61.0, 66.4, 72.8, 86.7, 97.5, 116.6, 154.8, 230.0)
"""Speed (m/s) of both games' cars after metres of level asphalt, flat out from a standstill (simulated; a test compares
it with the engine); the last row is an upper bound."""


def speed_after(metres: float) -> float:
    """Speed, m/s, of a car driven flat out from a standstill over level road."""
    return _between(_METRES, _SPEEDS, metres)


def metres_for(speed: float) -> float:
    """Level road, m, on which a car driven flat out from a standstill reaches a speed in m/s."""
    return _between(_SPEEDS, _METRES, speed)


def _between(xs: tuple[float, ...], ys: tuple[float, ...], x: float) -> float:
    low = min(max(bisect(xs, x) - 1, 0), len(xs) - 2)
    return ys[low] + (ys[low + 1] - ys[low]) * (x - xs[low]) / (xs[low + 1] - xs[low])


def flight_m(speed: float, slope: float, drop: float) -> float:
    """Metres in plan that a car flies that leaves a road of a climb at a speed (m/s), down to ``drop`` m below."""
    along, up = speed / math.hypot(1.0, slope), speed * slope / math.hypot(1.0, slope)
    return along * (up + math.sqrt(up * up + 2.0 * AIR_MPS2 * drop)) / AIR_MPS2


@dataclass(frozen=True)
class Jump:
    """A gap behind a ramp, or behind a level road."""

    has_ramp: bool
    cells: int  # of the gap
    drop: int  # levels from where the road ends down to where it goes on
    fastest: float  # m/s where the road ends, for which the landing is long enough

    @cached_property
    def gap_m(self) -> float:
        """Length of the gap."""
        return CELL_M * self.cells

    @cached_property
    def slowest(self) -> float:
        """Speed, m/s where the road ends, that clears the gap."""
        low, high = 0.0, self.fastest
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if self.flight_m(middle) > self.gap_m + REACH_M else (middle, high)
        return high

    @cached_property
    def run_up_m(self) -> float:
        """Metres from a standstill, or as many as a curve is worth, before the ramp or the gap.

        A ramp costs a car on half throttle no speed.
        """
        return metres_for(self.slowest / CAREFUL)

    @cached_property
    def most_m(self) -> float:
        """Metres from a standstill, or as many as a curve is worth, before the ramp or the gap, at most."""
        return metres_for(self.fastest) - (RAMP_M if self.has_ramp else 0.0)

    @cached_property
    def landing_m(self) -> float:
        """Straight and level road needed behind the gap."""
        return self.flight_m(self.fastest) - self.gap_m + SETTLE_M

    def flight_m(self, speed: float) -> float:
        """Metres in plan that a car flies that leaves the road at a speed in m/s."""
        return flight_m(speed, SLOPE if self.has_ramp else 0.0, LEVEL_M * self.drop)


JUMPS = (
    Jump(has_ramp=True, cells=1, drop=1, fastest=75.0),
    Jump(has_ramp=True, cells=1, drop=0, fastest=75.0),
    Jump(has_ramp=True, cells=2, drop=1, fastest=80.0),
    Jump(has_ramp=False, cells=1, drop=1, fastest=80.0),
)
"""The jumps of random tracks."""
