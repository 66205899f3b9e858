"""The stand-in's telemetry plugins: one serves our framed protocol, one the bare floats of the other plugins.

As in the game, each serves one client; a client that does not read fast enough is dropped.
"""

from typing import Protocol

import numpy as np

from tmenv.errors import TmenvError
from tmenv.live.standin.peer import Peer, accept
from tmenv.live.tm2020 import dialects, framed
from tmenv.live.tm2020.dialects import Dialect
from tmenv.live.tm2020.framed import Code, Event, Frame, FrameReader, Hello, Kind, Reply, pack_frame, unpack_string
from tmenv.live.wire import WireError, listen, port_of

_SIZES: dict[int, int] = {Kind.SET_RATE: 2, Kind.PING: 8, Kind.LEGACY: 1}
"""Bytes of the payloads of commands that have one of a fixed size."""


class Game(Protocol):
    """What a plugin asks of the game."""

    def hello(self) -> Hello:
        """The plugin's version and the map."""
        ...

    def restart(self) -> None:
        """Start the race again."""
        ...

    def load_map(self, name: str) -> None:
        """Change the track. Raises TmenvError."""
        ...


class Plugin(Protocol):
    """A telemetry plugin.

    Attributes:
        port: where it listens.
    """

    port: int

    def poll(self, game: Game) -> None:
        """Accept clients and do what they ask."""
        ...

    def tell(self, state: np.ndarray, distance_m: float) -> None:
        """Send the ``STATE`` of this frame."""
        ...

    def tell_event(self, event: Event) -> None:
        """Send an event, if the protocol has them."""
        ...

    def close(self) -> None:
        """Drop the client and free the port."""
        ...


class FloatPlugin:
    """One packet of bare floats a frame. A second client connects, and hears nothing while the first is there."""

    def __init__(self, dialect: Dialect, port: int):
        self._dialect = dialect
        self._server = listen(port)
        self.port = port_of(self._server)
        self._peer: Peer | None = None

    def poll(self, game: Game) -> None:
        """Take the next client once the last one is gone; whatever it sends is read and ignored."""
        if self._peer is not None and self._peer.read() is None:
            self._drop()
        if self._peer is None:
            self._peer = accept(self._server)

    def tell(self, state: np.ndarray, distance_m: float) -> None:
        """Send one packet."""
        if self._peer is not None and not self._peer.write(self._dialect.pack(state, distance_m)):
            self._drop()

    def tell_event(self, event: Event) -> None:
        """Bare floats have no events."""

    def close(self) -> None:
        """Drop the client and free the port."""
        self._drop()
        self._server.close()

    def _drop(self) -> None:
        if self._peer is not None:
            self._peer.close()
        self._peer = None


class FramedPlugin:
    """Our protocol; a second client is told that the place is taken, and dropped."""

    def __init__(self, port: int):
        self._server = listen(port)
        self.port = port_of(self._server)
        self._peer: Peer | None = None
        self._reader = FrameReader()
        self._legacy, self._every, self._frames = False, 1, 0

    def poll(self, game: Game) -> None:
        """Greet a client, refuse a second one, answer commands."""
        newcomer = accept(self._server)
        if newcomer is not None:
            self._greet(newcomer, game)
        data = b"" if self._peer is None else self._peer.read()
        if data is None:
            self._drop()
            return
        try:
            for frame in self._reader.feed(data):
                self._obey(frame, game)
        except WireError as error:
            self._send(Kind.REPLY, Reply(0, Code.UNSUPPORTED_VERSION, str(error)).pack())
            self._drop()

    def tell(self, state: np.ndarray, distance_m: float) -> None:
        """Send a STATE frame every so many frames, or the raw packet after LEGACY."""
        self._frames += 1
        if self._frames % self._every or self._peer is None:
            return
        if self._legacy:
            self._write(dialects.DIALECTS["tmrl"].pack(state, distance_m))
        else:
            self._send(Kind.STATE, state.tobytes())

    def tell_event(self, event: Event) -> None:
        """Send an EVENT frame."""
        if not self._legacy:
            self._send(Kind.EVENT, event.pack())

    def close(self) -> None:
        """Drop the client and free the port."""
        self._drop()
        self._server.close()

    def _greet(self, newcomer: Peer, game: Game) -> None:
        if self._peer is not None:
            newcomer.write(pack_frame(Kind.REPLY, Reply(0, Code.BUSY, "another client is connected").pack()))
            newcomer.close()
            return
        self._peer, self._reader = newcomer, FrameReader()
        self._legacy, self._every = False, 1
        self._send(Kind.HELLO, game.hello().pack())

    def _obey(self, frame: Frame, game: Game) -> None:
        if frame.kind == Kind.HELLO:
            return
        code, message = self._answer(frame, game)
        self._send(Kind.REPLY, Reply(frame.sequence, code, message).pack())
        if frame.kind == Kind.LOAD_MAP and code == Code.OK:
            self._send(Kind.HELLO, game.hello().pack())
        if frame.kind == Kind.LEGACY and code == Code.OK:
            self._legacy = frame.payload[0] != 0
        if frame.kind == Kind.QUIT:
            self._drop()

    def _answer(self, frame: Frame, game: Game) -> tuple[Code, str]:
        """Do what a command says; the code and message of its reply."""
        size = len(frame.payload)
        if size != _SIZES.get(frame.kind, size):
            return Code.BAD_PAYLOAD, f"the payload has another size than {size} bytes"
        match frame.kind:
            case Kind.RESTART:
                game.restart()
            case Kind.LOAD_MAP:
                return _load(frame.payload, game)
            case Kind.SET_RATE:
                self._every = max(1, int.from_bytes(frame.payload[:2], "little"))
            case Kind.PING:
                return Code.OK, str(int.from_bytes(frame.payload[:8], "little"))
            case Kind.QUIT | Kind.LEGACY:
                pass
            case _:
                return Code.UNKNOWN_COMMAND, f"unknown command {frame.kind}"
        return Code.OK, ""

    def _send(self, kind: Kind, payload: bytes) -> None:
        self._write(pack_frame(kind, payload))

    def _write(self, data: bytes) -> None:
        if self._peer is not None and not self._peer.write(data):
            self._drop()

    def _drop(self) -> None:
        if self._peer is not None:
            self._peer.close()
        self._peer = None


def _load(payload: bytes, game: Game) -> tuple[Code, str]:
    try:
        game.load_map(unpack_string(payload, 0)[0])
    except WireError as error:
        return Code.BAD_PAYLOAD, str(error)
    except TmenvError as error:
        return Code.NOT_NOW, str(error)
    return Code.OK, ""


def plugin_for(name: str, port: int | None) -> Plugin:
    """The plugin called ``"framed"`` or by the name of a float dialect, on its usual port if None.

    Raises:
        LiveError: no such dialect, or the port is in use.
    """
    if name == "framed":
        return FramedPlugin(framed.PORT if port is None else port)
    return FloatPlugin(dialects.by_name(name), dialects.PORT if port is None else port)
