"""An independent judge of generated maps: its own table of blocks (block_ends.txt), its own turning and joining."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tmenv.gbx import Block, Map

CELL_M, LEVEL_M, HALF_WIDTH_M = 32.0, 8.0, 16.0
ROAD_M = {"TMNF": 1.345, "TM2020": 2.0}
"""Height of a level road above its level; a banked road's middle lies 4 m higher (TMNF: 3.98 m)."""
BANKED_M, LOOSE_M = 4.0, 0.05
CLEAR_M = 5.0
"""Free height that a car and its camera need above a road."""
DIRT_M = -0.6
"""The same of dirt, whose blocks stand on the ground only."""
RUN_OUT_M = 64.0
GAPS_M, LANDING_M = (32.0, 64.0), 72.0
"""Lengths of gaps, and the straight and level road that at least follows them; it goes on level or one level lower."""
MAP_CELLS = {"TMNF": 32, "TM2020": 48}
WAY = {"N": (0, 1), "W": (-1, 0), "S": (0, -1), "E": (1, 0)}
TURNED = {"N": "W", "W": "S", "S": "E", "E": "N"}


class End(NamedTuple):
    """Where a road leaves a block: point (m), direction, and slope and bank (dy per metre) seen looking out."""

    x: float
    y: float
    z: float
    side: str
    slope: float
    bank: float


@dataclass(frozen=True)
class Road:
    """A placed block."""

    name: str
    cells: frozenset[tuple[int, int]]
    low: float
    top: float
    ends: tuple[End, ...]


def _table() -> dict[str, tuple[int, int, tuple[str, ...]]]:
    lines = (Path(__file__).parent / "block_ends.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if not line.startswith("# ")]
    return {name: (int(width), int(depth), tuple(ends)) for name, width, depth, *ends in rows}


TABLE = _table()


def road_of(game: str, block: Block) -> Road:
    """A block where it stands."""
    name = f"{block.name}#{block.flags & 7}" if block.name in ("StadiumRoadMain", "StadiumRoadDirt") else block.name
    width, depth, listed = TABLE[name]
    ends = tuple(_end(game, block, code, width, depth) for code in listed)
    x, level, z = block.cell
    wide, deep = (depth, width) if block.rotation % 2 else (width, depth)
    heights = [end.y for end in ends]
    top = max(heights) + max(abs(end.bank) * HALF_WIDTH_M for end in ends)
    cells = frozenset((x + i, z + k) for i in range(wide) for k in range(deep))
    return Road(name, cells, LEVEL_M * level, top, ends)


def _end(game: str, block: Block, code: str, width: int, depth: int) -> End:
    side, lane, level, going = code[0], int(code[1]), int(code[2]), code[3]
    along = CELL_M * (lane + 0.5)
    x, z = {"N": (along, CELL_M * depth), "S": (along, 0.0), "W": (0.0, along), "E": (CELL_M * width, along)}[side]
    wide, deep = CELL_M * width, CELL_M * depth
    for _ in range(block.rotation):
        x, z, wide, deep, side = deep - z, x, deep, wide, TURNED[side]
    above = DIRT_M if going == "d" else ROAD_M[game] + (BANKED_M if going in "<>" else 0.0)
    y = LEVEL_M * (block.cell[1] + level) + above
    slope, bank = {"/": 0.25, "\\": -0.25}.get(going, 0.0), {"<": 0.25, ">": -0.25}.get(going, 0.0)
    return End(CELL_M * block.cell[0] + x, y, CELL_M * block.cell[2] + z, side, slope, bank)


def faults(map_: Map) -> list[str]:
    """What is wrong with a map; nothing if it is a track from start to finish."""
    roads = [road_of(map_.game, block) for block in map_.blocks]
    found = [*_outside(map_.game, roads), *_overlaps(roads)]
    starts = [road for road in roads if "Start" in road.name and len(road.ends) == 1]
    finishes = [road for road in roads if "Finish" in road.name]
    if len(starts) != 1 or len(finishes) != 1:
        return [*found, f"{len(starts)} starts and {len(finishes)} finishes"]
    way = _way(roads, starts[0], finishes[0])
    if way is None:
        return [*found, "the road does not lead to the finish"]
    if len(way) != len(roads):
        found.append(f"{len(roads) - len(way)} blocks lie off the road")
    if not any("Checkpoint" in road.name for road, _, _ in way[1:-1]):
        found.append("no checkpoint on the way")
    return [*found, *_no_run_out(way)]


def _way(roads: list[Road], road: Road, finish: Road) -> list[tuple[Road, End | None, End]] | None:
    """Blocks from the start to the finish with the ends by which each is entered and left."""
    entered: End | None = None
    leave, way = road.ends[0], []
    while True:
        way.append((road, entered, leave))
        if road is finish:
            return way
        following = [(other, end) for other in roads for end in other.ends if other is not road and _meet(leave, end)]
        following = following or _behind_gap(roads, leave)
        if len(following) != 1 or len(way) > len(roads):
            return None
        road, entered = following[0]
        leave = next(end for end in road.ends if end is not entered)


def _behind_gap(roads: list[Road], leave: End) -> list[tuple[Road, End]]:
    """Where a road goes on straight ahead behind a gap over which there is nothing."""
    side_x, side_z = WAY[leave.side]
    for gap in GAPS_M:
        ahead = leave._replace(x=leave.x + gap * side_x, z=leave.z + gap * side_z, slope=0.0)
        found = [
            (road, end)
            for road in roads
            for end in road.ends
            for drop in (0.0, LEVEL_M)
            if leave.slope >= 0.0 and leave.bank == 0.0 and _meet(ahead._replace(y=leave.y - drop), end)
        ]
        if found:
            return found
    return []


def _meet(one: End, other: End) -> bool:
    """Do two ends continue each other: same point, opposite directions, slopes and banks?"""
    opposite = WAY[one.side][0] == -WAY[other.side][0] and WAY[one.side][1] == -WAY[other.side][1]
    near = max(abs(one.x - other.x), abs(one.y - other.y), abs(one.z - other.z)) < LOOSE_M
    return opposite and near and one.slope == -other.slope and one.bank == -other.bank


def _outside(game: str, roads: list[Road]) -> list[str]:
    size = MAP_CELLS[game]
    return [
        f"{road.name} outside the map"
        for road in roads
        if road.low < LEVEL_M
        or ("Dirt" in road.name and road.low > LEVEL_M)
        or not all(0 <= x < size and 0 <= z < size for x, z in road.cells)
    ]


def _overlaps(roads: list[Road]) -> list[str]:
    return [
        f"{one.name} and {other.name} overlap"
        for number, one in enumerate(roads)
        for other in roads[:number]
        if one.cells & other.cells and one.low < other.top + CLEAR_M and other.low < one.top + CLEAR_M
    ]


def _no_run_out(way: list[tuple[Road, End | None, End]]) -> list[str]:
    """Curves right behind a turbo, or where a car may be in the air."""
    found, straight_left = [], 0.0
    level_left, before = 0.0, way[0][2]
    for road, entered, leave in way[1:]:
        assert entered is not None
        if not _meet(before, entered):
            level_left = LANDING_M
        if level_left > 0 and (leave.y != entered.y or abs(WAY[leave.side][0]) != abs(WAY[entered.side][0])):
            found.append(f"{road.name} comes {LANDING_M - level_left:.0f} m behind a gap")
        level_left -= abs(leave.x - entered.x) + abs(leave.z - entered.z)
        before = leave
        gone = max(abs(leave.x - entered.x), abs(leave.z - entered.z))
        turns = WAY[entered.side][0] != -WAY[leave.side][0] or min(abs(leave.x - entered.x), abs(leave.z - entered.z))
        if turns and straight_left > 0:
            found.append(f"{road.name} comes {RUN_OUT_M - straight_left:.0f} m behind a crest or turbo")
        straight_left -= gone
        level_banks = entered.bank == leave.bank == 0.0
        bends_down = leave.slope < -entered.slope or "SlopeBase" in road.name or "ToRoadDirtHigh" in road.name
        if "Turbo" in road.name or (level_banks and bends_down and not turns):
            straight_left = RUN_OUT_M
    return found
