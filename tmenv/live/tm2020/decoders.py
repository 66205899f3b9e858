"""From bytes of a connection to messages, for one dialect or for whichever it turns out to be."""

from collections import deque
from typing import Protocol

import numpy as np

from tmenv.live.tm2020 import dialects, framed
from tmenv.live.tm2020.dialects import Dialect
from tmenv.live.tm2020.framed import Event, Frame, FrameReader, Hello, Kind, Reply, looks_framed
from tmenv.live.tm2020.state import STATE, is_sane
from tmenv.live.wire import WireError

Message = np.ndarray | Hello | Event | Reply
"""An ndarray is a ``STATE`` record, shape ()."""

_WINDOW, _MOST_BAD = 20, 10
"""Of the last 20 packets, so many that are no car mean that the stream is lost."""
_ROW = 3


class Decoder(Protocol):
    """Turns bytes into messages and counts what it left out.

    Attributes:
        dialect: name, "" while it is not known.
        dropped: packets left out because a newer one was there.
        bad: packets left out because they hold NaN or impossible values.
    """

    @property
    def dialect(self) -> str: ...

    @property
    def dropped(self) -> int: ...

    @property
    def bad(self) -> int: ...

    def feed(self, data: bytes) -> list[Message]:
        """Messages that ``data`` completes; of several states only the newest. Raises WireError."""
        ...


class FramedDecoder:
    """Our protocol."""

    dialect = "framed"

    def __init__(self):
        self.dropped = self.bad = 0
        self._reader = FrameReader()

    def feed(self, data: bytes) -> list[Message]:
        """See ``Decoder``."""
        messages: list[Message] = []
        state: np.ndarray | None = None
        for frame in self._reader.feed(data):
            if frame.kind == Kind.STATE:
                read = self._state(frame)
                self.dropped += read is not None and state is not None
                state = state if read is None else read
            else:
                messages += _message(frame)
        return messages if state is None else [*messages, state]

    def _state(self, frame: Frame) -> np.ndarray | None:
        if len(frame.payload) < STATE.itemsize:
            raise WireError(f"a state of {len(frame.payload)} bytes, and version 1 has {STATE.itemsize}")
        state = np.frombuffer(frame.payload, STATE, 1)[0].copy()
        if is_sane(state):
            return np.asarray(state)
        self.bad += 1
        return None


def _message(frame: Frame) -> list[Message]:
    """The one message of a frame, none if its type is unknown."""
    kinds = {Kind.HELLO: Hello, Kind.EVENT: Event, Kind.REPLY: Reply}
    return [kinds[Kind(frame.kind)].unpack(frame.payload)] if frame.kind in kinds else []


class FloatDecoder:
    """A stream of bare packets of one dialect.

    A stream of another one is legal by chance now and then, so a state counts only as one of a row of legal packets.
    """

    def __init__(self, dialect: Dialect):
        self.dialect = dialect.name
        self.dropped = self.bad = 0
        self._dialect = dialect
        self._buffer = bytearray()
        self._last = np.zeros((0, len(dialect.fields)), np.float32)
        self._recent: deque[bool] = deque(maxlen=_WINDOW)

    def feed(self, data: bytes) -> list[Message]:
        """See ``Decoder``."""
        self._buffer += data
        rows = self._dialect.rows(bytes(self._buffer))
        del self._buffer[: len(rows) * self._dialect.size]
        newest, found = None, 0
        for row, legal in zip(rows, self._legal(rows), strict=True):
            self._judge(legal)
            if legal and all(list(self._recent)[-_ROW:]):
                newest, found = row, found + 1
        self.dropped += max(0, found - 1)
        return [] if newest is None else [self._dialect.state(newest)]

    def _legal(self, rows: np.ndarray) -> list[bool]:
        """Which packets hold a car, within reach of the one before."""
        with_last = np.concatenate([self._last, rows])
        self._last = with_last[-1:]
        near = self._dialect.moves(with_last)[len(with_last) - len(rows) :]
        return (self._dialect.legal(rows) & near).tolist()

    def _judge(self, legal: bool) -> None:
        self._recent.append(legal)
        self.bad += not legal
        bad = self._recent.count(False)
        if bad >= _MOST_BAD:
            raise WireError(
                f"{bad} of {len(self._recent)} packets are no car as {self.dialect!r} tells of one: they hold NaN or "
                "impossible values, or the plugin speaks another dialect"
            )


class DetectingDecoder:
    """Collects the first bytes of a connection until it knows the dialect."""

    def __init__(self):
        self._start = bytearray()
        self._chosen: Decoder | None = None

    @property
    def dialect(self) -> str:
        """Name of the dialect, "" while it is not known."""
        return self._chosen.dialect if self._chosen else ""

    @property
    def dropped(self) -> int:
        """See ``Decoder``."""
        return self._chosen.dropped if self._chosen else 0

    @property
    def bad(self) -> int:
        """See ``Decoder``."""
        return self._chosen.bad if self._chosen else 0

    def feed(self, data: bytes) -> list[Message]:
        """See ``Decoder``."""
        if self._chosen:
            return self._chosen.feed(data)
        self._start += data
        self._chosen = self._choose()
        return self._chosen.feed(bytes(self._start)) if self._chosen else []

    def _choose(self) -> Decoder | None:
        is_framed = looks_framed(bytes(self._start))
        if is_framed:
            return FramedDecoder()
        found = dialects.detect(self._start) if is_framed is False else None
        return FloatDecoder(found) if found else None


def decoder_for(dialect: str) -> Decoder:
    """A decoder for a fresh connection: ``"auto"``, ``"framed"`` or the name of a float dialect.

    Raises:
        LiveError: no such dialect.
    """
    if dialect == "auto":
        return DetectingDecoder()
    return FramedDecoder() if dialect == "framed" else FloatDecoder(dialects.by_name(dialect))


def ports_of(dialect: str) -> tuple[int, ...]:
    """The ports on which a plugin of that dialect listens."""
    if dialect == "auto":
        return framed.PORT, dialects.PORT
    return (framed.PORT,) if dialect == "framed" else (dialects.PORT,)
