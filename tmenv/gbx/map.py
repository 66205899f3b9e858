"""Maps (tracks as the games save them): what a ``.Map.Gbx`` or ``.Challenge.Gbx`` file says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from tmenv.errors import GbxError
from tmenv.gbx.archive import Reader
from tmenv.gbx.blocks import Block
from tmenv.gbx.classes import MAP, describe_class
from tmenv.gbx.container import Container, Source, read_container
from tmenv.gbx.ghost import Ghost, ghost_of
from tmenv.gbx.header import Header, parse_header, refuse_other_games, time_or_none
from tmenv.gbx.items import Item, read_items
from tmenv.gbx.map_chunks import (
    BLOCKS_CHUNK,
    LAYOUTS,
    STADIUM_2020_VERSION,
    check_environment,
    place_free_blocks,
    read_baked_blocks,
)
from tmenv.gbx.nodes import Properties, read_node
from tmenv.gbx.uid import new_uid

TMNF_SIZE = (32, 32, 32)
UNUSED_LAPS = 3
"""Laps that maps state whose race does not count them."""

MOODS = ("Sunrise", "Day", "Sunset", "Night")

_COLOUR_CODE = re.compile(r"\$(?:[0-9a-fA-F]{1,3}|[lhp](?:\[[^\]]*\])?|\$|[^$])?", re.IGNORECASE)


@dataclass(frozen=True)
class Map:
    """A map.

    Attributes:
        name: as the author wrote it, with the games' colour codes (``plain_name`` is without).
        uid: the game's unique id of the map.
        author_login: login of the author; not shown by ``repr``.
        game: ``"TMNF"`` or ``"TM2020"``.
        decoration: surroundings, e.g. ``"Day"`` or ``"48x48Sunset"``.
        size: size of the building area, cells.
        vehicle: the car, "" for the environment's own.
        environment: ``"Stadium"``, or another of the Forever games, e.g. ``"Speed"``; only Stadium can be driven.
        laps: number of laps if ``is_lap_race``.
        is_lap_race: the race counts laps.
        author_time_ms: medal times, milliseconds; None where not set. (In stunt maps they are scores.)
        blocks: all blocks, in the order of the file.
        items: all items, in the order of the file (TM2020).
        checkpoint_count: checkpoints on the way to the finish, per lap; None if not stored (TMNF).
        comments: the author's words.
        thumbnail: JPEG, upside down; b"" if not stored.
        map_type: the TM2020 map's kind of race, e.g. ``"TrackMania\\TM_Race"``; "" if not stored.
        title: the TM2020 map's title, e.g. ``"TMStadium"``; "" if not stored.
        baked_blocks: blocks that the game derived from the others: grass, walls, seams (TM2020); read only if asked
            for.
        validation_ghost: the author's run, if the map holds it (TM2020).
    """

    name: str
    uid: str
    author_login: str = field(repr=False)
    game: str
    decoration: str
    size: tuple[int, int, int]
    vehicle: str
    laps: int
    is_lap_race: bool
    author_time_ms: int | None
    gold_time_ms: int | None
    silver_time_ms: int | None
    bronze_time_ms: int | None
    blocks: tuple[Block, ...] = field(repr=False)
    environment: str = "Stadium"
    items: tuple[Item, ...] = field(default=(), repr=False)
    checkpoint_count: int | None = None
    comments: str = field(default="", repr=False)
    thumbnail: bytes = field(default=b"", repr=False)
    map_type: str = ""
    title: str = ""
    baked_blocks: tuple[Block, ...] = field(default=(), repr=False)
    validation_ghost: Ghost | None = field(default=None, repr=False)

    @classmethod
    def tmnf(
        cls,
        name: str,
        blocks: Iterable[Block],
        *,
        uid: str | None = None,
        author_login: str = "",
        decoration: str = "Day",
        laps: int | None = None,
        author_time_ms: int | None = None,
        gold_time_ms: int | None = None,
        silver_time_ms: int | None = None,
        bronze_time_ms: int | None = None,
        comments: str = "",
    ) -> Self:
        """A new map of TMNF's Stadium; ``write_map`` makes it a file.

        Args:
            name: may hold the games' colour codes.
            blocks: see ``Block``; blocks on the ground need flag 0x1000, roads the shape in their flags.
            uid: None makes a new one (``new_uid``).
            author_login: login of the author.
            decoration: time of day, see ``mood``.
            laps: number of laps; None for a race from start to finish.
            author_time_ms: medal times, milliseconds; None for none.
            gold_time_ms: as above.
            silver_time_ms: as above.
            bronze_time_ms: as above.
            comments: words about the map.
        """
        return cls(
            name=name,
            uid=new_uid() if uid is None else uid,
            author_login=author_login,
            game="TMNF",
            decoration=decoration,
            size=TMNF_SIZE,
            vehicle="",
            laps=UNUSED_LAPS if laps is None else laps,
            is_lap_race=laps is not None,
            author_time_ms=author_time_ms,
            gold_time_ms=gold_time_ms,
            silver_time_ms=silver_time_ms,
            bronze_time_ms=bronze_time_ms,
            blocks=tuple(blocks),
            comments=comments,
        )

    @property
    def plain_name(self) -> str:
        """The name without colour and style codes such as ``$f00``."""
        return plain_text(self.name)

    @property
    def mood(self) -> str:
        """Time of day: ``"Sunrise"``, ``"Day"``, ``"Sunset"`` or ``"Night"``; "" if the decoration names none."""
        return next((mood for mood in MOODS if self.decoration.endswith(mood)), "")


def plain_text(text: str) -> str:
    """``text`` without the games' colour and style codes; ``$$`` stands for a dollar sign."""
    return _COLOUR_CODE.sub(lambda code: "$" if code.group() == "$$" else "", text)


def read_map(source: Source, *, baked: bool = False) -> Map:
    """Read a map of TrackMania (2020) or TrackMania Nations Forever.

    Args:
        source: path of a ``.Map.Gbx`` or ``.Challenge.Gbx`` file, or its bytes.
        baked: read ``Map.baked_blocks`` too.

    Raises:
        GbxError: the file is missing, damaged, not a map, or a map of another game.
    """
    return parse_map(read_container(source), baked)


def parse_map(container: Container, baked: bool = False) -> Map:
    """The map in a container; see ``read_map``."""
    if container.class_id != MAP:
        kind = describe_class(container.class_id)
        raise GbxError(f"{container.source}: this is {kind}, not a map; give a .Map.Gbx or .Challenge.Gbx file")
    header = parse_header(container)
    _check_header(header, container.source)
    reader = Reader(container.body, f"{container.source} (body)")
    found = read_node(reader, LAYOUTS, {}, stop_after=BLOCKS_CHUNK)
    if "blocks" not in found:
        raise GbxError(f"{container.source}: the map has no list of blocks; save it again in the game")
    game = "TM2020" if found["version"] == STADIUM_2020_VERSION else "TMNF"
    if header.game not in (None, game):
        raise GbxError(f"{container.source}: the header says {header.game}, but the blocks are {game}'s; it is damaged")
    if game == "TM2020":
        found["items"] = read_items(reader)
        if baked:
            found["baked"] = read_baked_blocks(reader)
        place_free_blocks(reader, found["blocks"] + found.get("baked", []))
    return _assemble(container, header, found, game)


def _check_header(header: Header, source: str) -> None:
    """Refuse maps of other games and environments by what their header says."""
    environment = header.attributes.get("desc.envir") or header.environment
    if environment:
        check_environment(source, environment)
    refuse_other_games(header, source)


def _assemble(container: Container, header: Header, found: Properties, game: str) -> Map:
    parameters = found.get("parameters", {})
    bronze, silver, gold, author = (time_or_none(value) for value in parameters.get("medal_times", (-1,) * 4))
    ghost = parameters.get("ghost")
    return Map(
        name=found["name"],
        uid=found["uid"],
        author_login=found["author_login"],
        game=game,
        decoration=found["decoration"],
        size=found["size"],
        vehicle=found.get("vehicle", ""),
        laps=found.get("laps", 1),
        is_lap_race=found.get("is_lap_race", False),
        author_time_ms=author,
        gold_time_ms=gold,
        silver_time_ms=silver,
        bronze_time_ms=bronze,
        blocks=tuple(found["blocks"]),
        environment=found["environment"],
        items=found.get("items", ()),
        baked_blocks=tuple(found.get("baked", ())),
        checkpoint_count=header.checkpoint_count,
        comments=header.comments,
        thumbnail=header.thumbnail,
        map_type=header.map_type,
        title=header.title,
        validation_ghost=None if ghost is None else ghost_of(ghost, f"{container.source} (validation ghost)"),
    )
