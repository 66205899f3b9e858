"""One block of the catalogue in one rotation, ready to be copied to its cell.

A template is built once per (block, rotation, on the ground) and cached; placing a block only adds an
offset to a few columns, which keeps building a track in the low milliseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from tmenv.constants import CELL_M, LEVEL_M
from tmenv.track import catalogue, cells, outline, ribbon
from tmenv.track.kinds import kinds_of

TURN_OFF_COST_M = 40.0
"""Detour, m, that is preferred to turning off at a junction.

The quarter circle is 7 m shorter than going straight on, but where both ways round lead to the finish, people who
build crossings mean the straight one (our choice).
"""


_PLACES = ribbon.column_numbers("x0", "plane_x", "y0", "z0", "plane_z")
_AXES = np.array([0, 0, 1, 2, 2])
_CELL = np.array([CELL_M, LEVEL_M, CELL_M])


@dataclass(frozen=True, eq=False, slots=True)
class Port:
    """The middle of a cell side where a block joins its neighbour."""

    x: int  # half cells (16 m) from the block's min corner
    z: int
    level: int  # levels (8 m) above the block's base
    side: int  # direction out of the block in the world, 0..3
    patch: int  # patch of the template that ends here, -1 at a lane
    at_end: bool  # True if it is the patch's end, False if its start


@dataclass(frozen=True, eq=False, slots=True)
class Path:
    """One way through a block, from port to port (port number -1: the road starts or ends inside)."""

    entry: int
    exit: int
    rows: np.ndarray  # PATCH (n,): the centreline in the order of travel
    patches: tuple[int, ...]  # patches of the template to turn along this path
    reversed: tuple[bool, ...]  # whether each of them must be reversed for it
    length: float  # m
    back: bool  # the block is driven against its own direction
    cost: float  # m, what the search for the route counts: turning off at a junction is dearer than its length


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """Patches, ports, paths and cells of one block, relative to its world min corner."""

    key: str
    size: tuple[int, int, int]  # cells in world x, levels, cells in world z
    patches: np.ndarray  # PATCH (n,), block-relative; before/after are template indices or NO_LINK
    ports: tuple[Port, ...]
    paths: tuple[Path, ...]  # both directions of every way through; paths[0] leads off from a spawn
    cells: np.ndarray  # int32 (m, 3): patch, cell offset in x, cell offset in z
    waypoint: str | None  # "checkpoint", "finish", "start_finish", "start" or None
    waypoint_at: float  # m along paths[0]
    spawn: tuple[float, float, float] | None  # car origin, block-relative
    trigger: tuple[float, float, float] | None  # lowest and highest point above the base, half width; None: as usual
    terrain: tuple[float, int] | None  # the block is open ground: height above its base, material
    replaces_ground: bool  # there is no open ground in its cells
    scenery: bool  # most maps have it beside the road only: ignored where the engine cannot drive it
    kinds: frozenset[str]  # see tmenv.track.kinds
    yields: bool  # it is ground itself, and vanishes where another block replaces the ground

    @property
    def is_start(self) -> bool:
        """True if a race begins here."""
        return self.spawn is not None


@cache
def template(game: str, key: str, rotation: int, on_ground: bool) -> Template:
    """Build the template of block ``key`` (see ``catalogue.block_names``) turned by ``rotation`` quarter turns."""
    row = catalogue.row(game, key)
    shape = catalogue.shape(row["shape"])
    plan = outline.trace(row, on_ground)
    width, levels, depth = shape["size"]
    patches = _turn_rows(plan.patches, rotation, width, depth)
    ports = tuple(_turn_port(port, rotation, width, depth, plan.ends[i]) for i, port in enumerate(plan.ports))
    paths = tuple(
        _both_ways(entry, exit_, _turn_rows(rows, rotation, width, depth), parts)
        for entry, exit_, rows, parts in plan.paths
    )
    spawn = row.get("spawn")
    odd = rotation % 2 == 1
    return Template(
        key=key,
        size=(depth if odd else width, levels, width if odd else depth),
        patches=patches,
        ports=ports,
        paths=tuple(path for pair in paths for path in pair),
        cells=_turn_cells(_occupied(game, key), rotation, width, depth),
        waypoint=row.get("waypoint"),
        waypoint_at=float(row.get("at", 0.0)),
        spawn=None if spawn is None else _turn_spawn(spawn, rotation, width, depth),
        trigger=tuple(row["trigger"]) if "trigger" in row else None,
        terrain=tuple(row["terrain"]) if "terrain" in row else None,
        replaces_ground=row.get("replaces_ground", False),
        yields=row.get("yields", False),
        scenery=row.get("scenery", False),
        kinds=kinds_of(patches, row),
    )


@cache
def _occupied(game: str, key: str) -> np.ndarray:
    row = catalogue.row(game, key)
    return cells.occupied(outline.trace(row, True).patches)


def _turn_cells(listed: np.ndarray, rotation: int, width: int, depth: int) -> np.ndarray:
    x, z = listed[:, 1], listed[:, 2]
    turned = ((x, z), (depth - 1 - z, x), (width - 1 - x, depth - 1 - z), (z, width - 1 - x))[rotation]
    return np.column_stack([listed[:, 0], *turned])


def turn_point(x, z, rotation: int, width: int, depth: int) -> tuple:
    """Points (m, numbers or arrays) of a block of ``width`` x ``depth`` cells in rotation 0, after the rotation."""
    w, d = CELL_M * width, CELL_M * depth
    return ((x, z), (d - z, x), (w - x, d - z), (z, w - x))[rotation]


def turn_direction(x, z, rotation: int) -> tuple:
    """Directions (numbers or arrays) after the rotation."""
    return ((x, z), (-z, x), (-x, -z), (z, -x))[rotation]


def _turn_rows(rows: np.ndarray, rotation: int, width: int, depth: int) -> np.ndarray:
    out = rows.copy()
    for point_x, point_z in (("x0", "z0"), ("plane_x", "plane_z")):
        out[point_x], out[point_z] = turn_point(rows[point_x], rows[point_z], rotation, width, depth)
    for one, other in (("dx", "dz"), ("ex", "ez"), ("slope_x", "slope_z")):
        out[one], out[other] = turn_direction(rows[one], rows[other], rotation)
    return out


def _turn_port(port: str, rotation: int, width: int, depth: int, end: tuple[int, bool]) -> Port:
    x, z, level, side = outline.port_point(port)
    x, z = turn_point(x, z, rotation, width, depth)
    half = CELL_M / 2
    return Port(round(x / half), round(z / half), level, (side + rotation) % 4, *end)


def _turn_spawn(spawn: list[float], rotation: int, width: int, depth: int) -> tuple[float, float, float]:
    x, z = turn_point(spawn[0], spawn[2], rotation, width, depth)
    return (x, spawn[1], z)


def _both_ways(entry: int, exit_: int, rows: np.ndarray, parts: tuple[tuple[int, bool], ...]) -> tuple[Path, Path]:
    length = float(rows["length"].sum(dtype=np.float64))
    # Only a turn at a junction follows no patch: its arc joins two stubs.
    cost = length + (TURN_OFF_COST_M if len(rows) < len(parts) else 0.0)
    patches, turned = tuple(part for part, _ in parts), tuple(back for _, back in parts)
    forward = Path(entry, exit_, rows, patches, turned, length, False, cost)
    rows_back = ribbon.reverse(rows, catalogue.opposite_profiles())[::-1]
    back = Path(exit_, entry, rows_back, patches[::-1], tuple(not b for b in turned[::-1]), length, True, cost)
    return forward, back


def moved(tables: Iterable[np.ndarray], cell: np.ndarray) -> np.ndarray:
    """One new table of block-relative ones, at world ``cell`` (x, y, z), which is (3,) or one per row (n, 3)."""
    out = ribbon.joined(tables)
    ribbon.numbers(out)[:, _PLACES] += (cell * _CELL).astype(np.float32)[..., _AXES]
    return out
