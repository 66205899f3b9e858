"""The client of the stand-in TMNF, read message by message while the game waits."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

from tmenv.live.tmnf.messages import INT, MOST_BYTES

_READ_BYTES = 1 << 16
_SLICE_S = 0.05
_SEND_S = 2.0


class ClientGoneError(Exception):
    """The client closed, broke the protocol, or took longer than it may; the game goes on without it."""


class Client:
    """One connection.

    Every read ends by ``deadline_s`` (``time.monotonic``), when the game is closed, or when ``replaced`` says that
    another client has come.
    """

    def __init__(self, connection: socket.socket, stopping: threading.Event, replaced: Callable[[], bool]):
        connection.settimeout(_SLICE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._stopping, self._replaced = connection, stopping, replaced
        self._buffer = bytearray()

    def read(self, form: struct.Struct, deadline_s: float) -> tuple:
        """Values of a fixed payload."""
        return form.unpack(self._take(form.size, deadline_s))

    def read_bytes(self, deadline_s: float) -> bytes:
        """A length and that many bytes."""
        (size,) = self.read(INT, deadline_s)
        if not 0 <= size <= MOST_BYTES:
            raise ClientGoneError(f"it announced {size} bytes")
        return self._take(size, deadline_s)

    def write(self, data: bytes) -> None:
        """Send all of it."""
        try:
            self._socket.settimeout(_SEND_S)
            self._socket.sendall(data)
            self._socket.settimeout(_SLICE_S)
        except OSError as error:
            raise ClientGoneError(str(error)) from None

    def close(self) -> None:
        """Close the connection; may be called twice."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _take(self, size: int, deadline_s: float) -> bytes:
        while len(self._buffer) < size:
            try:
                data = self._socket.recv(_READ_BYTES)
            except TimeoutError:
                # as in the game, the clock counts only while nothing arrives
                if time.monotonic() > deadline_s or self._stopping.is_set():
                    raise ClientGoneError("it took longer to answer than its timeout") from None
                if self._replaced():
                    raise ClientGoneError("another client connected") from None
                continue
            except OSError as error:
                raise ClientGoneError(str(error)) from None
            if not data:
                raise ClientGoneError("it closed the connection")
            self._buffer += data
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data
