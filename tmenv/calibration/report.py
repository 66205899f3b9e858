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


def parameter_rows(data: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """(name, value, standard error, unit, origin) of every number of a parameter file, as text, and its surfaces."""
    rows = [
        (name, _text(item["value"]), _text(item.get("standard_error")), item["unit"], item["origin"])
        for name, item in data["parameters"].items()
    ]
    for surface in data["surfaces"].values():
        values = ", ".join(f"{column} {surface[column]:g}" for column in _SURFACE_COLUMNS)
        errors = ", ".join(f"{column} {error:g}" for column, error in surface.get("standard_error", {}).items())
        rows.append((f"surface {surface['name']}", values, errors or "-", "factors", surface["origin"]))
    return rows


_SURFACE_COLUMNS = ("speed", "accel", "brake", "halving", "grip")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return "-" if value is None else f"{value:g}"


def markdown(report: dict[str, Any]) -> str:
    """The errors of one evaluation as Markdown tables."""
    horizons = list(next(iter(report["strata"].values())))
    lines = _markdown_head(["stratum", *(f"{h} s" for h in horizons), "speed, heading at 1 s", "n, runs, drivers"])
    for name, row in report["strata"].items():
        if max(figures["n"] for figures in row.values()) < _FEW_IN_MARKDOWN:
            continue
        cells = [f"{row[h]['median_m']:.3f} ({row[h]['p90_m']:.2f})" if h in row else "-" for h in horizons]
        first = row.get("1.0") or next(iter(row.values()))
        motion = f"{first['speed_kmh']:.2f} km/h, {first['heading_deg']:.2f}\N{DEGREE SIGN}"
        lines.append(_row([name, *cells, motion, f"{first['n']}, {first['files']}, {first['drivers']}"]))
    for name, strata in report["baselines"].items():
        cells = [f"{strata['all'][h]['median_m']:.2f}" if h in strata["all"] else "-" for h in horizons]
        lines.append(_row([f"*{name}, all*", *cells, "", ""]))
    if "ablations" in report:
        names = list(next(iter(report["ablations"].values())))
        lines += ["", *_markdown_head(["changed alone, median m after 1 s", *names])]
        lines += [_row([title, *(f"{row[name]:.3f}" for name in names)]) for title, row in report["ablations"].items()]
    return "\n".join(lines)


_FEW_IN_MARKDOWN = 20


def markdown_parameters(data: dict[str, Any]) -> str:
    """The parameters of a file as a Markdown table."""
    lines = _markdown_head(["parameter", "value", "standard error", "unit", "origin"])
    return "\n".join([*lines, *(_row(list(row)) for row in parameter_rows(data))])


def _markdown_head(titles: list[str]) -> list[str]:
    return [_row(titles), "|" + "---|" * len(titles)]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
