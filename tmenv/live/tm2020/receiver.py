"""The thread behind a client: keeps one connection to a plugin, and of what arrives only the newest state.

It reads all the time, so the plugin never waits for us; when the connection breaks or sends what no protocol allows,
it dials again with growing pauses and starts at byte 0 of the new connection.
"""

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tmenv.live.tm2020.decoders import Decoder, Message, decoder_for
from tmenv.live.tm2020.framed import Event, Hello, Kind, Reply, pack_frame
from tmenv.live.tm2020.state import STATE
from tmenv.live.wire import HOST, WireError, dial

DISCONNECTED, SILENT, STREAMING = "disconnected", "connected but silent", "streaming"
REFUSED = "the plugin refused"
"""How ``Status.fault`` begins where the plugin does not want us as its client."""
_SILENT_AFTER_S = 0.5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 1.0
_DIAL_S = 1.0
_READ_S = 0.1
_SLICE_S = 0.1
_READ_BYTES = 1 << 16
_MOST_EVENTS = 256
_CLIENT_VERSION = "tmenv"


@dataclass(frozen=True)
class Sample:
    """The newest state.

    Attributes:
        state: ``STATE`` record, shape ().
        received_s: when it arrived, ``time.perf_counter`` seconds.
        number: states received before it, over all connections.
        connection: which connection it came by, counted from 1: a plugin that restarts gets the next one.
        before: the state before it by the same connection; None for the first.
    """

    state: np.ndarray
    received_s: float
    number: int
    connection: int
    before: np.ndarray | None = None

    @property
    def age_s(self) -> float:
        """Seconds since it arrived."""
        return time.perf_counter() - self.received_s


@dataclass(frozen=True)
class Status:
    """How the connection is doing.

    Attributes:
        link: DISCONNECTED, SILENT or STREAMING.
        port: the port last dialled.
        dialect: of this connection, "" while it is not known.
        connection: connections made so far.
        received: states received so far; likewise
        dropped: left out for a newer one; and
        bad: left out because they hold NaN or impossible values.
        fault: why the last connection was lost or could not be made, "" if nothing is wrong.
    """

    link: str
    port: int
    dialect: str
    connection: int
    received: int
    dropped: int
    bad: int
    fault: str


class Receiver:
    """The connection, its thread, and what came last. Public methods may be called from any thread."""

    def __init__(self, ports: tuple[int, ...], dialect: str):
        self._ports, self._dialect = ports, dialect
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._socket: socket.socket | None = None
        self._decoder: Decoder = decoder_for(dialect)
        self._sample: Sample | None = None
        self._hello: Hello | None = None
        self._events: deque[Event] = deque(maxlen=_MOST_EVENTS)
        self._replies: dict[int, Reply] = {}
        self._port, self._connection, self._received, self._sequence = ports[0], 0, 0, 0
        self._dropped_before = self._bad_before = 0
        self._fault = ""
        self._thread = threading.Thread(target=self._run, name=f"tmenv telemetry {ports[0]}", daemon=True)
        self._thread.start()

    # what the client asks

    def status(self) -> Status:
        """A snapshot of the connection's state."""
        with self._changed:
            return self._status()

    def sample(self, max_age_s: float, timeout_s: float) -> Sample | None:
        """The newest state if it is fresh, else the next one to arrive; None after ``timeout_s``."""
        with self._changed:
            self._wait_for(lambda: self._fresh(max_age_s), timeout_s)
            return self._sample if self._fresh(max_age_s) else None

    def next_sample(self, after: int, timeout_s: float) -> Sample | None:
        """The newest state with a number above ``after``; None after ``timeout_s``."""
        with self._changed:
            self._wait_for(lambda: self._newer(after), timeout_s)
            return self._sample if self._newer(after) else None

    def hello(self, timeout_s: float) -> Hello | None:
        """What the plugin said of itself and the map; None if it has not within ``timeout_s``."""
        with self._changed:
            self._wait_for(lambda: self._hello is not None, timeout_s)
            return self._hello

    def take_events(self) -> list[Event]:
        """Events since the last call, oldest first; at most the last 256."""
        with self._changed:
            events = list(self._events)
            self._events.clear()
            return events

    def request(self, kind: Kind, payload: bytes, timeout_s: float) -> Reply | None:
        """Send a command and wait for its reply; None without a connection or in time."""
        with self._changed:
            self._sequence += 1
            sequence, connection = self._sequence, self._connection
            if self._socket is None or self._hello is None:
                return None
            try:
                self._socket.sendall(pack_frame(kind, payload, sequence))
            except OSError:
                return None
            self._wait_for(lambda: sequence in self._replies or connection != self._connection, timeout_s)
            return self._replies.pop(sequence, None)

    def stop(self) -> None:
        """End the thread and close the connection; may be called twice."""
        self._stopping.set()
        with self._changed:
            _close(self._socket)
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _wait_for(self, fulfilled: Callable[[], bool], timeout_s: float) -> None:
        """Wait, with the lock held, until the condition or ``stop``; in slices, so that Ctrl+C works on Windows."""
        deadline = time.perf_counter() + timeout_s
        while not (self._stopping.is_set() or fulfilled()):
            left = deadline - time.perf_counter()
            if left <= 0.0:
                return
            self._changed.wait(min(left, _SLICE_S))

    def _fresh(self, max_age_s: float) -> bool:
        return self._sample is not None and self._sample.age_s <= max_age_s

    def _newer(self, after: int) -> bool:
        return self._sample is not None and self._sample.number > after

    def _status(self) -> Status:
        link = DISCONNECTED
        if self._socket is not None:
            link = STREAMING if self._fresh(_SILENT_AFTER_S) else SILENT
        dropped, bad = self._dropped_before + self._decoder.dropped, self._bad_before + self._decoder.bad
        dialect = self._decoder.dialect
        return Status(link, self._port, dialect, self._connection, self._received, dropped, bad, self._fault)

    # the thread

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            received = self._received
            for port in self._ports:
                if self._connect(port):
                    self._read()
                    break
            pause = _FIRST_PAUSE_S if self._received > received else min(2 * pause, _LONGEST_PAUSE_S)
            self._stopping.wait(pause)

    def _connect(self, port: int) -> bool:
        self._port = port
        try:
            connection = dial(port, _DIAL_S)
        except OSError as error:
            self._fault = f"{error.strerror or error}" if self._connection == 0 or not self._fault else self._fault
            return False
        connection.settimeout(_READ_S)
        with self._changed:
            self._dropped_before += self._decoder.dropped
            self._bad_before += self._decoder.bad
            self._decoder, self._hello = decoder_for(self._dialect), None
            self._socket, self._connection = connection, self._connection + 1
            self._changed.notify_all()
        return True

    def _read(self) -> None:
        """Read until the connection ends; whatever ends it is noted as the fault."""
        connection = self._socket
        assert connection is not None
        try:
            while not self._stopping.is_set():
                self._read_once(connection)
        except (OSError, WireError) as error:
            self._fault = str(error)
        except Exception as error:  # a mistake of ours must show in the client's error, not end the thread unseen
            self._fault = f"{type(error).__name__}: {error}"
        finally:
            with self._changed:
                _close(connection)
                self._socket = None
                self._changed.notify_all()

    def _read_once(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(_READ_BYTES)
        except TimeoutError:
            return
        if not data:
            raise ConnectionError(self._fault or "the plugin closed the connection")
        now = time.perf_counter()
        messages = self._decoder.feed(data)
        with self._changed:
            for message in messages:
                self._take(message, now)
            self._changed.notify_all()

    def _take(self, message: Message, now: float) -> None:
        if isinstance(message, Hello):
            self._greet(message)
        elif isinstance(message, Event):
            self._events.append(message)
        elif isinstance(message, Reply):
            self._replies[message.sequence] = message
            if message.sequence == 0:
                raise WireError(f"{REFUSED}: {message.message} (code {message.code})")
        else:
            last = self._sample
            before = last.state if last is not None and last.connection == self._connection else None
            self._sample = Sample(message, now, self._received, self._connection, before)
            self._received += 1
            self._fault = ""

    def _greet(self, hello: Hello) -> None:
        """Check a server's first frame and answer it; later ones tell of another map."""
        if hello.state_size < STATE.itemsize:
            raise WireError(f"the plugin's states have {hello.state_size} bytes, this tmenv needs {STATE.itemsize}")
        if self._hello is None and self._socket is not None:
            self._socket.sendall(pack_frame(Kind.HELLO, Hello(_CLIENT_VERSION).pack()))
        self._hello = hello


def _close(connection: socket.socket | None) -> None:
    """Close at once, waking a thread that reads."""
    if connection is None:
        return
    with contextlib.suppress(OSError):  # the other side may have been faster
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def place(port: int) -> str:
    """How messages name the other end."""
    return f"{HOST}:{port}"
