"""A plugin that misbehaves on purpose: each connection is handed to the next of a list of functions."""

import socket
import threading
import time
from collections.abc import Callable

from tmenv.live.wire import listen, port_of


def free_port() -> int:
    """A port that is free now."""
    with listen(0) as server:
        return port_of(server)


Script = Callable[["ScriptedServer", socket.socket], None]


class ScriptedServer:
    """Serves one connection after the other; the last script serves all that follow. A context manager."""

    def __init__(self, *scripts: Script, port: int = 0):
        self._scripts = list(scripts)
        self._server = listen(port)
        self.port = port_of(self._server)
        self.accepted = 0
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scripted server", daemon=True)

    def __enter__(self) -> "ScriptedServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._thread.join()
        self._server.close()

    def _run(self) -> None:
        while not self.stopping.wait(0.005):
            try:
                connection, _ = self._server.accept()
            except BlockingIOError:
                continue
            script = self._scripts[min(self.accepted, len(self._scripts) - 1)]
            self.accepted += 1
            with connection:
                connection.settimeout(0.05)
                try:
                    script(self, connection)
                except OSError:
                    continue  # the client went away


def send(data: bytes, piece: int = 1 << 20, pause_s: float = 0.0) -> Script:
    """Send bytes in pieces, then close."""

    def script(server: ScriptedServer, connection: socket.socket) -> None:
        connection.settimeout(5.0)
        for at in range(0, len(data), piece):
            if server.stopping.is_set():
                return
            connection.sendall(data[at : at + piece])
            time.sleep(pause_s)

    return script


def silent(server: ScriptedServer, connection: socket.socket) -> None:
    """Accept, and say nothing until the test is over."""
    server.stopping.wait()


def repeat(data: bytes, packet: int, period_s: float = 0.01) -> Script:
    """Send the packets of ``data`` over and over, one a period."""

    def script(server: ScriptedServer, connection: socket.socket) -> None:
        connection.settimeout(5.0)
        at = 0
        while not server.stopping.wait(period_s):
            connection.sendall(data[at : at + packet])
            at = (at + packet) % len(data)

    return script
