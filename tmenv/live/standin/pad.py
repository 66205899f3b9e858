"""The other end of the stand-in's channel: what a test holds in place of a gamepad."""

from tmenv.errors import LiveError
from tmenv.live.standin.controls import BUTTON_B, PORT, REPORT
from tmenv.live.wire import HOST, check_port, dial

_DIAL_S = 2.0


class ChannelPad:
    """A pad plugged into a stand-in's channel. Closing it lets go of everything.

    Raises:
        LiveError: no stand-in listens there, or it went away.
    """

    def __init__(self, port: int = PORT):
        self._port = check_port(port)
        try:
            self._socket = dial(port, _DIAL_S)
        except OSError as error:
            raise LiveError(
                f"no stand-in takes inputs on {HOST}:{port} ({error.strerror or error}); start one with "
                f"tmenv game tm2020 --track NAME --controls channel --controls-port {port}"
            ) from None

    def apply(self, steer: float, gas: float, brake: float) -> None:
        """Hold the sticks so until the next call: steer -1 left .. 1 right, pedals 0 .. 1."""
        self._send(steer, gas, brake, 0)

    def neutral(self) -> None:
        """Let go of everything."""
        self._send(0.0, 0.0, 0.0, 0)

    def restart(self) -> None:
        """Press and release the button that starts the race again."""
        self._send(0.0, 0.0, 0.0, BUTTON_B)
        self.neutral()

    def close(self) -> None:
        """Unplug; may be called twice."""
        self._socket.close()

    def _send(self, steer: float, gas: float, brake: float, buttons: int) -> None:
        try:
            self._socket.sendall(REPORT.pack(gas, brake, steer, buttons))
        except OSError as error:
            raise LiveError(f"the stand-in on {HOST}:{self._port} is gone ({error}); start it again") from None

    def __enter__(self) -> "ChannelPad":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
