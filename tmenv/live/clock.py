"""rtgym's elastic clock, so that an agent takes its decisions at even times in a game that never waits.

A step joins the one before, which ends one step length after it began; it returns what was captured at that end, and
its own action acts from then on: an action takes effect one step after the observation it answers. A step that comes
late shortens the next one, and beyond one step length the clock starts again.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
from gymnasium import spaces
from rtgym import DEFAULT_CONFIG_DICT, RealTimeGymInterface
from rtgym.envs.real_time_env import RealTimeEnv

from tmenv.errors import LiveError

T = TypeVar("T")
_COLUMNS = 3
_LATE = 1.5
"""Steps longer than this many step lengths are counted as late."""
_FIGURES = {
    "step_ms": "time_step_duration",
    "agent_ms": "inference_duration",
    "capture_ms": "get_obs_duration",
    "control_ms": "send_control_duration",
}
"""Our name -> rtgym's benchmark."""


class _Interface(RealTimeGymInterface, Generic[T]):
    """What rtgym calls from its thread. An exception there would leave ``step`` waiting for ever: it is kept."""

    def __init__(self, act: Callable[[float, float, float], None], capture: Callable[[], T]):
        self._act, self._capture = act, capture
        self.captured: T | None = None
        self.error: Exception | None = None

    def send_control(self, control: np.ndarray) -> None:
        try:
            if self.error is None:
                self._act(*(float(value) for value in control))
        except Exception as error:
            self.error = error

    def get_obs_rew_terminated_info(self) -> tuple[list, float, bool, dict]:
        try:
            if self.error is None:
                self.captured = self._capture()
        except Exception as error:
            self.error = error
        return [], 0.0, self.error is not None, {}

    def reset(self, seed: Any = None, options: Any = None) -> tuple[list, dict]:
        self.error = None
        return [], {}

    def get_observation_space(self) -> spaces.Tuple:
        return spaces.Tuple(())

    def get_action_space(self) -> spaces.Box:
        return spaces.Box(-1.0, 1.0, (_COLUMNS,), np.float32)

    def get_default_action(self) -> np.ndarray:
        return np.zeros(_COLUMNS, np.float32)


class _Env(RealTimeEnv):
    """rtgym's env without its warning of late steps: it would come from its thread, and end it where warnings are
    errors. It does not warn of a pause, so all lateness counts as one; ``Clock`` counts."""

    is_waiting = property(lambda _: True, lambda _, waiting: None)


class Clock(Generic[T]):
    """Steps of even length.

    Args:
        step_s: length of a step.
        act: holds steer, gas and brake from now on; called from another thread.
        capture: what a step returns; called from another thread, and must not wait for ever.

    Attributes:
        late: steps that began more than half a step length late.
    """

    def __init__(self, step_s: float, act: Callable[[float, float, float], None], capture: Callable[[], T]):
        self._step_s, self._act, self._capture = step_s, act, capture
        self._renew()
        self._running = False
        self._stepped_s = math.nan
        self.late = 0

    def start(self) -> None:
        """Begin the first step, with the default action: nothing held."""
        self._env.reset()
        self._running, self._stepped_s = True, math.nan

    def step(self, steer: float, gas: float, brake: float) -> T:
        """Wait for the end of the present step and begin the next one with an action; what was captured in between.

        Raises:
            LiveError: before ``start``, or after an error.
            Exception: what ``act`` or ``capture`` raised.
        """
        if not self._running:
            raise LiveError("the episode is over or was broken off; reset the env first")
        try:
            self._env.step(np.array([steer, gas, brake], np.float32))
        except BaseException:  # Ctrl+C may have left one of rtgym's locks locked
            self._interface.error = LiveError("the step was broken off")  # its thread does nothing more
            self._running = False
            self._renew()
            raise
        error, captured = self._interface.error, self._interface.captured
        if error is not None:
            self.stop()
            raise error
        assert captured is not None  # a step without an error has captured
        self._count()
        return captured

    def _renew(self) -> None:
        interface = _Interface(self._act, self._capture)
        # a copy: keys that are left out have other defaults than the table's
        config = DEFAULT_CONFIG_DICT | {
            "interface": lambda: interface,
            "time_step_duration": self._step_s,
            "start_obs_capture": self._step_s,
            "act_in_obs": False,  # the observation's action history is the task's
            "benchmark": True,
        }
        self._interface, self._env = interface, _Env(config)

    def stop(self) -> None:
        """Wait for the end of the present step; the next one begins with ``start``. May be called twice."""
        self._running = False
        self._env.stop()

    def report(self) -> dict[str, float]:
        """Running means of rtgym's durations in ms, NaN before the first; and ``late``."""
        figures: dict[str, Any] = self._env.benchmarks()
        report: dict[str, float] = {"late": self.late}
        for name, theirs in _FIGURES.items():
            mean, _ = figures[theirs]
            report[name] = math.nan if mean is None else 1000.0 * mean
        return report

    def _count(self) -> None:
        now = time.perf_counter()
        self.late += now - self._stepped_s > _LATE * self._step_s
        self._stepped_s = now
