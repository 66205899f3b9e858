"""``GameTM2020``: a running TM2020 as an engine. It never waits for us, so there is nothing to rewind."""

import time
from collections.abc import Callable

import numpy as np

from tmenv.errors import LiveError
from tmenv.live.controls import Pad
from tmenv.live.tm2020.client import Telemetry
from tmenv.live.tm2020.receiver import Sample
from tmenv.live.tm2020.state import FINISH_SEQUENCE, NOT_RACING

_RESTARTED_MS = 100
_RESTART_S = 2.0
_COUNTDOWN_S = 5.0
_SETTLE_S = 1.5
"""After a restart that no race time shows, the car is left alone so long, as tmrl does."""
_STANDING = 1.0
"""m/s below which the car counts as put back."""


class GameTM2020:
    """The car in a running TM2020. Closing it leaves the car neutral and closes both arguments.

    Args:
        telemetry: what tells of the car.
        pad: what drives it.
    """

    realtime = True

    def __init__(self, telemetry: Telemetry, pad: Pad):
        self._telemetry, self._pad = telemetry, pad

    def reset(self) -> Sample:
        """Start the race again and wait for its start; returns the state there.

        Our plugin restarts the race; where it cannot, and with other plugins, the pad's button does.

        Raises:
            LiveError: no telemetry, or the race does not start again.
        """
        self._pad.neutral()
        before = int(self._telemetry.latest().state["race_time_ms"])
        counting_down = before < 0 and before != NOT_RACING  # then the car stands at the start anyway
        if not (counting_down or self._restart_by_plugin()):
            self._pad.restart()
        if before != NOT_RACING:
            limit = min(_RESTARTED_MS, before) if before > 0 else _RESTARTED_MS
            self._wait(lambda state: bool(state["race_time_ms"] < limit), _RESTART_S, "did not start again")
            return self._wait(lambda state: bool(state["race_time_ms"] >= 0), _COUNTDOWN_S, "did not start")
        self._wait(lambda state: bool(state["speed"] < _STANDING), _RESTART_S, "did not start again")
        time.sleep(_SETTLE_S)
        return self._telemetry.latest()

    def advance(self, steer: float, gas: float, brake: float) -> Sample:
        """Hold the sticks so from now on; returns the newest state, which was before they did anything.

        Raises:
            LiveError: no telemetry, or no pad.
        """
        self._pad.apply(steer, gas, brake)
        return self._telemetry.latest()

    def close(self) -> None:
        """Let go of the sticks and end the connection; may be called twice."""
        try:
            self._pad.neutral()
        except LiveError:
            pass  # the pad is gone, and whatever it held with it
        finally:
            self._pad.close()
            self._telemetry.close()

    def __enter__(self) -> "GameTM2020":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _restart_by_plugin(self) -> bool:
        if self._telemetry.status.dialect != "framed":
            return False
        try:
            self._telemetry.restart()
        except LiveError:
            return False
        return True

    def _wait(self, condition: Callable[[np.ndarray], bool], limit_s: float, failed: str) -> Sample:
        deadline = time.perf_counter() + limit_s
        sample = self._telemetry.latest()
        while not condition(sample.state):
            if time.perf_counter() > deadline:
                raise LiveError(
                    f"the race {failed} within {limit_s:g} s; check that the pad's button B (or your binding) restarts "
                    "the race, that the game has the focus and that no dialogue is open"
                )
            sample = self._telemetry.after(sample)
        return sample


def is_finished(state: np.ndarray) -> bool:
    """Does a ``STATE`` record show the finish?"""
    return bool(state["ui_sequence"] == FINISH_SEQUENCE)
