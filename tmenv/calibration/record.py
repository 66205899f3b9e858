"""A fit becomes a parameter file: values with their standard errors and origin, and on what they rest."""

import copy
import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from tmenv.calibration.evaluate import GROUPS, Bench
from tmenv.calibration.fit import Fitted
from tmenv.calibration.split import Split
from tmenv.calibration.values import get
from tmenv.files import write_whole

_TRUSTED = 0.05
"""Largest standard error, as a share of the value, with which a fitted value replaces the old one."""
_DIGITS = 6
_SHOWN = (
    "all",
    *[name for name in GROUPS if name != "all"],
    "road brake",
    "road slide",
    "dirt slide",
    "air",
    "landing",
)


def record(out: Path, bench: Bench, start: dict[str, Any], fitted: Fitted, parts: Split, seed: int) -> dict[str, Any]:
    """Write the parameter file of a fit, and return its data.

    Numbers that the data say little about keep their old value and origin.

    Raises:
        OutputError: the file cannot be written.
    """
    result = copy.deepcopy(start)
    result["note"] = "written by tmenv calibrate fit; origin: fit, reported (by others), assumed (no data)"
    source = f"fitted on {fitted.windows} windows of {len(fitted.runs)} recorded runs"
    for name, value in fitted.values.items():
        if fitted.errors[name] <= _TRUSTED * abs(value):
            _write(result, name, value, fitted.errors[name], source)
    used = np.unique(bench.runs.runs["source"][fitted.runs])
    result["fit"] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seed": seed,
        "windows": fitted.windows,
        "runs": len(fitted.runs),
        "robust_cost": [round(cost, 1) for cost in fitted.cost],
        "median_m_after_1_s": {
            "fitted runs": _medians(bench, result, parts.fit),
            "held-out maps": _medians(bench, result, parts.held_out_maps),
            "held-out drivers": _medians(bench, result, parts.held_out_drivers),
        },
        "sha256": [bench.runs.sources[index][1] for index in used.tolist()],
    }
    write_whole(out, text(result).encode())
    return result


def table(start: dict[str, Any], result: dict[str, Any], fitted: Fitted) -> list[Table | str]:
    """What a fit changed, and its errors."""
    values = Table("parameter", "before", "after", "standard error", box=None)
    for name in fitted.values:
        values.add_row(name, f"{get(start, name):g}", f"{get(result, name):.5g}", f"{fitted.errors[name]:.2g}")
    medians = Table("median m after 1 s", *_SHOWN, box=None)
    for title, row in result["fit"]["median_m_after_1_s"].items():
        medians.add_row(title, *(f"{row[name]:.3f}" if name in row else "-" for name in _SHOWN))
    return [values, medians, f"{fitted.windows} windows of {len(fitted.runs)} runs"]


def text(data: dict[str, Any]) -> str:
    """A parameter file: a line for each parameter and each surface."""
    blocks = []
    for name, value in data.items():
        if name in ("parameters", "surfaces"):
            rows = [f"    {json.dumps(key)}: {json.dumps(row)}" for key, row in value.items()]
            blocks.append(f'  "{name}": {{\n' + ",\n".join(rows) + "\n  }")
        else:
            blocks.append(f"  {json.dumps(name)}: " + json.dumps(value, indent=2).replace("\n", "\n  "))
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def _write(data: dict[str, Any], name: str, value: float, error: float, source: str) -> None:
    first, *rest = name.split(".")
    value, error = float(f"{value:.{_DIGITS}g}"), float(f"{error:.2g}")
    if first == "surfaces":
        row = data["surfaces"][rest[0]]
        row[rest[1]] = value
        row.setdefault("standard_error", {})[rest[1]] = error
        row["origin"], row["source"] = "fit", source
        return
    item = data["parameters"][first]
    item["origin"], item["source"] = "fit", source
    if not rest:
        item["value"], item["standard_error"] = value, error
        return
    item["value"][int(rest[0])] = value
    errors = item.setdefault("standard_error", [None] * len(item["value"]))
    errors[int(rest[0])] = error


def _medians(bench: Bench, data: dict[str, Any], kept: np.ndarray) -> dict[str, float]:
    if not kept.any():
        return {}
    (error,) = bench.errors(data, kept).values()
    medians = {}
    for name in _SHOWN:
        members = GROUPS.get(name, (name,))
        chosen = np.ones(len(error.windows), bool) if members is None else np.isin(error.windows.stratum, members)
        if chosen.any():
            medians[name] = round(float(np.median(error.position_m[chosen])), 4)
    return medians
