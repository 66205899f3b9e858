"""Writes a map into a file of the same game: what the map says changes, everything else stays.

Three things tie the rest of the file to its blocks. Names are numbered across the whole body, so Ids behind the blocks
are renumbered where tmenv knows them. Some chunks hold one entry per block. And nodes are numbered, so that new ones
take numbers that nothing else uses.
"""

import re
from dataclasses import fields, replace
from struct import pack

from tmenv.errors import GbxError
from tmenv.gbx.block_matching import Matches, match_blocks
from tmenv.gbx.block_writer import BlockWriter, Node
from tmenv.gbx.classes import MAP
from tmenv.gbx.container import Source, read_container
from tmenv.gbx.container_writer import file_bytes, header_bytes
from tmenv.gbx.map import Map, parse_map
from tmenv.gbx.map_header_writer import changed_header, medal_times
from tmenv.gbx.splice_tail import write_after
from tmenv.gbx.template import Template, read_template
from tmenv.gbx.writer import Writer, errors_about

_KEPT = (
    "items",
    "checkpoint_count",
    "comments",
    "thumbnail",
    "map_type",
    "title",
    "vehicle",
    "validation_ghost",
    "baked_blocks",
)
"""Fields that a template keeps."""

_KEPT_IF_TM2020 = ("author_login", "decoration")

LAPS = MAP | 0x018

# Where times and laps stand: the id of the chunk, present or old, and what comes before them in it.
_MEDALS = rb"(\x04(?:\xb0\x05\x03|\xc0\x00\x24))"
_MEDALS_AGAIN = rb"(\x0a\xb0\x05\x03PIKS\x1c\0\0\0\0\0\0\0)"
_SCORE = rb"((?s:\x08(?:\xb0\x05\x03|\xc0\x00\x24)....))"
_LAPS = rb"(\x18\x30(?:\x04\x03|\x00\x24)PIKS\x08\0\0\0)"


def splice_map(map_: Map, template: Source) -> bytes:
    """``map_`` in the file ``template``; see ``map_writer.map_to_bytes``."""
    container = read_container(template)
    old = parse_map(container, baked=bool(map_.baked_blocks))
    parts = read_template(container)
    new = completed(map_, old, container.source)
    matches = match_blocks(old.blocks, new.blocks)
    with errors_about(f"map {new.name!r} into {container.source}"):
        writer = Writer(parts.ids_before, parts.ids_started)
        writer.raw(_before(parts, old, new))
        blocks = BlockWriter(writer, parts.grid, parts.next_node, parts.nodes_before)
        _write_blocks_chunk(writer, blocks, parts, new, matches)
        write_after(writer, blocks, parts, old, new, matches)
    header = header_bytes(changed_header(container.header, old, new, container.source))
    return file_bytes(header, blocks.next_index, bytes(writer.data))


def completed(map_: Map, old: Map, source: str) -> Map:
    """``map_`` with the template's value of the kept fields that it leaves empty.

    Raises:
        GbxError: the template is of another game, environment or size, or a kept field has another value.
    """
    for name in ("game", "environment", "size"):
        if getattr(map_, name) != getattr(old, name):
            message = f"the template's {name} is {getattr(old, name)!r}, the map's {getattr(map_, name)!r}"
            raise GbxError(f"{source}: {message}; choose a template with the map's {name}")
    empty = {field.name: field.default for field in fields(Map)} | {"vehicle": "", "author_login": ""}
    kept = _KEPT + (_KEPT_IF_TM2020 if map_.game == "TM2020" else ())
    for name in kept:
        if getattr(map_, name) not in (getattr(old, name), empty[name]):
            raise GbxError(
                f"{source}: the template's {name} cannot be changed; build the map with "
                f"dataclasses.replace(read_map(template), ...), or choose another template"
            )
    return replace(map_, **{name: getattr(old, name) for name in kept})


def _before(template: Template, old: Map, new: Map) -> bytes:
    """The body before the blocks, with the new times and laps."""
    data = template.before
    old_times, times = medal_times(old), medal_times(new)
    if times != old_times:
        data = _with_times(data, pack("<4I", *old_times), pack("<4I", *times))
    if (new.laps, new.is_lap_race) != (old.laps, old.is_lap_race):
        old_laps, laps = (bytes(Writer().u32(map_.is_lap_race, map_.laps).data) for map_ in (old, new))
        changed = re.sub(_LAPS + re.escape(old_laps), lambda found: found[1] + laps, data, count=1)
        data = changed if changed != data else data + Writer().skippable(LAPS, laps).data
    return data


def _with_times(data: bytes, old: bytes, new: bytes) -> bytes:
    """``data`` with the medal times in all their places. In races the author's score is the author's time."""
    data, count = re.subn(_MEDALS + re.escape(old), lambda found: found[1] + new, data, count=1)
    if count == 0:
        raise GbxError("the template holds no medal times, so they cannot be changed; choose another template")
    data = re.sub(_MEDALS_AGAIN + re.escape(old), lambda found: found[1] + new, data, count=1)
    return re.sub(_SCORE + re.escape(old[12:]), lambda found: found[1] + new[12:], data, count=1)


def _write_blocks_chunk(writer: Writer, blocks: BlockWriter, template: Template, new: Map, matches: Matches) -> None:
    first, second = template.collections
    uid_kind, author_kind = template.new_kinds
    _write_collection(writer.raw(template.chunk_id).id(new.uid, uid_kind), first)
    writer.id(new.author_login, author_kind).string(new.name).id(new.decoration)
    _write_collection(writer, second)
    writer.id(template.decoration_author).u32(*new.size, template.needs_unlock, template.grid.version)
    writer.u32(len(new.blocks))
    for number, (block, match) in enumerate(zip(new.blocks, matches, strict=True)):
        parts = None if match.index is None else template.records[match.index].parts
        if parts is not None and match.is_copy:
            parts = [part._replace(index=None) if isinstance(part, Node) and part.content else part for part in parts]
        blocks.add(block, number, parts)


def _write_collection(writer: Writer, collection: str | int) -> None:
    if isinstance(collection, int):
        writer.collection(collection)
    else:
        writer.id(collection)
