"""Twenty thousand damaged files of every kind: each is read or refused, in little time and memory."""

import time
import tracemalloc

import pytest

from tests.gbx.builder import full_header, tm2020_map, tmnf_map
from tests.gbx.ghost_builder import ghost_file, replay_file, tm2020_ghost, tmnf_ghost
from tests.gbx.mutations import mutations, use_everything
from tmenv.gbx import Block, FileReference, Ghost, Item, Map, Replay, Skin, read

MUTATIONS = 3400
"""Of each file; six files."""

MOST_SECONDS = 0.5
MOST_BYTES = 256 * 2**20

POSITIONS = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
CONTROLS = [(0, 1, 0), (5, 1, 0), (5, 1, 1), (-127, 0, 0)] * 3
KEYS = [
    (0, "_FakeIsRaceRunning", 1),
    (10, "Accelerate", 1),
    (20, "Steer", 5000),
    (35, "Gas", 60000),
    (40, "Respawn", 1),
]
ROADS = [Block("StadiumRoadMain", 1, (3, 1, 5), 0x1003)] * 3
SKIN = Skin("", FileReference("Skins\\Any\\Left.zip"), FileReference(""))
FREE = Block("Gate", 0, (-1, -8, -1), is_free=True, position=(1.0, 2.0, 3.0), rotation_euler=(0.0, 0.5, 1.0))
SPAWN = Block("RoadTechStart", 0, (1, 1, 1), waypoint="Spawn")
ITEMS = [
    Item("GateCheckpoint", (1.0, 2.0, 3.0), (0.0, 0.0, 0.0), waypoint="Checkpoint"),
    Item("Flag", (0, 0, 0), (0, 0, 0)),
]

TM2020_GHOST = tm2020_ghost([0, 50, 100], POSITIONS, CONTROLS)
FILES = {
    "TMNF map": tmnf_map([*ROADS, Block("Sign", 0, (1, 1, 1), skin=SKIN)], codec="raw"),
    "TM2020 map": tm2020_map(
        [SPAWN, FREE, SPAWN], items=ITEMS, baked=[FREE], ghost=TM2020_GHOST, header=full_header(), codec="raw"
    ),
    "TMNF replay": replay_file([tmnf_ghost(POSITIONS, KEYS, old_ids=True)], tmnf_map(ROADS), old_ids=True, codec="raw"),
    "TM2020 replay": replay_file([TM2020_GHOST] * 2, tm2020_map([SPAWN]), version="3.3.0", build="2022"),
    "TM2020 ghost": ghost_file(TM2020_GHOST),
    "raw TM2020 ghost": ghost_file(tm2020_ghost([0, 50, 100], POSITIONS, CONTROLS, record_version=10), codec="raw"),
}


def check_in_bounds(data: bytes) -> None:
    start = time.process_time()
    use_everything(data)
    assert time.process_time() - start < MOST_SECONDS


@pytest.mark.parametrize("kind", FILES)
def test_undamaged_files_read_whole(kind):
    found = read(FILES[kind])
    ghosts = [found] if isinstance(found, Ghost) else []
    if isinstance(found, Map):
        ghosts = [found.validation_ghost] if found.validation_ghost else []
    elif isinstance(found, Replay):
        assert found.map is not None
        ghosts = list(found.ghosts)
    assert len(ghosts) == {"TMNF map": 0, "TM2020 replay": 2}.get(kind, 1)
    assert all(len(ghost.samples) == 3 and len(ghost.events) >= 4 for ghost in ghosts)


@pytest.mark.parametrize("kind", FILES)
def test_every_prefix_is_read_or_refused(kind):
    for length in range(len(FILES[kind])):
        check_in_bounds(FILES[kind][:length])


@pytest.mark.parametrize("kind", FILES)
def test_random_damage_is_read_or_refused_in_little_time(kind):
    for damaged in mutations(FILES[kind], MUTATIONS, seed=len(kind)):
        check_in_bounds(damaged)


@pytest.mark.parametrize("kind", FILES)
def test_random_damage_is_read_or_refused_in_little_memory(kind):
    tracemalloc.start()
    try:
        for damaged in mutations(FILES[kind], 100, seed=1):
            use_everything(damaged)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
