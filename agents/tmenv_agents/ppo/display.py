"""What a person sees of a run: a live table in a terminal, otherwise a line now and then; and TensorBoard scalars."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

LINE_EVERY_S = 10.0
"""Pause between two lines where there is no terminal."""


@dataclass(frozen=True)
class Row:
    """One iteration in figures. Lap times are race times in ms; None: no such lap so far.

    Attributes:
        seconds, steps: since the very start of the run, resumed parts included.
        steps_per_s: environment steps per second since this process started training.
        progress, finish_rate, episode_return: means of the latest training episodes, 0 to 1 the first two.
        training_lap_ms: fastest training episode so far.
        last_lap_ms: fastest greedy lap of the latest evaluation.
        best_lap_ms: lap of the best policy so far.
        evaluated: figures of the evaluation that followed this iteration, empty if none did.
        losses: figures of the update.
    """

    seconds: float
    steps: int
    steps_per_s: float
    progress: float
    finish_rate: float
    episode_return: float
    training_lap_ms: int | None
    last_lap_ms: int | None
    best_lap_ms: int | None
    evaluated: dict[str, float] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)


def lap_text(ms: float | None) -> str:
    """69530 -> ``1:09.530``; None -> ``-``."""
    if ms is None:
        return "-"
    minutes, rest = divmod(round(ms), 60_000)
    return f"{minutes}:{rest / 1000:06.3f}" if minutes else f"{rest / 1000:.3f}"


class Display:
    """Context manager that shows rows as they come."""

    def __init__(self, title: str, author_time_s: float | None, quiet: bool):
        self.title, self.quiet = title, quiet
        self.author_ms = None if author_time_s is None else 1000.0 * author_time_s
        self.console = Console()
        self.live = Live(console=self.console) if self.console.is_terminal and not quiet else None
        self.latest: Row | None = None
        self.next_line = 0.0

    def __enter__(self) -> "Display":
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()
        elif self.latest:
            self._line(self.latest)

    def show(self, row: Row) -> None:
        """Replace the table, or print a line if the last one is a while ago."""
        if self.live:
            self.live.update(self._table(row))
        elif time.monotonic() >= self.next_line:
            self.next_line = time.monotonic() + LINE_EVERY_S
            self._line(row)
            self.latest = None
        else:
            self.latest = row

    def _cells(self, row: Row) -> list[tuple[str, str]]:
        return [
            ("time", f"{row.seconds:.0f} s"),
            ("steps", f"{row.steps / 1e6:.2f} M"),
            ("steps/s", f"{row.steps_per_s / 1e3:.1f} k"),
            ("progress", f"{100 * row.progress:.1f} %"),
            ("finishes", f"{100 * row.finish_rate:.0f} %"),
            ("last lap", lap_text(row.last_lap_ms)),
            ("best lap", lap_text(row.best_lap_ms)),
            ("best in training", lap_text(row.training_lap_ms)),
            ("author", lap_text(self.author_ms)),
            ("policy loss", f"{row.losses['policy_loss']:+.4f}"),
            ("value loss", f"{row.losses['value_loss']:.4f}"),
            ("entropy", f"{row.losses['entropy']:.3f}"),
        ]

    def _table(self, row: Row) -> Table:
        table = Table(title=self.title, show_header=False)
        for name, text in self._cells(row):
            table.add_row(name, text)
        return table

    def _line(self, row: Row) -> None:
        if not self.quiet:
            print("  ".join(f"{name} {text}" for name, text in self._cells(row)), flush=True)


class Board:
    """Context manager that writes rows as TensorBoard scalars over steps."""

    def __init__(self, folder: Path):
        # Imported here: it takes longer to load than everything else, and only a training run needs it.
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder))

    def __enter__(self) -> "Board":
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def write(self, row: Row) -> None:
        """Add every figure that ``row`` has."""
        groups: dict[str, dict[str, Any]] = {
            "train": {
                "progress": row.progress,
                "finish_rate": row.finish_rate,
                "return": row.episode_return,
                "steps_per_s": row.steps_per_s,
                "best_lap_s": row.training_lap_ms and row.training_lap_ms / 1000.0,
            },
            "evaluation": row.evaluated,
            "update": row.losses,
        }
        for group, figures in groups.items():
            for name, value in figures.items():
                if value is not None:
                    self.writer.add_scalar(f"{group}/{name}", value, row.steps)
