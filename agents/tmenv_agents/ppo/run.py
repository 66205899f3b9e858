"""The state of a training run: cars, learner, counters; and what is done with it besides learning."""

import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tmenv_agents.errors import OptionError
from tmenv_agents.ppo import checkpoint
from tmenv_agents.ppo.args import Args
from tmenv_agents.ppo.display import Row
from tmenv_agents.ppo.environment import make_envs
from tmenv_agents.ppo.evaluate import Evaluation, Lap, drive_laps
from tmenv_agents.ppo.network import Policy, Shape
from tmenv_agents.ppo.rollout import Collector, Episodes
from tmenv_agents.ppo.update import make_optimizer

EVALUATION_STEP_COST = 0.1
"""Time of a vector step of evaluation over that of training, its share of the update included (measured)."""

SAVE_EVERY_S = 30.0
"""Pause between two ``last.pt``: what a power cut costs."""

PATIENCE = 2.0
"""Evaluation breaks off laps that take this many times as long as the fastest training lap."""

FIRST_PATIENCE_MS = 60_000.0
"""The same while no training lap has finished: a car that creeps along may need minutes to fail."""

RECENT_EPISODES = 512
"""Episodes behind the means in the display."""


@dataclass
class Counters:
    """What a resumed run goes on counting."""

    iteration: int = 0
    steps: int = 0
    seconds: float = 0.0
    evaluation_steps: int = 0
    training_lap_ms: int | None = None
    best_score: list[float] | None = None


def lap_ms(lap: Lap | None) -> int | None:
    """Race time of ``lap`` in ms if it finished."""
    return round(1000.0 * float(lap.time_s[-1])) if lap is not None and lap.finished else None


class Run:
    """Everything that lives as long as one call of ``train``."""

    def __init__(self, args: Args):
        self.args, self.folder = args, args.folder()
        self.envs, self.laps = make_envs(args, args.num_envs), make_envs(args, 2 * args.eval_laps)
        self.generator = torch.Generator().manual_seed(args.seed)
        self.policy = Policy(Shape.of(self.envs, args.hidden), self.generator)
        self.optimizer = make_optimizer(self.policy, args)
        self.counters = Counters()
        self.lap: Lap | None = None
        self.best_is_saved = False
        self.evaluation: Evaluation | None = None
        self.rows: list[Row] = []
        self.recent: deque[tuple[float, bool, float]] = deque(maxlen=RECENT_EPISODES)
        if args.resume is not None:
            self._resume(args.resume)
        self.collector = Collector(self.envs, self.policy, args.rollout_steps, self.generator)
        self.started_steps, self.before = self.counters.steps, self.counters.seconds
        self.saved = self.started = time.perf_counter()
        self._make_folder()

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OptionError(f"cannot write into {self.folder}: {error}") from error

    def _resume(self, path: Path) -> None:
        content = checkpoint.load(path)
        saved = checkpoint.policy_of(content, path)
        checkpoint.check_same_shape(saved.shape, self.policy.shape, path)
        self.policy.load_state_dict(saved.state_dict())
        self.optimizer.load_state_dict(content["optimizer"])
        self.generator.set_state(content["generator"])
        self.counters = Counters(**content["counters"])
        best = self.folder / "best.pt"
        if self.folder == path.parent and best.exists():
            self.lap = checkpoint.lap_of(checkpoint.load(best))
            self.best_is_saved = True
        else:  # a new folder has no best policy yet
            self.counters.best_score = None

    def start(self) -> None:
        """Put the cars on the line, and only then start the clock: the simulator may compile itself first."""
        seed = self.args.seed + self.counters.iteration
        self.collector.start(seed, warm_up=self.counters.iteration == 0)
        self.saved = self.started = time.perf_counter()

    def close(self) -> None:
        """Close the environments."""
        self.envs.close()
        self.laps.close()

    def spent(self) -> float:
        """Share of the budget that is used up."""
        self.counters.seconds = self.before + time.perf_counter() - self.started
        return self.args.spent(self.counters.steps, self.counters.seconds)

    def count(self, episodes: Episodes) -> None:
        """Take in an iteration and the episodes that ended in it."""
        self.counters.iteration += 1
        self.counters.steps += self.args.num_envs * self.args.rollout_steps
        rows = zip(episodes.progress.tolist(), episodes.finished.tolist(), episodes.returns.tolist(), strict=True)
        self.recent.extend(rows)
        laps = [*episodes.lap_ms.tolist(), self.counters.training_lap_ms]
        self.counters.training_lap_ms = min((ms for ms in laps if ms is not None), default=None)

    def evaluation_due(self) -> bool:
        """Whether evaluation has had less than its share of the time, counted in steps so that a seed repeats."""
        driven = self.counters.iteration * self.args.rollout_steps
        return EVALUATION_STEP_COST * self.counters.evaluation_steps < self.args.eval_share * driven

    def evaluate(self) -> dict[str, float]:
        """Drive the evaluation laps, keep the policy if it is the best so far, and report figures."""
        greedy = np.arange(self.laps.num_envs) < self.args.eval_laps
        seed = self.args.seed + self.counters.iteration
        fastest = self.counters.training_lap_ms
        patience = FIRST_PATIENCE_MS if fastest is None else PATIENCE * fastest
        seen = drive_laps(self.laps, self.policy, greedy, seed=seed, give_up_ms=patience)
        self.counters.evaluation_steps += seen.steps
        self.evaluation = seen
        score = list(seen.score())
        if self.counters.best_score is None or score > self.counters.best_score:
            self.counters.best_score, self.lap, self.best_is_saved = score, seen.lap, False
            self.save_best()
        return _figures(seen)

    def save_best(self) -> None:
        """Write ``best.pt``: what ``last.pt`` holds, and the lap."""
        lap = {} if self.lap is None else {"lap": checkpoint.lap_content(self.lap)}
        checkpoint.save(self.folder / "best.pt", self._content() | lap)
        self.best_is_saved = True

    def save_last(self) -> None:
        """Write ``last.pt``."""
        checkpoint.save(self.folder / "last.pt", self._content())
        self.saved = time.perf_counter()

    def save_last_now_and_then(self) -> None:
        """Write ``last.pt`` if the previous one is ``SAVE_EVERY_S`` old."""
        if time.perf_counter() - self.saved > SAVE_EVERY_S:
            self.save_last()

    def _content(self) -> dict[str, Any]:
        return checkpoint.policy_content(self.policy) | {
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "counters": asdict(self.counters),
            "args": self.args.plain(),
        }

    def row(self, losses: dict[str, float], evaluated: dict[str, float]) -> Row:
        """The iteration in figures."""
        progress, finish_rate, episode_return = np.mean(self.recent, axis=0).tolist() if self.recent else (0.0,) * 3
        last = self.evaluation.times_ms() if self.evaluation else []
        seconds = time.perf_counter() - self.started
        row = Row(
            seconds=self.before + seconds,
            steps=self.counters.steps,
            steps_per_s=(self.counters.steps - self.started_steps) / seconds,
            progress=progress,
            finish_rate=finish_rate,
            episode_return=episode_return,
            training_lap_ms=self.counters.training_lap_ms,
            last_lap_ms=int(last[0]) if len(last) else None,
            best_lap_ms=lap_ms(self.lap),
            evaluated=evaluated,
            losses=losses,
        )
        self.rows.append(row)
        return row

    def save_rest(self) -> None:
        """Save what is not saved yet."""
        self.spent()  # brings the clock up to date
        if not self.best_is_saved:  # stopped before the first evaluation, or while the file was being written
            self.save_best()
        self.save_last()


def _figures(seen: Evaluation) -> dict[str, float]:
    figures = {}
    for name, greedy in (("greedy", True), ("sampled", False)):
        figures[f"{name}_finish_rate"] = seen.finish_rate(greedy)
        figures[f"{name}_progress"] = seen.mean_progress(greedy)
        times = seen.times_ms(greedy) / 1000.0
        if len(times):
            figures[f"{name}_best_lap_s"] = float(times[0])
            figures[f"{name}_median_lap_s"] = float(np.median(times))
    return figures
