"""How far is the simulator from the games? Open-loop errors by stratum, horizon, baseline and ablation."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tmenv.calibration.courses import Courses
from tmenv.calibration.errors import BASELINES, Errors, measure
from tmenv.calibration.labels import GRIP, describe
from tmenv.calibration.recorded import Runs
from tmenv.calibration.windows import HORIZONS_S, Driver, Windows, cut
from tmenv.engine.params import make_record

Show = Callable[[Iterable[Any], str], Iterable[Any]] | None

ABLATION_HORIZON_S = 1.0
_ABLATION_WINDOWS = 6000
_NEAR_M = 0.5
GROUPS = {"all": None, "grip road": tuple(f"road {regime}" for regime in GRIP)}
"""Rows over several strata: None means every stratum."""


class Bench:
    """Runs, their worlds and their windows, ready to be driven with any parameters."""

    def __init__(self, runs: Runs, horizons_s: Iterable[float] = HORIZONS_S, show: Show = None):
        self.runs = runs
        traits = describe(runs)
        self.courses = Courses(runs, show)
        self.driver = Driver(runs, traits, self.courses)
        self.windows = {horizon: cut(runs, traits, self.courses, horizon) for horizon in horizons_s}

    def errors(self, data: dict[str, Any], kept: np.ndarray | None = None, show: Show = None) -> dict[float, Errors]:
        """Errors per horizon with the parameters of a file's data; ``kept`` (runs,) may leave runs out."""
        params = make_record(data)
        horizons = list(self.windows)
        result = {}
        for horizon in horizons if show is None else show(horizons, "driving"):
            windows = self.windows[horizon]
            chosen = windows if kept is None else windows.some(kept[windows.run])
            if len(chosen):
                result[horizon] = measure(self.driver, chosen, params)
        return result


def evaluate(bench: Bench, data: dict[str, Any], kept: np.ndarray | None = None, show: Show = None) -> dict[str, Any]:
    """Everything that ``tmenv calibrate evaluate`` prints, as plain data.

    Args:
        bench: the runs.
        data: parameters, as ``read_parameters`` returns them.
        kept: bool (runs,), which runs count; None means all.
        show: wraps what takes long in a progress bar.
    """
    errors = bench.errors(data, kept, show)
    runs = bench.runs
    seconds = runs.runs["samples"] * runs.runs["period_ms"] / 1000.0
    report = {
        "game": runs.game,
        "runs": int(len(runs.runs) if kept is None else kept.sum()),
        "seconds": round(float(seconds.sum() if kept is None else seconds[kept].sum()), 1),
        "strata": _strata(runs, errors),
        "baselines": {name: _strata(runs, errors, name) for name in BASELINES},
        "left_out": {f"{horizon:g}": bench.windows[horizon].dropped for horizon in errors},
    }
    if ABLATION_HORIZON_S in errors:
        one = errors[ABLATION_HORIZON_S]
        report["share_within_0.5_m_after_1_s"] = round(float(np.mean(one.position_m < _NEAR_M)), 4)
        report["ablations"] = ablations(bench, data, one.windows)
    return report


def _strata(runs: Runs, errors: dict[float, Errors], baseline: str | None = None) -> dict[str, dict[str, Any]]:
    """{stratum: {horizon: figures}}, groups first, then the strata by the number of their windows."""
    names, counts = np.unique(
        np.concatenate([e.windows.stratum for e in errors.values()]).astype(str), return_counts=True
    )
    table: dict[str, dict[str, Any]] = {}
    for name in [*GROUPS, *names[np.argsort(-counts)].tolist()]:
        members = GROUPS.get(name, (name,))
        for horizon, error in errors.items():
            stratum = error.windows.stratum
            chosen = np.ones(len(stratum), bool) if members is None else np.isin(stratum, members)
            if chosen.any():
                table.setdefault(name, {})[f"{horizon:.1f}"] = _figures(runs, error, chosen, baseline)
    return table


def _figures(runs: Runs, error: Errors, chosen: np.ndarray, baseline: str | None) -> dict[str, Any]:
    position = error.position_m if baseline is None else error.baselines_m[baseline]
    figures: dict[str, Any] = {
        "median_m": round(float(np.median(position[chosen])), 4),
        "p90_m": round(float(np.quantile(position[chosen], 0.9)), 3),
    }
    if baseline is not None:
        return figures
    run = np.unique(error.windows.run[chosen])
    return figures | {
        "speed_kmh": round(float(np.median(error.speed_kmh[chosen])), 3),
        "heading_deg": round(float(np.median(error.heading_deg[chosen])), 3),
        "n": int(chosen.sum()),
        "files": len(run),
        "drivers": len(np.unique(runs.runs["driver"][run])),
    }


ABLATIONS: dict[str, dict[str, Any]] = {
    "inputs a tick late": {"shift": 1},
    "inputs a tick early": {"shift": -1},
    "slide_limit 0.25": {"slide_limit": 0.25},
    "slide_limit 0.30": {"slide_limit": 0.30},
    "slide_limit 0.40": {"slide_limit": 0.40},
    "no halving of the brake": {"surfaces.16.halving": 1.0},
    "thrust_efficiency 0.987": {"thrust_efficiency": 0.987},
    "thrust_efficiency 1.000": {"thrust_efficiency": 1.0},
    "steering torque + 1 %": {"steer_torque": 1.01},
    "steering torque - 1 %": {"steer_torque": 0.99},
    "no roll of the body": {"roll_lever": 0.0},
}
"""What is changed, each alone. Numbers replace values, but those of lists multiply them; a shift moves the inputs."""


def ablations(bench: Bench, data: dict[str, Any], windows: Windows) -> dict[str, dict[str, float]]:
    """Median error after 1 s, m, of some strata with single laws changed: {change: {stratum: m}}."""
    rng = np.random.default_rng(0)
    if len(windows) > _ABLATION_WINDOWS:
        windows = windows.some(np.sort(rng.permutation(len(windows))[:_ABLATION_WINDOWS]))
    names = ("grip road", "road slide", "road brake", "dirt slide", "air", "all")
    table = {}
    for title, changes in {"as fitted": {}, **ABLATIONS}.items():
        shift = changes.get("shift", 0)
        changed = _changed(data, {name: value for name, value in changes.items() if name != "shift"})
        error = measure(Driver(bench.runs, bench.driver.traits, bench.courses, shift), windows, make_record(changed))
        table[title] = {}
        for name in names:
            members = GROUPS.get(name, (name,))
            chosen = np.ones(len(windows), bool) if members is None else np.isin(windows.stratum, members)
            if chosen.any():
                table[title][name] = round(float(np.median(error.position_m[chosen])), 4)
    return table


def _changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    parameters, surfaces = dict(data["parameters"]), dict(data["surfaces"])
    for name, value in changes.items():
        if name.startswith("surfaces."):
            _, material, column = name.split(".")
            surfaces[material] = surfaces[material] | {column: value}
        else:
            old = parameters[name]["value"]
            new = [value * item for item in old] if isinstance(old, list) else value
            parameters[name] = parameters[name] | {"value": new}
    return data | {"parameters": parameters, "surfaces": surfaces}
