"""A picture of a track: plan and height profile."""

import os

import numpy as np

from tmenv.errors import TmenvError
from tmenv.files import replacing
from tmenv.track import ribbon
from tmenv.track.tables import CHECKPOINT, ROUND, WALL
from tmenv.track.track import Track

_FORMATS = (".png", ".svg", ".pdf")
_CHORD_M = 4.0


def draw(track: Track, path: str | os.PathLike[str]) -> None:
    """Write the picture of a track; the format follows from the suffix.

    Raises:
        TmenvError: matplotlib is not installed, or the suffix names no format.
        OutputError: the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TmenvError("pictures need matplotlib: pip install tmenv[plot]") from error
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _FORMATS:
        raise TmenvError(f"{os.fspath(path)!r}: a picture ends in {', '.join(_FORMATS)}")
    figure = Figure(figsize=(10, 12), layout="constrained")
    plan, profile = figure.subplots(2, 1, height_ratios=(3, 1))
    _draw_plan(plan, track)
    _draw_profile(profile, track)
    mark = ", approximate" if track.approximate else ""
    figure.suptitle(f"{track.name} ({track.game}), {track.length_m:.0f} m{mark}")
    with replacing(path) as temporary:
        figure.savefig(temporary, format=suffix[1:], dpi=110)


def _draw_plan(axes, track: Track) -> None:
    for number in range(len(track.patches)):
        row = track.patches[number : number + 1]
        outline = _outline(row)
        if row["surface"][0] == WALL:
            axes.plot(*outline, color="0.4", linewidth=0.8)
        else:
            axes.fill(*outline, color="0.85", linewidth=0)
    route = track.route
    shown = axes.scatter(route["x"], route["z"], c=route["y"], s=3, cmap="viridis")
    axes.figure.colorbar(shown, ax=axes, label="height, m", shrink=0.6)
    for gate in track.waypoints:
        half = min(float(gate["half_width"]), 16.0)
        x = gate["x"] + np.array([-half, half]) * gate["nz"]
        z = gate["z"] - np.array([-half, half]) * gate["nx"]
        axes.plot(x, z, color="tab:orange" if gate["kind"] == CHECKPOINT else "tab:red")
    axes.plot(*track.spawn[::2], "o", color="tab:green")
    axes.set_aspect("equal")
    # The games' x grows to the left when z grows upwards.
    axes.invert_xaxis()
    axes.set_xlabel("x, m")
    axes.set_ylabel("z, m")


def _draw_profile(axes, track: Track) -> None:
    axes.plot(track.route["s"], track.route["y"], color="tab:blue")
    for gate in track.waypoints:
        axes.axvline(gate["s"], color="tab:orange" if gate["kind"] == CHECKPOINT else "tab:red", linewidth=0.8)
    axes.set_xlabel("metres along the route")
    axes.set_ylabel("height, m")


def _outline(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The border of a patch in plan; of a round one the box around it, of a wall its foot line."""
    left, right = float(row["border_left"][0]), float(row["border_right"][0])
    if row["surface"][0] == ROUND:
        along = [row["from_along"][0], row["to_along"][0]]
        s = float(row["radius"][0]) * np.array([min(along), max(along)])
    else:
        length = float(row["length"][0])
        s = np.linspace(0.0, length, max(2, int(length / _CHORD_M) + 1))
    x, z, hx, hz = ribbon.frame(row, s)
    if row["surface"][0] == WALL:
        return x, z
    return (
        np.concatenate([x + hz * left, (x - hz * right)[::-1]]),
        np.concatenate([z - hx * left, (z + hx * right)[::-1]]),
    )
