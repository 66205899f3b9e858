"""Pictures of a training run: the driven line on the road, and the learning curve."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from tmenv_agents.ppo.display import Row
from tmenv_agents.ppo.evaluate import Lap


def road_borders(route: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right border of the road, (R, 2) world x and z in metres, of a track's ``route`` (R,)."""
    centre = np.stack([route["x"], route["z"]], axis=1).astype(np.float64)  # (R, 2)
    along = np.gradient(centre, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    left = np.stack([along[:, 1], -along[:, 0]], axis=1)
    return centre + left * route["border_left"][:, None], centre - left * route["border_right"][:, None]


def plot_line(path: Path, track: Any, lap: Lap, title: str) -> None:
    """Top view of the road with the driven line coloured by speed, as a PNG; ``track`` is a ``tmenv.track.Track``."""
    left, right = road_borders(track.route)
    figure = Figure(figsize=(10, 8), layout="constrained")
    axes = figure.add_subplot(title=title, xlabel="x, m", ylabel="z, m", aspect="equal")
    for border in (left, right):
        axes.plot(border[:, 0], border[:, 1], color="0.75", linewidth=1)
    for wall in track.plan_outline():
        axes.plot(wall[:, 0], wall[:, 1], color="0.4", linewidth=1)
    driven = lap.position[:, [0, 2]]  # (T, 2)
    pieces = LineCollection(list(np.stack([driven[:-1], driven[1:]], axis=1)), cmap="plasma", linewidths=2)
    pieces.set_array(lap.speed_kmh[1:])
    figure.colorbar(axes.add_collection(pieces), label="speed, km/h", shrink=0.7)
    for name, s, colour in (("start", 0.0, "tab:green"), ("finish", track.length_m, "tab:red")):
        row = int(np.argmin(np.abs(track.route["s"] - s)))
        axes.plot(*np.stack([left[row], right[row]], axis=1), color=colour, linewidth=4, label=name)
    if not lap.finished:
        axes.plot(*driven[-1], "kx", label="end of the drive")
    axes.legend(loc="best")
    axes.invert_yaxis()  # seen from above in a right-handed world with y up, z points down when x points right
    figure.savefig(path, dpi=120)


def plot_curve(path: Path, rows: Sequence[Row], author_s: float | None) -> None:
    """Progress and lap times over minutes of training, as a PNG."""
    figure = Figure(figsize=(9, 7), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    minutes = np.array([row.seconds for row in rows]) / 60.0
    above.plot(minutes, [100.0 * row.progress for row in rows], label="progress")
    above.plot(minutes, [100.0 * row.finish_rate for row in rows], label="finished")
    above.set(ylabel="training episodes, %", ylim=(0, 102))
    for name, style in (("greedy_best_lap_s", "o-"), ("sampled_best_lap_s", ".")):
        laps = [(row.seconds / 60.0, row.evaluated[name]) for row in rows if name in row.evaluated]
        if laps:
            below.plot(*zip(*laps, strict=True), style, markersize=4, label=f"{name.split('_')[0]} evaluation lap")
    if author_s is not None:
        below.axhline(author_s, color="0.4", linestyle="--", label="author")
    below.set(xlabel="minutes of training", ylabel="best lap, s")
    for axes in (above, below):
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="best")
    figure.savefig(path, dpi=120)
