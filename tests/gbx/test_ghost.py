"""Ghosts inside maps that the builder wrote."""

import struct

import numpy as np
import pytest

from tests.gbx.builder import bits, ghost_chunks, pack_bits, tm2020_map
from tmenv.errors import GbxError
from tmenv.gbx import Block, Ghost, read_map
from tmenv.gbx.archive import Reader
from tmenv.gbx.inputs import read_inputs

BLOCK = Block("RoadTechStart", 0, (1, 1, 1), waypoint="Spawn")


def ghost_of(**changes) -> Ghost:
    fields = {"times_ms": [0, 50, 100], "positions": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "controls": [(0, 0, 0)]}
    ghost = read_map(tm2020_map([BLOCK], ghost=ghost_chunks(**{**fields, **changes}))).validation_ghost
    assert ghost is not None
    return ghost


@pytest.mark.parametrize("record_version", [10, 11])
def test_samples_keep_times_and_positions(record_version):
    ghost = ghost_of(record_version=record_version)
    np.testing.assert_allclose(ghost.samples["time_s"], [0, 0.05, 0.1])
    np.testing.assert_array_equal(ghost.samples["position"], [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    np.testing.assert_array_equal(ghost.samples["velocity"], 0)
    np.testing.assert_allclose(ghost.samples["rotation"], [[0, 0, 0, 1]] * 3, atol=1e-6)
    assert ghost.samples["on_ground"].all()


def test_inputs_are_one_row_per_tick():
    controls = [(0, 0, 0), (0, 1, 0), (0, 1, 0), (-127, 1, 1), (127, 0, 0)]
    ghost = ghost_of(controls=controls, start_ms=-20)
    assert ghost.start_offset_ms == -20
    np.testing.assert_array_equal(ghost.inputs["time_ms"], [-20, -10, 0, 10, 20])
    np.testing.assert_array_equal(ghost.inputs["steer"], [0, 0, 0, -1, 1])
    np.testing.assert_array_equal(ghost.inputs["gas"], [0, 1, 1, 1, 0])
    np.testing.assert_array_equal(ghost.inputs["brake"], [0, 0, 0, 1, 0])


def test_input_stream_may_begin_before_the_start_and_change_its_state_briefly():
    waiting = [1, 1, 0, 0, *bits(15, 34), 1, 0, *bits(0, 8)]
    driving = [0, 0, *bits(2 | 1 << 31, 34), 0, *bits(0, 32), 0, *bits(127, 8), 1, 0]
    short_change = [0, 1, *bits(0, 2), 1, 0, *bits(0, 8), 0, 1]
    stream = pack_bits(waiting + driving + short_change)
    chunk = struct.pack("<4Ii2I", 4, 1, 12, 0, -20, 100, len(stream)) + stream
    inputs = read_inputs(Reader(chunk, "test"))[:4]
    np.testing.assert_array_equal(inputs["steer"], [0, 0, 1, 0])
    np.testing.assert_array_equal(inputs["gas"], [0, 0, 1, 0])
    np.testing.assert_array_equal(inputs["brake"], [0, 0, 0, 1])
    np.testing.assert_array_equal(inputs["respawn"], [0, 0, 1, 0])


def test_race_and_checkpoint_times_are_milliseconds():
    ghost = ghost_of(race_time_ms=2500)
    assert (ghost.race_time_ms, ghost.checkpoint_times_ms) == (2500, (1250, 2500))


def test_blocks_after_a_ghost_keep_their_names():
    read = read_map(tm2020_map([BLOCK], ghost=ghost_chunks([0], [[0, 0, 0]], [])))
    assert read.blocks[0].name == "RoadTechStart"


def test_ghost_without_samples_is_empty():
    ghost = ghost_of(times_ms=[], positions=np.zeros((0, 3)), controls=[])
    assert (len(ghost.samples), len(ghost.inputs), ghost.start_offset_ms) == (0, 0, 0)


@pytest.mark.parametrize("position", [[float("nan"), 0, 0], [2e5, 0, 0]])
def test_impossible_positions_are_refused(position):
    with pytest.raises(GbxError, match="positions within"):
        ghost_of(times_ms=[0], positions=[position])
