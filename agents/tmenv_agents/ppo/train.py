"""The recipe: drive, estimate advantages, update, count, evaluate, save, show; until the budget is spent."""

from dataclasses import dataclass
from pathlib import Path

import torch

from tmenv_agents.interrupt import undisturbed
from tmenv_agents.ppo.args import Args
from tmenv_agents.ppo.checkpoint import load_policy
from tmenv_agents.ppo.display import Board, Display, Row
from tmenv_agents.ppo.evaluate import Evaluation, Lap
from tmenv_agents.ppo.network import Policy
from tmenv_agents.ppo.run import Run, lap_ms
from tmenv_agents.ppo.update import update


@dataclass(frozen=True)
class Result:
    """What a run leaves behind.

    Attributes:
        folder: holds ``best.pt``, ``last.pt`` and the TensorBoard scalars.
        steps, seconds: since the very start, resumed parts included.
        interrupted: whether Ctrl+C ended the run before its budget.
        policy: the best one (``best.pt``): fastest finished evaluation lap, else furthest progress.
        lap: its evaluation lap; None if the run ended before the first evaluation.
        training_lap_ms: fastest training episode, with sampled actions; None if none finished.
        evaluation: the latest one; None if the run ended before the first.
        rows: one per iteration of this process.
    """

    folder: Path
    steps: int
    seconds: float
    interrupted: bool
    policy: Policy
    lap: Lap | None
    training_lap_ms: int | None
    evaluation: Evaluation | None
    rows: list[Row]

    @property
    def best_lap_ms(self) -> int | None:
        """Race time of ``lap`` if it finished."""
        return lap_ms(self.lap)


def train(args: Args, author_time_s: float | None = None) -> Result:
    """Train a driver until the budget is spent or Ctrl+C is pressed.

    Args:
        args: every option.
        author_time_s: shown beside the laps, if known.

    Raises:
        tmenv.errors.TmenvError: an option, the environment or the checkpoint to resume does not fit.
    """
    args.check()
    torch.set_num_threads(args.threads)
    run, interrupted = Run(args), False
    title = f"{args.env_id.rpartition(':')[2]}  {Path(args.track or '').name}"
    try:
        with Display(title, author_time_s, args.quiet) as display, Board(run.folder) as board:
            _learn(run, display, board)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        with undisturbed():
            run.close()
    with undisturbed():
        run.save_rest()
        return _result(run, interrupted)


def _learn(run: Run, display: Display, board: Board) -> None:
    args, collector, policy = run.args, run.collector, run.policy
    run.start()
    while (spent := run.spent()) < 1.0:
        episodes = collector.collect()
        batch = collector.batch(args.gamma, args.gae_lambda)
        policy.rescale_value(batch.returns)
        losses = update(policy, run.optimizer, batch, args, left=1.0 - spent, generator=run.generator)
        policy.observations.update(collector.raw.flatten(0, 1))
        run.count(episodes)
        evaluated = run.evaluate() if run.evaluation_due() or run.spent() >= 1.0 else {}
        run.save_last_now_and_then()
        row = run.row(losses, evaluated)
        display.show(row)
        board.write(row)


def _result(run: Run, interrupted: bool) -> Result:
    return Result(
        folder=run.folder,
        steps=run.counters.steps,
        seconds=run.counters.seconds,
        interrupted=interrupted,
        policy=load_policy(run.folder / "best.pt"),
        lap=run.lap,
        training_lap_ms=run.counters.training_lap_ms,
        evaluation=run.evaluation,
        rows=run.rows,
    )
