"""Maps of both games that tests make: strategies for hypothesis, and templates for splicing."""

from hypothesis import strategies as st

from tests.gbx.builder import tm2020_map
from tmenv.gbx import Block, FileReference, Map, Skin

TEXT = st.text(st.characters(exclude_categories=("C",)), max_size=12)
NAMES = TEXT.filter(bool)
TIMES = st.none() | st.integers(0, 2**30 - 1)
COORDINATES = st.floats(-1e5, 1e5, width=32)
VECTORS = st.tuples(COORDINATES, COORDINATES, COORDINATES)
TMNF_FLAGS = st.integers(0, 2**32 - 2).map(lambda flags: flags & ~0x8000)
TM2020_FLAGS = st.sampled_from([0, 1, 0x1000, 1 << 14, 1 << 28, 1 << 21])

OLD_FILES = st.builds(FileReference, NAMES, TEXT, st.just(b""), st.sampled_from([1, 2]))
NEW_FILES = st.builds(FileReference, TEXT, TEXT, st.binary(min_size=32, max_size=32), st.just(3))
SKINS = st.builds(Skin, TEXT, OLD_FILES, st.none() | OLD_FILES) | st.builds(Skin, TEXT, NEW_FILES, NEW_FILES, NEW_FILES)


def cells(lowest: tuple[int, int, int]) -> st.SearchStrategy[tuple[int, int, int]]:
    """Every cell that a file can hold."""
    return st.tuples(*(st.integers(low, low + 255) for low in lowest))


TMNF_BLOCKS = st.builds(
    Block,
    NAMES,
    st.integers(0, 3),
    cells((0, 0, 0)),
    TMNF_FLAGS,
    author=TEXT,
    skin=st.none() | SKINS,
)

TAGS = st.sampled_from(["Spawn", "Checkpoint", "Goal", "StartFinish", "LinkedCheckpoint"])
GRID_BLOCKS = st.builds(
    Block, NAMES, st.integers(0, 3), cells((-1, -8, -1)), TM2020_FLAGS, author=TEXT, skin=st.none() | SKINS
)
WAYPOINTS = st.builds(
    Block, NAMES, st.integers(0, 3), cells((-1, -8, -1)), TM2020_FLAGS, TAGS, st.integers(0, 2**32 - 1)
)
FREE_BLOCKS = st.builds(Block.free, NAMES, VECTORS, VECTORS, waypoint=st.none() | TAGS)
TM2020_BLOCKS = GRID_BLOCKS | WAYPOINTS | FREE_BLOCKS

TMNF_MAPS = st.builds(
    Map.tmnf,
    TEXT,
    st.lists(TMNF_BLOCKS, max_size=6),
    author_login=TEXT,
    decoration=st.sampled_from(["Sunrise", "Day", "Sunset", "Night"]),
    laps=st.none() | st.integers(1, 1000),
    author_time_ms=TIMES,
    gold_time_ms=TIMES,
    silver_time_ms=TIMES,
    bronze_time_ms=TIMES,
    comments=st.text(st.characters(exclude_categories=("C",), include_characters="\n"), max_size=30),
)

TEMPLATE_BLOCKS = (
    Block("RoadTechStart", 0, (10, 1, 10), 0x1000, waypoint="Spawn"),
    Block("RoadTechStraight", 2, (10, 1, 11), 0x1000),
    Block.free("GateCheckpoint", (100.0, 50.0, 300.0), (0.5, 0.0, 0.25), waypoint="Checkpoint"),
    Block("RoadTechFinish", 0, (10, 1, 12), 0x1000, waypoint="Goal"),
)


def tm2020_template(**fields) -> bytes:
    """A TM2020 map with waypoints and a free block, by the builder that knows nothing of the writer."""
    return tm2020_map(TEMPLATE_BLOCKS, **fields)
