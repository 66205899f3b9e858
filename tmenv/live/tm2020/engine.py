"""``EngineTM2020``: a running TM2020 behind the engine protocol, in real time."""

from typing import Any

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.engine.base import Moved
from tmenv.engine.params import load_parameters
from tmenv.errors import ConfigError, LiveError
from tmenv.live.capture import Capture
from tmenv.live.clock import Clock
from tmenv.live.controls import Guard, open_pad
from tmenv.live.startline import check_start, check_uid
from tmenv.live.tm2020.car import car_of
from tmenv.live.tm2020.client import Telemetry
from tmenv.live.tm2020.dialects import DIALECTS
from tmenv.live.tm2020.framed import EventKind
from tmenv.live.tm2020.game import GameTM2020
from tmenv.live.tm2020.motion import Motion, spin_of
from tmenv.live.tm2020.receiver import Sample
from tmenv.live.tm2020.state import NO_CONTACT, NOT_RACING
from tmenv.live.window import find_window
from tmenv.track.track import Track

_FRESH_S = 0.1
_PATIENCE_S = 1.7
"""With the age that a state may have, a silent game is an error within 2 s."""
_TELL_WAYPOINTS = {"framed"} | {name for name, dialect in DIALECTS.items() if "checkpoints" in dialect.fields}
_TELL_WHEELS = {"framed"} | {name for name, dialect in DIALECTS.items() if "material_fl" in dialect.fields}
_TELL_TIME = {"framed"} | {name for name, dialect in DIALECTS.items() if "race_time_ms" in dialect.fields}


class EngineTM2020:
    """The car in a running TM2020, which never waits. It connects with the first ``reset``.

    Args:
        track: the map the game plays.
        step_s: length of a step.
        port: of the plugin; None: where it usually listens.
        dialect: ``"auto"``, ``"framed"`` or a dialect of bare floats.
        controls: see ``tmenv.live.controls``.
        window: title of the game's window, if keys go to another than the usual one, or pictures are of another.
        film_size: width and height that this window must have for ``picture``; None: any.
    """

    realtime = True

    def __init__(
        self,
        track: Track,
        step_s: float,
        port: int | None,
        dialect: str,
        controls: str,
        window: str | None = None,
        film_size: tuple[int, int] | None = None,
    ):
        self._track, self._step_s, self._window = track, step_s, window
        self._film_size = film_size
        self._film: Capture | None = None
        self._port, self._dialect, self._controls = port, dialect, controls
        self._params = load_parameters(track.game)[0]
        self._motion = Motion()
        self._telemetry: Telemetry | None = None
        self._guard: Guard | None = None
        self._clock: Clock[Sample] | None = None
        self._told_by, self._started_s, self._finish_ms = "", 0.0, NOT_RACING
        self._sample: Sample | None = None
        self._age_s, self._repeated = 0.0, 0

    def reset(self) -> Moved:
        """See ``Engine``."""
        self.rest()
        self._stop_filming()  # the window may be another one by now
        telemetry, guard, clock = self._open()
        telemetry.latest(_FRESH_S, _PATIENCE_S)
        self._told_by = telemetry.status.dialect
        if self._told_by == "framed":
            check_uid(self._track, telemetry.hello().map_uid)
        sample = GameTM2020(telemetry, guard).reset()
        check_start(self._track, sample.state["position"])
        clock.start()
        telemetry.events()  # those of the last race are over
        self._finish_ms, self._started_s = NOT_RACING, sample.received_s
        self._motion.begin(self._track.spawn_yaw)
        return self._moved(sample)

    def advance(self, steer: float, gas: bool, brake: bool) -> Moved:
        """See ``Engine``."""
        if self._clock is None:
            raise LiveError("reset the env before the first step")
        try:
            sample = self._clock.step(steer, float(gas), float(brake))
        except BaseException:  # Ctrl+C among them: the car must not go on while somebody reads the message
            self.rest()
            raise
        self._repeated += self._sample is not None and sample.number == self._sample.number
        return self._moved(sample)

    def rest(self) -> None:
        """See ``Engine``."""
        if self._guard is None or self._clock is None:
            return
        try:
            self._clock.stop()
        finally:
            try:
                self._guard.neutral()
            except LiveError:
                self._unplug()  # the pad is gone, and with it what it held; the next reset plugs in another

    def picture(self) -> np.ndarray:
        """See ``Engine``: the window as it is on the screen."""
        try:
            if self._film is None:
                self._film = Capture(find_window("tm2020", self._window), self._film_size)
            return self._film.grab().pixels
        except BaseException:  # Ctrl+C among them: as in ``advance``
            self.rest()
            raise

    def snapshot(self) -> bytes:
        """Raises ConfigError: TM2020 goes on."""
        raise ConfigError("TM2020 runs in real time and cannot be rewound: snapshots are for the simulator and TMNF")

    def restore(self, snapshot: bytes) -> None:
        """Raises ConfigError, see ``snapshot``."""
        self.snapshot()

    def report(self) -> dict[str, Any]:
        """Durations of the clock, and how the telemetry is doing; see docs/concepts.md."""
        if self._clock is None or self._telemetry is None or self._guard is None or self._sample is None:
            raise LiveError("reset the env before the first step")
        status = self._telemetry.status
        return self._clock.report() | {
            "age_ms": 1000.0 * self._age_s,
            "repeated": self._repeated,
            "dropped": status.dropped,
            "bad": status.bad,
            "connection": status.connection,
            "dialect": self._told_by,
            "let_go": self._guard.let_go,
            "analog": True,
            "map_checked": self._told_by == "framed",
            "time_exact": self._told_by in _TELL_TIME,
        }

    def close(self) -> None:
        """See ``Engine``."""
        if self._clock is not None:
            self._clock.stop()
        self._unplug()
        self._stop_filming()
        if self._telemetry is not None:
            self._telemetry.close()
        self._telemetry = self._clock = None

    def _open(self) -> tuple[Telemetry, Guard, Clock[Sample]]:
        """Connect and plug in what is not there."""
        if self._telemetry is None:
            self._telemetry = Telemetry(self._port, self._dialect)
        if self._guard is None:
            self._guard = Guard(open_pad(self._controls, "tm2020", self._window))
        if self._clock is None:
            self._clock = Clock(self._step_s, self._act, self._capture)
        return self._telemetry, self._guard, self._clock

    def _stop_filming(self) -> None:
        if self._film is not None:
            self._film.close()
        self._film = None

    def _unplug(self) -> None:
        if self._guard is not None:
            self._guard.close()
        self._guard = None

    # the clock's thread calls these two

    def _act(self, steer: float, gas: float, brake: float) -> None:
        assert self._guard is not None  # it is there while the clock runs
        self._guard.apply(steer, gas, brake)

    def _capture(self) -> Sample:
        assert self._telemetry is not None
        return self._telemetry.latest(_FRESH_S, _PATIENCE_S)

    # from samples to cars

    def _moved(self, sample: Sample) -> Moved:
        self._sample, self._age_s = sample, sample.age_s
        state = self._motion.complete(sample)
        if self._told_by not in _TELL_TIME:
            state["race_time_ms"] = round(1000.0 * (sample.received_s - self._started_s))
        car = car_of(state, self._params)
        car["spin"] = spin_of(sample)
        if self._told_by in _TELL_WAYPOINTS:
            car["finished"] |= state["checkpoints"] >= (self._track.checkpoints + 1) * self._track.laps
        if car["finished"]:
            self._finish(car)
        no_wheels = state["wheels_contact"] > 0 and (state["wheels"]["material"] == NO_CONTACT).all()
        return Moved(car, self._told_by in _TELL_WHEELS and not no_wheels, self._told_by in _TELL_WAYPOINTS)

    def _finish(self, car: np.ndarray) -> None:
        """The time at the finish, which the plugin's event tells more exactly than the state after it."""
        assert self._telemetry is not None
        for event in self._telemetry.events():
            if event.kind == EventKind.FINISH:
                self._finish_ms = event.race_time_ms
        if self._finish_ms == NOT_RACING:
            self._finish_ms = int(car["race_time_ms"])
        car["race_time_ms"] = self._finish_ms
        car["ticks"] = self._finish_ms // TICK_MS + 1
