"""Our TM2020 protocol on the wire: our plugin and the stand-in game answer alike."""

import contextlib
import socket
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.live.angelscript import openplanet
from tmenv.errors import LiveError
from tmenv.live.standin import StandInTM2020
from tmenv.live.tm2020 import Telemetry
from tmenv.live.tm2020.framed import Code, FrameReader, Hello, Kind, Reply, pack_frame
from tmenv.live.wire import dial


def frames_of(connection: socket.socket, count: int) -> list:
    """The next frames on a bare connection."""
    reader, frames = FrameReader(), []
    while len(frames) < count:
        frames += reader.feed(connection.recv(4096))
    return frames


@pytest.fixture(params=["plugin", "stand-in"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Where the server listens: our plugin in a real AngelScript engine, or the stand-in game."""
    if request.param == "plugin":
        with openplanet() as host:
            yield host.port
    else:
        with StandInTM2020("tm2020-first-drive", port=0) as game:
            yield game.port


def test_a_command_switches_to_tmrls_dialect(port: int):
    with dial(port, 2.0) as connection:
        assert frames_of(connection, 1)[0].kind == Kind.HELLO
        connection.sendall(pack_frame(Kind.LEGACY, b"\x01", 7))
        data = b""
        reply = pack_frame(Kind.REPLY, Reply(7, Code.OK).pack())
        while reply not in data or len(data.partition(reply)[2]) < 440:
            data += connection.recv(4096)
        packets = np.frombuffer(data.partition(reply)[2][:440], "<f4").reshape(10, 11)
        assert (packets[:, 2] == packets[0, 2]).all()
        assert packets[0, 2] in (100.0, 848.0)  # x of the harness's car, and of the track's start


def test_a_second_client_is_told_why(port: int):
    with Telemetry(port) as first:
        first.latest()
        with Telemetry(port) as second, pytest.raises(LiveError, match="another client is connected"):
            second.latest(timeout_s=1.0)


def test_a_new_client_is_served_when_the_old_one_is_gone(port: int):
    for _ in range(3):
        with Telemetry(port) as client:
            client.latest(timeout_s=1.0)
            assert client.status.link == "streaming"


def test_commands_in_pieces_are_understood(port: int):
    with dial(port, 2.0) as connection:
        for byte in pack_frame(Kind.PING, (99).to_bytes(8, "little"), 3):
            connection.sendall(bytes([byte]))
            time.sleep(0.002)
        replies = [frame for frame in frames_of(connection, 60) if frame.kind == Kind.REPLY]
        assert Reply.unpack(replies[0].payload) == Reply(3, Code.OK, "99")


@pytest.mark.parametrize(
    ("kind", "payload", "code"),
    [
        (Kind.SET_RATE, b"\x01", Code.BAD_PAYLOAD),
        (Kind.PING, bytes(9), Code.BAD_PAYLOAD),
        (Kind.LEGACY, b"", Code.BAD_PAYLOAD),
        (Kind.LOAD_MAP, b"\xff\xffabc", Code.BAD_PAYLOAD),
        (Kind.LOAD_MAP, b"", Code.BAD_PAYLOAD),
        (200, b"whatever", Code.UNKNOWN_COMMAND),
        (Kind.HELLO, Hello("x").pack(), None),
    ],
)
def test_broken_commands_are_refused_and_the_stream_goes_on(port: int, kind: int, payload: bytes, code: Code | None):
    with dial(port, 2.0) as connection:
        connection.sendall(pack_frame(kind, payload, 1) + pack_frame(Kind.PING, bytes(8), 2))
        frames = frames_of(connection, 20)
        replies = [Reply.unpack(frame.payload) for frame in frames if frame.kind == Kind.REPLY]
        assert [(reply.sequence, reply.code) for reply in replies if reply.sequence == 1] == (
            [(1, code)] if code else []
        )
        assert (2, Code.OK) in [(reply.sequence, reply.code) for reply in replies]


def test_garbage_drops_the_client_and_the_plugin_stays(port: int):
    with dial(port, 2.0) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(4096):
                pass
    with Telemetry(port) as client:
        client.latest()
        assert client.status.link == "streaming"


def test_quit_is_answered_and_closes_the_connection(port: int):
    with dial(port, 2.0) as connection:
        connection.sendall(pack_frame(Kind.QUIT, sequence=5))
        data = b""
        while piece := connection.recv(4096):
            data += piece
    assert data.endswith(pack_frame(Kind.REPLY, Reply(5, Code.OK).pack()))
