"""The catalogue: what tmenv knows about each block of the games, read from the JSON tables beside this file.

``shapes.json`` holds plan shapes, cross-sections and height profiles; ``blocks.json`` one row per block:
its shape, section, height above the block's base in metres, waypoint and spawn, and how sure we are
(``mark``: M measured on public replays, S stated by public block data, A by analogy, G guessed; ``source``
says on what). ``decoration.json`` lists name patterns of blocks that nobody drives on.

Block coordinates are metres from the min corner of the unrotated block, +z along rotation 0 and +x to the
left of it. A port ``"xyz:d"`` is the middle of side d (0 = +z, 1 = -x, 2 = -z, 3 = +x) of cell (x, y, z).
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tmenv.errors import TrackError
from tmenv.track.tables import PROFILE_KNOTS

_HERE = Path(__file__).parent


@cache
def _read(name: str) -> dict[str, Any]:
    return json.loads((_HERE / name).read_text(encoding="utf-8"))


def shape(name: str) -> dict[str, Any]:
    """Plan shape: ``size`` (cells in x, levels, cells in z), ``ports``, and ``paths`` or a ``junction``."""
    return _read("shapes.json")["shapes"][name]


def section(name: str) -> dict[str, Any]:
    """Cross-section: half width, walls, and the materials of the strips."""
    return _read("shapes.json")["sections"][name]


@cache
def profile_names() -> tuple[str, ...]:
    """Names of the height profiles; their order is the row number in ``profile_table``."""
    return tuple(_read("shapes.json")["profiles"])


@cache
def profile_table() -> np.ndarray:
    """Float32 (2 K, 2, 17): height (m above the block's base) and bank (dy per metre to the left) at the knots.

    The second half repeats the first with opposite banks, for ribbons driven the other way.
    """
    table = np.zeros((len(profile_names()), 2, PROFILE_KNOTS), np.float32)
    for out, profile in zip(table, _read("shapes.json")["profiles"].values(), strict=True):
        out[0] = profile["heights"]
        out[1] = profile.get("banks", 0.0)
    return np.concatenate([table, table * np.array([1.0, -1.0], np.float32)[None, :, None]])


@cache
def opposite_profiles() -> np.ndarray:
    """Int (2 K,): the number of the profile with the opposite bank."""
    return np.roll(np.arange(2 * len(profile_names())), len(profile_names()))


@cache
def block_names(game: str) -> tuple[str, ...]:
    """Every block of ``game`` that tmenv can drive, variants written as ``name#variant``."""
    return tuple(_blocks(game))


def _blocks(game: str) -> dict[str, Any]:
    table = _read("blocks.json")
    if game not in table:
        raise TrackError(f"unknown game {game!r}; tmenv knows {', '.join(sorted(table))}")
    return table[game]


def row(game: str, key: str) -> dict[str, Any]:
    """The row of one block; ``key`` as in ``block_names``."""
    return _blocks(game)[key]


@cache
def block_key(game: str, name: str, variant: int) -> str | None:
    """The key of a block in this catalogue, or None if tmenv has no surface for it."""
    rows = _blocks(game)
    if name in rows:
        return name
    keyed = f"{name}#{variant}"
    return keyed if keyed in rows else None


@cache
def is_decoration(game: str, name: str) -> bool:
    """True for blocks that carry no road: pillars, stands, scenery, ground cells."""
    return _decoration(game).fullmatch(name) is not None


@cache
def _decoration(game: str) -> re.Pattern[str]:
    patterns = _read("decoration.json")[game]
    return re.compile("|".join(re.escape(pattern).replace(r"\*", ".*") for pattern in patterns))
