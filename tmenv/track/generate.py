"""Random tracks: an endless family of flat sprints, each a self-avoiding walk of blocks on the cells of a map.

The same (``VERSION``, game, seed) gives the same blocks on every machine.
"""

from bisect import bisect
from functools import cache
from itertools import accumulate

import numpy as np

from tmenv.constants import CELL_M, GAMES
from tmenv.errors import TrackError
from tmenv.gbx import Map
from tmenv.track.blocklist import MAP_SIZE, make_map
from tmenv.track.turtle import Cursor, Move, advance, block_at, cells_at, move

VERSION = 1
"""Version of the family; raised when the same seed would give another track."""

LENGTH_M = (600.0, 1500.0)
"""Range of the length of the road, from the start block to the finish block, both included."""

MAX_BLOCKS = 40
"""Longest walk."""

CHECKPOINT_EVERY_M = (200.0, 450.0)
"""Range of the road between two checkpoints."""

_WEIGHTS = {
    "straight": 8.0,
    "turbo": 0.4,
    "curve1": 2.4,
    "curve2": 2.6,
    "curve3": 1.6,
    "curve4": 0.6,
    "curve5": 0.4,
    "chicane2x2": 0.9,
    "chicane3x2": 0.9,
    "chicane4x3": 0.5,
}
_LAST_CHECKPOINT_M = 100.0
"""No checkpoint comes later than this before the finish."""

_WALL = 2
"""Cells kept free between the road and the edge of the map."""

_TRIES = 12
"""Moves tried at a place before the walk is given up."""

_DRAWS = 256


class _Dice:
    """Uniform numbers drawn in blocks: one call of the generator per number would cost more than the walk."""

    def __init__(self, game: str, seed: int):
        self._generator = np.random.Generator(np.random.PCG64([VERSION, GAMES.index(game), seed]))
        self._numbers: list[float] = []

    def next(self) -> float:
        if not self._numbers:
            self._numbers = self._generator.random(_DRAWS).tolist()
        return self._numbers.pop()

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.next()


@cache
def _choices(game: str) -> tuple[list[float], list[Move]]:
    """Cumulative weights and the moves they belong to; both sides of a curve are equally likely."""
    weights, moves = [], []
    for noun, weight in _WEIGHTS.items():
        if noun == "chicane4x3" and game != "TMNF":
            continue
        sides = ("left", "right") if noun[:5] in ("curve", "chica") else ("",)
        for side in sides:
            weights.append(weight / len(sides))
            moves.append(move(game, f"{noun} {side}".strip()))
    return list(accumulate(weights)), moves


def generate(seed: int, game: str) -> Map:
    """A random track as a map of blocks, named ``"random:<seed>"``.

    Args:
        seed: whole number of at least 0.
        game: ``"TMNF"`` or ``"TM2020"``.

    Raises:
        TrackError: an unknown game or a negative seed.
    """
    if game not in GAMES:
        raise TrackError(f"unknown game {game!r}; tmenv knows {', '.join(GAMES)}")
    if seed < 0:
        raise TrackError(f"the seed of a random track must be at least 0, not {seed}")
    dice = _Dice(game, seed)
    while True:
        walk = _walk(game, dice)
        if walk is not None:
            blocks = [block_at(game, cursor, step) for cursor, step in walk]
            return make_map(f"random:{seed}", game, blocks)


def _walk(game: str, dice: _Dice) -> list[tuple[Cursor, Move]] | None:
    """One attempt; None if it ran into itself or the edge of the map, or became too long."""
    width, _, depth = MAP_SIZE[game]
    x, z = dice.between(width * 0.3, width * 0.7), dice.between(depth * 0.3, depth * 0.7)
    cursor = Cursor(int(x), int(z), int(dice.between(0, 4)))
    wanted = dice.between(*LENGTH_M)
    checkpoint_at = dice.between(*CHECKPOINT_EVERY_M)
    walk, taken, length = [], set(), 0.0
    step = move(game, "start")
    while step is not None:
        walk.append((cursor, step))
        taken.update(cells_at(cursor, step))
        cursor, length = advance(cursor, step), length + step.length
        if len(walk) > MAX_BLOCKS or length > LENGTH_M[1]:
            return None
        if step is move(game, "finish"):
            return walk
        word = ""
        if length >= wanted - CELL_M:
            word = "finish"
        elif checkpoint_at <= length < wanted - _LAST_CHECKPOINT_M:
            word, checkpoint_at = "checkpoint", length + dice.between(*CHECKPOINT_EVERY_M)
        step = _fitting(game, dice, cursor, taken, word)
    return None


def _fitting(game: str, dice: _Dice, cursor: Cursor, taken: set[tuple[int, int]], word: str) -> Move | None:
    """The wanted move, or a random one that leaves the cell behind it free; None if nothing fits."""
    if word:
        step = move(game, word)
        return step if _fits(game, cursor, step, taken) else None
    weights, moves = _choices(game)
    for _ in range(_TRIES):
        step = moves[bisect(weights, dice.next() * weights[-1])]
        if _fits(game, cursor, step, taken):
            return step
    return None


def _fits(game: str, cursor: Cursor, step: Move, taken: set[tuple[int, int]]) -> bool:
    width, _, depth = MAP_SIZE[game]
    behind = advance(cursor, step)
    for x, z in (*cells_at(cursor, step), (behind.x, behind.z)):
        if (x, z) in taken or not (_WALL <= x < width - _WALL and _WALL <= z < depth - _WALL):
            return False
    return True
