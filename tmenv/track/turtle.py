"""Laying blocks one after the other, as a builder does: the cursor stands on a cell edge and looks onward."""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from tmenv.gbx import Block
from tmenv.track.blocklist import GROUND_LEVEL, make_block
from tmenv.track.template import template, turn_direction

_STEPS = ((0, 1), (-1, 0), (0, -1), (1, 0))


class Cursor(NamedTuple):
    """The cell that the next block enters, and the side number it looks to (0 = +z, 1 = -x, 2 = -z, 3 = +x)."""

    x: int
    z: int
    heading: int
    level: int = GROUND_LEVEL


@dataclass(frozen=True, eq=False, slots=True)
class Move:
    """A block laid at the cursor (0, 0, heading 0, level 0): where it lies and where it leads.

    The cells are those of the block's whole box, because the games let no other block in there.
    """

    key: str
    rotation: int
    cells: tuple[tuple[int, int], ...]
    base: int  # levels from the block's base up to the port where it is entered
    exit: Cursor
    length: float  # m


KEYS = {
    "TMNF": {
        "start": "StadiumRoadMainStartLine",
        "finish": "StadiumRoadMainFinishLine",
        "lap": "StadiumRoadMainStartFinishLine",
        "checkpoint": "StadiumRoadMainCheckpoint",
        "turbo": "StadiumRoadMainTurbo",
        "straight": "StadiumRoadMain#3",
        "curve1": "StadiumRoadMain#2",
        **{f"curve{n}": f"StadiumRoadMainGTCurve{n}" for n in range(2, 6)},
        **{f"chicane{d}": f"StadiumRoadMainGTDiag{d}" for d in ("2x2", "3x2", "4x3")},
    },
    "TM2020": {
        "start": "RoadTechStart",
        "finish": "RoadTechFinish",
        "lap": "RoadTechMultilap",
        "checkpoint": "RoadTechCheckpoint",
        "turbo": "RoadTechSpecialTurbo",
        "straight": "RoadTechStraight",
        **{f"curve{n}": f"RoadTechCurve{n}" for n in range(1, 6)},
        **{f"chicane{d}": f"RoadTechChicaneX{d[0]}" for d in ("2x2", "3x2")},
    },
}
"""The words of the turtle and their blocks; curves and chicanes also take a side, e.g. ``"curve2 left"``."""

_MIRROR = {"TMNF": ("", "Mirror"), "TM2020": ("Left", "Right")}


@cache
def move(game: str, word: str) -> Move:
    """The move of one word, e.g. ``"straight"``, ``"curve3 left"``, ``"chicane2x2 right"``."""
    noun, _, side = word.partition(" ")
    key = KEYS[game][noun]
    if noun.startswith("chicane"):
        key += _MIRROR[game][side == "right"]
    # A curve block turns right when entered at its first port and left when entered at the other.
    return move_along(game, key, 1 if noun.startswith("curve") and side == "left" else 0)


def move_along(game: str, key: str, number: int) -> Move:
    """The move along path ``number`` of a block's template."""
    path = template(game, key, 0, True).paths[number]
    rotation, x, z, base = 0, 0, 0, 0  # a start block has no port to enter by: its only cell faces +z already
    if path.entry >= 0:
        rotation = (2 - template(game, key, 0, True).ports[path.entry].side) % 4
        port = template(game, key, rotation, True).ports[path.entry]
        x, z = _inside(port.x, port.z, port.side)
        base = port.level
    made = template(game, key, rotation, True)
    out = made.ports[path.exit]
    out_x, out_z = _inside(out.x, out.z, out.side)
    step_x, step_z = _STEPS[out.side]
    cells = tuple((i - x, k - z) for i in range(made.size[0]) for k in range(made.size[2]))
    exit_ = Cursor(out_x + step_x - x, out_z + step_z - z, out.side, out.level - base)
    return Move(key, rotation, cells, base, exit_, path.length)


def _inside(x: int, z: int, side: int) -> tuple[int, int]:
    """The cell of a block that has a port at half cells (x, z) on the given side."""
    step_x, step_z = _STEPS[side]
    return (x - step_x) // 2, (z - step_z) // 2


def advance(cursor: Cursor, step: Move) -> Cursor:
    """The cursor behind a move."""
    out_x, out_z, turned, climbed = step.exit
    at_x, at_z, heading, level = cursor
    x, z = turn_direction(out_x, out_z, heading)
    return Cursor(at_x + x, at_z + z, (heading + turned) % 4, level + climbed)


def cells_at(cursor: Cursor, step: Move) -> list[tuple[int, int]]:
    """The cells that a move at the cursor takes."""
    cx, cz, heading, _ = cursor
    if heading == 0:
        return [(cx + x, cz + z) for x, z in step.cells]
    if heading == 1:
        return [(cx - z, cz + x) for x, z in step.cells]
    if heading == 2:
        return [(cx - x, cz - z) for x, z in step.cells]
    return [(cx + z, cz - x) for x, z in step.cells]


def block_at(game: str, cursor: Cursor, step: Move) -> Block:
    """The block that a move at the cursor lays."""
    at_x, at_z, heading, level = cursor
    x, z = _corner(step, heading)
    return make_block(game, step.key, (at_x + x, level - step.base, at_z + z), (step.rotation + heading) % 4)


@cache
def _corner(step: Move, heading: int) -> tuple[int, int]:
    """The lowest cell of a block, from the cell where it is entered."""
    xs, zs = zip(*cells_at(Cursor(0, 0, heading), step), strict=True)
    return min(xs), min(zs)


def lay(game: str, sequence: list[str], start: Cursor) -> list[Block]:
    """Blocks for a list of words; blocks may overlap, the builder's eye must see to that."""
    cursor, blocks = start, []
    for word in sequence:
        step = move(game, word)
        blocks.append(block_at(game, cursor, step))
        cursor = advance(cursor, step)
    return blocks
