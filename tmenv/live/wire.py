"""What both protocols share: loopback sockets, and the error for bytes that a protocol does not allow."""

import os
import socket

from tmenv.errors import LiveError

HOST = "127.0.0.1"
"""The only interface that anything here connects to or listens on."""


class WireError(ValueError):
    """Bytes that the protocol does not allow; the clients turn it into a ``LiveError`` with port and remedy."""


def check_port(port: int, least: int = 1) -> int:
    """The port itself.

    Raises:
        LiveError: it is no whole number from ``least`` to 65535.
    """
    if isinstance(port, bool) or not isinstance(port, int) or not least <= port <= 0xFFFF:
        raise LiveError(f"a port is a whole number from {least} to 65535, not {port!r}")
    return port


def dial(port: int, timeout_s: float) -> socket.socket:
    """Connect to a loopback port, with small packets sent at once.

    Raises:
        OSError: refused, or not accepted within ``timeout_s``.
    """
    connection = socket.create_connection((HOST, port), timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def listen(port: int) -> socket.socket:
    """A non-blocking listening socket on a loopback port (0: any free one).

    Raises:
        LiveError: another program has the port, or it is no port.
    """
    check_port(port, 0)
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # On Windows SO_REUSEADDR would let two programs share a port; elsewhere it only skips the wait after a close.
    option = socket.SO_EXCLUSIVEADDRUSE if os.name == "nt" else socket.SO_REUSEADDR  # pyright: ignore
    try:
        server.setsockopt(socket.SOL_SOCKET, option, 1)
        server.bind((HOST, port))
        server.listen(8)
    except OSError as error:
        server.close()
        raise LiveError(
            f"cannot listen on {HOST}:{port}: {error}. Close the program that has the port, or choose another one."
        ) from None
    server.setblocking(False)
    return server


def port_of(server: socket.socket) -> int:
    """The port a listening socket has."""
    return server.getsockname()[1]
