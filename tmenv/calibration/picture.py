"""The picture of the error against the horizon."""

from pathlib import Path
from typing import Any

from tmenv.calibration.windows import HORIZONS_S
from tmenv.errors import ConfigError
from tmenv.files import replacing

_SHOWN = 8


def draw(reports: list[dict[str, Any]], path: Path) -> None:
    """Save a picture (by its suffix: .png, .svg, .pdf) with a panel for each report.

    Raises:
        ConfigError: matplotlib is missing.
        OutputError: the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError('pictures need matplotlib: pip install "tmenv[plot]"') from None
    figure = Figure(figsize=(8.0 * len(reports), 5.0), layout="constrained")
    for axes, report in zip(figure.subplots(1, len(reports), squeeze=False)[0], reports, strict=True):
        strata = report["strata"]
        names = [name for name in strata if len(strata[name]) > 1][:_SHOWN]
        for name in names:
            horizons = [float(horizon) for horizon in strata[name]]
            medians = [figures["median_m"] for figures in strata[name].values()]
            axes.loglog(horizons, medians, marker="o", label=name, linewidth=2.5 if name == "all" else 1.2)
        for name, table in report["baselines"].items():
            row = table["all"]
            medians = [figures["median_m"] for figures in row.values()]
            axes.loglog([float(horizon) for horizon in row], medians, "k:", alpha=0.6, label=f"{name} (all)")
        axes.set(title=report["game"], xlabel="seconds without correction", ylabel="median distance, m")
        axes.set_xticks(list(HORIZONS_S), [f"{horizon:g}" for horizon in HORIZONS_S])
        axes.minorticks_off()
        axes.grid(True, alpha=0.25)
        axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=80)
