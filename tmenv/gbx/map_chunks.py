"""Layouts of the chunks of a map, up to its blocks, and the poses of its free blocks."""

import numpy as np

from tmenv.errors import GbxError
from tmenv.gbx.archive import MAX_COORDINATE_M, Reader
from tmenv.gbx.blocks import Block, Grid, read_blocks
from tmenv.gbx.classes import GHOST
from tmenv.gbx.ghost_chunks import GHOST_LAYOUTS
from tmenv.gbx.nodes import Layouts, Properties, read_reference, skip_bytes
from tmenv.gbx.skins import SKIN_LAYOUTS
from tmenv.gbx.waypoints import WAYPOINT_LAYOUTS

BLOCKS_CHUNK = 0x0304301F
FREE_BLOCKS_CHUNK = b"\x5f\x30\x04\x03PIKS"
BAKED_BLOCKS_CHUNK = b"\x48\x30\x04\x03PIKS"

_POSE_BYTES = 24
"""Of a free block: x, y, z, yaw, pitch, roll as floats."""

STADIUM_2020_CORNER = (1, 8, 1)
"""Stored cell of world cell (0, 0, 0) for the 48x48 decorations (measured; other decorations differ)."""

ENVIRONMENTS = ("Stadium", "Stadium2020", "Speed", "Alpine", "Rally", "Island", "Bay", "Coast")
"""The seven environments of the Forever games (Speed is the desert, Alpine the snow), and TM2020's Stadium."""

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
    map_["environment"] = environment.removesuffix("2020")
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
            f"{reader.source}: the height of the ground in decoration {map_['decoration'][:40]!r} is not known; "
            "tmenv supports the 48x48 decorations of the TM2020 Stadium"
        )
    return STADIUM_2020_CORNER


def check_environment(source: str, environment: str) -> None:
    """Raise ``GbxError`` for an environment that tmenv does not know."""
    if environment not in ENVIRONMENTS:
        raise GbxError(
            f"{source}: the map is of environment {environment[:40]!r}; tmenv reads maps of TrackMania (2020) and of "
            "the Forever games"
        )


def _collector_list(reader: Reader, _: Properties) -> None:
    for _collector in range(reader.count(16, "collectors")):
        reader.ident()
        reader.u32()


def _medal_times(reader: Reader, parameters: Properties) -> None:
    parameters["medal_times"] = tuple(reader.i32() for _ in range(4))
    reader.u32()


def _four_strings(reader: Reader, _: Properties) -> None:
    for _string_number in range(4):
        reader.string()


def _numbers(reader: Reader, _: Properties) -> None:
    reader.skip(4 * reader.count(4, "numbers"))


def _validation_ghost(reader: Reader, parameters: Properties) -> None:
    node = read_reference(reader, GHOST_LAYOUTS)
    parameters["ghost"] = node if node and node["class_id"] == GHOST else None


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
    }
)


def read_baked_blocks(reader: Reader) -> list[Block]:
    """The blocks that the game derives from the others (grass, walls below, seams); the position stays.

    Their names go on in the Id table of the blocks. Nothing in between holds Ids of that table (measured: the chunk
    reads to its last byte in all maps at hand), so it is searched for.
    """
    start = reader.data.find(BAKED_BLOCKS_CHUNK, reader.position)
    if start < 0:
        return []
    here, end = reader.position, reader.end
    reader.position = start + len(BAKED_BLOCKS_CHUNK)
    size = reader.u32()
    reader.end = min(end, reader.position + size)
    reader.skip(4)
    if reader.u32() != STADIUM_2020_VERSION:
        reader.fail(f"version {STADIUM_2020_VERSION} of the baked blocks", reader.position - 4)
    blocks = read_blocks(reader, Grid(STADIUM_2020_VERSION, *STADIUM_2020_CORNER), LAYOUTS)
    reader.position, reader.end = here, end
    return blocks


def place_free_blocks(reader: Reader, blocks: list[Block]) -> None:
    """Give the free blocks the poses that stand in a chunk behind the block list, in the same order.

    The chunks in between hold nodes of many kinds, hence the search for the chunk's id.
    """
    free = [block for block in blocks if block.is_free]
    start = reader.data.find(FREE_BLOCKS_CHUNK, reader.position) if free else -1
    if start < 0:
        return
    chunk = Reader(reader.data, reader.source, start + len(FREE_BLOCKS_CHUNK))
    size = chunk.u32()
    chunk.skip(4)
    if size < 4 + _POSE_BYTES * len(free):
        chunk.fail(f"the poses of {len(free)} free blocks", chunk.position - 8)
    poses = np.frombuffer(chunk.bytes(_POSE_BYTES * len(free), "poses"), "<f4").reshape(-1, 6).astype(np.float64)
    if not (np.abs(poses) <= MAX_COORDINATE_M).all():
        chunk.fail(f"positions within {MAX_COORDINATE_M:.0f} m")
    for block, (x, y, z, yaw, pitch, roll) in zip(free, poses.tolist(), strict=True):
        # Nobody has seen these blocks yet; new ones would take most of the time that a large map takes.
        object.__setattr__(block, "position", (x, y, z))
        object.__setattr__(block, "rotation_euler", (yaw, pitch, roll))
