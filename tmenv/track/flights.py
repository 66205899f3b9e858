"""Gaps that a route leads over: roads that end in the air and go on straight ahead, no higher."""

from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tmenv.constants import CELL_M, LEVEL_M
from tmenv.track import catalogue, ribbon
from tmenv.track.place import Layout
from tmenv.track.tables import FLIGHT, NO_LINK, PATCH, PLANE
from tmenv.track.template import Path

FARTHEST_CELLS = 2
"""Longest gap that is taken for one where the connections alone must tell."""

DEEPEST_LEVELS = 1
"""A road that goes on lower than this is taken for another one."""

_STEPS = ((0, 1), (-1, 0), (0, -1), (1, 0))


class Leg(NamedTuple):
    """One block on the route and the way through it, or over the gap behind it."""

    placed: int
    path: Path

    @property
    def is_flight(self) -> bool:
        """True over a gap."""
        return self.path.entry < 0 and self.path.exit < 0


class Landings:
    """Where roads go on behind gaps; nothing is looked for unless asked."""

    def __init__(self, layout: Layout):
        self._layout = layout

    @cached_property
    def _ends(self) -> dict[tuple[int, int, int, int], tuple[int, int]]:
        """Roads that meet nothing: half cell x, level, half cell z, side -> block, port."""
        layout, ends = self._layout, {}
        for i, placed in enumerate(layout.blocks):
            x, y, z = placed.block.cell
            for j, port in enumerate(placed.template.ports):
                if (i, j) not in layout.joints and port.patch >= 0:
                    ends[2 * x + port.x, y + port.level, 2 * z + port.z, port.side] = (i, j)
        return ends

    @cached_property
    def _filled(self) -> set[tuple[int, int, int]]:
        """Cells of all blocks."""
        filled = set()
        for placed in self._layout.blocks:
            x, y, z = placed.block.cell
            wide, high, deep = placed.template.size
            filled |= {(x + i, y + j, z + k) for i in range(wide) for j in range(high) for k in range(deep)}
        return filled

    def behind(self, leg: Leg) -> list[Leg]:
        """The legs by which the route may go on behind the gap at the end of a leg."""
        placed = self._layout.blocks[leg.placed]
        if leg.path.exit < 0 or placed.template.ports[leg.path.exit].patch < 0:
            return []
        port = placed.template.ports[leg.path.exit]
        x, y, z = placed.block.cell
        step_x, step_z = _STEPS[port.side]
        at_x, at_z, level = 2 * x + port.x, 2 * z + port.z, y + port.level
        for cells in range(1, FARTHEST_CELLS + 1):
            if any(
                ((at_x + (2 * cells - 1) * step_x) // 2, low, (at_z + (2 * cells - 1) * step_z) // 2) in self._filled
                for low in range(level - DEEPEST_LEVELS, level + 1)
            ):
                return []
            for drop in range(DEEPEST_LEVELS + 1):
                end = (at_x + 2 * cells * step_x, level - drop, at_z + 2 * cells * step_z, (port.side + 2) % 4)
                if end in self._ends:
                    landing, number = self._ends[end]
                    ways = self._layout.blocks[landing].template.paths
                    return [Leg(landing, path) for path in ways if path.entry == number]
        return []


def with_flights(layout: Layout, legs: list[Leg]) -> list[Leg]:
    """Legs with another one over every gap between them."""
    found = legs[:1]
    for leg, onward in pairwise(legs):
        if (leg.placed, leg.path.exit) not in layout.joints:
            found.append(Leg(leg.placed, _flight(layout, leg, onward)))
        found.append(onward)
    return found


def _flight(layout: Layout, leg: Leg, onward: Leg) -> Path:
    """The straight line from the end of one leg to the start of another, in the cell of the first."""
    one, other = (layout.blocks[number] for number in (leg.placed, onward.placed))
    shift = (np.array(other.block.cell) - one.block.cell) * (CELL_M, LEVEL_M, CELL_M)
    last, first = leg.path.rows[-1:], onward.path.rows[:1]
    start = np.array([value[0] for value in ribbon.position(last, last["length"], 0.0, catalogue.profile_table())])
    end = shift + [value[0] for value in ribbon.position(first, 0.0, 0.0, catalogue.profile_table())]
    along = end - start
    length = float(np.hypot(along[0], along[2]))
    row = np.zeros(1, PATCH)
    row["surface"], row["length"] = PLANE, length
    row["x0"], row["y0"], row["z0"] = row["plane_x"], _, row["plane_z"] = start
    row["dx"], row["dz"] = row["ex"], row["ez"] = along[0] / length, along[2] / length
    row["slope_x"], row["slope_z"] = along[1] / length * row["dx"], along[1] / length * row["dz"]
    for side in ("border_left", "border_right"):
        row[side] = min(last[side][0], first[side][0])
    for field in ("before", "after", "opening", "nodes", "profile"):
        row[field] = NO_LINK
    row["block"] = FLIGHT
    return Path(-1, -1, row, (), (), length, False, length)
