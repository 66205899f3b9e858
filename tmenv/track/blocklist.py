"""Block lists: tracks written as JSON, by hand or by program, and turned into a ``Map``."""

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tmenv.constants import GAMES
from tmenv.errors import TrackError
from tmenv.files import write_whole
from tmenv.gbx import Block, Map

FORMAT = 1
"""Version of the block list format."""

GROUND_LEVEL = 1
"""World level of blocks that stand on the ground, both games."""

MAP_SIZE = {"TMNF": (32, 32, 32), "TM2020": (48, 40, 48)}
"""Cells of the building area (measured on maps; the usual stadium)."""

_BY_DAY = {"TMNF": "Day", "TM2020": "48x48Day"}
_ON_GROUND = 1 << 12
_KEY = re.compile(r"\w+(#[0-7])?", re.ASCII)
_TIMES = ("author_time_ms", "gold_time_ms", "silver_time_ms", "bronze_time_ms")


def make_block(game: str, key: str, cell: Sequence[int], rotation: int) -> Block:
    """A block from its catalogue key, e.g. ``"StadiumRoadMain#3"``, at a world cell."""
    name, _, variant = key.partition("#")
    x, y, z = cell
    flags = (int(variant) if variant else 0) | (_ON_GROUND if game == "TMNF" and y == GROUND_LEVEL else 0)
    return Block(name=name, rotation=rotation, cell=(x, y, z), flags=flags)


def make_map(
    name: str,
    game: str,
    blocks: Iterable[Block],
    laps: int = 1,
    times: dict[str, int | None] | None = None,
    uid: str = "",
) -> Map:
    """A map that exists in no file; ``laps`` above 1 makes it a lap race."""
    times = times or {}
    return Map(
        name=name,
        uid=uid,
        author_login="",
        game=game,
        decoration=_BY_DAY[game],
        size=MAP_SIZE[game],
        vehicle="",
        laps=laps,
        is_lap_race=laps > 1,
        blocks=tuple(blocks),
        author_time_ms=times.get("author_time_ms"),
        gold_time_ms=times.get("gold_time_ms"),
        silver_time_ms=times.get("silver_time_ms"),
        bronze_time_ms=times.get("bronze_time_ms"),
    )


def read_block_list(path: str | os.PathLike[str]) -> Map:
    """Read a JSON block list.

    The file holds ``format`` (1), ``name``, ``game``, optional ``laps`` and medal times in ms, and ``blocks``:
    rows of ``[key, x, y, z, rotation]`` with the catalogue key and the world cell (the min corner of the block
    lies at (32 x, 8 y, 32 z) metres).

    Raises:
        TrackError: the file is missing or not such a list.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TrackError(f"there is no block list {os.fspath(path)!r}") from error
    except (OSError, ValueError) as error:
        raise TrackError(f"{os.fspath(path)!r} is not JSON: {error}") from error
    return _to_map(data, os.fspath(path))


def _to_map(data: Any, source: str) -> Map:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise TrackError(f'{source!r} is not a block list: it must be an object with "format": {FORMAT}')
    game = data.get("game")
    if game not in GAMES:
        raise TrackError(f"{source!r}: game must be one of {', '.join(GAMES)}, not {game!r}")
    laps = data.get("laps", 1)
    if not _is_whole(laps) or laps < 1:
        raise TrackError(f"{source!r}: laps must be a whole number of at least 1, not {laps!r}")
    times = {key: data.get(key) for key in _TIMES}
    blocks = [_row(game, row, source) for row in _rows(data, source)]
    return make_map(str(data.get("name", Path(source).stem)), game, blocks, laps, times)


def _rows(data: dict[str, Any], source: str) -> list[Any]:
    rows = data.get("blocks")
    if not isinstance(rows, list):
        raise TrackError(f'{source!r}: "blocks" must be a list of [key, x, y, z, rotation]')
    return rows


def _row(game: str, row: Any, source: str) -> Block:
    whole = isinstance(row, list) and len(row) == 5 and isinstance(row[0], str) and all(map(_is_whole, row[1:]))
    if not whole or not 0 <= row[4] <= 3 or not _KEY.fullmatch(row[0]):
        raise TrackError(f"{source!r}: a block must be [key, x, y, z, rotation 0-3], not {row!r}")
    return make_block(game, row[0], row[1:4], row[4])


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def write_block_list(map_: Map, path: str | os.PathLike[str]) -> None:
    """Write a map as a block list (names, cells and rotations; nothing else of a game's file survives).

    Raises:
        OutputError: the file cannot be written.
    """
    rows = [json.dumps([block_key_of(map_.game, block), *block.cell, block.rotation]) for block in map_.blocks]
    head = {"format": FORMAT, "name": map_.name, "game": map_.game, "laps": map_.laps}
    times = {key: getattr(map_, key) for key in _TIMES if getattr(map_, key) is not None}
    body = json.dumps({**head, **times})[:-1] + ', "blocks": [\n  ' + ",\n  ".join(rows) + "\n]}\n"
    write_whole(path, body.encode())


def block_key_of(game: str, block: Block) -> str:
    """The catalogue key that ``make_block`` turns into such a block."""
    keyed = game == "TMNF" and block.name == "StadiumRoadMain"
    return f"{block.name}#{block.road_shape}" if keyed else block.name
