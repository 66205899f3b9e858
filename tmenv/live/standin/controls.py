"""What drives the stand-in's car: the place where a gamepad, keys, or a test's channel plugs in.

The game polls its pad once a rendered frame, and so does the stand-in: ``read`` is called once a frame, from the
game's thread, and never waits.
"""

import math
import struct
from typing import NamedTuple, Protocol

from tmenv.live.standin.peer import Peer, accept
from tmenv.live.wire import listen, port_of

PORT = 9020
"""Default port of the channel."""

REPORT = struct.Struct("<fffI")
"""A pad's report on the channel: gas 0 .. 1, brake 0 .. 1, steer -1 .. 1, and the buttons."""

BUTTON_A, BUTTON_B = 0x1000, 0x2000
"""Bits of the buttons, as an Xbox 360 pad numbers them; B restarts the race."""


class Input(NamedTuple):
    """What the pad shows in one frame: sticks as in ``REPORT``, and the buttons pressed since the last frame."""

    steer: float = 0.0
    gas: float = 0.0
    brake: float = 0.0
    pressed: int = 0

    def either(self, other: "Input") -> "Input":
        """What a game makes of two devices: of each stick and pedal the one that is further out."""
        steer = max(self.steer, other.steer, key=abs)
        gas, brake = max(self.gas, other.gas), max(self.brake, other.brake)
        return Input(steer, gas, brake, self.pressed | other.pressed)


NEUTRAL = Input()


class Controls(Protocol):
    """A source of inputs."""

    def read(self) -> Input:
        """The inputs of this frame."""
        ...

    def close(self) -> None:
        """Release what it holds; may be called twice."""
        ...


class NoControls:
    """Nobody drives."""

    def read(self) -> Input:
        """Always neutral."""
        return NEUTRAL

    def close(self) -> None:
        """Nothing to release."""


class ChannelControls:
    """A pad at the end of a loopback connection: one at a time, neutral when it is gone.

    Args:
        port: to listen on; 0 is any free one.

    Raises:
        LiveError: the port is in use.
    """

    def __init__(self, port: int = PORT):
        self._server = listen(port)
        self.port = port_of(self._server)
        self._peer: Peer | None = None
        self._buffer = bytearray()
        self._sticks, self._held = NEUTRAL, 0

    def read(self) -> Input:
        """The newest report, with all buttons that went down since the last frame."""
        pressed = 0
        for gas, brake, steer, buttons in self._reports():
            pressed |= buttons & ~self._held
            self._held = buttons
            self._sticks = Input(_clip(steer, -1.0), _clip(gas, 0.0), _clip(brake, 0.0))
        return self._sticks._replace(pressed=pressed)

    def close(self) -> None:
        """Close the connection and the port."""
        self._drop()
        self._server.close()

    def _reports(self) -> list[tuple[float, float, float, int]]:
        newcomer = accept(self._server)
        if newcomer is not None:
            self._drop()
            self._peer = newcomer
        if self._peer is not None:
            data = self._peer.read()
            if data is None:
                self._drop()
            else:
                self._buffer += data
        count = len(self._buffer) // REPORT.size * REPORT.size
        reports = list(REPORT.iter_unpack(bytes(self._buffer[:count])))
        del self._buffer[:count]
        return reports

    def _drop(self) -> None:
        """The pad is gone: the car must not keep driving by itself."""
        if self._peer is not None:
            self._peer.close()
        self._peer, self._sticks, self._held = None, NEUTRAL, 0
        self._buffer.clear()


def _clip(value: float, low: float) -> float:
    """Limited to [low, 1]; NaN and infinity are neutral."""
    return min(max(value, low), 1.0) if math.isfinite(value) else 0.0
