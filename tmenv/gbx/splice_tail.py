"""The part of a spliced map behind its blocks: chunks that number names, or hold something for every block."""

import struct

from tmenv.errors import GbxError
from tmenv.gbx.archive import Reader
from tmenv.gbx.block_matching import Matches, is_unchanged
from tmenv.gbx.block_writer import BlockWriter
from tmenv.gbx.classes import MAP
from tmenv.gbx.map import Map
from tmenv.gbx.nodes import END_OF_NODE
from tmenv.gbx.template import Chunk, Template, may_hold_ids, read_records
from tmenv.gbx.writer import Writer

_BAKED, _TITLE, _POSES = MAP | 0x048, MAP | 0x051, MAP | 0x05F
_COLOURS, _LIGHTMAP_QUALITIES, _MACROBLOCKS = MAP | 0x062, MAP | 0x068, MAP | 0x069

_ENTRIES = {_COLOURS: b"\0", _LIGHTMAP_QUALITIES: b"\0", _MACROBLOCKS: b"\xff\xff\xff\xff"}
"""Chunks with an entry per block behind their version -> what a new block gets (measured: the sizes of 14 maps)."""

_LAST_KNOWN = MAP | 0x06B
"""Chunks of later builds of the game may hold entries per block, too."""

_POSE_BYTES = 24
_CAMERA = struct.pack("<I", MAP | 0x025)
_CAMERA_BYTES = 16


def write_after(writer: Writer, blocks: BlockWriter, template: Template, old: Map, new: Map, matches: Matches) -> None:
    """Write what follows the blocks.

    Raises:
        GbxError: the template holds something tied to its blocks that tmenv cannot adapt.
    """
    tail = _Tail(writer, blocks, template, old, new, matches)
    chunks = list(template.after)
    if all(chunk.chunk != _POSES for chunk in chunks) and any(block.is_free for block in new.blocks):
        chunks.insert(len(chunks) - 1, Chunk(_POSES, bytes(4), has_size=True))
    for chunk in chunks:
        tail.write(chunk)


class _Tail:
    def __init__(self, writer: Writer, blocks: BlockWriter, template: Template, old: Map, new: Map, matches: Matches):
        self._writer = writer
        self._blocks = blocks
        self._template = template
        self._old, self._new, self._matches = old, new, matches
        self._same_blocks = is_unchanged(matches, len(old.blocks))
        renamed = {old.uid: new.uid, old.author_login: new.author_login, old.decoration: new.decoration}
        self._same_ids = [renamed.get(text, text) for text in template.ids_after] == writer.ids
        self._reader_ids = list(template.ids_after)

    def write(self, chunk: Chunk) -> None:
        if not chunk.has_size:
            if not self._same_ids and chunk.stored_id != END_OF_NODE:
                self._check_free_of_ids(chunk.data)
            self._writer.raw(chunk.data)
            return
        start = len(self._writer.data)
        self._writer.u32(chunk.stored_id).raw(b"PIKS").u32(0)
        self._write_payload(chunk)
        size = len(self._writer.data) - start - 12
        self._writer.data[start + 8 : start + 12] = struct.pack("<I", size)

    def _write_payload(self, chunk: Chunk) -> None:
        if chunk.chunk in (_BAKED, _TITLE) and not self._same_ids:
            (self._write_baked if chunk.chunk == _BAKED else self._write_title)(chunk.data)
        elif chunk.chunk == _POSES:
            self._write_poses(chunk.data)
        elif chunk.chunk in _ENTRIES and not self._same_blocks:
            self._write_entries(chunk.data, _ENTRIES[chunk.chunk])
        elif chunk.chunk > _LAST_KNOWN and not self._same_blocks:
            raise GbxError(
                f"the template holds chunk {chunk.chunk:08X}, which tmenv does not know and which may be tied to its "
                "blocks; keep their number and order, or choose another template"
            )
        else:
            self._writer.raw(chunk.data)

    def _check_free_of_ids(self, data: bytes) -> None:
        camera = data.find(_CAMERA)
        if camera >= 0:
            data = data[:camera] + data[camera + len(_CAMERA) + _CAMERA_BYTES :]
        if may_hold_ids(data, len(self._reader_ids)):
            raise GbxError(
                "the template's media tracker clips may refer to names by the numbers that these blocks would change; "
                "choose a template without clips, or one that has all the map's block names in the same order"
            )

    def _reader(self, data: bytes) -> Reader:
        """A reader that goes on with the template's table of Ids."""
        reader = Reader(data, self._template.source)
        reader.ids, reader.ids_started = self._reader_ids, True
        return reader

    def _write_baked(self, data: bytes) -> None:
        """The game's own blocks: version, version of the list, the list, and a rest."""
        reader = self._reader(data)
        head = (reader.u32(), reader.u32())
        records = read_records(reader, head[1])
        self._writer.u32(*head, len(records))
        for record in records:
            self._blocks.add_raw(*record)
        self._writer.raw(data[reader.position :])

    def _write_title(self, data: bytes) -> None:
        """The title for which the map was made: version, Id, and a rest."""
        reader = self._reader(data)
        self._writer.u32(reader.u32()).id(reader.id()).raw(data[reader.position :])

    def _write_poses(self, data: bytes) -> None:
        """Version, the free blocks' poses, and those of the game's own blocks."""
        own = _POSE_BYTES * sum(block.is_free for block in self._old.blocks)
        self._writer.raw(data[:4])
        for block in self._new.blocks:
            if block.is_free:
                self._writer.f32(*(block.position or ()), *(block.rotation_euler or ()))
        self._writer.raw(data[4 + own :])

    def _write_entries(self, data: bytes, default: bytes) -> None:
        """Version, an entry per block, and those of the game's own blocks and the items."""
        size = len(default)
        if len(data) < 4 + size * len(self._old.blocks):
            raise GbxError("the template holds fewer colours or other entries than blocks; save it again in the game")
        entries = [data[start : start + size] for start in range(4, 4 + size * len(self._old.blocks), size)]
        self._writer.raw(data[:4])
        for match in self._matches:
            self._writer.raw(default if match.index is None else entries[match.index])
        self._writer.raw(data[4 + size * len(self._old.blocks) :])
