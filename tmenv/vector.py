"""The vector environment: N cars in one kernel call, with Gymnasium's three ways of resetting."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, ClassVar

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from tmenv.env import generator_of
from tmenv.errors import ConfigError, OrderError
from tmenv.interface import METADATA, describe_infos, eyes_of, make_batch, make_spec, observed, space_of
from tmenv.task.batch import Snapshot
from tmenv.task.results import Results
from tmenv.task.tables import RUNNING
from tmenv.threads import thread_count


class TrackmaniaVectorEnv(VectorEnv):
    """``num_envs`` cars; row i behaves, bit for bit, like the single env with row i's seed and actions.

    Args as the single env's, and:

    Args:
        num_envs: number of cars.
        track: one track for all, or a list that is dealt out in turn; ``"random"``, ``"random:train"`` and the like
            give each car a new random track at each of its resets.
        autoreset_mode: ``NEXT_STEP`` (default: the step after the end ignores its action and returns the first
            observation of the new episode), ``SAME_STEP`` (the step that ends an episode returns the new
            episode's observation; ``info`` has ``final_obs``, ``final_info`` and their masks) or ``DISABLED``
            (reset with ``options={"reset_mask": bool (N,)}``).
        threads: worker threads, or ``"auto"`` for one per core; small batches use fewer. Results do not
            depend on it.
    """

    metadata: ClassVar[dict[str, Any]] = METADATA

    def __init__(
        self,
        game: str,
        num_envs: int = 1,
        track: str | PathLike[str] | Sequence[str] | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        threads: int | str = 1,
        flatten: bool = True,
        backend: str = "sim",
        live: dict[str, Any] | None = None,
        render_mode: str | None = None,
        **task: Any,
    ):
        if isinstance(num_envs, bool) or not isinstance(num_envs, int | np.integer) or num_envs < 1:
            raise ConfigError(f"num_envs must be a positive integer, not {num_envs!r}")
        if task.get("max_episode_steps", 0) is None:
            del task["max_episode_steps"]
        self.task = make_spec(game, backend, render_mode, task)
        self.num_envs, self.render_mode = int(num_envs), render_mode
        self.autoreset_mode = _autoreset_mode(autoreset_mode)
        # per instance, as Gymnasium reads it
        self.__dict__["metadata"] = {**type(self).metadata, "autoreset_mode": self.autoreset_mode}
        self._threads = thread_count(threads)
        self._batch = make_batch(self.task, backend, live, track, self.num_envs, self._threads)
        self._eyes, self._screen = eyes_of(self._batch, self._threads), None
        groups = self.task.groups()
        self._groups = None if flatten else groups
        self.observation_names = [name for group in groups for name in group.entries]
        self.single_observation_space = space_of(self.task, flatten)
        self.single_action_space = self.task.action_space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._over, self._begun = np.zeros(num_envs, bool), False

    @property
    def dt(self) -> float:
        """Seconds of one step."""
        return self.task.dt

    def track_of(self, row: int):
        """The ``tmenv.track.Track`` of a car."""
        return self._batch.track_of(row)

    def mean_substeps(self) -> float:
        """Physics sub-steps per tick since the cars' last resets."""
        return self._batch.mean_substeps()

    def reset(self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None):
        """Start episodes.

        Args:
            seed: row i gets ``seed + i``, or ``seed[i]``: results of a row do not depend on the number of rows.
            options: ``track`` and ``start`` as in the single env, or lists with one entry per car; they also hold
                for the automatic resets until the next call. ``reset_mask``: bool (N,), reset only these.

        Raises:
            ConfigError: unknown option, or one of the wrong shape.
        """
        options = dict(options or {})
        mask = self._reset_mask(options.pop("reset_mask", None))
        self._seed(seed)
        if "track" in options:
            self._batch.assign(options.pop("track"))
        self._batch.set_start(options.pop("start", "line"))
        if options:
            raise ConfigError(f"unknown reset options {', '.join(sorted(options))}; known are track, start, reset_mask")
        self._reset(mask)
        results = self._batch.results()
        return self._observed(results.observations), describe_infos(results)

    def step(self, actions: Any):
        """One step of every car: observations, rewards (N,), terminations (N,), truncations (N,), infos.

        Raises:
            ActionError: an action of the wrong shape or not finite; no car has moved.
            OrderError: the envs were never reset.
        """
        self._check_order()
        self._batch.set_actions(actions)
        around = self.autoreset_mode == AutoresetMode.NEXT_STEP and self._over.any()
        results = self._step_around_resets() if around else self._advance()
        terminated = self._batch.terminal.take(results.outcomes)
        self._over = results.outcomes != RUNNING
        truncated = self._over & ~terminated
        described = describe_infos(results)
        if self.autoreset_mode == AutoresetMode.SAME_STEP and self._over.any():
            results, described = self._reset_ended(results, described)
        return self._observed(results.observations), results.rewards, terminated, truncated, described

    def _check_order(self) -> None:
        if not self._begun:
            raise OrderError("the envs have not been reset: call reset() first")

    def _step_around_resets(self) -> Results:
        """Cars whose episode has ended begin a new one; the others drive. One result for all."""
        ended = self._over
        self._reset(ended)
        self._batch.mask[:] = ended
        try:
            return self._advance()
        finally:
            self._batch.mask[:] = 0

    def _advance(self) -> Results:
        """One step of the cars that are not masked, and a look at where it took them."""
        results = self._batch.advance()
        if self._eyes is None:
            return results
        driven = np.flatnonzero(self._batch.mask == 0)
        if len(driven):
            self._eyes.follow(driven)
        return self._batch.results()  # what was seen may be among the numbers

    def _reset_ended(self, results: Results, described: dict[str, Any]) -> tuple[Results, dict[str, Any]]:
        """SAME_STEP: keep the last observation and info of ended episodes and start new ones."""
        ended = self._over
        final_obs = np.full(self.num_envs, None, dtype=object)
        for row in np.flatnonzero(ended):
            final_obs[row] = self._observed(self._batch.observations[row].copy(), row)
        self._reset(ended)
        fresh = self._batch.results()._replace(rewards=results.rewards)
        extra = {
            "final_obs": final_obs,
            "_final_obs": ended.copy(),
            "final_info": described,
            "_final_info": ended.copy(),
        }
        return fresh, {**describe_infos(fresh), "reward_terms": described["reward_terms"], **extra}

    def _reset(self, mask: np.ndarray) -> None:
        self._batch.mask[:] = mask
        self._batch.reset()
        self._batch.mask[:] = 0
        if self._eyes is not None:
            self._eyes.start(np.flatnonzero(mask))
        self._over, self._begun = self._over & ~mask, True

    def _reset_mask(self, mask: Any) -> np.ndarray:
        if mask is None:
            return np.ones(self.num_envs, bool)
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.shape != (self.num_envs,) or not mask.any():
            raise ConfigError(f"reset_mask must be a bool array of shape ({self.num_envs},) with at least one True")
        return mask

    def _seed(self, seed: int | Sequence[int | None] | None) -> None:
        if seed is None:
            return
        seeds = [seed + row for row in range(self.num_envs)] if isinstance(seed, int | np.integer) else list(seed)
        if len(seeds) != self.num_envs:
            raise ConfigError(f"{len(seeds)} seeds for {self.num_envs} envs")
        for row, one in enumerate(seeds):
            if one is not None:
                self._batch.generators[row] = generator_of(int(one))

    def _observed(self, numbers: np.ndarray, rows: Any = ...) -> Any:
        images = self._batch.images
        return observed(numbers, None if images is None else images[rows].copy(), self._groups)

    def render(self) -> tuple[np.ndarray, ...] | None:
        """Each car on its track, N times uint8 (360, 640, 3), from the env's ``camera``; None without a render mode.

        Raises:
            OrderError: the envs were never reset.
        """
        if self.render_mode is None:
            return None
        self._check_order()
        if self._screen is None:
            from tmenv.pictures import Screen  # the renderer is loaded by those who look

            self._screen = Screen(self._batch, self._threads)
        return tuple(self._screen.draw())

    def snapshot(self, row: int) -> Snapshot:
        """The whole state of one car; may be restored into a single env, too."""
        return self._batch.snapshot(row)

    def restore(self, row: int, snapshot: Snapshot) -> None:
        """Put one car back into a state taken on the same track."""
        self._batch.restore(row, snapshot)
        self._over[row] = bool(snapshot.info["outcome"] != 0)

    def close_extras(self, **_: Any) -> None:
        """Stop the worker threads, and let go of the running game, if there is one."""
        for part in ("_batch", "_eyes", "_screen"):  # Gymnasium closes what was never finished, too
            if getattr(self, part, None) is not None:
                getattr(self, part).close()


def _autoreset_mode(mode: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        names = ", ".join(repr(one.value) for one in AutoresetMode)
        raise ConfigError(f"autoreset_mode must be one of {names}, not {mode!r}") from None
