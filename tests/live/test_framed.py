"""Our TM2020 protocol: what is packed is read back, whatever the pieces it arrives in."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmenv.live.tm2020.framed import (
    MOST_BYTES,
    Capability,
    Event,
    EventKind,
    Frame,
    FrameReader,
    Hello,
    Kind,
    Reply,
    looks_framed,
    pack_frame,
)
from tmenv.live.tm2020.state import STATE
from tmenv.live.wire import WireError

SHORT = st.integers(0, 0xFFFF)
TEXT = st.text(max_size=80)
FRAMES = st.lists(st.builds(Frame, st.integers(0, 255), st.binary(max_size=300), st.integers(0, 2**32 - 1)), max_size=8)


def fed_in_pieces(data: bytes, cuts: list[int]) -> list[Frame]:
    reader, frames = FrameReader(), []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        frames += reader.feed(data[start:end])
    return frames


@given(FRAMES, st.lists(st.integers(0, 10000), max_size=20))
def test_frames_come_out_whole_whatever_the_pieces(frames: list[Frame], cuts: list[int]):
    data = b"".join(pack_frame(frame.kind, frame.payload, frame.sequence) for frame in frames)
    assert fed_in_pieces(data, cuts) == frames


@given(st.binary(max_size=400))
def test_any_bytes_give_frames_or_a_wire_error(data: bytes):
    try:
        frames = list(FrameReader().feed(data))
    except WireError:
        return
    assert sum(12 + len(frame.payload) for frame in frames) <= len(data)


@given(st.builds(Hello, TEXT, TEXT, SHORT, SHORT, st.sampled_from(list(Capability)), SHORT, SHORT, SHORT))
def test_hello_is_read_back(hello: Hello):
    assert Hello.unpack(hello.pack()) == hello
    assert Hello.unpack(hello.pack() + b"appended by a newer version") == hello


@given(st.sampled_from(EventKind), st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))
def test_event_is_read_back(kind: EventKind, time_ms: int, value: int):
    event = Event(kind, time_ms, value)
    assert Event.unpack(event.pack()) == event


@given(st.integers(0, 2**32 - 1), st.integers(-5, 5), TEXT)
def test_reply_is_read_back(sequence: int, code: int, message: str):
    reply = Reply(sequence, code, message)
    assert Reply.unpack(reply.pack()) == reply


@pytest.mark.parametrize("message", [Hello, Event, Reply])
@given(st.binary(max_size=60))
def test_any_payload_is_a_message_or_a_wire_error(message, payload: bytes):
    try:
        message.unpack(payload)
    except WireError:
        return
    assert len(payload) >= 6


@pytest.mark.parametrize("length", [0, 7, MOST_BYTES + 1])
def test_impossible_length_is_refused(length: int):
    with pytest.raises(WireError, match=f"{length} bytes"):
        list(FrameReader().feed(length.to_bytes(4, "little") + bytes(12)))


def test_another_version_is_named():
    with pytest.raises(WireError, match=r"version 2, .* speaks version 1"):
        list(FrameReader().feed(b"\x08\0\0\0\x02\x01\0\0\0\0\0\0"))


def test_states_have_the_documented_size():
    assert STATE.itemsize == 180


def test_only_a_hello_looks_framed():
    hello = pack_frame(Kind.HELLO, Hello("1").pack())
    assert looks_framed(hello) is True
    assert looks_framed(hello[:11]) is None
    assert looks_framed(bytes(44)) is False
    assert looks_framed(pack_frame(Kind.PING, bytes(8), 1)) is False
