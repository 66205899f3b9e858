"""Headers: what a file says about itself before its body, readable from its first 64 kB."""

import re
from dataclasses import dataclass, field
from html import unescape
from types import MappingProxyType
from typing import Any

from tmenv.errors import GbxError
from tmenv.gbx.archive import Reader, printable
from tmenv.gbx.classes import GHOST, KIND_WORD, MAP, REPLAY, describe_class
from tmenv.gbx.container import Opening, Source, read_opening

FIRST_TM2020_BUILD = "2020-06"
"""ManiaPlanet 4 writes the same version of the game as TM2020; the build date tells them apart."""

MAP_XML, REPLAY_XML = MAP | 5, REPLAY | 1
_MAP_TIMES, _MAP_IDENTITY, _MAP_THUMBNAIL = MAP | 2, MAP | 3, MAP | 7
_REPLAY_IDENTITY = REPLAY | 0

MAX_XML_BYTES = 2**20
"""More of a header's XML is not looked at (largest seen: 40 kB)."""

_ELEMENT = re.compile(r"<(\w{1,32})((?:\s+\w{1,32}=\"[^\"<]*\")*)\s*/?>")
_ATTRIBUTE = re.compile(r"(\w{1,32})=\"([^\"<]*)\"")

Fields = dict[str, Any]


@dataclass(frozen=True)
class Header:
    """What a file says about itself. Fields that it leaves out are None, or "" for text.

    Attributes:
        kind: ``"map"``, ``"replay"`` or ``"ghost"``.
        game: ``"TMNF"`` or ``"TM2020"``; ``"another"`` for ManiaPlanet and Turbo; None if the header does not tell
            (ghosts, maps without header).
        name: name of the map, with colour codes; of a replay only if TM2020 wrote it.
        uid: unique id of the map.
        environment: ``"Stadium"`` or another.
        login: login of the map's author or of the replay's driver; not shown by ``repr``.
        race_time_ms: time of a replay, milliseconds.
        author_time_ms: medal times of a map, milliseconds.
        is_lap_race: the map's race counts laps.
        checkpoint_count: checkpoints on the way to the finish, per lap (TM2020 maps).
        laps: number of laps (TM2020 maps).
        decoration: surroundings of the map, e.g. ``"48x48Day"``.
        map_type: the TM2020 map's kind of race, e.g. ``"TrackMania\\TM_Race"``.
        title: the TM2020 map's title, e.g. ``"TMStadium"``.
        comments: the map author's words.
        thumbnail: JPEG of the map, upside down; b"" if there is none or it is not within the first 64 kB.
        attributes: every attribute of the header's XML, by ``element.attribute``, e.g. ``"desc.mood"``; not shown by
            ``repr``, because logins may be among them.
    """

    kind: str
    game: str | None
    name: str = ""
    uid: str = ""
    environment: str = ""
    login: str = field(default="", repr=False)
    race_time_ms: int | None = None
    author_time_ms: int | None = None
    gold_time_ms: int | None = None
    silver_time_ms: int | None = None
    bronze_time_ms: int | None = None
    is_lap_race: bool | None = None
    checkpoint_count: int | None = None
    laps: int | None = None
    decoration: str = ""
    map_type: str = ""
    title: str = ""
    comments: str = ""
    thumbnail: bytes = field(default=b"", repr=False)
    attributes: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False, hash=False)


def read_header(source: Source) -> Header:
    """Read what a file says about itself; no more than its first 64 kB are read, and no more need exist.

    Args:
        source: path of a map, replay or ghost, or its bytes, which may be cut off behind 64 kB.

    Raises:
        GbxError: the file is missing, damaged, or neither map, replay nor ghost.
    """
    return parse_header(read_opening(source))


def parse_header(opening: Opening) -> Header:
    """The header of a file; see ``read_header``."""
    if opening.class_id not in KIND_WORD:
        kind = describe_class(opening.class_id)
        raise GbxError(f"{opening.source}: this is {kind}; give a map, replay or ghost of TrackMania")
    attributes = _xml_attributes(opening)
    fields: Fields = {"name": attributes.get("ident.name", attributes.get("map.name", ""))}
    for chunk, layout in _LAYOUTS.items():
        if chunk in opening.header:
            layout(Reader(opening.header[chunk], f"{opening.source} (header chunk {chunk:08X})"), fields)
    game = None if opening.class_id == GHOST else game_of(attributes)
    return Header(KIND_WORD[opening.class_id], game, **fields, attributes=MappingProxyType(attributes))


def refuse_other_games(header: Header, source: str) -> None:
    """Raise ``GbxError`` if another game than the two wrote the file."""
    if header.game == "another":
        version = header.attributes["header.exever"][:40]
        raise GbxError(
            f"{source}: written by version {version} of the game (ManiaPlanet or Turbo); "
            "tmenv supports files of TrackMania (2020) and TrackMania Nations Forever"
        )


def game_of(attributes: dict[str, str]) -> str | None:
    """The game that wrote a file, by its XML; None without, ``"another"`` for ManiaPlanet and Turbo."""
    version = attributes.get("header.exever", "")
    if not version:
        return None
    if version.startswith(("2.", "0.")):
        return "TMNF"
    if version.startswith("3.3") and attributes.get("header.exebuild", "") >= FIRST_TM2020_BUILD:
        return "TM2020"
    return "another"


def _xml_attributes(opening: Opening) -> dict[str, str]:
    """Attributes of the header's XML by ``element.attribute``; the first of a name counts.

    Only picked out: an XML parser would execute what a hostile file declares.
    """
    payload = opening.header.get(MAP_XML if opening.class_id == MAP else REPLAY_XML, b"")
    xml = payload[4:MAX_XML_BYTES].decode("utf-8", "replace")
    found: dict[str, str] = {}
    for element, attributes in _ELEMENT.findall(xml):
        for name, value in _ATTRIBUTE.findall(attributes):
            found.setdefault(f"{element}.{name}", printable(unescape(value)))
    return found


def _map_times(reader: Reader, fields: Fields) -> None:
    version = reader.u8()
    reader.u32()
    for medal in ("bronze", "silver", "gold", "author"):
        fields[f"{medal}_time_ms"] = time_or_none(reader.i32())
    reader.skip(4, "the map's price")
    fields["is_lap_race"] = reader.u32() != 0
    if version >= 13:
        reader.skip(20, "scores and editor settings")
        fields["checkpoint_count"], fields["laps"] = reader.u32(), reader.u32()


def _map_identity(reader: Reader, fields: Fields) -> None:
    version = reader.u8()
    fields["uid"], fields["environment"], fields["login"] = reader.ident()
    fields["name"] = reader.string()
    reader.skip(5, "the kind of the map")
    reader.string()  # the password
    fields["decoration"] = reader.ident()[0]
    reader.skip(16, "the place of the map")
    if version >= 5:
        reader.skip(16, "a mask")
    if version >= 6:
        fields["map_type"] = reader.string()
        reader.string()
    if version >= 11:
        reader.skip(9, "the lightmap")
        fields["title"] = reader.id()


def _map_thumbnail(reader: Reader, fields: Fields) -> None:
    if reader.u32() == 0:
        return
    size = reader.u32()
    reader.skip(len("<Thumbnail.jpg>"))
    fields["thumbnail"] = reader.bytes(size, "a thumbnail")
    reader.skip(len("</Thumbnail.jpg><Comments>"))
    fields["comments"] = reader.text()


def _replay_identity(reader: Reader, fields: Fields) -> None:
    version = reader.u32()
    if version < 3:
        return
    fields["uid"], fields["environment"], _ = reader.ident()
    fields["race_time_ms"] = time_or_none(reader.i32())
    reader.string()  # the nickname
    if version >= 6:
        fields["login"] = reader.string()
    if version >= 8:
        reader.u8()
        fields["title"] = reader.id()


def time_or_none(stored: int) -> int | None:
    """A time as files state it: negative means none."""
    return stored if stored >= 0 else None


_LAYOUTS = {
    _MAP_TIMES: _map_times,
    _MAP_IDENTITY: _map_identity,
    _MAP_THUMBNAIL: _map_thumbnail,
    _REPLAY_IDENTITY: _replay_identity,
}
