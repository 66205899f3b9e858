"""Figures as a table for people or as JSON for programs."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from rich.table import Table

from tmenv.bench.figure import Figure

NOT_INSTALLED = "not installed"


def as_json(figures: Iterable[Figure]) -> str:
    """A JSON list with one object per figure."""
    return json.dumps([asdict(figure) for figure in figures], indent=1)


def as_table(figures: Iterable[Figure]) -> Table:
    """One row per figure; speed and sub-steps stand beside each value that depends on them."""
    table = Table("measured", "what", box=None)
    for column in ("value", "unit", "envs", "threads", "driving", "mean m/s", "sub-steps/tick", "x CarRacing"):
        table.add_column(column, justify="right")
    for figure in figures:
        table.add_row(*_cells(figure))
    return table


def _cells(figure: Figure) -> list[str]:
    value = NOT_INSTALLED if figure.value is None else _rounded(figure.value)
    counts = [str(count or "") for count in (figure.num_envs, figure.threads)]
    pace = ["" if mean is None else f"{mean:.1f}" for mean in (figure.mean_speed_mps, figure.mean_substeps)]
    times = "" if figure.times_car_racing is None else _rounded(figure.times_car_racing)
    return [figure.name, figure.metric, value, figure.unit, *counts, figure.regime or "", *pace, times]


def _rounded(value: float) -> str:
    """Three figures: more would be noise."""
    return f"{float(f'{value:.3g}'):,.10g}"
