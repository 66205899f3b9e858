"""Pictures of blocks: where wheels touched them, and where our surface is, along and across the block."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tmenv.calibration.geometry import Comparison
from tmenv.constants import CELL_M, LEVEL_M
from tmenv.errors import TmenvError
from tmenv.files import replacing
from tmenv.track import catalogue
from tmenv.track.template import template

MOST_POINTS = 4000
"""Contacts drawn per block, evenly picked."""


FARTHEST_M = 0.1
"""Ends of the histogram of distances."""


def draw(compared: Sequence[Comparison], folder: Path) -> None:
    """Write one ``<block>.png`` per block name into ``folder``, which is made if it is not there.

    Raises:
        TmenvError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TmenvError("pictures need matplotlib: pip install tmenv[plot]") from error
    folder.mkdir(parents=True, exist_ok=True)
    for name, (touched, surface, distance) in _local(compared).items():
        figure = Figure(figsize=(15, 4.5), layout="constrained")
        *axes, last = figure.subplots(1, 3)
        last.hist(1000 * np.clip(distance, -FARTHEST_M, FARTHEST_M), bins=80)
        last.set_xlabel("contact above the surface, mm")
        for axis, column, side in zip(axes, (2, 0), ("along z", "across x"), strict=True):
            axis.plot(touched[:, column], touched[:, 1], ".", markersize=2, color="tab:blue", label="contacts")
            axis.plot(surface[:, column], surface[:, 1], ".", markersize=1, color="tab:red", label="surface")
            axis.set_xlabel(f"{side}, m")
            axis.set_ylabel("height above the base, m")
            axis.legend()
        figure.suptitle(f"{name}: {len(distance)} contacts")
        with replacing(folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)}.png") as temporary:
            figure.savefig(temporary, dpi=90)


def _local(compared: Sequence[Comparison]) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Per block name: contacts and the nearest points of our surface, (n, 3) in block coordinates; distances (n,)."""
    parts: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = defaultdict(list)
    for one in compared:
        near = one.contacts.points - np.where(np.isinf(one.distance), 0.0, one.distance)[:, None] * one.normal
        for number in np.unique(one.block[one.block >= 0]).tolist():
            here = one.block == number
            parts[one.map.blocks[number].name].append(
                (
                    _in_block(one, number, one.contacts.points[here]),
                    _in_block(one, number, near[here]),
                    one.distance[here],
                )
            )
    found = {}
    for name, pieces in parts.items():
        touched, surface, distance = (np.concatenate([piece[i] for piece in pieces]) for i in range(3))
        step = 1 + len(touched) // MOST_POINTS
        found[name] = touched[::step], surface[::step], distance
    return found


def _in_block(one: Comparison, number: int, points: np.ndarray) -> np.ndarray:
    """World points (n, 3) in the coordinates of a block: its rotation undone."""
    block = one.map.blocks[number]
    key = catalogue.block_key(one.map.game, block.name, block.variant)
    assert key is not None, "only blocks of the catalogue have a surface"
    width, _, depth = template(one.map.game, key, block.rotation, block.on_ground).size
    x, y, z = (points - np.array(block.cell) * (CELL_M, LEVEL_M, CELL_M)).T
    w, d = CELL_M * width, CELL_M * depth
    local_x, local_z = ((x, z), (z, w - x), (w - x, d - z), (d - z, x))[block.rotation]
    return np.stack([local_x, y, local_z], axis=1)
