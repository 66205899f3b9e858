"""The generator's pieces: a block and a way through it, what it joins, and the room that it takes.

Room is kept as the bits of whole numbers, one bit per cell of the map at each level: whether a piece fits is one
``and`` of two numbers.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from tmenv.constants import CELL_M, LEVEL_M, Effect
from tmenv.track import catalogue, ribbon
from tmenv.track.blocklist import GROUND_LEVEL, MAP_SIZE
from tmenv.track.jumps import BOLD_MPS2, CAREFUL_MPS2, UNBOUND_M, Jump, metres_for
from tmenv.track.template import Path, Template, template, turn_direction
from tmenv.track.turtle import Cursor, Move, advance, cells_at, move_along

HEADROOM_M = 8.0
"""Free height above every surface: a level, which no gate and no car needs in full (our choice)."""

TOP_LEVEL = GROUND_LEVEL + 8
"""Roads lie at most this high (our choice)."""

BED_M = 0.5
"""Dirt roads lie 0.6 m below their level, asphalt 1.3 m (TMNF) or 2 m (TM2020) above it."""

CREST = 0.15
"""A road that bends down by more than this slope may throw a fast car (our choice)."""

UNEVEN_M = 0.5
"""Roads whose heights differ by less are level."""

FLIGHT_LEVELS = 2
"""Free levels above the end of a ramp: cars fly up to 12 m above it."""

_EDGE = 8  # cells of the bit board beyond the map on every side: no block is wider
_SHIFT = 6
_WALL = 2
"""Cells kept free between the road and the edge of the map."""


class Joint(NamedTuple):
    """How a road passes from block to block, in quarters: climbing, and higher on its left side."""

    slope: int
    bank: int
    dirt: int = 0  # 0: asphalt, 1: dirt on the ground, 2: dirt along the top of a hill


LEVEL_JOINT = Joint(0, 0)


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """A move with what the random walk needs to know; tuples of four hold a value per heading."""

    move: Move  # over the gap, too, if there is one
    block: Move | None  # what is laid; None: only a gap
    enters: Joint
    leaves: Joint
    turns: bool
    boosts: bool
    needs_run_out: bool  # a straight must follow: cars may leave it in the air or much faster
    plain: bool  # level, straight asphalt
    careful_m: float  # behind it a careful car is as fast as after this run from a standstill, or slower
    bold_m: float  # the same of the boldest one
    jump: Jump | None
    lowest: int  # the levels at which it may be entered
    highest: int
    room: tuple[int, ...]  # bits taken, counted from the piece's first cell
    corner: tuple[int, ...]  # from the bit of the cell entered to that of the first cell
    onward: tuple[int, ...]  # from the bit of the cell entered to that of the cell behind the exit


def bit_of(x: int, level: int, z: int) -> int:
    """Number of the bit of a cell; also of differences of cells."""
    return (((level << _SHIFT) + z) << _SHIFT) + x


def place_of(cursor: Cursor) -> int:
    """Number of the bit of the cell that a cursor enters."""
    return bit_of(cursor.x + _EDGE, cursor.level, cursor.z + _EDGE)


@cache
def border(game: str, top: int) -> int:
    """The bits outside the part of a map that roads may use, at every level on which a road may begin up to ``top``."""
    width, _, depth = MAP_SIZE[game]
    size = 1 << _SHIFT
    inside = sum(
        1 << bit_of(x + _EDGE, 0, z + _EDGE) for x in range(_WALL, width - _WALL) for z in range(_WALL, depth - _WALL)
    )
    outside = (1 << size * size) - 1 - inside
    return sum(outside << bit_of(0, level, 0) for level in range(top + 1))


@cache
def pieces_of(game: str, key: str) -> tuple[Piece, ...]:
    """The ways of driving a block, both directions of each; gates and effects only the way they are meant."""
    made = template(game, key, 0, False)
    one_way = made.waypoint is not None or bool((made.patches["effect"] != Effect.NONE).any())
    return tuple(_piece(game, key, number) for number, path in enumerate(made.paths) if not (one_way and path.back))


def _piece(game: str, key: str, number: int) -> Piece:
    step = move_along(game, key, number)
    made = template(game, key, 0, False)
    path = made.paths[number]
    entry, exit_ = (made.ports[number].level if number >= 0 else 0 for number in (path.entry, path.exit))
    enters, leaves = _joint(path, 0.0, entry), _joint(path, 1.0, exit_)
    rise = step.exit.level
    lowest, highest = (
        (step.base, step.base)
        if made.replaces_ground
        else (
            # Where a road climbs or falls on there must be a level left to do so.
            max(step.base, (leaves.slope < 0) - rise),
            TOP_LEVEL - GROUND_LEVEL - max(0, rise + (leaves.slope > 0)),
        )
    )
    boosts = bool((made.patches["effect"] != Effect.NONE).any())
    level = enters == leaves == LEVEL_JOINT and rise == 0 and float(np.ptp(_heights(path))) < UNEVEN_M
    turns = bool((path.rows["turn"] != 0).any())
    radius = float(path.rows["radius"][path.rows["turn"] != 0].min()) if turns else 0.0
    rooms = [_room(made, step, heading) for heading in range(4)]
    exits = [advance(Cursor(0, 0, heading, 0), step) for heading in range(4)]
    return Piece(
        step,
        step,
        enters,
        leaves,
        turns=turns,
        boosts=boosts,
        needs_run_out=boosts or (enters.bank == leaves.bank == 0 and _bend_down(path) > CREST),
        plain=level and not turns,
        careful_m=metres_for(math.sqrt(CAREFUL_MPS2 * radius)) if level and turns else UNBOUND_M if level else 0.0,
        bold_m=metres_for(math.sqrt(BOLD_MPS2 * radius)) if level and turns else UNBOUND_M,
        jump=None,
        lowest=GROUND_LEVEL + lowest,
        highest=GROUND_LEVEL + highest,
        room=tuple(bits for _, bits in rooms),
        corner=tuple(corner for corner, _ in rooms),
        onward=tuple(bit_of(exit_.x, exit_.level, exit_.z) for exit_ in exits),
    )


def _room(made: Template, step: Move, heading: int) -> tuple[int, int]:
    """The bit of the piece's first cell, from that of the cell entered, and the bits it takes from there on."""
    cells = cells_at(Cursor(0, 0, heading), step)
    x, z = min(x for x, _ in cells), min(z for _, z in cells)
    plan = sum(1 << bit_of(cell_x - x, 0, cell_z - z) for cell_x, cell_z in cells)
    levels = range(int((_top(made) + HEADROOM_M) // LEVEL_M) + 1)
    return bit_of(x, -step.base, z), sum(plan << bit_of(0, level, 0) for level in levels)


def _top(made: Template) -> float:
    """Highest point of a block's roads above its base, m."""
    rows = ribbon.joined([made.patches, *(path.rows for path in made.paths)])
    share = np.linspace(0.0, 1.0, 17)[:, None]
    sides = (rows["border_left"], -rows["border_right"])
    return max(
        float(ribbon.position(rows, share * rows["length"], side, catalogue.profile_table())[1].max()) for side in sides
    )


def _joint(path: Path, share: float, level: int) -> Joint:
    """The joint at the first (0) or last (1) point of a path, ``level`` levels above the block's base."""
    rows = path.rows[:1] if share == 0.0 else path.rows[-1:]
    length = rows["length"].astype(np.float64)
    at, inward = share * length, share * length + (0.01 if share == 0.0 else -0.01)
    here, inside, left = (
        float(ribbon.position(rows, s, lateral, catalogue.profile_table())[1][0])
        for s, lateral in ((at, 0.0), (inward, 0.0), (at, 1.0))
    )
    slope = (inside - here) / 0.01 * (1.0 if share == 0.0 else -1.0)
    return Joint(round(4 * slope), round(4 * (left - here)), level + 1 if here - LEVEL_M * level < BED_M else 0)


def _heights(path: Path) -> np.ndarray:
    """Heights of the centreline, (33, rows)."""
    s = np.linspace(0.0, 1.0, 33)[:, None] * path.rows["length"]
    return ribbon.position(path.rows, s, 0.0, catalogue.profile_table())[1]


def jump_piece(game: str, jump: Jump, ramp: str) -> Piece:
    """A jump: its ramp, if it has one, the gap, and the room that cars fly through over gap and landing."""
    before = next(p for p in pieces_of(game, ramp) if p.enters == LEVEL_JOINT) if jump.has_ramp else None
    edge = before.move.exit if before else Cursor(0, 0, 0, 0)
    cells = tuple((edge.x, edge.z + i) for i in range(jump.cells))
    landing = tuple((edge.x, edge.z + jump.cells + i) for i in range(math.ceil(jump.landing_m / CELL_M)))
    exit_ = Cursor(edge.x, edge.z + jump.cells, 0, edge.level - jump.drop)
    length = jump.gap_m + (before.move.length if before else 0.0)
    move = Move(ramp, 0, (*(before.move.cells if before else ()), *cells), 0, exit_, length)
    flown = [(x, level, z) for x, z in cells for level in range(exit_.level, edge.level + FLIGHT_LEVELS + 1)]
    # The landing itself is free for the road.
    flown += [(x, level, z) for x, z in landing for level in range(exit_.level + 2, edge.level + FLIGHT_LEVELS + 1)]
    rooms = [_room_of(flown, heading, before) for heading in range(4)]
    exits = [advance(Cursor(0, 0, heading, 0), move) for heading in range(4)]
    return Piece(
        move,
        before.block if before else None,
        LEVEL_JOINT,
        LEVEL_JOINT,
        turns=False,
        boosts=False,
        needs_run_out=False,
        plain=False,
        careful_m=0.0,
        bold_m=UNBOUND_M,
        jump=jump,
        lowest=GROUND_LEVEL + max(0, jump.drop - edge.level),
        highest=TOP_LEVEL - edge.level - FLIGHT_LEVELS,
        room=tuple(bits for bits, _ in rooms),
        corner=tuple(corner for _, corner in rooms),
        onward=tuple(bit_of(end.x, end.level, end.z) for end in exits),
    )


def _room_of(cells: list[tuple[int, int, int]], heading: int, before: Piece | None) -> tuple[int, int]:
    """Bits of cells (x, level, z) seen at heading 0, and of a piece before them, and the bit they count from."""
    turned = [(*turn_direction(x, z, heading), level) for x, level, z in cells]
    numbers = [bit_of(x, level, z) for x, z, level in turned]
    corner = min([*numbers, before.corner[heading]] if before else numbers)
    bits = before.room[heading] << before.corner[heading] - corner if before else 0
    for number in numbers:
        bits |= 1 << number - corner
    return bits, corner


def _bend_down(path: Path) -> float:
    """The most that the centreline's slope decreases along a path."""
    heights = _heights(path)
    slopes = (np.diff(heights, axis=0) / (path.rows["length"] / (len(heights) - 1))).T.ravel()
    return float((np.maximum.accumulate(slopes) - slopes).max())
