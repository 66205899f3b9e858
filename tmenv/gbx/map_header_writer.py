"""Writes the header chunks of a map: new ones of TMNF, and those of a template with some fields changed."""

import re
import struct
from collections.abc import Callable, Iterator
from html import escape

from tmenv.errors import GbxError
from tmenv.gbx.archive import Reader
from tmenv.gbx.classes import MAP
from tmenv.gbx.map import Map
from tmenv.gbx.template import new_kind
from tmenv.gbx.writer import NEW_ID, NEW_LOCAL_ID, Writer, is_whole

TIMES, IDENTITY, VERSION, XML, THUMBNAIL = MAP | 2, MAP | 3, MAP | 4, MAP | 5, MAP | 7
NO_TIME = 0xFFFFFFFF
TMNF_VERSION = "2.11.26"
"""Version of the game that new maps state; only the first digits decide how they are read."""

BUILDER = "Nadeo"
"""Author of everything that comes with the game."""

CHALLENGE_KIND = 6
"""Kind of a map that stands for itself (real maps say 8 or 6)."""

MAX_TIME_MS = 2**30 - 1
"""Twelve days. Much later times could be taken for the mark of chunks that state their size."""

_MEDALS = ("bronze", "silver", "gold", "author")


def medal_times(map_: Map) -> tuple[int, int, int, int]:
    """Bronze, silver, gold and author time as files store them.

    Raises:
        GbxError: one of them is out of range.
    """
    times = [getattr(map_, f"{medal}_time_ms") for medal in _MEDALS]
    for medal, time in zip(_MEDALS, times, strict=True):
        if time is not None and not (is_whole(time) and 0 <= time <= MAX_TIME_MS):
            raise GbxError(f"{medal}_time_ms {time!r}: give 0 to {MAX_TIME_MS} milliseconds, or None")
    bronze, silver, gold, author = (NO_TIME if time is None else time for time in times)
    return bronze, silver, gold, author


def new_header(map_: Map) -> dict[int, bytes]:
    """The header chunks of a new TMNF map: chunk id -> payload."""
    times = medal_times(map_)
    chunks = {
        TIMES: Writer().u8(11).u32(0, *times, 0, map_.is_lap_race, 0, 0, times[3], 0),
        IDENTITY: _new_identity(map_),
        VERSION: Writer().u32(6),
        XML: Writer().string(_new_xml(map_)),
        THUMBNAIL: _new_thumbnail(map_),
    }
    return {chunk: bytes(writer.data) for chunk, writer in chunks.items()}


def _new_identity(map_: Map) -> Writer:
    identity = write_map_ident(Writer().u8(5), map_).string(map_.name)
    identity.u8(CHALLENGE_KIND).u32(0).string("").ident(map_.decoration, "Stadium", BUILDER)
    return identity.f32(0, 0, 0, 0).raw(bytes(16))


def write_map_ident(writer: Writer, map_: Map) -> Writer:
    """Uid, environment and author of a new map, as its header and its body begin."""
    author_kind = NEW_ID if map_.author_login == BUILDER else NEW_LOCAL_ID
    return writer.id(map_.uid, NEW_LOCAL_ID).id("Stadium").id(map_.author_login, author_kind)


def _new_xml(map_: Map) -> str:
    bronze, silver, gold, author = _signed(medal_times(map_))
    return (
        f'<header type="challenge" version="TMc.6" exever="{TMNF_VERSION}">'
        f'<ident uid="{escape(map_.uid)}" name="{escape(map_.name)}" author="{escape(map_.author_login)}"/>'
        f'<desc envir="Stadium" mood="{escape(map_.decoration)}" type="Race" nblaps="{_stated_laps(map_)}" price="0" />'
        f'<times bronze="{bronze}" silver="{silver}" gold="{gold}" authortime="{author}" authorscore="{author}"/>'
        "<deps></deps></header>"
    )


def _signed(times: tuple[int, ...]) -> list[int]:
    return [-1 if time == NO_TIME else time for time in times]


def _stated_laps(map_: Map) -> int:
    return map_.laps if map_.is_lap_race else 0


def _new_thumbnail(map_: Map) -> Writer:
    thumbnail = Writer().u32(1, len(map_.thumbnail)).raw(b"<Thumbnail.jpg>").raw(map_.thumbnail)
    return thumbnail.raw(b"</Thumbnail.jpg><Comments>").string(map_.comments, keep="\n").raw(b"</Comments>")


def changed_header(chunks: dict[int, bytes], old: Map, new: Map, source: str) -> dict[int, bytes]:
    """The header ``chunks`` of a template that holds the map ``old``, with what is different in ``new``."""
    writers: dict[int, Callable[[Reader, Map, Map], bytes]] = {
        TIMES: _changed_times,
        IDENTITY: _changed_identity,
        XML: _changed_xml,
    }
    return {
        chunk: writers[chunk](Reader(payload, f"{source} (header)"), old, new) if chunk in writers else payload
        for chunk, payload in chunks.items()
    }


def _changed_times(reader: Reader, old: Map, new: Map) -> bytes:
    version = reader.u8()
    writer = Writer().u8(version).u32(reader.u32())
    times = tuple(reader.u32() for _ in range(4))
    kept = medal_times(old) == medal_times(new)
    writer.u32(*(times if kept else medal_times(new))).u32(reader.u32())
    counts_laps = reader.u32()
    writer.u32(counts_laps if old.is_lap_race == new.is_lap_race else new.is_lap_race)
    if version >= 10:
        writer.u32(reader.u32(), reader.u32())
        score = reader.u32()
        writer.u32(medal_times(new)[3] if score == times[3] else score)
    if version >= 13:
        writer.u32(reader.u32(), reader.u32())
        checkpoints, laps = reader.u32(), reader.u32()
        same_laps = (old.laps, old.is_lap_race) == (new.laps, new.is_lap_race)
        writer.u32(checkpoints, laps if same_laps else max(1, _stated_laps(new)))
    return bytes(writer.raw(reader.data[reader.position :]).data)


def _changed_identity(reader: Reader, old: Map, new: Map) -> bytes:
    version = reader.u8()
    writer = Writer().u8(version)
    kind = new_kind(reader)
    writer.id(_changed(reader.id(), old.uid, new.uid), kind)
    _copy_id(reader, writer)
    kind = new_kind(reader)
    writer.id(_changed(reader.id(), old.author_login, new.author_login), kind)
    writer.string(_changed(reader.string(), old.name, new.name))
    writer.u8(reader.u8()).u32(reader.u32()).string(reader.string())
    writer.id(_changed(reader.id(), old.decoration, new.decoration))
    _copy_id(reader, writer)
    _copy_id(reader, writer)
    writer.raw(reader.bytes(16 if version < 5 else 32, "the place of the map"))
    if version >= 6:
        writer.string(reader.string()).string(reader.string())
    if version >= 11:
        writer.raw(reader.bytes(9, "the lightmap"))
        _copy_id(reader, writer)
    return bytes(writer.raw(reader.data[reader.position :]).data)


def _copy_id(reader: Reader, writer: Writer) -> None:
    """Write the next Id of ``reader``: numbered collections keep their number."""
    stored, text = reader.peek_id(), reader.id()
    if stored >> 30:
        writer.id(text)
    else:
        writer.collection(stored)


def _changed(stored: str, old: str, new: str) -> str:
    """``new`` if it differs from the template's, else what the template states here."""
    return stored if old == new else new


def _changed_xml(reader: Reader, old: Map, new: Map) -> bytes:
    # Bytes that are no UTF-8 go through unchanged.
    xml = reader.bytes(reader.u32(), "the XML").decode("utf-8", "surrogateescape")
    for element, attribute, before, after in _xml_changes(old, new):
        if before != after:
            xml = _with_attribute(xml, element, attribute, str(after))
    before, after = old.author_time_ms, new.author_time_ms
    if before is not None and after is not None:
        xml = xml.replace(f'authorscore="{before}"', f'authorscore="{after}"')
    encoded = xml.encode("utf-8", "surrogateescape")
    return struct.pack("<I", len(encoded)) + encoded + reader.data[reader.position :]


def _xml_changes(old: Map, new: Map) -> Iterator[tuple[str, str, str | int, str | int]]:
    """Element, attribute, and its values in the template and in the new map."""
    yield "ident", "uid", old.uid, new.uid
    yield "ident", "name", old.name, new.name
    yield "ident", "author", old.author_login, new.author_login
    yield "desc", "mood", old.decoration, new.decoration
    yield "desc", "nblaps", _stated_laps(old), _stated_laps(new)
    names = ("bronze", "silver", "gold", "authortime")
    for name, before, after in zip(names, _signed(medal_times(old)), _signed(medal_times(new)), strict=True):
        yield "times", name, before, after


def _with_attribute(xml: str, element: str, attribute: str, value: str) -> str:
    """``xml`` with another value of an attribute; unchanged if the element does not have it."""
    pattern = rf'(<{element}\b[^>]*?\s{attribute}=")[^"]*(")'
    return re.sub(pattern, lambda match: match[1] + escape(value) + match[2], xml, count=1)
