"""``Link``: the client's end of the TMInterface link. It knows the sync rule, and breaks off where it is broken."""

import contextlib
import socket
import struct
import time
from typing import NamedTuple

import numpy as np

from tmenv.errors import LiveError
from tmenv.live.tmnf.messages import (
    BYTES_REPLIES,
    FROM_GAME,
    HELLO_REPLY,
    INT,
    INT_REPLIES,
    MOST_BYTES,
    WITH_BYTES,
    Capability,
    Kind,
    pack,
    pack_bytes,
)
from tmenv.live.wire import HOST, check_port, dial

_READ_BYTES = 1 << 16
_SLICE_S = 0.1
_HELLO_S = 0.2
_RETRY_S = 0.25
_CLOSED = "it ended, another client took over, or we took longer to answer than the timeout we gave it"


class RefusedError(LiveError):
    """Nothing listens on the port."""


class SilentError(LiveError):
    """The game said nothing for too long."""


class Sync(NamedTuple):
    """A message of the game, which now waits for us.

    ``value`` is the race time of RUN_STEP (ms), or the count of CHECKPOINT and LAP, ``target`` the count of all;
    ``frame`` the uint8 (height, width, 4) BGRA picture of FRAME.
    """

    kind: Kind
    value: int = 0
    target: int = 0
    frame: np.ndarray | None = None


class Link:
    """A connection to the plugin in a running TMNF.

    Args:
        port: of the plugin.
        connect_s: how long to try, once a quarter second: a loading game refuses.
        reply_s: how long an answer may take.

    Attributes:
        held: the sync we have not answered yet, None while the game runs.

    Raises:
        LiveError: nothing listens there.
    """

    def __init__(self, port: int, connect_s: float = 2.0, reply_s: float = 10.0):
        self.port, self._reply_s = check_port(port), reply_s
        self.held: Sync | None = None
        self._buffer = bytearray()
        self._queued = b""
        self._frame_size = (0, 0)
        self._broken = ""
        self._socket = self._dial(connect_s)

    def wait(self, timeout_s: float) -> Sync:
        """The game's next message; the game waits from now until ``release``.

        Raises:
            LiveError: none came, the connection is lost, or it is no message of this protocol.
        """
        (number,) = self._read(INT, timeout_s, "no message of the game")
        if number not in set(FROM_GAME):
            raise self._break(f"sent {number}, which is no message of the TMInterface link")
        kind = Kind(number)
        form = FROM_GAME[kind]
        values = self._read(form, self._reply_s, kind.name) if form.size else ()
        frame = self._read_frame() if kind == Kind.FRAME else None
        self.held = Sync(kind, *values, frame=frame)
        return self.held

    def release(self) -> None:
        """Answer the sync we hold: the game goes on."""
        held = self._held()
        self.held = None
        self._send(INT.pack(held.kind))

    def send(self, kind: Kind, *values: float) -> None:
        """Send a message that is not answered."""
        self._held()
        if kind == Kind.REQUEST_FRAME:
            self._frame_size = (int(values[0]), int(values[1]))
        self._send(pack(kind, *values))

    def queue(self, kind: Kind, *values: float) -> None:
        """Send a message that is not answered together with the next one, which saves a packet."""
        self._held()
        self._queued += pack(kind, *values)

    def send_bytes(self, kind: Kind, data: bytes) -> None:
        """Send REWIND_TO_STATE with a state, or EXECUTE_COMMAND with a command in ASCII."""
        assert kind in WITH_BYTES
        self._held()
        self._send(pack_bytes(kind, data))

    def ask(self, kind: Kind) -> int:
        """Ask for an int: RACE_FINISHED, IS_IN_MENUS."""
        assert kind in INT_REPLIES
        self.send(kind)
        return self._read(INT, self._reply_s, f"no reply to {kind.name}")[0]

    def ask_bytes(self, kind: Kind) -> bytes:
        """Ask for bytes: GET_SIMULATION_STATE, GET_INPUTS, GET_COMPACT_STATE."""
        assert kind in BYTES_REPLIES
        self.send(kind)
        (size,) = self._read(INT, self._reply_s, f"no reply to {kind.name}")
        if not 0 <= size <= MOST_BYTES:
            raise self._break(f"announced {size} bytes as its reply to {kind.name}")
        return self._take(size, self._reply_s, f"the reply to {kind.name}")

    def hello(self) -> Capability:
        """Ask which extensions the plugin knows; an old one does not answer, which takes 0.2 s."""
        self.send(Kind.HELLO)
        if not self._fill(HELLO_REPLY.size, _HELLO_S):
            return Capability(0)
        _, capabilities = self._read(HELLO_REPLY, self._reply_s, "HELLO")
        return Capability(capabilities)

    def command(self, text: str) -> None:
        """Have a console command executed."""
        try:
            data = text.encode("ascii")
        except UnicodeEncodeError:
            raise LiveError(f"the game's console takes ASCII only, not {text!r}; rename the file or the map") from None
        self.send_bytes(Kind.EXECUTE_COMMAND, data)

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self._broken = self._broken or "was closed by us"
        self.held = None
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _dial(self, connect_s: float) -> socket.socket:
        deadline = time.monotonic() + connect_s
        while True:
            try:
                connection = dial(self.port, max(_SLICE_S, deadline - time.monotonic()))
            except OSError as error:
                if time.monotonic() + _RETRY_S > deadline:
                    raise RefusedError(
                        f"TMNF's plugin does not listen on {HOST}:{self.port} ({error.strerror or error}). Start the "
                        'game through TMLoader with /configstring="set custom_port '
                        f'{self.port}" and TMInterface, and install the plugin (tmenv plugin install tmnf).'
                    ) from None
                time.sleep(_RETRY_S)
            else:
                connection.settimeout(_SLICE_S)
                return connection

    def _held(self) -> Sync:
        if self._broken:
            raise LiveError(f"the link to TMNF on {HOST}:{self.port} {self._broken}; connect again")
        if self.held is None:
            raise LiveError("the game listens only while it waits for the answer to a sync: wait for one first")
        return self.held

    def _send(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self._reply_s)
            self._socket.sendall(self._queued + data)
            self._queued = b""
            self._socket.settimeout(_SLICE_S)
        except OSError as error:
            raise self._break(f"is lost ({error.strerror or error}): {_CLOSED}") from None

    def _read(self, form: struct.Struct, timeout_s: float, what: str) -> tuple:
        return form.unpack(self._take(form.size, timeout_s, what))

    def _read_frame(self) -> np.ndarray:
        width, height = self._frame_size
        if not width * height:
            raise self._break("sent a frame that nobody requested")
        data = self._take(width * height * 4, self._reply_s, "the frame")
        return np.frombuffer(data, np.uint8).reshape(height, width, 4)

    def _take(self, size: int, timeout_s: float, what: str) -> bytes:
        """The next ``size`` bytes."""
        if not self._fill(size, timeout_s):
            raise self._break(f"is silent: {what} within {timeout_s:g} s (frozen, loading, or in menus)", SilentError)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _fill(self, size: int, timeout_s: float) -> bool:
        """Read until the buffer has ``size`` bytes; in slices, so that Ctrl+C works on Windows, and loses nothing."""
        if self._broken:
            self._held()
        deadline = time.monotonic() + timeout_s
        while len(self._buffer) < size:
            try:
                data = self._socket.recv(_READ_BYTES)
            except TimeoutError:
                if time.monotonic() >= deadline:
                    return False
            except OSError as error:
                raise self._break(f"is lost ({error.strerror or error}): {_CLOSED}") from None
            else:
                if not data:
                    raise self._break(f"was closed by the game: {_CLOSED}")
                self._buffer += data
        return True

    def _break(self, why: str, kind: type[LiveError] = LiveError) -> LiveError:
        """Close, and the error that says why: in the middle of a message there is no way on."""
        error = kind(f"the link to TMNF on {HOST}:{self.port} {why}; check the game and its plugin, and reset")
        self._broken = why
        self.close()
        return error
