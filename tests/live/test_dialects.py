"""The streams of bare floats: layouts, detection by size, and what is no stream of a car."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.live.recorded import Recording
from tmenv.errors import LiveError
from tmenv.live.tm2020.decoders import DetectingDecoder, FloatDecoder
from tmenv.live.tm2020.dialects import DIALECTS, by_name, detect
from tmenv.live.tm2020.state import FINISH_SEQUENCE
from tmenv.live.wire import WireError

DETECTED = [dialect for dialect in DIALECTS.values() if dialect.name != "two-player"]
SIZES = {"tmrl9": 36, "tmrl": 44, "tqc": 80, "two-player": 88, "connect": 132}


def test_packets_have_the_sizes_of_the_plugins():
    assert {dialect.name: dialect.size for dialect in DIALECTS.values()} == SIZES


@pytest.mark.parametrize("dialect", DETECTED, ids=lambda dialect: dialect.name)
def test_a_driven_car_is_detected_by_its_packet_size(dialect, recording: Recording):
    assert detect(recording.stream(dialect)) is dialect


@pytest.mark.parametrize("dialect", DETECTED, ids=lambda dialect: dialect.name)
def test_a_waiting_car_is_detected_too(dialect, recording: Recording):
    assert detect(dialect.pack(recording.states[0], 0.0) * 60) is dialect


@pytest.mark.parametrize("dialect", DETECTED, ids=lambda dialect: dialect.name)
def test_a_respawn_among_the_first_packets_does_not_hide_the_dialect(dialect, recording: Recording):
    late = recording.stream(dialect)[-10 * dialect.size :]
    assert detect(late + recording.stream(dialect)) is dialect


@pytest.mark.parametrize("dialect", DETECTED, ids=lambda dialect: dialect.name)
@settings(max_examples=20, deadline=None)
@given(pieces=st.lists(st.integers(1, 500), min_size=1, max_size=30))
def test_pieces_of_any_size_lead_to_the_newest_state(dialect, pieces: list[int], recording: Recording):
    data, decoder, newest, at = recording.stream(dialect), DetectingDecoder(), None, 0
    sizes = iter(pieces * len(data))
    while at < len(data):
        size = next(sizes)
        for state in decoder.feed(data[at : at + size]):
            newest = state
        at += size
    assert decoder.dialect == dialect.name
    assert newest is not None
    np.testing.assert_array_equal(newest["position"], recording.states[-1]["position"])


@pytest.mark.parametrize("name", DIALECTS)
def test_what_a_dialect_tells_is_kept(name: str, recording: Recording):
    told = recording.states[-1]
    state = by_name(name).state(by_name(name).rows(by_name(name).pack(told, 12.5))[0])
    for field in ("position", "speed", "steer", "gas", "brake"):
        np.testing.assert_allclose(state[field], told[field], atol=1e-6)
    if name == "connect":
        np.testing.assert_allclose(state["velocity"], told["velocity"], rtol=1e-4, atol=1e-4)
        assert state["race_time_ms"] == told["race_time_ms"]
    else:
        assert np.isnan(state["velocity"]).all()
        assert state["race_time_ms"] == -1


def test_velocity_of_an_unknown_unit_takes_the_length_of_the_speed(recording: Recording):
    dialect, told = by_name("connect"), recording.states[-1].copy()
    told["velocity"] *= 1000.0
    state = dialect.state(dialect.rows(dialect.pack(told, 0.0))[0])
    np.testing.assert_allclose(state["velocity"], recording.states[-1]["velocity"], rtol=1e-3, atol=1e-3)


def test_the_finish_flag_shows_as_the_finish_sequence(recording: Recording):
    state = recording.states[0].copy()
    state["ui_sequence"] = FINISH_SEQUENCE
    row = by_name("tmrl").rows(by_name("tmrl").pack(state, 0.0))[0]
    assert row[8] == 1.0
    assert by_name("tmrl").state(row)["ui_sequence"] == FINISH_SEQUENCE


def test_only_the_newest_of_a_backlog_is_given(recording: Recording):
    decoder = FloatDecoder(by_name("tmrl"))
    (state,) = decoder.feed(recording.stream(by_name("tmrl")))
    np.testing.assert_array_equal(state["position"], recording.states[-1]["position"])  # pyright: ignore
    assert decoder.dropped == len(recording.states) - 1


def test_a_packet_with_nan_is_left_out(recording: Recording):
    dialect, bad = by_name("tmrl"), recording.states[1].copy()
    bad["position"][1] = np.nan
    decoder = FloatDecoder(dialect)
    (state,) = decoder.feed(dialect.pack(recording.states[0], 0.0) * 3 + dialect.pack(bad, 0.0))
    np.testing.assert_array_equal(state["position"], recording.states[0]["position"])  # pyright: ignore
    assert decoder.bad == 1


def test_a_stream_that_turns_to_nan_is_given_up(recording: Recording):
    with pytest.raises(WireError, match="NaN"):
        FloatDecoder(by_name("tmrl")).feed(np.full(11 * 10, np.nan, "<f4").tobytes())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_noise_is_no_dialect(seed: int):
    with pytest.raises(WireError, match="none of the known dialects"):
        detect(np.random.default_rng(seed).bytes(20000))


def test_the_error_of_detection_shows_the_first_packets():
    with pytest.raises(WireError, match=r"tmrl \(44 bytes\): 7 7 7"):
        detect(np.full(4000, 7.0, "<f4").tobytes())


def test_an_unknown_dialect_is_named_with_the_known_ones():
    with pytest.raises(LiveError, match=r"'tmrl12'.*auto, framed, connect"):
        by_name("tmrl12")
