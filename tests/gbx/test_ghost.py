"""TM2020 ghosts that the builder wrote."""

import struct

import numpy as np
import pytest

from tests.gbx.builder import tm2020_map
from tests.gbx.ghost_builder import bits, ghost_file, pack_bits, tm2020_ghost
from tmenv.errors import GbxError
from tmenv.gbx import Block, Driver, Ghost, read_ghost, read_map
from tmenv.gbx.tape import read_tape

BLOCK = Block("RoadTechStart", 0, (1, 1, 1), waypoint="Spawn")
POSITIONS = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def part(**changes):
    return tm2020_ghost(**{"times_ms": [0, 50, 100], "positions": POSITIONS, "controls": [(0, 0, 0)], **changes})


def ghost_of(**changes) -> Ghost:
    return read_ghost(ghost_file(part(**changes)))


@pytest.mark.parametrize("record_version", [10, 11])
def test_samples_keep_times_and_positions(record_version):
    samples = ghost_of(record_version=record_version).samples
    np.testing.assert_allclose(samples["time_s"], [0, 0.05, 0.1])
    np.testing.assert_array_equal(samples["position"], POSITIONS)
    np.testing.assert_array_equal(samples["velocity"], 0)
    np.testing.assert_allclose(samples["rotation"], [[0, 0, 0, 1]] * 3, atol=1e-6)
    assert samples["on_ground"].all()


def test_sample_fields_have_their_units():
    fields = {0: 0x00, 1: 0x80, 2: 255, 3: 255, 5: 51, 14: 255, 15: 255, 18: 51, 21: 51, 23: 255, 24: 16, 91: 13}
    sample = ghost_of(fields=fields).samples[1]
    numbers = [float(sample[name]) for name in ("forward_speed", "side_speed", "rpm", "steer", "gas", "brake", "turbo")]
    assert numbers == pytest.approx([32768 / 65535 * 11000 - 1000, 1000, 6000, 1, 1, 0.2, 0.2], abs=1e-3)
    assert sample["gear"] == 3
    np.testing.assert_allclose(sample["damper"], [2, -2, -2, -2])
    np.testing.assert_array_equal(sample["material"], [16, 0, 0, 0])


def test_what_the_game_does_not_store_is_masked():
    samples = ghost_of().samples
    masked = {name for name in samples.dtype.names if np.ma.getmaskarray(samples[name]).all()}
    assert masked == {"contact", "slide", "gear"}


def test_gears_of_the_oldest_samples_are_masked():
    assert not ghost_of(fields={91: 5}).samples["gear"].mask.any()
    assert ghost_of(fields={91: 5}, sample_bytes=162).samples["gear"].mask.all()


def test_velocities_are_length_and_direction():
    fields = {65: 0xB8, 66: 0x0B, 67: 0, 68: 127, 69: 0, 70: 0, 71: 64, 72: 0}
    samples = ghost_of(fields=fields).samples
    np.testing.assert_allclose(samples["velocity"][0], [0, 0, np.exp(3)], atol=1e-5)
    heading = 64 / 127 * np.pi
    np.testing.assert_allclose(samples["angular_velocity"][0], [np.cos(heading), np.sin(heading), 0], atol=1e-6)


def test_samples_end_with_the_race():
    assert len(ghost_of(race_time_ms=99).samples) == 2
    assert len(ghost_of(race_time_ms=-1).samples) == 3


def test_inputs_are_one_row_per_tick():
    controls = [(0, 0, 0), (0, 1, 0), (0, 1, 0), (-127, 1, 1), (127, 0, 0)]
    ghost = ghost_of(controls=controls, start_ms=-20)
    assert ghost.start_offset_ms == -20
    np.testing.assert_array_equal(ghost.inputs["time_ms"], [-20, -10, 0, 10, 20])
    np.testing.assert_array_equal(ghost.inputs["steer"], [0, 0, 0, -1, 1])
    np.testing.assert_array_equal(ghost.inputs["gas"], [0, 1, 1, 1, 0])
    np.testing.assert_array_equal(ghost.inputs["brake"], [0, 0, 0, 1, 0])


def test_events_are_the_changes_of_the_inputs():
    ghost = ghost_of(controls=[(0, 0, 0), (0, 1, 0), (0, 1, 0), (-127, 1, 0), (-127, 0, 0)])
    assert ghost.events.tolist() == [(10, "Accelerate", 1), (30, "Steer", -65536), (40, "Accelerate", 0)]


def chunk_of(stream: bytes, *, ticks: int = 100, version: int = 12, start_ms: int = -20) -> bytes:
    return struct.pack("<4Ii2I", 4, 1, version, 0, start_ms, ticks, len(stream)) + stream


WAITING = [1, 1, 0, 0, *bits(15, 34), 1, 0, *bits(0, 8)]
DRIVING = [0, 0, *bits(2 | 1 << 31, 34), 0, *bits(0, 32), 0, *bits(127, 8), 1, 0]


def test_input_stream_may_begin_before_the_start_and_change_its_state_briefly():
    short_change = [0, 1, *bits(0, 2), 1, 0, *bits(0, 8), 0, 1]
    inputs = read_tape(chunk_of(pack_bits(WAITING + DRIVING + short_change)), "test")[:4]
    np.testing.assert_array_equal(inputs["steer"], [0, 0, 1, 0])
    np.testing.assert_array_equal(inputs["gas"], [0, 0, 1, 0])
    np.testing.assert_array_equal(inputs["brake"], [0, 0, 0, 1])
    np.testing.assert_array_equal(inputs["respawn"], [0, 0, 1, 0])


def test_leaving_and_entering_the_car_keeps_the_bits_in_step():
    again = [1, 1, 0, *bits(64, 8), 0, 1]
    inputs = read_tape(chunk_of(pack_bits((WAITING[2:] + DRIVING + again) * 3), ticks=9), "test")
    np.testing.assert_allclose(inputs["steer"], [0, 1, 64 / 127, 64 / 127, 1, 64 / 127, 64 / 127, 1, 64 / 127])
    np.testing.assert_array_equal(inputs["respawn"], [0, 1, 0] * 3)


def test_input_stream_ends_at_its_stated_tick_or_its_last_bit():
    stream = pack_bits(WAITING + DRIVING + [1, 1, 1] * 50)
    assert len(read_tape(chunk_of(stream, ticks=10), "test")) == 10
    assert len(read_tape(chunk_of(stream[:-8], ticks=100), "test")) < 40
    assert len(read_tape(chunk_of(b"", ticks=100), "test")) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 13}, "version 11 or 12 of an input stream instead of 13"),
        ({"ticks": 2**31}, "at most 7200 s of inputs"),
        ({"start_ms": 2**31 - 1}, "a start of the inputs near the start of the race"),
    ],
)
def test_impossible_input_streams_are_refused(changes, message):
    with pytest.raises(GbxError, match=message):
        read_tape(chunk_of(pack_bits(DRIVING), **changes), "test")


def test_race_and_checkpoint_times_are_milliseconds():
    ghost = ghost_of(race_time_ms=2500)
    assert (ghost.race_time_ms, ghost.checkpoint_times_ms) == (2500, (1250, 2500))
    assert (ghost.game, ghost.vehicle, ghost.respawns) == ("TM2020", "CarSport", None)


def test_driver_is_told_only_when_asked_for():
    ghost = ghost_of()
    driver = ghost.driver()
    assert driver == Driver("secret login", "Nick")
    assert "secret" not in repr((ghost, driver))
    assert "Nick" not in repr((ghost, driver))


def test_ghost_in_a_map_reads_like_one_in_a_file():
    ghost = read_map(tm2020_map([BLOCK], ghost=part())).validation_ghost
    assert ghost is not None
    np.testing.assert_array_equal(ghost.samples, ghost_of().samples)
    assert ghost.driver() == ghost_of().driver()


def test_blocks_after_a_ghost_keep_their_names():
    read = read_map(tm2020_map([BLOCK], ghost=part()))
    assert read.blocks == (BLOCK.__class__("RoadTechStart", 0, (1, 1, 1), 1 << 20, waypoint="Spawn"),)


def test_ghost_without_samples_is_empty():
    ghost = ghost_of(times_ms=[], positions=np.zeros((0, 3)), controls=[])
    assert (len(ghost.samples), len(ghost.inputs), len(ghost.events), ghost.start_offset_ms) == (0, 0, 0, 0)
    assert (ghost.tape_offset_ms, ghost.recorded_by_game) == (None, None)


@pytest.mark.parametrize("position", [[float("nan"), 0, 0], [2e5, 0, 0]])
def test_impossible_positions_are_refused(position):
    ghost = ghost_of(times_ms=[0], positions=[position])
    with pytest.raises(GbxError, match="positions within"):
        _ = ghost.samples


STEER = np.array([0, 0, 127, 127, 0, -127, -127, 0, 0, 127, 0, 0] * 5)


@pytest.mark.parametrize(
    ("shift", "offset", "by_game"),
    [(1, 0, True), (0, -10, False), (3, None, None)],
    ids=["input of the step before", "label a tick early", "another run"],
)
def test_alignment_of_samples_and_inputs(shift, offset, by_game):
    ticks = np.arange(5, 55, 5)
    shown = np.where(STEER[ticks - shift] == 0, 128, np.where(STEER[ticks - shift] > 0, 255, 0))
    ghost = ghost_of(
        times_ms=10 * ticks,
        positions=np.zeros((len(ticks), 3)),
        controls=[(int(steer), 1, 0) for steer in STEER],
        fields={14: shown},
    )
    assert (ghost.tape_offset_ms, ghost.recorded_by_game) == (offset, by_game)


def test_steering_that_never_changes_tells_nothing_of_alignment():
    ghost = ghost_of(controls=[(0, 1, 0)] * 20, fields={14: 128})
    assert ghost.tape_offset_ms is None
