"""Waypoints: the trigger planes of checkpoints and finishes, with or without a route that passes them."""

from functools import cache
from typing import NamedTuple

import numpy as np

from tmenv.constants import CELL_M, LEVEL_M
from tmenv.track import catalogue, ribbon
from tmenv.track.flights import Leg
from tmenv.track.place import Layout, Placed
from tmenv.track.route import checkpoint_groups
from tmenv.track.tables import CHECKPOINT, FINISH, START_FINISH, WAYPOINT
from tmenv.track.template import Path, Template

TRIGGER_HALF_WIDTH_M = 16.0
"""Triggers span the cell (assumed; replays show cars firing them up to 11.9 m beside the centreline)."""

TRIGGER_HEIGHT_M = 10.0
"""Triggers reach this far above the higher edge of a banked road (recorded cars fire them up to 8.9 m above it)."""

_KINDS = {"checkpoint": CHECKPOINT, "finish": FINISH, "start_finish": START_FINISH}


class Passage(NamedTuple):
    """A trigger that a route crosses."""

    gate: int  # row of ``off_route``
    s: float  # route metres
    back: bool  # against the normal that it has in ``off_route``


def along(path: Path, at: float) -> float:
    """Metres along a path of a point given along the block's own direction."""
    return path.length - at if path.back else at


def on_route(
    layout: Layout, groups: dict[int, int], passages: list[tuple[Leg, float]], points: np.ndarray
) -> np.ndarray:
    """All triggers: checkpoints, then finishes, each in the order in which the route reaches them.

    Args:
        layout: the blocks.
        groups: checkpoint block -> its group.
        passages: the legs of the route and the route metres at which they start.
        points: ``ROUTE_POINT`` of the route.
    """
    found: dict[int, tuple[float, Path]] = {}
    for number, (leg, start) in enumerate(passages):
        template = layout.blocks[leg.placed].template
        # The first passage through a start-finish line does not end a lap.
        passed = not (number == 0 and template.waypoint == "start_finish") and not leg.is_flight
        if template.waypoint in _KINDS and leg.placed not in found and passed:
            found[leg.placed] = (start + along(leg.path, template.waypoint_at), leg.path)
    for i, placed in enumerate(layout.blocks):
        if placed.template.waypoint in _KINDS and i not in found:
            found[i] = (_beside(points, placed), placed.template.paths[0])
    return _table(layout, groups, found)


def off_route(layout: Layout) -> np.ndarray:
    """All triggers of a map without a route, as ``gates`` lists them, facing as their blocks do; ``s`` is 0."""
    found = {i: (0.0, layout.blocks[i].template.paths[0]) for i in gates(layout)}
    return _table(layout, checkpoint_groups(layout), found)


def gates(layout: Layout) -> list[int]:
    """The blocks with triggers: checkpoints, then finishes, as the map lists them."""
    found = [i for i, placed in enumerate(layout.blocks) if placed.template.waypoint in _KINDS]
    return sorted(found, key=lambda i: layout.blocks[i].template.waypoint != "checkpoint")


def on_guide(layout: Layout, passages: list[Passage], points: np.ndarray) -> np.ndarray:
    """All triggers of a map with a route that is a line: checkpoints, then finishes, each in the order of travel.

    Args:
        layout: the blocks.
        passages: triggers in the order in which the route crosses them.
        points: ``ROUTE_POINT`` of the route.
    """
    numbers = gates(layout)
    groups = checkpoint_groups(layout)
    found: dict[int, tuple[float, Path]] = {}
    order: dict[int, int] = {}
    for passage in passages:
        placed = numbers[passage.gate]
        # Every way through a block is followed by the same way back.
        found.setdefault(placed, (passage.s, layout.blocks[placed].template.paths[int(passage.back)]))
        if placed in groups:
            order.setdefault(groups[placed], len(order))
    for placed in numbers:
        if placed in groups:
            order.setdefault(groups[placed], len(order))
        if placed not in found:
            found[placed] = (_beside(points, layout.blocks[placed]), layout.blocks[placed].template.paths[0])
    return _table(layout, {placed: order[group] for placed, group in groups.items()}, found)


def _table(layout: Layout, groups: dict[int, int], found: dict[int, tuple[float, Path]]) -> np.ndarray:
    order = sorted(found, key=lambda i: (layout.blocks[i].template.waypoint != "checkpoint", found[i][0]))
    waypoints = np.zeros(len(order), WAYPOINT)
    if order:
        _lay(waypoints, [layout.blocks[i] for i in order], [found[i][1] for i in order])
    waypoints["s"], waypoints["group"] = [found[i][0] for i in order], [groups.get(i, -1) for i in order]
    return waypoints


def _beside(points: np.ndarray, placed: Placed) -> float:
    """Route metres beside a block that the route does not pass."""
    x, _, z = placed.block.cell
    middle_x, middle_z = CELL_M * (x + placed.template.size[0] / 2), CELL_M * (z + placed.template.size[2] / 2)
    return float(points["s"][np.argmin(np.hypot(points["x"] - middle_x, points["z"] - middle_z))])


def _lay(waypoints: np.ndarray, blocks: list[Placed], paths: list[Path]) -> None:
    """Fill in the planes of waypoints (w,), each across its path."""
    planes = [_plane(placed.template, path) for placed, path in zip(blocks, paths, strict=True)]
    cells = np.array([placed.block.cell for placed in blocks])
    for number, field in enumerate(("kind", "x", "z", "nx", "nz", "half_width", "height")):
        waypoints[field] = [plane[number] for plane in planes]
    waypoints["x"] += CELL_M * cells[:, 0]
    waypoints["z"] += CELL_M * cells[:, 2]
    # In the order and precision in which the patches themselves are raised.
    base = np.array([plane.base for plane in planes], np.float32) + np.float32(LEVEL_M) * cells[:, 1].astype(np.float32)
    waypoints["y"] = base + np.array([plane.above for plane in planes])


class _Plane(NamedTuple):
    """A waypoint's plane at cell (0, 0, 0)."""

    kind: int
    x: float
    z: float
    nx: float
    nz: float
    half_width: float
    height: float
    base: float  # height of the road that crosses it
    above: float  # m from there up to its lower edge


@cache
def _plane(template: Template, path: Path) -> _Plane:
    rows, at = path.rows[:1].copy(), along(path, template.waypoint_at)
    x, z, nx, nz = (float(value[0]) for value in ribbon.frame(rows, at))
    kind = _KINDS[template.waypoint or ""]
    if template.trigger is not None:
        low, high, half_width = template.trigger
        return _Plane(kind, x, z, nx, nz, half_width, high - low, 0.0, low)
    base, rows["y0"] = float(rows["y0"][0]), 0.0
    sides = np.stack([rows["border_left"], -rows["border_right"]])  # the road may be banked
    _, edges, _ = ribbon.position(rows, at, sides, catalogue.profile_table())
    low, high = float(edges.min()), float(edges.max())
    return _Plane(kind, x, z, nx, nz, TRIGGER_HALF_WIDTH_M, TRIGGER_HEIGHT_M + high - low, base, low)
