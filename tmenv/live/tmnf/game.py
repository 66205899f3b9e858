"""``GameTMNF``: a running TMNF as an engine: reset, advance, snapshot, restore, in lock-step.

Between two calls the game waits inside a sync that we have not answered: RUN_STEP, or FRAME where inputs may be set
only there (plugins without INPUT_IN_STEP), or the finish's CHECKPOINT, which must stay open to keep the car racing.
"""

from dataclasses import dataclass

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.errors import ConfigError, LiveError
from tmenv.live.tmnf.compact import COMPACT, compact_from_bytes, compact_of
from tmenv.live.tmnf.link import Link, Sync
from tmenv.live.tmnf.messages import FULL_LOCK, PORT, Capability, Kind
from tmenv.live.tmnf.simstate import NOT_REACHED, SimState
from tmenv.live.wire import WireError

_KEY_STEER = 0.5
"""Steering from which an arrow key is pressed where the plugin knows no analog steering."""
_START_MS = -TICK_MS
"""Time of the state that episodes start from: its step is simulated at once, which leads to 0."""
_BETWEEN_RUNS_MS = 600_000_000
"""The game's patience between episodes (Linesight)."""
_MOST_STILL = 20
"""Steps announced for a time that was announced before: the game does so behind the finish."""
_LEAVE_MS, _LEAVE_S = 2000, 1.0
_COMMANDS = (
    "set countdown_speed 10",
    "set unfocused_fps_limit false",
    "set skip_map_load_screens true",
    "set disable_forced_camera true",
    "set autorewind false",
    "set auto_reload_plugins false",
    "set use_valseed false",
)
_CAMERA = "cam 2"


@dataclass(frozen=True)
class GameOptions:
    """How to play.

    Attributes:
        port: of the plugin.
        map_file: map to load, relative to the game's Tracks/Challenges; None keeps the one that is loaded.
        step_ms: length of a step; a multiple of 10.
        speed: game speed while it runs.
        frame_size: width and height of the frame of each step; None asks for none where none is needed.
        patience_ms: how long the game waits for us within an episode before it drops us.
        silence_s: how long we wait for the game.
        connect_s: how long to try to connect.
        start_s: how long the map may take to load, countdown included.
    """

    port: int = PORT
    map_file: str | None = None
    step_ms: int = 50
    speed: float = 80.0
    frame_size: tuple[int, int] | None = None
    patience_ms: int = 10_100
    silence_s: float = 5.0
    connect_s: float = 2.0
    start_s: float = 60.0


_LEAST_FRAME = (64, 48)


class GameTMNF:
    """The car in a running TMNF.

    Args:
        options: see ``GameOptions``.

    Attributes:
        state: ``COMPACT`` record, shape (): the car where the game now waits.
        frame: uint8 (height, width, 4) BGRA of the same moment; None without frames, and after ``restore`` until
            the next step.
        finish_ms: race time at the finish, None before it.
        analog: does the plugin know analog steering? Else steering is keys, pressed from half lock on.

    Raises:
        LiveError: no plugin, or it does not answer.
        ConfigError: a step that is no multiple of 10 ms.
    """

    realtime = False

    def __init__(self, options: GameOptions | None = None):
        self.options = options or GameOptions()
        if self.options.step_ms < TICK_MS or self.options.step_ms % TICK_MS:
            raise ConfigError(f"step_ms must be a multiple of {TICK_MS}, not {self.options.step_ms}")
        self.state = np.zeros((), COMPACT)
        self.frame: np.ndarray | None = None
        self.finish_ms: int | None = None
        self._start: bytes | None = None
        self._paused = True
        self._can = Capability(0)
        self._link = self._connect()

    @property
    def analog(self) -> bool:
        """See the class."""
        return Capability.ANALOG in self._can

    @property
    def map_uid(self) -> str | None:
        """Unique id of the loaded map, "" without one; None where the plugin does not tell it."""
        if Capability.MAP_UID not in self._can:
            return None
        return self._link.ask_bytes(Kind.GET_MAP_UID).decode("utf-8", "replace")

    def reset(self) -> np.ndarray:
        """Start an episode at race time 0; returns ``state``. After a lost link it connects again.

        The first one restarts the race and waits for the countdown; the others rewind to the same state.

        Raises:
            LiveError: the game does not answer.
        """
        if self._link.held is None:
            self._link.close()
            self._start, self._link = None, self._connect()
        self.finish_ms = None
        if self._start is None:
            self._start = self._wait_for_start()
        else:
            self._link.send_bytes(Kind.REWIND_TO_STATE, self._start)
        self._be_patient(self.options.patience_ms)
        self._set_input(0.0, False, False)
        self._run_to(0)
        return self.state

    def advance(self, steer: float, gas: bool, brake: bool) -> np.ndarray:
        """Drive one step: steer -1 left .. 1 right, pedals on or off; returns ``state``.

        A step that crosses the finish ends there; steps after it change nothing.

        Raises:
            LiveError: the game does not answer.
        """
        if self.finish_ms is None:
            if self._paused:
                self._be_patient(self.options.patience_ms)
            self._set_input(steer, gas, brake)
            self._run_to(int(self.state["race_time"]) + self.options.step_ms)
        return self.state

    def snapshot(self) -> bytes:
        """The whole state of the game, for ``restore``."""
        return self._link.ask_bytes(Kind.GET_SIMULATION_STATE)

    def restore(self, snapshot: bytes) -> np.ndarray:
        """Go back to a snapshot of this map, any number of times; returns ``state``."""
        self._link.send_bytes(Kind.REWIND_TO_STATE, snapshot)
        self.finish_ms = self.frame = None
        self._look()
        return self.state

    def pause(self) -> None:
        """Let the game wait as long as it takes: before an update that outlasts ``patience_ms``."""
        self._be_patient(_BETWEEN_RUNS_MS)

    def close(self) -> None:
        """Let go of the keys and leave the game running at normal speed; may be called twice."""
        try:
            if self._link.held is None:  # interrupted while the game ran: it listens at its next message
                self._link.wait(_LEAVE_S)
            self._set_input(0.0, False, False)
            self._link.queue(Kind.SET_SPEED, 1.0)
            self._link.queue(Kind.SET_TIMEOUT, _LEAVE_MS)
            self._link.release()
        except LiveError:
            pass  # the game is gone, and with it all there was to let go of
        finally:
            self._link.close()

    def __enter__(self) -> "GameTMNF":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _be_patient(self, patience_ms: int) -> None:
        self._paused = patience_ms == _BETWEEN_RUNS_MS
        self._link.send(Kind.SET_TIMEOUT, patience_ms)

    # connecting

    def _connect(self) -> Link:
        link = Link(self.options.port, self.options.connect_s, self.options.silence_s)
        try:
            self._greet(link)
        except BaseException:
            link.close()
            raise
        return link

    def _greet(self, link: Link) -> None:
        """Answer CONNECT with all there is to set."""
        sync = link.wait(self.options.start_s)
        if sync.kind != Kind.CONNECT:
            raise LiveError(f"the plugin on port {link.port} began with {sync.kind.name} instead of CONNECT")
        self._can = link.hello()
        self._frame_size = self.options.frame_size
        if Capability.INPUT_IN_STEP not in self._can:
            self._frame_size = self._frame_size or _LEAST_FRAME
        link.send(Kind.SET_TIMEOUT, _BETWEEN_RUNS_MS)
        link.send(Kind.SET_SPEED, 1.0)
        link.send(Kind.SET_ON_STEP_PERIOD, TICK_MS)
        for command in _COMMANDS:
            link.command(command)
        if self.options.map_file is not None:
            link.command(f'map "{self.options.map_file}"')
        link.release()
        self._first_step(link)

    def _first_step(self, link: Link) -> None:
        """Wait for the first step of a race, and set what only a race knows."""
        while link.wait(self.options.start_s).kind != Kind.RUN_STEP:
            link.release()
        link.command(_CAMERA)
        link.send(Kind.TOGGLE_INTERFACE, 0)

    def _wait_for_start(self) -> bytes:
        """Restart the race; the state at the end of its countdown."""
        link = self._link
        link.send(Kind.SET_TIMEOUT, _BETWEEN_RUNS_MS)
        link.send(Kind.SET_SPEED, self.options.speed)
        link.send(Kind.SET_ON_STEP_PERIOD, TICK_MS)
        link.send(Kind.GIVE_UP)
        link.release()
        sync = link.wait(self.options.start_s)
        while (sync.kind, sync.value) != (Kind.RUN_STEP, _START_MS):
            link.release()
            sync = link.wait(self.options.start_s)
        link.send(Kind.SET_ON_STEP_PERIOD, self.options.step_ms)
        return link.ask_bytes(Kind.GET_SIMULATION_STATE)

    # a step

    def _set_input(self, steer: float, gas: bool, brake: bool) -> None:
        if self.analog:
            self._link.queue(Kind.SET_INPUT_ANALOG, round(steer * FULL_LOCK), FULL_LOCK if gas else 0, brake)
        else:
            self._link.queue(Kind.SET_INPUT_STATE, steer < -_KEY_STEER, steer > _KEY_STEER, gas, brake)

    def _run_to(self, time_ms: int) -> None:
        """Let the game go on until the step at ``time_ms`` or the finish, and look."""
        self._link.queue(Kind.SET_SPEED, self.options.speed)
        self._link.release()
        times: set[int] = set()
        steps = 0
        while not self._arrived(sync := self._link.wait(self.options.silence_s), time_ms):
            if sync.kind == Kind.RUN_STEP:
                steps += 1
                times.add(sync.value)
                if steps - len(times) > _MOST_STILL:
                    raise LiveError(f"the race stands still at {sync.value} ms: the car is behind the finish; reset")
            self._link.release()

    def _arrived(self, sync: Sync, time_ms: int) -> bool:
        """Is this sync the end of the step? If so, ``state`` and ``frame`` are taken, and it stays open."""
        if sync.kind == Kind.CHECKPOINT and sync.value == sync.target:
            self._finish()
            return True
        if sync.kind == Kind.FRAME:
            self.frame = sync.frame
            return True
        if sync.kind != Kind.RUN_STEP or sync.value < time_ms:
            return False
        self._look()
        if self._frame_size is not None:
            self._ask_for_frame(self._frame_size)
        return self._frame_size is None

    def _ask_for_frame(self, size: tuple[int, int]) -> None:
        """Stop time at this step; the FRAME sync follows."""
        self._link.queue(Kind.REWIND_TO_CURRENT_STATE)
        self._link.queue(Kind.SET_SPEED, 0.0)
        self._link.send(Kind.REQUEST_FRAME, *size)

    def _finish(self) -> None:
        """Note the time, and undo the finish in the game so that no medal screen comes; the sync stays open."""
        state = self._full_state()
        times = state.times["time"]
        reached = len(times) > 0 and times[-1] != NOT_REACHED
        self.finish_ms = int(times[-1]) if reached else int(state.fields["race_time"])
        self.state = compact_of(state.fields)
        self.state["race_finished"] = 1
        if state.mark_unfinished():
            self._link.send_bytes(Kind.REWIND_TO_STATE, state.to_bytes())
        else:
            self._link.send(Kind.PREVENT_SIMULATION_FINISH)
        self._be_patient(_BETWEEN_RUNS_MS)

    def _look(self) -> None:
        """Read the car's state."""
        try:
            if Capability.COMPACT_STATE in self._can:
                self.state = compact_from_bytes(self._link.ask_bytes(Kind.GET_COMPACT_STATE))
            else:
                self.state = compact_of(self._full_state().fields)
        except WireError as error:
            raise LiveError(f"TMNF's plugin on port {self.options.port} sent no state: {error}") from None

    def _full_state(self) -> SimState:
        data = self._link.ask_bytes(Kind.GET_SIMULATION_STATE)
        try:
            return SimState.from_bytes(data)
        except WireError as error:
            raise LiveError(f"TMNF's plugin on port {self.options.port} sent no state: {error}") from None
