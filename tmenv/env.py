"""The single environment: the batch of one, with Gymnasium's face."""

from os import PathLike
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils import seeding

from tmenv.errors import ActionError, ConfigError, OrderError
from tmenv.interface import METADATA, eyes_of, make_batch, make_spec, observed, space_of
from tmenv.task.actions import KEY_NAMES, KEY_ROWS
from tmenv.task.batch import Snapshot
from tmenv.task.step import ALL_GOOD, ALONE
from tmenv.task.tables import INFO_NUMBERS, OUTCOMES, RUNNING

_FIRST = np.zeros(1, np.intp)
"""The one row of the batch."""


class TrackmaniaEnv(gym.Env):
    """One car on one track. The manual pages are the classes of ``tmenv.manual``; this class holds the mechanics."""

    metadata: ClassVar[dict[str, Any]] = METADATA

    def __init__(
        self,
        game: str,
        track: str | PathLike[str] | None = None,
        flatten: bool = True,
        backend: str = "sim",
        live: dict[str, Any] | None = None,
        render_mode: str | None = None,
        **task: Any,
    ):
        self.task = make_spec(game, backend, render_mode, task)
        self.render_mode = render_mode
        self._batch = make_batch(self.task, backend, live, track, 1)
        self._live = backend == "live"
        self._spec: EnvSpec | None = None
        groups = self.task.groups()
        self._groups = None if flatten else groups
        self.observation_names = [name for group in groups for name in group.entries]
        self.observation_space = space_of(self.task, flatten)
        self.action_space = self.task.action_space()
        self._keys = self.task.action == "keys"
        self._terminal = tuple(bool(over) for over in self._batch.terminal)
        # looked up once: a step takes about two microseconds
        self._advance, self._address = _before_reset, self._batch.address
        self._row, self._observation = self._batch.rows[0], self._batch.observations[0]
        self._position = self._batch.info["position"][0]
        self._told, self._numbers = self._batch.info.view(np.uint8).data, INFO_NUMBERS.unpack_from
        self._eyes, self._image = eyes_of(self._batch), None if self._batch.images is None else self._batch.images[0]
        self._screen = None

    @property
    def spec(self) -> EnvSpec | None:
        """Gymnasium's description of this env; in real time nothing repeats to the last bit, and it says so."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        if spec is not None and self._batch.realtime:
            spec.nondeterministic = True  # gym.make gives each env a copy of its own
        self._spec = spec

    @property
    def dt(self) -> float:
        """Seconds of one step."""
        return self.task.dt

    @property
    def sim_dt(self) -> float:
        """Seconds of one physics tick."""
        return self.task.sim_dt

    @property
    def n_substeps(self) -> int:
        """Physics ticks of one step."""
        return self.task.frame_skip

    def mean_substeps(self) -> float:
        """Physics sub-steps per tick since the last reset."""
        return self._batch.mean_substeps()

    @property
    def track(self):
        """The ``tmenv.track.Track`` the car is on."""
        return self._batch.track_of(0)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Start an episode.

        Args:
            seed: seeds random tracks, random starting points and latency.
            options: ``track`` (as the argument of the env, from now on), ``start`` (``"line"``, ``"random"`` or
                metres along the route, for this episode; over a gap the car starts on the road before it) or
                ``state`` (a ``Snapshot``: go on from there).

        Raises:
            ConfigError: unknown option, or a start that is not on the track.
            TrackError: a track that cannot be loaded.
            LiveError: the running game does not answer, or has another map loaded.
        """
        super().reset(seed=seed)
        self._batch.generators[0] = self.np_random
        options = dict(options or {})
        state = options.pop("state", None)
        if "track" in options:
            self._batch.assign(options.pop("track"))
        self._batch.set_start(options.pop("start", "line"))
        if options:
            raise ConfigError(f"unknown reset options {', '.join(sorted(options))}; known are track, start, state")
        if state is not None:
            self.restore(state)
        else:
            self._batch.mask[0] = 1
            self._batch.reset()
            self._batch.mask[0] = 0
            self._advance = self._batch.step_kernel
            if self._eyes is not None:
                self._eyes.start(_FIRST)
        observation, _, _, _, info = self._tell()
        return observation, info

    def step(self, action: Any):
        """Drive one step: returns observation, reward, terminated, truncated, info.

        Raises:
            ActionError: an action of the wrong shape, not finite, or a key number that does not exist.
            LiveError: the running game does not answer; ``reset`` starts anew.
            OrderError: the env was never reset.
        """
        try:
            self._row[...] = _row_of_key(action) if self._keys else action
        except (IndexError, TypeError, ValueError):
            expected = f"0 to {len(KEY_NAMES) - 1}" if self._keys else f"{len(self._row)} numbers"
            raise ActionError(f"action {action!r} is not {expected} (action={self.task.action!r})") from None
        if self._advance(self._address, ALONE) != ALL_GOOD:
            raise ActionError(f"the action is not finite: {self._row.tolist()}")
        if self._eyes is not None:
            self._eyes.follow(_FIRST)
        return self._tell()

    def _tell(self):
        """What ``step`` returns; spelled out in one place, because calls would take a twentieth of a step."""
        numbers = self._numbers(self._told)
        race_time, checkpoints, lap, finished, outcome, reward, a, b, c, d, e, speed, progress_m, progress = numbers
        terminated = self._terminal[outcome]
        truncated = outcome != RUNNING and not terminated
        info = {
            "race_time_ms": race_time,
            "progress_m": progress_m,
            "progress": progress,
            "checkpoints": checkpoints,
            "lap": lap,
            "position": self._position.copy(),
            "speed_kmh": speed,
            "finished": finished != 0,
            "outcome": OUTCOMES[outcome],
            "reward_terms": {"progress": a, "finish": b, "time": c, "checkpoint": d, "speed": e},
        }
        if self._live:
            info["live"] = self._batch.report()
        observation = self._observation.copy()
        if self._image is not None or self._groups is not None:
            observation = observed(observation, None if self._image is None else self._image.copy(), self._groups)
        return observation, reward, terminated, truncated, info

    def render(self) -> np.ndarray | None:
        """The car on its track, uint8 (360, 640, 3), from the env's ``camera``; None without a render mode.

        Raises:
            OrderError: the env was never reset.
        """
        if self.render_mode is None:
            return None
        if self._advance is _before_reset:
            _before_reset()
        if self._screen is None:
            from tmenv.pictures import Screen  # the renderer is loaded by those who look

            self._screen = Screen(self._batch, threads=1)
        return self._screen.draw()[0]

    def snapshot(self) -> Snapshot:
        """The whole state of the env; may be pickled, and restored any number of times."""
        return self._batch.snapshot(0)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot: the steps that follow are those that followed when it was taken.

        Raises:
            ConfigError: the snapshot is from another track or other observation settings.
        """
        self._batch.restore(0, snapshot)
        self._advance = self._batch.step_kernel

    def close(self) -> None:
        """Let go of the running game, if there is one, and stop what draws; may be called twice."""
        for part in ("_batch", "_eyes", "_screen"):  # Gymnasium closes what was never finished, too
            if getattr(self, part, None) is not None:
                getattr(self, part).close()


def _row_of_key(number: int) -> np.ndarray:
    if number < 0:
        raise IndexError
    return KEY_ROWS[number]


def _before_reset(*_: int) -> int:
    raise OrderError("the env has not been reset: call reset() first")


def generator_of(seed: int | None) -> np.random.Generator:
    """The random generator an env seeded with ``seed`` uses."""
    return seeding.np_random(seed)[0]
