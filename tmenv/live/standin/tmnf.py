"""The stand-in TMNF: a race on the simulator behind the TMInterface link, in lock-step with its client."""

import contextlib
import logging
import socket
import time
from collections.abc import Callable
from typing import Literal

import numpy as np

from tmenv.constants import TICK_MS, TICK_S
from tmenv.errors import TmenvError
from tmenv.live.standin.base import StandIn
from tmenv.live.standin.client import Client, ClientGoneError
from tmenv.live.standin.controls import BUTTON_B, NEUTRAL
from tmenv.live.standin.race import Race
from tmenv.live.standin.requests import PACED, Requests
from tmenv.live.standin.window import GameWindow
from tmenv.live.tmnf.messages import INT, PORT, Kind, pack
from tmenv.live.wire import listen, port_of
from tmenv.track import load
from tmenv.track.track import Track

FrameSource = Callable[[Race, int, int], np.ndarray]
"""Draws a race: uint8 (height, width, 4) BGRA from the race, width and height."""

COUNTDOWN_MS = 2600
"""Before the start (community)."""
TIMEOUT_MS = 2000
"""Patience with a new client (community)."""
_IDLE_S = 0.001
_LONGEST_LAG_S = 0.1
_SHOW_S = 1.0 / 60.0
_log = logging.getLogger(__name__)


class StandInTMNF(StandIn):
    """A TMNF without the game, for one client at a time; a new one replaces the old one.

    Use it as a context manager (it runs in a thread) or call ``run`` in the foreground.

    Args:
        track: name of a built-in track, ``"random:<seed>"``, a path, or a ``Track`` of TMNF.
        plugin: ``"tmenv"`` knows our extensions; ``"linesight"`` skips ids it does not know.
        port: where the plugin listens; 0: any free port.
        frames: draws what REQUEST_FRAME asks for; without it such a client is dropped.
        window: shows the race, and its keys set the same inputs as the client does, the last change counts; closed
            with the game, and closing it ends the game. While the game waits for its client, the window stands still.

    Attributes:
        port: where the plugin listens.
        race: the race; read it only while the game waits for you, or after ``close``.

    Raises:
        LiveError: the port is in use.
        TrackError: no such track, or not one of TMNF.
    """

    def __init__(
        self,
        track: str | Track,
        plugin: Literal["tmenv", "linesight"] = "tmenv",
        port: int = PORT,
        frames: FrameSource | None = None,
        window: GameWindow | None = None,
    ):
        super().__init__("TMNF")
        self.race = Race(track if isinstance(track, Track) else load(track, "TMNF"), COUNTDOWN_MS)
        self._server = listen(port)
        self.port = port_of(self._server)
        self.frames = frames
        self._window, self._keys, self._show_at_s = window, NEUTRAL, 0.0
        if window is not None:
            window.show(self.race)  # builds the scenery, before anybody waits for steps
        self.extended = plugin == "tmenv"
        self.speed, self.period_ms, self.timeout_ms = 1.0, TICK_MS, TIMEOUT_MS
        self.countdown_speed = 1.0
        self.requested: tuple[int, int] | None = None
        self.inputs = (0.0, False, False)
        self.tick_ms = self.race.time_ms
        self.script: list[tuple[int, str]] = []
        self._client: Client | None = None
        self._newcomer: socket.socket | None = None
        self._requests = Requests(self)
        self._announced = False
        self._due_s = time.perf_counter()

    # what requests do to the game

    def restart(self) -> None:
        """Give up: back to the countdown."""
        self.race.restart()
        self.tick_ms = self.race.time_ms
        self.script.clear()

    def load_map(self, name: str) -> None:
        """Race on another track; on this one again if the name is its. Raises TmenvError."""
        if name not in (self.race.track.name, self.race.track.uid):
            self.race = Race(load(name, "TMNF"), COUNTDOWN_MS)
        self.restart()
        self._announced = False

    def set_inputs(self, steer: float, gas: bool, brake: bool) -> None:
        """Hold these inputs from the next tick on, and note what changed."""
        at = self.race.time_ms + TICK_MS
        for old, new, key in zip(self.inputs[1:], (gas, brake), ("up", "down"), strict=True):
            if old != new:
                self.script.append((at, f"{'press' if new else 'rel'} {key}"))
        if steer != self.inputs[0]:
            self.script.append((at, f"steer {round(steer * 65536)}"))
        self.inputs = (steer, gas, brake)

    # the game

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._accept()
                self._look()
                self._render()
                if self.speed > 0.0:
                    self._step()
                else:
                    self._stopping.wait(_IDLE_S)
            except ClientGoneError as error:
                self._drop(str(error))

    def _release(self) -> None:
        for connection in (self._client, self._newcomer, self._server):
            if connection is not None:
                connection.close()
        if self._window is not None:
            self._window.close()

    def _look(self) -> None:
        """Show the race and read the keys, as often as a screen can show it."""
        now = time.perf_counter()
        if self._window is None or now < self._show_at_s:
            return
        self._show_at_s = now + _SHOW_S
        self._window.show(self.race)
        keys = self._window.read()
        if keys.pressed & BUTTON_B:
            self.restart()
        held = keys._replace(pressed=0)
        if held != self._keys:
            self._keys = held
            self.set_inputs(held.steer, held.gas > 0.0, held.brake > 0.0)
        if not self._window.open:
            self._stopping.set()

    def _accept(self) -> None:
        self._knock()
        if self._newcomer is None:
            return
        if self._client is not None:
            self._drop("another client connected")
        self._client = Client(self._newcomer, self._stopping, lambda: self.extended and self._knock())
        self._newcomer = None
        self._sync(pack(Kind.CONNECT), Kind.CONNECT)

    def _knock(self) -> bool:
        """Is another client at the door? Our plugin looks even while it waits for the present one."""
        if self._newcomer is None:
            with contextlib.suppress(BlockingIOError):
                self._newcomer, _ = self._server.accept()
        return self._newcomer is not None

    def _drop(self, why: str) -> None:
        """Forget the client; the car must not keep driving by itself."""
        _log.info("the client is dropped: %s", why)
        if self._client is not None:
            self._client.close()
        self._client, self.requested = None, None
        self.timeout_ms = TIMEOUT_MS
        self.set_inputs(0.0, False, False)

    def _render(self) -> None:
        """Deliver the requested frame; what is requested meanwhile is lost, as in the game."""
        if self.requested is not None and self.frames is not None:
            width, height = self.requested
            picture = np.ascontiguousarray(self.frames(self.race, width, height), np.uint8)
            self._sync(pack(Kind.FRAME) + picture.tobytes(), Kind.FRAME)
            self.requested = None

    def _step(self) -> None:
        """Announce the step, then simulate its tick; a step announced with speed 0 is not announced again."""
        if not self._announced:
            self._announced = True
            if self.race.time_ms % self.period_ms == 0 or self.tick_ms > self.race.time_ms:
                self._sync(pack(Kind.RUN_STEP, self.race.time_ms), Kind.RUN_STEP)
            if self.speed <= 0.0 or not self._announced:
                return
        self._announced = False
        self._tick()
        self._pace()

    def _tick(self) -> None:
        race = self.race
        passed, laps, finished = race.passed, int(race.car["laps"]), race.finished
        race.tick(*self.inputs)
        self.tick_ms += TICK_MS
        if race.finished and not finished:
            _log.info("finished in %.3f s", race.time_ms / 1000.0)
        now_passed, now_laps = race.passed, int(race.car["laps"])
        if now_passed > passed:
            self._sync(pack(Kind.CHECKPOINT, now_passed, race.waypoints), Kind.CHECKPOINT)
        if now_laps > laps and race.track.laps > 1:
            self._sync(pack(Kind.LAP, now_laps, race.track.laps), Kind.LAP)

    def _pace(self) -> None:
        """Let the wall clock catch up."""
        speed = self.countdown_speed if self.race.time_ms < 0 else self.speed
        now = time.perf_counter()
        self._due_s = max(self._due_s + TICK_S / max(speed, self.speed), now - _LONGEST_LAG_S)
        if self._due_s - now > PACED:
            self._stopping.wait(self._due_s - now)

    def _sync(self, message: bytes, kind: Kind) -> None:
        """Send a message and serve the client until it answers with the same id."""
        client = self._client
        if client is None:
            return
        client.write(message)
        started = time.monotonic()
        while True:
            (number,) = client.read(INT, started + self.timeout_ms / 1000.0)
            if number == kind:
                return
            try:
                self._requests.serve(number, client, started + self.timeout_ms / 1000.0)
            except TmenvError as error:
                _log.warning("a request failed: %s", error)
