"""A client of the stand-in: a non-blocking connection that is dropped when it breaks or no longer reads."""

import contextlib
import socket

_READ_BYTES = 1 << 16


class Peer:
    """One accepted connection."""

    def __init__(self, connection: socket.socket):
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection

    def read(self) -> bytes | None:
        """What has arrived, b"" if nothing has; None if the other side is gone."""
        try:
            return self._socket.recv(_READ_BYTES) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def write(self, data: bytes) -> bool:
        """Send all of it now; False if the other side is gone or has stopped reading."""
        try:
            return self._socket.send(data) == len(data)
        except OSError:
            return False

    def close(self) -> None:
        """Close the connection, after what was sent; may be called twice."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()


def accept(server: socket.socket) -> Peer | None:
    """A connection that waits on a non-blocking listening socket, if there is one."""
    try:
        connection, _ = server.accept()
    except OSError:
        return None
    return Peer(connection)
