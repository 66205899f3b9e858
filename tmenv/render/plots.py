"""``write_plot``: laps compared over the distance they drove, as one picture."""

import os
from collections.abc import Sequence

import numpy as np

from tmenv.errors import ConfigError, LapError
from tmenv.files import replacing
from tmenv.render.laps import Lap

_STEP_M = 1.0
_FORMATS = (".png", ".svg", ".pdf")


def write_plot(path: str | os.PathLike[str], laps: Sequence[Lap]) -> None:
    """Speed, gear, steering, pedals and time lost against the first lap, over route metres.

    Args:
        path: ``.png``, ``.svg`` or ``.pdf``; replaced only once the new one is complete.
        laps: at least one; the first is the reference.

    Raises:
        LapError: no lap.
        ConfigError: another kind of file.
        OutputError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    if not laps:
        raise LapError("there is no lap to plot")
    if os.path.splitext(path)[1].lower() not in _FORMATS:
        raise ConfigError(f"{os.fspath(path)!r}: a plot is written as {', '.join(_FORMATS)}")
    rows = _panels(laps)
    figure = Figure(figsize=(12, 2.2 * len(rows) + 0.6), layout="constrained")
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (label, draw) in zip(axes, rows, strict=True):
        for number, lap in enumerate(laps):
            draw(axis, lap, f"C{number}")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[0].set_title(laps[0].track.name)
    axes[0].legend([_title(lap) for lap in laps], loc="lower right")
    axes[-1].set_xlabel("metres along the route")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _title(lap: Lap) -> str:
    return f"{lap.name} ({lap.time_s[-1]:.2f} s)"


def _panels(laps: Sequence[Lap]):
    rows = [("speed, km/h", lambda axis, lap, colour: axis.plot(lap.metres, lap.speed_kmh, color=colour))]
    if any(lap.gear is not None for lap in laps):
        rows.append(("gear", _plot_gear))
    rows.append(("steering", lambda axis, lap, colour: axis.plot(lap.metres, lap.steer, color=colour, linewidth=1)))
    rows.append(("gas up, brake down", _plot_pedals))
    if len(laps) > 1:
        rows.append(("time lost, s", lambda axis, lap, colour: axis.plot(*time_lost(lap, laps[0]), color=colour)))
    return rows


def _plot_gear(axis, lap: Lap, colour: str) -> None:
    gear = np.full(len(lap.metres), np.nan) if lap.gear is None else lap.gear
    axis.step(lap.metres, gear, where="post", color=colour)


def _plot_pedals(axis, lap: Lap, colour: str) -> None:
    for pedal, sign in ((lap.gas, 1.0), (lap.brake, -1.0)):
        axis.fill_between(lap.metres, 0.0, sign * pedal, step="post", color=colour, alpha=0.35, linewidth=0)


def time_lost(lap: Lap, reference: Lap) -> tuple[np.ndarray, np.ndarray]:
    """Seconds that ``lap`` is behind ``reference`` at the same place: (metres, seconds), where both have been."""
    start = max(lap.metres[0], reference.metres[0])
    end = min(lap.metres.max(), reference.metres.max())
    metres = np.arange(start, max(end, start) + _STEP_M / 2, _STEP_M)
    return metres, _first_time(lap, metres) - _first_time(reference, metres)


def _first_time(lap: Lap, metres: np.ndarray) -> np.ndarray:
    """When a lap first was at least so far."""
    reached = np.maximum.accumulate(lap.metres)
    fresh = np.concatenate([[True], np.diff(reached) > 0.0])
    return np.interp(metres, reached[fresh], lap.time_s[fresh])
