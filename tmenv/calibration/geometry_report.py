"""The comparison of tracks and recorded runs as tables for people or JSON for programs."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict

from rich.markup import escape
from rich.table import Table

from tmenv.calibration.geometry import Comparison, Figures, by_block, by_game, by_map


def as_json(compared: Sequence[Comparison]) -> str:
    """An object with ``games``, ``maps`` and ``blocks``; what is not finite is null."""
    parts = {
        "games": [_plain(row) for row in by_game(compared)],
        "maps": [_plain(row) for row in by_map(compared)],
        "blocks": [_plain(row) for row in by_block(compared)],
    }
    return json.dumps(parts, indent=1, allow_nan=False)


def _plain(row: Figures) -> dict[str, object]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in asdict(row).items()
    }


def tables(compared: Sequence[Comparison], rows: int) -> list[Table]:
    """Per map and per block, worst first; the first rows of the maps are the sums of the games."""
    return [
        _table("map", [*by_game(compared), *by_map(compared)]),
        _table("block, most contacts off the surface first", by_block(compared)[:rows]),
    ]


def _table(title: str, rows: Sequence[Figures]) -> Table:
    table = Table(title, box=None)
    for column in ("contacts", "files", "within 5 cm %", "within 2 cm %", "median mm", "p95 mm"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            escape(row.name),
            str(row.contacts),
            str(row.files),
            f"{100 * row.near:.2f}",
            f"{100 * row.close:.2f}",
            _millimetres(row.median_m),
            _millimetres(row.p95_m),
        )
    return table


def _millimetres(metres: float) -> str:
    return f"{1000 * metres:.0f}" if math.isfinite(metres) else "-"
