"""``Batch``: N cars with their task, the buffers a step fills, and the compiled kernels bound to them once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from tmenv.engine.compile import bind
from tmenv.engine.params import load_parameters, read_parameters
from tmenv.engine.params.randomize import Randomizer
from tmenv.engine.simulator import drive_all, spawn_all
from tmenv.engine.spawn import START_LINE
from tmenv.engine.state import CAR
from tmenv.engine.world import World
from tmenv.errors import ActionError, ConfigError
from tmenv.task.actions import KEY_NAMES, KEY_ROWS
from tmenv.task.crew import Crew
from tmenv.task.results import Results
from tmenv.task.spec import TaskSpec
from tmenv.task.step import ALL_GOOD, ALONE, HEADER, open_step, reset_masked, step_batch
from tmenv.task.tables import EPISODE, INFO, OUTCOMES, TERMINAL_OUTCOMES
from tmenv.track import RandomTracks, Track, load, random_tracks

TrackName = str | PathLike[str]

_CARS_PER_THREAD = 32
"""Below this many cars a thread costs more than it saves (measured)."""


@dataclass(frozen=True)
class Snapshot:
    """The state of one env: plain data, may be pickled and restored any number of times, in any env of its kind."""

    track: str
    car: np.ndarray
    episode: np.ndarray
    observation: np.ndarray
    info: np.ndarray
    image: np.ndarray | None
    params: np.ndarray | None
    """The car's drawn parameters; None with nominal physics."""


class Batch:
    """N cars, each on its own track, driven through the fused step.

    Attributes:
        rows: float32 (N, columns), the actions of the next step (key combinations as gas, brake, steer).
        observations: float32 (N, size), written by ``reset`` and ``advance``.
        info: structured array ``INFO`` of shape (N,), likewise.
        images: uint8 (N, channels, height, width) or None, written by who draws the pictures (``tmenv.pictures``).
        mask: uint8 (N,): the cars that ``reset`` resets and ``advance`` skips.
        generators: one random generator per car, for tracks, physics and starting points.
        realtime: does the world go on while the agent thinks?
    """

    realtime = False

    def __init__(self, spec: TaskSpec, track: TrackName | Sequence[TrackName], count: int, threads: int = 1):
        self.spec, self.count = spec, count
        self._task = spec.record()
        self._physics = Randomizer(read_parameters(spec.game)) if spec.physics == "randomized" else None
        nominal = load_parameters(spec.game)
        self.world = World(nominal if self._physics is None else np.repeat(nominal, count))
        self.cars = np.zeros(count, CAR)
        self.cars["params"] = 0 if self._physics is None else np.arange(count)
        self.episodes = np.zeros(count, EPISODE)
        self.rows = np.zeros((count, spec.action_columns), np.float32)
        self.observations = np.zeros((count, int(self._task["observation_size"][0])), np.float32)
        self.info = np.zeros(count, INFO)
        self.images = np.zeros((count, *(spec.image_space().shape)), np.uint8) if spec.has_image else None
        self.mask = np.zeros(count, np.uint8)
        self.generators = [np.random.default_rng() for _ in range(count)]
        self.terminal = np.isin(np.arange(len(OUTCOMES)), _terminal_outcomes(self._task))
        self._blank = np.zeros(1, CAR)
        self._slot_of: dict[str, int] = {}
        self.tracks: list[Track] = []
        """Track of each slot, ``cars["track"]`` counts in them."""
        self._random_rows: dict[int, RandomTracks] = {}
        self._starts: list[str | float] = ["line"] * count
        self.assign(track)
        self._headers = self._make_headers()
        self.address = self._headers.ctypes.data
        self._layout = self.world.layout
        self._step_kernel, self._reset_kernel = self._bind_kernels()
        self._open_step = bind(open_step)
        helpers = max(1, min(threads, count // _CARS_PER_THREAD)) - 1
        self._crew = Crew(helpers, self.step_kernel, self._headers) if helpers else None

    def _bind_kernels(self) -> tuple[Callable[..., int], Callable[..., Any]]:
        """The kernels of a step and of a reset."""
        return bind(step_batch), bind(reset_masked)

    @property
    def step_kernel(self) -> Callable[[int, int], int]:
        """One step of all cars: takes ``address`` and the part that the call has in it; returns ALL_GOOD, or the first
        car with an action that is not finite."""
        return self._step_kernel

    # tracks

    def assign(self, track: TrackName | Sequence[TrackName]) -> None:
        """Give every car its track: one for all, or a list dealt out in turn."""
        names = [track] if isinstance(track, str | PathLike) else list(track)
        if not names:
            raise ConfigError("the list of tracks is empty")
        for row in range(self.count):
            self._assign_row(row, names[row % len(names)])

    def _assign_row(self, row: int, name: TrackName) -> None:
        key = str(name)
        random = random_tracks(key)
        if random is not None and random.draws:
            self._random_rows[row] = random
            return
        self._random_rows.pop(row, None)
        if key not in self._slot_of:
            self._slot_of[key] = self._add(load(name, self.spec.game))
        self.cars["track"][row] = self._slot_of[key]

    def _add(self, track: Track) -> int:
        self.tracks.append(track)
        return self.world.add(track)

    def _new_random_track(self, row: int) -> None:
        """Replace the random track of a car by a new one, in a slot of its own."""
        random = self._random_rows[row]
        seed = random.seeds[int(self.generators[row].integers(len(random.seeds)))]
        track = load(random.recipe.name_of(seed), self.spec.game)
        key = f"random track of car {row}"
        if key in self._slot_of:
            self.tracks[self._slot_of[key]] = track
            self.world.put(self._slot_of[key], track)
        else:
            self._slot_of[key] = self._add(track)
        self.cars["track"][row] = self._slot_of[key]

    def track_of(self, row: int) -> Track:
        """The track a car is on."""
        return self.tracks[self.cars["track"][row]]

    # episodes

    def set_start(self, start: Any) -> None:
        """Where episodes begin: ``"line"``, ``"random"`` or metres along the route; one value, or one per car."""
        per_car = isinstance(start, list | tuple | np.ndarray)
        starts = list(start) if per_car else [start] * self.count
        if len(starts) != self.count:
            raise ConfigError(f"start lists {len(starts)} places for {self.count} cars")
        self._starts = [_checked_start(value) for value in starts]

    def reset(self) -> None:
        """Start a new episode for every car whose ``mask`` is set."""
        start, random_state, visuals = (self.episodes[name] for name in ("start", "random_state", "visuals"))
        late, varied = bool(self._task["latency_ticks"][0]), self.spec.visuals != "plain"
        for row in self.mask.nonzero()[0].tolist():
            if row in self._random_rows:
                self._new_random_track(row)
            if self._physics is not None:
                self.world["params"][row] = self._physics.draw(self.generators[row])[0]
            start[row] = self._start_of(row)
            if late:
                random_state[row] = self.generators[row].integers(2**63)
            if varied:
                visuals[row] = self.generators[row].integers(2**63)
        if self._layout != self.world.layout:  # seldom, and it takes as long as several steps of a car
            self.world.fill_header(self._headers)
            self._layout = self.world.layout
        self._reset_kernel(self.address)

    def _start_of(self, row: int) -> float:
        start = self._starts[row]
        if start == "line":
            return START_LINE
        length = self.track_of(row).length_m
        if start == "random":
            return float(self.generators[row].uniform(0.0, max(length - 50.0, 0.0)))
        if not 0.0 <= float(start) < length:
            raise ConfigError(f"start={start} m is not on the track: {self.track_of(row).name} is {length:.0f} m long")
        return float(start)

    def set_actions(self, actions: Any) -> None:
        """Write the actions of the next step into ``rows``.

        Raises:
            ActionError: wrong shape or type, or a key combination that does not exist.
        """
        try:
            if self.spec.action == "keys":
                self.rows[:] = KEY_ROWS[_key_numbers(actions, self.count)]
            else:
                self.rows[:] = _numbers(actions, self.rows.shape)
        except (ValueError, TypeError) as error:
            raise ActionError(f"actions must be an array of shape {self.rows.shape}: {error}") from error

    def advance(self) -> Results:
        """One step of every car whose ``mask`` is not set; returns what it tells of all of them.

        Raises:
            ActionError: an action is NaN or infinite; no car has moved.
        """
        if self._crew is not None:
            self._crew.finish()  # a step that was interrupted twice
        results = Results.to_fill(*self.observations.shape)
        try:
            bad = self._open_step(self.address, *results)
            if bad == ALL_GOOD:
                self.step_kernel(self.address, ALONE) if self._crew is None else self._crew.drive()
        finally:
            self._headers["results"] = 0
        if bad != ALL_GOOD:
            raise ActionError(f"the action of env {bad} is not finite: {self.rows[bad].tolist()}")
        return results

    def results(self) -> Results:
        """What the last step or reset told, in arrays of their own."""
        return Results.copied(self.observations, self.info)

    def mean_substeps(self) -> float:
        """Physics sub-steps per tick since the cars' last resets."""
        return float(self.cars["substeps"].sum() / max(1, self.cars["ticks"].sum()))

    # snapshots

    def snapshot(self, row: int) -> Snapshot:
        """The present state of one car and its episode."""
        tables = (self.cars, self.episodes, self.observations, self.info)
        # a slice: numpy's copy of one record alone is a view of it
        car, episode, observation, info = (table[row : row + 1].copy().reshape(table.shape[1:]) for table in tables)
        _move_patches(car, -self._first_patch(row))
        image = None if self.images is None else self.images[row].copy()
        params = None if self._physics is None else self.world["params"][row].copy()
        return Snapshot(self.track_of(row).name, car, episode, observation, info, image, params)

    def restore(self, row: int, snapshot: Snapshot) -> None:
        """Put one car back into a state; it must be on the track the snapshot was taken on.

        Raises:
            ConfigError: another track, another observation, or drawn physics in an env of nominal one.
        """
        if snapshot.track != self.track_of(row).name:
            raise ConfigError(
                f"the snapshot is from track {snapshot.track!r}, this env is on {self.track_of(row).name!r}"
            )
        shapes = (self.observations.shape[1:], None if self.images is None else self.images.shape[1:])
        if (snapshot.observation.shape, None if snapshot.image is None else snapshot.image.shape) != shapes:
            raise ConfigError("the snapshot was taken with other observation settings")
        if (snapshot.params is None) != (self._physics is None):
            raise ConfigError("the snapshot was taken with other settings of physics")
        if snapshot.params is not None:
            self.world["params"][row] = snapshot.params
        car = snapshot.car.copy()
        car["track"], car["params"] = self.cars["track"][row], self.cars["params"][row]
        _move_patches(car, self._first_patch(row))
        self.cars[row], self.episodes[row] = car, snapshot.episode
        self.observations[row], self.info[row] = snapshot.observation, snapshot.info
        if self.images is not None and snapshot.image is not None:
            self.images[row] = snapshot.image

    def _first_patch(self, row: int) -> int:
        return int(self.world["tracks"]["patch_at"][self.cars["track"][row]])

    def report(self) -> dict[str, Any]:
        """Figures of a running game's connection; the simulator has none."""
        return {}

    def close(self) -> None:
        """Stop the worker threads; harmless when called twice."""
        if self._crew is not None:
            self._crew.close()

    def _make_headers(self) -> np.ndarray:
        headers = np.zeros(1, HEADER)
        buffers = {
            "cars": self.cars,
            "blank": self._blank,
            "task": self._task,
            "episodes": self.episodes,
            "actions": self.rows,
            "observations": self.observations,
            "info": self.info,
            "mask": self.mask,
        }
        for name, buffer in buffers.items():
            headers[name] = buffer.ctypes.data
        headers["count"] = self.count
        self.world.fill_header(headers)
        return headers


def compile_kernels() -> None:
    """Compile every kernel of the simulator into the cache: those of the environments and of the plain one."""
    for kernel in (step_batch, open_step, reset_masked):
        bind(kernel)
    bind(spawn_all)
    bind(drive_all)


def _terminal_outcomes(task: np.ndarray) -> list[int]:
    """Outcomes that are terminations under this task; the others that end an episode are truncations."""
    return [*TERMINAL_OUTCOMES, *([OUTCOMES.index("no_progress")] if task["idle_terminates"][0] else [])]


def _checked_start(start: Any) -> str | float:
    if isinstance(start, str) and start in ("line", "random"):
        return start
    try:
        return float(start)
    except (TypeError, ValueError):
        raise ConfigError(f'start must be "line", "random" or metres along the route, not {start!r}') from None


def _numbers(actions: Any, shape: tuple[int, ...]) -> np.ndarray:
    numbers = np.asarray(actions)
    if numbers.shape != shape or numbers.dtype.kind not in "fiub":
        raise ActionError(f"actions must be numbers in an array of shape {shape}, not {numbers.dtype} {numbers.shape}")
    return numbers


def _key_numbers(actions: Any, count: int) -> np.ndarray:
    numbers = np.asarray(actions).reshape(count)
    if numbers.dtype.kind not in "iu":
        raise ActionError(f"key actions are integers 0 to {len(KEY_NAMES) - 1}, not {numbers.dtype}")
    if ((numbers < 0) | (numbers >= len(KEY_NAMES))).any():
        raise ActionError(f"key actions lie between 0 and {len(KEY_NAMES) - 1}, not {numbers.tolist()}")
    return numbers


def _move_patches(car: np.ndarray, offset: int) -> None:
    """Shift the patch numbers a car remembers, which count from the start of the pools."""
    car["patch"][car["patch"] >= 0] += offset
    if car["nose_patch"] >= 0:
        car["nose_patch"] += offset
