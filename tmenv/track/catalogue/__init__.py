"""The catalogue: what tmenv knows about each block of the games, read from the JSON tables beside this file.

``shapes.json`` holds plan shapes; ``sections.json`` cross-sections, height profiles and openings; ``heights.json``
height fields; the files of ``_BLOCK_FILES`` one row per block: its shape, section, surface (``height`` in metres above
the block's base, ``plane``: height at the corner of the block, dy/dx and dy/dz, or the name of a ``profile``),
``levels`` of its ports, waypoint and spawn, and how sure we are (``mark``: M measured on public replays, S stated by
public block data, A by analogy, G guessed; ``source`` says on what). ``mirror_of`` names the block that it is with +x
and -x exchanged, ``as`` one that it equals but for the rest of the row, ``ground`` what differs on the ground.
``terrain`` (height above the base, material) makes the block open ground, ``replaces_ground`` takes it away.
``decoration.json`` lists name patterns of blocks that nobody drives on.

Block coordinates are metres from the min corner of the unrotated block, +z along rotation 0 and +x to the
left of it. A port ``"xyz:d"`` is the middle of side d (0 = +z, 1 = -x, 2 = -z, 3 = +x) of cell (x, y, z).
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tmenv.errors import TrackError
from tmenv.track.tables import OPENING, PROFILE_KNOTS

_HERE = Path(__file__).parent
_BLOCK_FILES = {
    "TMNF": ("tmnf_road.json", "tmnf_slope.json", "tmnf_deck.json", "tmnf_dirt.json"),
    "TM2020": ("tm2020.json",),
}


@cache
def _read(name: str) -> dict[str, Any]:
    return json.loads((_HERE / name).read_text(encoding="utf-8"))


def shape(name: str) -> dict[str, Any]:
    """Plan shape: ``size`` (cells in x, levels, cells in z), ``ports``, and ``paths`` or a ``junction``.

    A path leads from port to port (or from the point and direction ``start``) in ``steps``; a ``lane`` only says
    which way cars cross a block whose surface its areas are. ``areas`` are described in ``tmenv.track.areas``.
    """
    return _read("shapes.json")[name]


def section(name: str) -> dict[str, Any]:
    """Cross-section: half width, walls, and the materials of the strips."""
    return _read("sections.json")["sections"][name]


@cache
def profile_names() -> tuple[str, ...]:
    """Names of the height profiles; their order is the row number in ``profile_table``."""
    return tuple(_read("sections.json")["profiles"])


def profile_number(name: str) -> int:
    """Row of a profile in ``profile_table``; ``"-name"`` is the one with the opposite bank."""
    number = profile_names().index(name.removeprefix("-"))
    return number + len(profile_names()) if name.startswith("-") else number


@cache
def profile_table() -> np.ndarray:
    """Float32 (2 K, 2, 17): height (m above the block's base) and bank (dy per metre to the left) at the knots.

    The second half repeats the first with opposite banks, for ribbons driven the other way.
    """
    table = np.zeros((len(profile_names()), 2, PROFILE_KNOTS), np.float32)
    for out, profile in zip(table, _read("sections.json")["profiles"].values(), strict=True):
        out[0] = _knots(profile["heights"], profile.get("symmetric", False))
        out[1] = _knots(profile.get("banks", 0.0), False)
    return np.concatenate([table, table * np.array([1.0, -1.0], np.float32)[None, :, None]])


def _knots(values: float | list[float], symmetric: bool) -> np.ndarray:
    """Values at all knots, from a number, from evenly spaced values, or from the first half of symmetric ones."""
    given = np.atleast_1d(np.asarray(values, float))
    if symmetric:
        given = np.concatenate([given, given[-2::-1]])
    return np.interp(np.linspace(0, 1, PROFILE_KNOTS), np.linspace(0, 1, len(given)), given)


class NodeField(NamedTuple):
    """A height field of the catalogue: where it begins in ``height_table``, and its nodes in x and z."""

    start: int
    columns: int
    rows: int


@cache
def node_fields() -> dict[str, NodeField]:
    """All height fields by name, in the order of ``height_table``."""
    fields, start = {}, 0
    for name, field in _read("heights.json").items():
        columns, rows = field["columns"], len(field["heights"]) // field["columns"]
        fields[name] = NodeField(start, columns, rows)
        start += columns * rows
    return fields


@cache
def height_table() -> np.ndarray:
    """Float32 (H,): the nodes of all height fields in metres above the block's base, x running fastest."""
    return np.concatenate([np.array(f["heights"], np.float32) / 100 for f in _read("heights.json").values()])


@cache
def opening_table() -> np.ndarray:
    """``OPENING`` (O,): the openings by number."""
    table = np.zeros(len(_read("sections.json")["openings"]), OPENING)
    for out, opening in zip(table, _read("sections.json")["openings"].values(), strict=True):
        for name, value in opening.items():
            out[name] = value
    return table


def opening_number(name: str | None) -> int:
    """Number of an opening, -1 without a name."""
    return -1 if name is None else list(_read("sections.json")["openings"]).index(name)


@cache
def opposite_profiles() -> np.ndarray:
    """Int (2 K,): the number of the profile with the opposite bank."""
    return np.roll(np.arange(2 * len(profile_names())), len(profile_names()))


@cache
def block_names(game: str) -> tuple[str, ...]:
    """Every block of ``game`` that tmenv can drive, variants written as ``name#variant``."""
    return tuple(_blocks(game))


@cache
def _blocks(game: str) -> dict[str, Any]:
    if game not in _BLOCK_FILES:
        raise TrackError(f"unknown game {game!r}; tmenv knows {', '.join(sorted(_BLOCK_FILES))}")
    return {key: row for name in _BLOCK_FILES[game] for key, row in _read(name).items()}


@cache
def row(game: str, key: str) -> dict[str, Any]:
    """The row of one block, with what it takes from the block that it equals; ``key`` as in ``block_names``."""
    own = _blocks(game)[key]
    if "as" in own:
        return {**row(game, own["as"]), **own}
    if "mirror_of" in own:
        return {**row(game, own["mirror_of"]), "mirrored": True, **own}
    return own


@cache
def block_key(game: str, name: str, variant: int) -> str | None:
    """The key of a block in this catalogue, or None if tmenv has no surface for it.

    Args:
        game: ``"TMNF"`` or ``"TM2020"``.
        name: the game's name of the block.
        variant: ``Block.variant``; of roads only its lowest three bits matter.
    """
    rows = _blocks(game)
    keys = (name, f"{name}#{variant}", f"{name}#{variant & 7}")
    return next((key for key in keys if key in rows), None)


@cache
def is_decoration(game: str, name: str) -> bool:
    """True for blocks that carry no road: pillars, stands, scenery, ground cells."""
    return _decoration(game).fullmatch(name) is not None


@cache
def _decoration(game: str) -> re.Pattern[str]:
    patterns = _read("decoration.json")[game]
    return re.compile("|".join(re.escape(pattern).replace(r"\*", ".*") for pattern in patterns))
