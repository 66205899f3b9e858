"""Tables and JSON of ``tmenv calibrate``."""

import json
from typing import Any

from rich.table import Table

from tmenv.calibration.recorded import Runs
from tmenv.calibration.windows import Windows

_FEW = 3


def inventory(runs: Runs, windows: dict[float, Windows]) -> list[Table | str]:
    """What a folder of runs holds: windows, files and drivers of each stratum, and what was left out."""
    head = f"{runs.game}: {len(runs.runs)} runs, {runs.seconds / 3600:.2f} h, {len(runs.maps)} maps"
    table = Table("stratum", *(f"windows of {h:g} s" for h in windows), "runs", "drivers", box=None)
    counts = _counts(runs, windows)
    for name, row in sorted(counts.items(), key=lambda item: -sum(item[1]["n"].values())):
        figures = [str(row["n"].get(h, 0)) for h in windows]
        table.add_row(name, *figures, str(len(row["runs"])), str(len(row["drivers"])))
    left = Table("left out", "", box=None)
    for reason, count in runs.rejected.items():
        left.add_row(f"runs or files: {reason}", str(count))
    for horizon, some in windows.items():
        for reason, count in some.dropped.items():
            left.add_row(f"windows of {horizon:g} s: {reason}", str(count))
    return [head, table, left]


def _counts(runs: Runs, windows: dict[float, Windows]) -> dict[str, dict[str, Any]]:
    counts: dict[str, dict[str, Any]] = {}
    for horizon, some in windows.items():
        for name in set(some.stratum.tolist()):
            row = counts.setdefault(name, {"n": {}, "runs": set(), "drivers": set()})
            chosen = some.run[some.stratum == name]
            row["n"][horizon] = len(chosen)
            row["runs"] |= set(chosen.tolist())
            row["drivers"] |= set(runs.runs["driver"][chosen].tolist())
    return counts


def errors(report: dict[str, Any]) -> list[Table | str]:
    """The tables of one evaluation."""
    horizons = list(next(iter(report["strata"].values())))
    shown = {name: row for name, row in report["strata"].items() if max(f["n"] for f in row.values()) >= _FEW}
    table = Table("median (p90) m after s", *horizons, "speed km/h, heading deg at 1 s", "n, runs, drivers", box=None)
    for name, row in shown.items():
        cells = [f"{row[h]['median_m']:.3f} ({row[h]['p90_m']:.2f})" if h in row else "-" for h in horizons]
        first = row.get("1.0") or next(iter(row.values()))
        motion = f"{first['speed_kmh']:.2f}, {first['heading_deg']:.2f}"
        table.add_row(name, *cells, motion, f"{first['n']}, {first['files']}, {first['drivers']}")
    parts: list[Table | str] = [
        f"{report['game']}: {report['runs']} runs, {report['seconds'] / 3600:.2f} h",
        table,
        _baselines(report, horizons),
    ]
    if "ablations" in report:
        parts += [
            f"share of 1 s windows within 0.5 m: {report['share_within_0.5_m_after_1_s']:.1%}",
            _ablations(report["ablations"]),
        ]
    return parts


def _baselines(report: dict[str, Any], horizons: list[str]) -> Table:
    table = Table("baseline, all windows, median m after s", *horizons, box=None)
    for name, strata in report["baselines"].items():
        row = strata["all"]
        table.add_row(name, *(f"{row[h]['median_m']:.2f}" if h in row else "-" for h in horizons))
    return table


def _ablations(ablations: dict[str, dict[str, float]]) -> Table:
    names = list(next(iter(ablations.values())))
    table = Table("changed alone, median m after 1 s", *names, box=None)
    for title, row in ablations.items():
        table.add_row(title, *(f"{row[name]:.3f}" for name in names))
    return table


def as_json(reports: list[dict[str, Any]]) -> str:
    """One object, or a list of them for data of both games."""
    return json.dumps(reports[0] if len(reports) == 1 else reports, indent=1)
