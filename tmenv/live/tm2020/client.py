"""``Telemetry``: the newest state of the running TM2020, and its plugin's commands."""

import weakref

from tmenv.errors import LiveError
from tmenv.live.tm2020.decoders import ports_of
from tmenv.live.tm2020.framed import Code, Event, Hello, Kind, Reply, pack_string
from tmenv.live.tm2020.receiver import DISCONNECTED, Receiver, Sample, Status, place
from tmenv.live.wire import check_port

_REPLY_S = 2.0
_HELLO_S = 2.0
_LOAD_S = 12.0


class Telemetry:
    """A client of the plugin in the running TM2020. A background thread receives; ``close`` ends it.

    >>> with Telemetry() as game:
    ...     position = game.latest().state["position"]

    Args:
        port: of the plugin; None tries our plugin's port and, unless ``dialect`` is "framed", tmrl's.
        dialect: ``"auto"`` finds out; else ``"framed"`` (our plugin) or one of ``dialects.DIALECTS``.

    Raises:
        LiveError: unknown dialect, or no port.
    """

    def __init__(self, port: int | None = None, dialect: str = "auto"):
        self._asked = dialect
        self._ports = ports_of(dialect) if port is None else (check_port(port),)
        self._receiver = Receiver(self._ports, dialect)
        self._finalizer = weakref.finalize(self, self._receiver.stop)

    @property
    def status(self) -> Status:
        """How the connection is doing; never waits."""
        return self._receiver.status()

    def latest(self, max_age_s: float = 0.1, timeout_s: float = 2.0) -> Sample:
        """The newest state if it is at most ``max_age_s`` old, else the next that arrives.

        Raises:
            LiveError: none arrived within ``timeout_s``; says which link of the chain is missing.
        """
        self._check_open()
        return self._received(self._receiver.sample(max_age_s, timeout_s), timeout_s)

    def after(self, sample: Sample, timeout_s: float = 2.0) -> Sample:
        """The newest state that came after ``sample``, waiting for it if need be.

        Raises:
            LiveError: none arrived within ``timeout_s``.
        """
        self._check_open()
        return self._received(self._receiver.next_sample(sample.number, timeout_s), timeout_s)

    def hello(self) -> Hello:
        """Version of our plugin, map and laps; the other dialects do not have it.

        Raises:
            LiveError: the plugin did not send it.
        """
        self._check_open()
        if self.status.dialect not in ("", "framed"):
            raise LiveError(
                f"the plugin at {self._place()} takes no commands and tells nothing of the map; install ours for that "
                "(tmenv plugin install tm2020)"
            )
        hello = self._receiver.hello(_HELLO_S)
        if hello is None:
            raise self._missing("our plugin's HELLO did not arrive", _HELLO_S)
        return hello

    def events(self) -> list[Event]:
        """Checkpoints, finish, respawns and so on since the last call; only our plugin sends them."""
        return self._receiver.take_events()

    def restart(self) -> None:
        """Start the race again (our plugin only). Raises LiveError."""
        self._command(Kind.RESTART)

    def load_map(self, path: str) -> None:
        """Load a map by its path (our plugin only). Raises LiveError."""
        self._command(Kind.LOAD_MAP, pack_string(path), _LOAD_S)

    def set_rate(self, every_frames: int) -> None:
        """Have a state sent every so many rendered frames (our plugin only). Raises LiveError."""
        if not 1 <= every_frames <= 0xFFFF:
            raise LiveError(f"a state every {every_frames} frames is not possible; choose 1 to 65535")
        self._command(Kind.SET_RATE, every_frames.to_bytes(2, "little"))

    def ping(self, number: int = 0) -> str:
        """Ask for a sign of life; returns what the plugin sent back: the number in digits. Raises LiveError."""
        return self._command(Kind.PING, number.to_bytes(8, "little")).message

    def close(self) -> None:
        """End the thread and the connection; may be called twice."""
        self._finalizer()

    def __enter__(self) -> "Telemetry":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _command(self, kind: Kind, payload: bytes = b"", timeout_s: float = _REPLY_S) -> Reply:
        self.hello()
        reply = self._receiver.request(kind, payload, timeout_s)
        if reply is None:
            raise self._missing(f"no reply to {kind.name} arrived", timeout_s)
        if reply.code != Code.OK:
            raise LiveError(f"the game at {self._place()} refused {kind.name}: {reply.message} (code {reply.code})")
        return reply

    def _received(self, sample: Sample | None, timeout_s: float) -> Sample:
        if sample is None:
            raise self._missing("no state arrived", timeout_s)
        return sample

    def _check_open(self) -> None:
        if not self._finalizer.alive:
            raise LiveError("this client of the game is closed; make a new one")

    def _place(self) -> str:
        status = self.status
        return f"{place(status.port)} (dialect {status.dialect or self._asked})"

    def _missing(self, what: str, timeout_s: float) -> LiveError:
        """The error for a silent chain: what is missing, where, and what to do about it."""
        status = self.status
        head = f"{what} within {timeout_s:g} s"
        if not status.connection:
            ports = " and ".join(place(port) for port in self._ports)
            return LiveError(
                f"{head} from {ports} (dialect {self._asked}): nothing listens there ({status.fault}). Start the game, "
                "load the plugin in Openplanet (tmenv plugin install tm2020; Developer signature mode), check the port."
            )
        if status.link == DISCONNECTED:
            return LiveError(
                f"{head} from {self._place()}: the connection is lost: {status.fault}. It is dialled again all the "
                "time; check that the game and its plugin still run, and port= and dialect=."
            )
        cause = f" {status.fault}." if status.fault else ""
        if status.bad:
            cause += f" {status.bad} packets held NaN or impossible values: check dialect=."
        return LiveError(
            f"{head} from {self._place()}: connected, but silent.{cause} The plugin sends nothing in menus and while "
            "a map loads, so enter a race; and it serves one client, so close every other program that reads it."
        )
