"""Layouts of the chunks of a map, up to its blocks, and the poses of its free blocks."""

from dataclasses import replace

from tmenv.errors import GbxError
from tmenv.gbx.archive import Reader
from tmenv.gbx.blocks import Block, Grid, read_blocks
from tmenv.gbx.nodes import ChunkReader, Layouts, Properties, read_reference
from tmenv.gbx.skins import SKIN_LAYOUTS
from tmenv.gbx.waypoints import WAYPOINT_LAYOUTS

BLOCKS_CHUNK = 0x0304301F
FREE_BLOCKS_CHUNK = b"\x5f\x30\x04\x03PIKS"

STADIUM_2020_CORNER = (1, 8, 1)
"""Stored cell of world cell (0, 0, 0) for the 48x48 decorations (measured; other decorations differ)."""

ENVIRONMENTS = ("Stadium", "Stadium2020")
STADIUM_2020_VERSION = 6
"""Version of a TM2020 map's block list."""

TMNF_VERSIONS = (0, 1)
"""Versions of a Forever map's block list, and of the games before it."""


def _vehicle(reader: Reader, map_: Properties) -> None:
    map_["vehicle"] = reader.ident()[0]


def _parameters(reader: Reader, map_: Properties) -> None:
    read_reference(reader, LAYOUTS)
    map_["parameters"] = read_reference(reader, LAYOUTS) or {}
    reader.u32()


def _laps(reader: Reader, map_: Properties) -> None:
    map_["is_lap_race"] = reader.u32() != 0
    map_["laps"] = reader.u32()


def _identity_and_blocks(reader: Reader, map_: Properties) -> None:
    map_["uid"], environment, map_["author_login"] = reader.ident()
    check_environment(reader.source, environment)
    map_["name"] = reader.string()
    map_["decoration"] = reader.ident()[0]
    map_["size"] = (reader.u32(), reader.u32(), reader.u32())
    reader.u32()
    version = reader.u32()
    if version not in (*TMNF_VERSIONS, STADIUM_2020_VERSION):
        reader.fail(f"version 0, 1 or {STADIUM_2020_VERSION} of the block list", reader.position - 4)
    map_["version"] = version
    map_["blocks"] = read_blocks(reader, Grid(version, *_corner(reader, map_)), LAYOUTS)


def _corner(reader: Reader, map_: Properties) -> tuple[int, int, int]:
    """Stored cell of world cell (0, 0, 0)."""
    if map_["version"] in TMNF_VERSIONS:
        return 0, 0, 0
    if "48x48" not in map_["decoration"]:
        raise GbxError(
            f"{reader.source}: the height of the ground in decoration {map_['decoration']!r} is not known; "
            "tmenv supports the 48x48 decorations of the TM2020 Stadium"
        )
    return STADIUM_2020_CORNER


def check_environment(source: str, environment: str) -> None:
    """Raise ``GbxError`` for an environment that tmenv does not know."""
    if environment not in ENVIRONMENTS:
        raise GbxError(f"{source}: the map is of environment {environment!r}; tmenv supports only Stadium maps")


def _collector_list(reader: Reader, _: Properties) -> None:
    for _collector in range(reader.count(16, "collectors")):
        reader.ident()
        reader.u32()


def _medal_times(reader: Reader, parameters: Properties) -> None:
    parameters["medal_times"] = tuple(reader.i32() for _ in range(4))
    reader.u32()


def _string(reader: Reader, _: Properties) -> None:
    reader.string()


def _four_strings(reader: Reader, _: Properties) -> None:
    for _string_number in range(4):
        reader.string()


def _id(reader: Reader, _: Properties) -> None:
    reader.id()


def _numbers(reader: Reader, _: Properties) -> None:
    reader.skip(4 * reader.count(4, "numbers"))


def _validation_ghost(reader: Reader, parameters: Properties) -> None:
    start = reader.position
    if read_reference(reader, LAYOUTS) is not None:
        parameters["ghost"] = (start, reader.position)


def _ghost_model(reader: Reader, _: Properties) -> None:
    # Read only because its Ids count in the table that the block names refer to.
    if reader.u32() >= 9:
        reader.u32()
    reader.ident()


def _old_samples(reader: Reader, _: Properties) -> None:
    reader.skip(8)
    reader.skip(reader.u32(), "samples")


def skip_bytes(size: int) -> ChunkReader:
    """The layout of a chunk of fixed size that holds nothing of use."""
    return lambda reader, _: reader.skip(size)


LAYOUTS: Layouts = (
    SKIN_LAYOUTS
    | WAYPOINT_LAYOUTS
    | {
        0x0304300D: _vehicle,
        0x03043011: _parameters,
        0x03043018: _laps,
        BLOCKS_CHUNK: _identity_and_blocks,
        0x0301B000: _collector_list,
        0x0305B000: skip_bytes(32),
        0x0305B001: _four_strings,
        0x0305B004: _medal_times,
        0x0305B005: skip_bytes(12),
        0x0305B006: _numbers,
        0x0305B008: skip_bytes(8),
        0x0305B00D: _validation_ghost,
        0x0303F006: _old_samples,
        0x03092000: _ghost_model,
        0x0309200C: skip_bytes(4),
        0x0309200E: _id,
        0x0309200F: _string,
        0x03092010: _id,
        0x0309201C: skip_bytes(32),
    }
)


def place_free_blocks(reader: Reader, blocks: list[Block]) -> list[Block]:
    """Give the free blocks the poses that stand in a chunk behind the block list, in the same order.

    The chunks in between hold nodes of many kinds, hence the search for the chunk's id.
    """
    free = [index for index, block in enumerate(blocks) if block.is_free]
    start = reader.data.find(FREE_BLOCKS_CHUNK, reader.position) if free else -1
    if start < 0:
        return blocks
    reader.position = start + len(FREE_BLOCKS_CHUNK)
    if reader.u32() < 4 + 24 * len(free):
        reader.fail(f"the poses of {len(free)} free blocks", reader.position - 4)
    reader.skip(4)
    placed = list(blocks)
    for index in free:
        position = reader.position3()
        placed[index] = replace(
            placed[index], position=position, rotation_euler=(reader.f32(), reader.f32(), reader.f32())
        )
    return placed
