"""Waypoints: the trigger planes of checkpoints and finishes, with or without a route that passes them."""

import numpy as np

from tmenv.constants import CELL_M, LEVEL_M
from tmenv.track import catalogue, ribbon
from tmenv.track.place import Layout, Placed
from tmenv.track.route import Leg, checkpoint_groups
from tmenv.track.tables import CHECKPOINT, FINISH, START_FINISH, WAYPOINT
from tmenv.track.template import Path, moved

TRIGGER_HALF_WIDTH_M = 16.0
"""Triggers span the cell (assumed; replays show cars firing them up to 11.9 m beside the centreline)."""

TRIGGER_HEIGHT_M = 8.0
"""Triggers reach one level up (assumed; replays show cars firing them up to 4.8 m above the road)."""

_KINDS = {"checkpoint": CHECKPOINT, "finish": FINISH, "start_finish": START_FINISH}


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
        passed = not (number == 0 and template.waypoint == "start_finish")
        if template.waypoint in _KINDS and leg.placed not in found and passed:
            found[leg.placed] = (start + along(leg.path, template.waypoint_at), leg.path)
    for i, placed in enumerate(layout.blocks):
        if placed.template.waypoint in _KINDS and i not in found:
            found[i] = (_beside(points, placed), placed.template.paths[0])
    return _table(layout, groups, found)


def off_route(layout: Layout) -> np.ndarray:
    """All triggers of a map without a route: checkpoints, then finishes, facing as their blocks do; ``s`` is 0."""
    found = {
        i: (0.0, placed.template.paths[0])
        for i, placed in enumerate(layout.blocks)
        if placed.template.waypoint in _KINDS
    }
    return _table(layout, checkpoint_groups(layout), found)


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
    """Fill in the planes of waypoints (w,), each across its path; all at once, because numpy's calls cost most."""
    cells = np.array([placed.block.cell for placed in blocks])
    rows = moved(ribbon.joined(path.rows[:1] for path in paths), cells)
    at = np.array([along(path, placed.template.waypoint_at) for path, placed in zip(paths, blocks, strict=True)])
    waypoints["x"], waypoints["y"], waypoints["z"] = ribbon.position(rows, at, 0.0, catalogue.profile_table())
    _, _, waypoints["nx"], waypoints["nz"] = ribbon.frame(rows, at)
    waypoints["half_width"], waypoints["height"] = TRIGGER_HALF_WIDTH_M, TRIGGER_HEIGHT_M
    for number, placed in enumerate(blocks):
        template = placed.template
        waypoints["kind"][number] = _KINDS[template.waypoint or ""]
        if template.trigger is not None:
            low, high, waypoints["half_width"][number] = template.trigger
            waypoints["y"][number] = LEVEL_M * placed.block.cell[1] + low
            waypoints["height"][number] = high - low
