"""The file of a new TMNF map, made from nothing."""

from tmenv.gbx.block_writer import BlockWriter
from tmenv.gbx.blocks import Grid
from tmenv.gbx.classes import MAP
from tmenv.gbx.container_writer import file_bytes, header_bytes
from tmenv.gbx.map import Map
from tmenv.gbx.map_header_writer import BUILDER, medal_times, new_header, write_map_ident
from tmenv.gbx.writer import NULL_NODE, Writer, errors_about

_GRID = Grid(1, 0, 0, 0)
_COLLECTORS, _PARAMETERS = 0x0301B000, 0x0305B000
_TIME_LIMIT_MS = 60000
"""What almost every map states, and no race uses."""

_FIRST_FREE_NODE = 3


def new_tmnf_map(map_: Map) -> bytes:
    """The file of a TMNF map; see ``map_writer.map_to_bytes``."""
    writer = Writer()
    with errors_about(f"map {map_.name!r}"):
        node_count = _write_body(writer, map_)
        return file_bytes(header_bytes(new_header(map_)), node_count, bytes(writer.data))


def _write_body(writer: Writer, map_: Map) -> int:
    """Write the body of a new TMNF map; the number of its nodes, plus one."""
    writer.u32(MAP | 0x00D).ident(map_.vehicle, "", "")
    _write_parameters(writer, map_)
    writer.skippable(MAP | 0x018, bytes(Writer().u32(map_.is_lap_race, map_.laps).data))
    writer.skippable(MAP | 0x01C, bytes(4))
    writer.u32(MAP | 0x01F)
    write_map_ident(writer, map_).string(map_.name)
    writer.ident(map_.decoration, "Stadium", BUILDER).u32(*map_.size, 0, _GRID.version, len(map_.blocks))
    blocks = BlockWriter(writer, _GRID, _FIRST_FREE_NODE)
    for number, block in enumerate(map_.blocks):
        blocks.add(block, number)
    _write_tail(writer, map_)
    return blocks.next_index


def _write_parameters(writer: Writer, map_: Map) -> None:
    """Nodes 1 and 2: the list of collectors, which is empty, and the parameters of the race."""
    writer.u32(MAP | 0x011, 1, _COLLECTORS, _COLLECTORS, 0).end_node()
    times = medal_times(map_)
    writer.u32(2, _PARAMETERS, _PARAMETERS | 1).string("").string("").string("").string("")
    writer.u32(_PARAMETERS | 4, *times, 0, _PARAMETERS | 8, _TIME_LIMIT_MS, times[3]).end_node().u32(6)


def _write_tail(writer: Writer, map_: Map) -> None:
    """What follows the blocks: no clips, no pictures, the comments, no password."""
    writer.u32(MAP | 0x021).raw(3 * NULL_NODE).u32(MAP | 0x022, 1)
    writer.u32(MAP | 0x024).u8(2).string("").u32(MAP | 0x025).f32(0, 0, 0, 0)
    writer.u32(MAP | 0x026).raw(NULL_NODE).u32(MAP | 0x028, 0).string(map_.comments, keep="\n")
    writer.skippable(MAP | 0x029, bytes(20)).u32(MAP | 0x02A, 0).end_node()
