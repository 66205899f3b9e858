"""Random tracks: endless families of sprints, each a self-avoiding walk of blocks through the cells of a map.

The same (``VERSION``, game, seed, options) gives the same blocks on every machine.
"""

import random
from bisect import bisect
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from tmenv.constants import CELL_M, GAMES
from tmenv.errors import TrackError
from tmenv.gbx import Block, Map, new_uid
from tmenv.track.blocklist import GROUND_LEVEL, MAP_SIZE, make_map
from tmenv.track.families import Choice, Kit, kit
from tmenv.track.pieces import LEVEL_JOINT, Joint, Piece, border, place_of
from tmenv.track.recipe import ONLY_IN, Recipe, recipe_of
from tmenv.track.turtle import Cursor, advance, block_at

VERSION = 2
"""Version of the families; raised when the same seed would give another track."""

LENGTH_M = (600.0, 1500.0)
"""Range of the length of the road where none is asked for, from the start block to the finish block."""

OVERRUN_M = 320.0
"""The finish comes at most this much later than wanted: the longest curve, the way back to level road, a checkpoint."""

CHECKPOINT_EVERY = (0.2, 0.45)
"""Range of the road between two checkpoints, in parts of the wanted length, of 1000 m if that is longer."""

RUN_OUT_M = 64.0
"""Straight road behind crests and turbos: at 180 km/h a car flies 50 m where it bends down by 1/4 (our choice)."""

FALL_M = 60.0
"""Level road on which a car wins as much speed as on a fall of one level (at 40 to 80 m/s)."""

START_LEVELS = 4
"""Tracks with slopes or tilts begin on one of this many levels, so that the first may lead down; dirt lies on the
ground, and cars that roll down to a jump would come faster than it allows."""

_LAST_CHECKPOINT_M = 100.0
"""No checkpoint comes later than this before the finish, unless it is the only one."""

_TRIES = 12
"""Pieces tried at a place before the walk turns back."""

_BACK = 4
"""Pieces taken back where nothing fits."""

_SETBACKS = 25
"""Times that a walk turns back before it is given up."""

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


class _Place(NamedTuple):
    """Where a walk stands."""

    at: int  # bit of the cell that the next piece enters, see ``pieces``
    level: int
    heading: int
    joint: Joint
    taken: int  # bits of all cells that are not free
    length: float  # m, of the road so far
    straight_until: float  # m: no curve begins before
    level_until: float  # m: nothing but level straights before
    careful_m: float  # speed of a careful car, as the metres of a run from a standstill, see ``jumps``
    bold_m: float  # the same of the boldest one
    checkpoint_at: float  # m: when the next one is due
    checkpoints: int


class _Wish(NamedTuple):
    """What a walk is to become."""

    start: Cursor
    length: float
    gap: tuple[float, float]  # m between checkpoints


def generate(
    seed: int,
    game: str,
    difficulty: float | str = "medium",
    length: float | None = None,
    families: Iterable[str] | str = ("flat",),
) -> Map:
    """A random track as a map of blocks, ready for ``build`` and (TMNF) ``tmenv.gbx.write_map``.

    Its name is the one under which ``load`` makes it again; its uid follows from name, game and ``VERSION``.

    Args:
        seed: whole number of at least 0; 0 to 9999 are meant for training, 10 000 to 10 999 for tests (``split``).
        game: ``"TMNF"`` or ``"TM2020"``.
        difficulty: ``"easy"``, ``"medium"``, ``"hard"``, or 0 to 1: tighter and more curves, shorter straights,
            steeper and more slopes.
        length: metres of road, 300 to 4000; the finish comes up to 320 m later. None: drawn from 600 to 1500.
        families: ``"slopes"`` (climbs, falls, humps), ``"tilts"`` (banked roads), ``"jumps"`` (gaps in the road)
            and, in TMNF, ``"dirt"`` (dirt roads on the ground and along the tops of hills), beside ``"flat"``, which
            always belongs; a list, or names with commas.

    Raises:
        TrackError: an unknown game, a negative seed, an option of a wrong value, or a family of the other game.
    """
    if game not in GAMES:
        raise TrackError(f"unknown game {game!r}; tmenv knows {', '.join(GAMES)}")
    if seed < 0:
        raise TrackError(f"the seed of a random track must be at least 0, not {seed}")
    recipe = recipe_of(difficulty, length, families)
    _check_families(recipe, game)
    dice, pieces = _Dice(game, seed), kit(game, recipe.difficulty, recipe.families)
    while True:
        wish = _wish(game, dice, recipe)
        walk = _walk(game, dice, pieces, wish)
        if walk is not None:
            name = recipe.name_of(seed)
            uid = new_uid(random.Random(f"{VERSION} {game} {name}"))
            return make_map(name, game, _blocks(game, wish.start, walk), uid=uid)


def _check_families(recipe: Recipe, game: str) -> None:
    for family in recipe.families:
        if ONLY_IN.get(family, game) != game:
            raise TrackError(
                f"tmenv knows blocks of the family {family!r} in {ONLY_IN[family]} only, not in {game}: leave it out "
                f"of the families, or take the other game"
            )


def _wish(game: str, dice: _Dice, recipe: Recipe) -> _Wish:
    width, _, depth = MAP_SIZE[game]
    x, z = dice.between(width * 0.3, width * 0.7), dice.between(depth * 0.3, depth * 0.7)
    heading, level = int(dice.between(0, 4)), GROUND_LEVEL
    if recipe.families != ("flat",) and not {"dirt", "jumps"} & set(recipe.families):
        level += int(dice.between(0, START_LEVELS))
    length = dice.between(*LENGTH_M) if recipe.length is None else recipe.length
    low, high = (share * min(length, 1000.0) for share in CHECKPOINT_EVERY)
    return _Wish(Cursor(int(x), int(z), heading, level), length, (low, high))


def _walk(game: str, dice: _Dice, pieces: Kit, wish: _Wish) -> list[Piece] | None:
    """One attempt; None if it had to turn back too often."""
    place = _first_place(game, dice, pieces, wish)
    places, walk, setbacks = [place], [pieces.start], 0
    place = _behind(place, pieces.start, pieces, dice, wish)
    while walk[-1] is not pieces.finish:
        piece = _next(dice, pieces, place, wish)
        if piece is None:
            setbacks += 1
            if setbacks > _SETBACKS:
                return None
            keep = max(1, len(walk) - _BACK)
            if keep < len(walk):
                place = places[keep]
                del walk[keep:], places[keep:]
            continue
        places.append(place)
        walk.append(piece)
        place = _behind(place, piece, pieces, dice, wish)
    return walk


def _first_place(game: str, dice: _Dice, pieces: Kit, wish: _Wish) -> _Place:
    """Before the start block; the cell behind it stays free, where a car that rolls back must not meet a road."""
    (_, _, heading, level), at, piece = wish.start, place_of(wish.start), pieces.start
    behind = piece.room[heading] << at + piece.corner[heading] - piece.onward[heading]
    taken = border(game, pieces.top) | behind
    return _Place(at, level, heading, LEVEL_JOINT, taken, 0.0, 0.0, 0.0, 0.0, 0.0, dice.between(*wish.gap), 0)


def _next(dice: _Dice, pieces: Kit, place: _Place, wish: _Wish) -> Piece | None:
    """A piece that fits and leaves the cell behind it free; None if none was found."""
    joint, length = place.joint, place.length
    if length > wish.length + OVERRUN_M - CELL_M:
        return None
    if length < place.level_until:
        return _drawn(dice, place, pieces.level.get(joint))
    arrived = length >= wish.length - CELL_M
    if length >= place.checkpoint_at and (length < wish.length - _LAST_CHECKPOINT_M or not place.checkpoints):
        return _if_it_fits(place, pieces.checkpoints[joint])
    if arrived and joint == LEVEL_JOINT and length >= place.straight_until:
        return _if_it_fits(place, pieces.finish)
    choices = pieces.straight if length < place.straight_until else pieces.homeward if arrived else pieces.any
    return _drawn(dice, place, choices.get(joint))


def _drawn(dice: _Dice, place: _Place, choice: Choice | None) -> Piece | None:
    if choice is None:
        return None
    sums, listed = choice
    for _ in range(_TRIES):
        piece = listed[bisect(sums, dice.next() * sums[-1])]
        if _if_it_fits(place, piece) is not None:
            return piece
    return None


def _if_it_fits(place: _Place, piece: Piece) -> Piece | None:
    if not piece.lowest <= place.level <= piece.highest:
        return None
    jump = piece.jump
    if jump is not None and (place.careful_m < jump.run_up_m or place.bold_m > jump.most_m):
        return None
    at, heading, taken = place.at, place.heading, place.taken
    behind = 1 << at + piece.onward[heading]
    room = piece.room[heading] << at + piece.corner[heading]
    return None if taken & room or taken & behind else piece


def _behind(place: _Place, piece: Piece, pieces: Kit, dice: _Dice, wish: _Wish) -> _Place:
    """Where the walk stands behind a piece."""
    at, heading, jump = place.at, place.heading, piece.jump
    length = place.length + piece.move.length
    level_until = length + jump.landing_m if jump else place.level_until
    straight_until = level_until + RUN_OUT_M if jump else length + RUN_OUT_M if piece.needs_run_out else 0.0
    # Falling a level makes a car as much faster as FALL_M of road.
    bold_m = place.bold_m + piece.move.length + FALL_M * max(0, -piece.move.exit.level)
    is_checkpoint = piece is pieces.checkpoints[place.joint]
    return _Place(
        at + piece.onward[heading],
        place.level + piece.move.exit.level,
        (heading + piece.move.exit.heading) % 4,
        piece.leaves,
        place.taken | piece.room[heading] << at + piece.corner[heading],
        length,
        max(place.straight_until, straight_until),
        level_until,
        min(place.careful_m + piece.move.length, piece.careful_m),
        min(bold_m, piece.bold_m),
        length + dice.between(*wish.gap) if is_checkpoint else place.checkpoint_at,
        place.checkpoints + is_checkpoint,
    )


def _blocks(game: str, cursor: Cursor, walk: list[Piece]) -> list[Block]:
    blocks = []
    for piece in walk:
        if piece.block is not None:
            blocks.append(block_at(game, cursor, piece.block))
        cursor = advance(cursor, piece.move)
    return blocks
