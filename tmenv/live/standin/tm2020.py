"""The stand-in TM2020: races in real time on the simulator, whether anybody listens or not."""

import logging
import time

from tmenv.constants import TICK_S
from tmenv.errors import ConfigError
from tmenv.live.standin.base import StandIn
from tmenv.live.standin.controls import BUTTON_B, Controls, Input, NoControls
from tmenv.live.standin.race import PEDAL_ON, Race
from tmenv.live.standin.telemetry import Plugin, plugin_for
from tmenv.live.standin.window import GameWindow
from tmenv.live.tm2020.car import state_of
from tmenv.live.tm2020.framed import Capability, Event, EventKind, Hello
from tmenv.track import load
from tmenv.track.track import Track

COUNTDOWN_MS = 1500
"""From the spawn to the start (community)."""
_VERSION = "stand-in 1.0"
_MOST_FPS = 1000.0
_LONGEST_LAG_S = 0.25
"""After a longer pause the game's clock goes on from now instead of catching up, as games do."""
_log = logging.getLogger(__name__)


class StandInTM2020(StandIn):
    """A TM2020 without the game: telemetry every frame, driven through ``controls``.

    Use it as a context manager (it runs in a thread) or call ``run`` in the foreground.

    Args:
        track: name of a built-in track, ``"random:<seed>"``, a path, or a ``Track`` of TM2020.
        plugin: ``"framed"`` (ours) or a float dialect: ``"tmrl"``, ``"tmrl9"``, ``"tqc"``, ``"two-player"``,
            ``"connect"``.
        port: where the plugin listens; None: where that plugin usually does; 0: any free port.
        controls: who drives; closed with the game.
        fps: rendered frames, and so packets, per second.
        window: shows the race and drives too; closed with the game, and closing it ends the game.

    Attributes:
        port: where the plugin listens.
        race: the race; read it only between frames or after ``close``.

    Raises:
        LiveError: the port is in use, or no such plugin.
        TrackError: no such track, or not one of TM2020.
        ConfigError: frames per second out of range.
    """

    def __init__(
        self,
        track: str | Track,
        plugin: str = "framed",
        port: int | None = None,
        controls: Controls | None = None,
        fps: float = 60.0,
        window: GameWindow | None = None,
    ):
        super().__init__("TM2020")
        if not 1.0 <= fps <= _MOST_FPS:
            raise ConfigError(f"fps must be from 1 to {_MOST_FPS:g}, not {fps:g}")
        self.race = Race(track if isinstance(track, Track) else load(track, "TM2020"), COUNTDOWN_MS)
        self._plugin: Plugin = plugin_for(plugin, port)
        self.port = self._plugin.port
        self._controls: Controls = NoControls() if controls is None else controls
        self._window = window
        if window is not None:
            window.show(self.race)  # builds the scenery, before anybody waits for packets
        self._frame_s = 1.0 / fps
        self._frames = 0
        self._started = time.perf_counter()

    def _release(self) -> None:
        self._plugin.close()
        self._controls.close()
        if self._window is not None:
            self._window.close()

    # what a plugin asks of the game

    def hello(self) -> Hello:
        """The first frame of our protocol."""
        track = self.race.track
        can = Capability.RESTART | Capability.LOAD_MAP | Capability.VIS_STATE
        return Hello(_VERSION, track.uid or track.name, track.checkpoints, track.laps, can)

    def restart(self) -> None:
        """Back to the start."""
        self.race.restart()
        self._plugin.tell_event(Event(EventKind.RESTART, self.race.time_ms))

    def load_map(self, name: str) -> None:
        """Race on another track."""
        self.race = Race(load(name, "TM2020"), COUNTDOWN_MS)
        self._plugin.tell_event(Event(EventKind.MAP_CHANGED, self.race.time_ms))

    # the game

    def _loop(self) -> None:
        frame_at = tick_at = time.perf_counter()
        while not self._stopping.is_set():
            now = time.perf_counter()
            if now - tick_at > _LONGEST_LAG_S:
                frame_at = tick_at = now
            ticks = int((now - tick_at) / TICK_S)
            tick_at += ticks * TICK_S
            self._frame(ticks)
            frame_at = max(frame_at + self._frame_s, now - self._frame_s)
            self._stopping.wait(max(0.0, frame_at - time.perf_counter()))

    def _frame(self, ticks: int) -> None:
        shown = self._controls.read()
        if self._window is not None:
            shown = shown.either(self._window.read())
        if shown.pressed & BUTTON_B:
            self.restart()
        self._plugin.poll(self)
        for _ in range(ticks):
            self._tick(shown)
        self._frames += 1
        state = state_of(self.race.car, self.race.params)
        state["frame"], state["race_time_ms"] = self._frames, self.race.time_ms
        state["time_ms"] = int(1000.0 * (time.perf_counter() - self._started))
        self._plugin.tell(state, self.race.distance_m)
        if self._window is not None:
            self._window.show(self.race)
            if not self._window.open:
                self._stopping.set()

    def _tick(self, shown: Input) -> None:
        """One tick of the race, and the events it brings."""
        race = self.race
        before = int(race.car["checkpoints"]), int(race.car["laps"]), race.finished
        race.tick(shown.steer, shown.gas > PEDAL_ON, shown.brake > PEDAL_ON)
        checkpoints, laps = int(race.car["checkpoints"]), int(race.car["laps"])
        if checkpoints > before[0]:
            self._plugin.tell_event(Event(EventKind.CHECKPOINT, race.time_ms, checkpoints))
        if laps > before[1]:
            self._plugin.tell_event(Event(EventKind.LAP, race.time_ms, laps))
        if race.finished and not before[2]:
            _log.info("finished in %.3f s", race.time_ms / 1000.0)
            self._plugin.tell_event(Event(EventKind.FINISH, race.time_ms, checkpoints + laps))
