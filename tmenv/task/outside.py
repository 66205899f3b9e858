"""``OutsideBatch``: a batch of one car that an engine outside the kernels moves, such as a running game."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tmenv.engine.base import Engine, Moved
from tmenv.engine.compile import bind
from tmenv.engine.contact import NO_PATCH
from tmenv.errors import ConfigError
from tmenv.task.batch import Batch, Snapshot, TrackName
from tmenv.task.outside_kernel import choose_input, judge_moved
from tmenv.task.spec import TaskSpec
from tmenv.task.step import ALL_GOOD
from tmenv.track import Track, random_tracks

_KEPT = (
    *("track", "params", "patch", "nose", "nose_patch", "route_index", "progress", "best_progress", "lateral"),
    "checkpoint_mask",
)
"""What the task found out about the car's place on the track; an engine does not tell of it."""
_COUNTED = ("checkpoints", "laps")


@dataclass(frozen=True, kw_only=True)
class OutsideSnapshot(Snapshot):
    """A snapshot with the engine's own state."""

    engine: bytes


class OutsideBatch(Batch):
    """One car, moved by an engine; seen, paid and judged by the same kernels as the simulator's cars.

    Args:
        spec: the task. In real time its delay of one step is the game's own.
        track: the map that the game plays.
        open_engine: makes the engine for that track; it is closed with the batch.

    Raises:
        ConfigError: a task that a running game cannot do.
    """

    def __init__(self, spec: TaskSpec, track: TrackName | Sequence[TrackName], open_engine: Callable[[Track], Engine]):
        self._engine: Engine | None = None
        if spec.visuals != "plain":
            raise ConfigError(f"visuals={spec.visuals!r} is for the simulator: the game has its own; leave it out")
        if spec.physics != "nominal":
            raise ConfigError(f"physics={spec.physics!r} is for the simulator: the game has its own; leave it out")
        if spec.latency:
            raise ConfigError('latency is for the simulator: with backend="live" the game has its own; leave it out')
        super().__init__(spec, track, 1)
        self._engine = open_engine(self.track_of(0))
        self.realtime = self._engine.realtime
        if self.realtime:
            if spec.delay_steps != 1:
                raise ConfigError("action_delay must be 1: a game in real time runs on while the agent thinks")
            self._task["action_delay"] = 0  # the game's own

    def _bind_kernels(self) -> tuple[Callable[..., int], Callable[..., Any]]:
        self._judge = bind(judge_moved)
        return bind(choose_input), bind(judge_moved)

    @property
    def engine(self) -> Engine:
        """What moves the car."""
        assert self._engine is not None  # only the base class's constructor runs without
        return self._engine

    @property
    def step_kernel(self) -> Callable[[int, int], int]:
        """See ``Batch``; here it waits for the game."""
        return self._step

    def assign(self, track: TrackName | Sequence[TrackName]) -> None:
        """Choose the map, once.

        Raises:
            ConfigError: a list of tracks, ``"random"``, or a change of the track.
        """
        if self._engine is not None:
            raise ConfigError('the track cannot change with backend="live": close this env and make one for that map')
        if not isinstance(track, str) and isinstance(track, Sequence):
            raise ConfigError(f'track must be one map with backend="live", not the list {list(track)!r}')
        random = random_tracks(str(track))
        if random is not None and random.draws:
            raise ConfigError(f"track={track!r} is for the simulator: name the map that the game plays")
        super().assign(track)

    def set_start(self, start: Any) -> None:
        """Raises ConfigError for anything but ``"line"``."""
        if start != "line":
            raise ConfigError(f'start={start!r} is for the simulator: with backend="live" races start at the line')

    def reset(self) -> None:
        """Start a new episode, if the mask says so.

        Raises:
            LiveError: the game does not answer, or has another map loaded.
        """
        if not self.mask[0]:
            return
        if self._layout != self.world.layout:
            self.world.fill_header(self._headers)
            self._layout = self.world.layout
        moved = self.engine.reset()
        self._forget_place()
        self._adopt(moved)
        self._judge(self.address, True, moved.wheels_told, True)

    def _step(self, address: int, shared: int) -> int:
        """Raises LiveError: the game does not answer; reset starts anew."""
        bad = self._step_kernel(address)
        if bad != ALL_GOOD or self.mask[0]:
            return bad
        car = self.cars[0]
        ticks = int(car["ticks"])
        moved = self.engine.advance(float(car["steer"]), bool(car["gas"]), bool(car["brake"]))
        self._adopt(moved)
        self.episodes["ticks"] = max(0, int(car["ticks"]) - ticks)
        self._judge(address, False, moved.wheels_told, moved.waypoints_told)
        if self.info["outcome"][0]:
            self.engine.rest()
        return bad

    def _forget_place(self) -> None:
        """As the simulator's cars are at the start line, before the first tick."""
        car = self.cars[0]
        for name in (*_KEPT[2:], *_COUNTED):
            car[name] = 0
        car["patch"] = car["nose_patch"] = NO_PATCH
        car["material"] = self.world["tracks"]["ground_material"][car["track"]]

    def _adopt(self, moved: Moved) -> None:
        """Take over the engine's car, and keep what only the task knows."""
        old = self.cars[0].copy()
        self.cars[0] = moved.car
        kept = _KEPT if moved.waypoints_told else (*_KEPT, *_COUNTED)
        for name in kept:
            self.cars[0][name] = old[name]
        in_air = self.cars[0]["contact"] == 0
        if moved.wheels_told:  # as in the simulator, a wheel in the air remembers the last surface
            self.cars[0]["material"][in_air] = old["material"][in_air]

    def snapshot(self, row: int) -> Snapshot:
        """See ``Batch``; with the state of the game. Raises ConfigError where the game cannot be rewound."""
        return OutsideSnapshot(**vars(super().snapshot(row)), engine=self.engine.snapshot())

    def restore(self, row: int, snapshot: Snapshot) -> None:
        """See ``Batch``. Raises ConfigError also for a snapshot that was not taken from a game."""
        if not isinstance(snapshot, OutsideSnapshot):
            raise ConfigError("the snapshot is the simulator's; a running game takes only its own")
        super().restore(row, snapshot)
        self.engine.restore(snapshot.engine)

    def report(self) -> dict[str, Any]:
        """Figures of the game's connection."""
        return self.engine.report()

    def close(self) -> None:
        """Let go of the game; harmless when called twice."""
        super().close()
        if self._engine is not None:
            self._engine.close()
