"""What random tracks are made of and how they are named: ``"random:7?difficulty=hard&families=flat,slopes"``."""

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass

from tmenv.errors import TrackError

DIFFICULTIES = {"easy": 0.0, "medium": 0.5, "hard": 1.0}
"""Words for difficulties."""

FAMILIES = ("flat", "slopes", "tilts", "dirt", "jumps")
"""Sets of blocks; ``"flat"`` always belongs to a track."""

ONLY_IN = {"dirt": "TMNF"}
"""Families that only one game has blocks for."""

LENGTH_RANGE_M = (300.0, 4000.0)
"""Lengths that may be asked for."""

ANY_SEED = range(2**31)
"""Seeds that ``"random"`` draws from."""


@dataclass(frozen=True)
class Recipe:
    """Options of random tracks, checked; the same recipe however it was written.

    Attributes:
        difficulty: 0 (easy) to 1 (hard).
        length: metres of road asked for; None: drawn for each track.
        families: members of ``FAMILIES``, in that order.
    """

    difficulty: float = DIFFICULTIES["medium"]
    length: float | None = None
    families: tuple[str, ...] = ("flat",)

    def name_of(self, seed: int) -> str:
        """The name under which ``tmenv.track.load`` makes the track of a seed."""
        options = []
        if self.difficulty != Recipe.difficulty:
            words = {value: word for word, value in DIFFICULTIES.items()}
            options.append(f"difficulty={words.get(self.difficulty, self.difficulty)}")
        if self.families != Recipe.families:
            options.append(f"families={','.join(self.families)}")
        if self.length is not None:
            options.append(f"length={self.length:g}")
        return f"random:{seed}" + ("?" if options else "") + "&".join(options)


@dataclass(frozen=True)
class Split:
    """A named range of seeds with the recipe of its tracks."""

    seeds: range
    recipe: Recipe


SPLITS = {
    "train": Split(range(10_000), Recipe()),
    "test": Split(range(10_000, 11_000), Recipe()),
    "hard": Split(range(11_000, 12_000), Recipe(DIFFICULTIES["hard"], None, ("flat", "slopes", "tilts"))),
}
"""Agents learn on ``train`` and are judged on ``test``; ``hard`` is the hardest of what both games have."""


@dataclass(frozen=True)
class RandomTracks:
    """What a name that begins with ``random`` stands for: one track, or many to draw from."""

    seeds: range
    recipe: Recipe
    draws: bool  # True: a new track at each reset


def recipe_of(difficulty: float | str, length: float | None, families: Iterable[str] | str) -> Recipe:
    """Check the options of random tracks.

    Raises:
        TrackError: an option of a wrong value; says which and what there is.
    """
    return Recipe(_difficulty(difficulty), None if length is None else _length(length), _families(families))


def _difficulty(given: float | str) -> float:
    value = _number(DIFFICULTIES.get(given, given) if isinstance(given, str) else given)
    if not 0.0 <= value <= 1.0:
        raise TrackError(f"difficulty must be {', '.join(DIFFICULTIES)} or a number from 0 to 1, not {given!r}")
    return value


def _length(given: float | str) -> float:
    value = _number(given)
    low, high = LENGTH_RANGE_M
    if not low <= value <= high:
        raise TrackError(f"length must be metres from {low:g} to {high:g}, not {given!r}")
    return value


def _families(given: Iterable[str] | str) -> tuple[str, ...]:
    words = given.split(",") if isinstance(given, str) else list(given)
    for word in words:
        if word not in FAMILIES:
            raise TrackError(f"families are some of {', '.join(FAMILIES)}, not {word!r}")
    return tuple(name for name in FAMILIES if name == "flat" or name in words)


def _number(given: object) -> float:
    """The number that is meant, nan if none is."""
    try:
        return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def split(name: str, **options: float | str | Iterable[str]) -> list[str]:
    """Names of all tracks of a split, for ``load`` or for the ``track`` argument of a vector env.

    Args:
        name: ``"train"`` (seeds 0 to 9999), ``"test"`` (10 000 to 10 999) or ``"hard"`` (11 000 to 11 999, all
            families that both games have, difficulty 1).
        options: ``difficulty``, ``length`` and ``families`` instead of the split's own.

    Raises:
        TrackError: an unknown split or option.
    """
    if name not in SPLITS:
        raise TrackError(f"there is no split {name!r} of random tracks; splits are {', '.join(SPLITS)}")
    recipe = _changed(SPLITS[name].recipe, options, name)
    return [recipe.name_of(seed) for seed in SPLITS[name].seeds]


def random_tracks(name: str) -> RandomTracks | None:
    """What a track name says about random tracks; None for all other names.

    ``"random"`` draws any seed, ``"random:train"`` one of a split, ``"random:7"`` is one track; each may be followed by
    ``?`` and options joined by ``&``.

    Raises:
        TrackError: no such seed, split or option.
    """
    head, mark, query = name.partition("?")
    word, colon, which = head.partition(":")
    if word != "random":
        return None
    own = SPLITS[which] if which in SPLITS else Split(_seeds(which, name) if colon else ANY_SEED, Recipe())
    recipe = _changed(own.recipe, _options(query, name) if mark else {}, name)
    return RandomTracks(own.seeds, recipe, draws=not colon or which in SPLITS)


def _seeds(digits: str, name: str) -> range:
    if not (digits.isascii() and digits.isdigit()):
        raise TrackError(
            f'{name!r}: a random track is "random:<seed>" with a whole number of at least 0; "random" and '
            f"{', '.join(f'random:{split}' for split in SPLITS)} draw one"
        )
    return range(int(digits), int(digits) + 1)


def _options(query: str, name: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in query.split("&"):
        key, equals, value = part.partition("=")
        if not equals or key in options:
            raise TrackError(f'{name!r}: options of a random track are written "?key=value&key=value", each key once')
        options[key] = value
    return options


def _changed(recipe: Recipe, options: dict, name: str) -> Recipe:
    known = {"difficulty": recipe.difficulty, "length": recipe.length, "families": recipe.families}
    for key in options:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
            raise TrackError(f"{name!r}: random tracks have no option {key!r}{hint}")
    return recipe_of(**{**known, **options})
