"""Our TM2020 protocol, version 1: frames of a length, a version and a type, then the payload. Little-endian.

Frame: u32 length of what follows, u8 version, u8 type, u16 flags, u32 sequence number, payload. The server sends
HELLO first and the client answers with its own; then STATE and EVENT flow from the server, and each command is
answered by a REPLY with the command's sequence number. Frames of an unknown type are skipped.
A string is a u16 length and that many bytes of UTF-8.
"""

import struct
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from enum import IntEnum, IntFlag

from tmenv.live.tm2020.state import STATE
from tmenv.live.wire import WireError

VERSION = 1
PORT = 9010
MOST_BYTES = 1 << 20
"""Largest ``length`` a frame may have."""

_HEADER = struct.Struct("<IBBHI")
_LENGTH_BYTES = 4
_HELLO = struct.Struct("<HHH")
_COUNTS = struct.Struct("<HHI")
_EVENT = struct.Struct("<Bii")
_REPLY = struct.Struct("<Ii")
_STRING = struct.Struct("<H")


class Kind(IntEnum):
    """Types of frames; the commands, from 16 on, go from client to server."""

    HELLO = 1
    STATE = 2
    EVENT = 3
    REPLY = 4
    RESTART = 16
    LOAD_MAP = 17  # string: path of the map
    SET_RATE = 18  # u16: a STATE every n frames
    PING = 19  # u64, sent back as text in the REPLY
    QUIT = 20
    LEGACY = 21  # u8 1: from now on raw 44-byte packets, as tmrl's plugin sends them


class EventKind(IntEnum):
    """What an EVENT tells; ``value`` in brackets."""

    CHECKPOINT = 1  # (checkpoints passed)
    LAP = 2  # (laps completed)
    FINISH = 3  # (checkpoints passed)
    RESPAWN = 4  # (respawns)
    RESTART = 5
    MAP_CHANGED = 6  # a new HELLO follows
    LEFT_RACE = 7


class Code(IntEnum):
    """Codes of a REPLY."""

    OK = 0
    UNKNOWN_COMMAND = 1
    BUSY = 2  # another client is connected; sequence number 0, then the connection is closed
    UNSUPPORTED_VERSION = 3  # likewise
    NOT_NOW = 4  # e.g. RESTART outside a race
    NOT_PERMITTED = 5  # e.g. LOAD_MAP without the rights to play local maps
    BAD_PAYLOAD = 6


class Capability(IntFlag):
    """What a server can do."""

    RESTART = 1
    LOAD_MAP = 2
    VIS_STATE = 4  # wheels and rpm are filled


NO_CAPABILITY = Capability(0)


@dataclass(frozen=True)
class Frame:
    """One frame, its payload still bytes."""

    kind: int
    payload: bytes
    sequence: int = 0


@dataclass(frozen=True)
class Hello:
    """First frame of either side; a new one after the map changed. ``checkpoints`` 0: the server cannot tell."""

    plugin_version: str
    map_uid: str = ""
    checkpoints: int = 0
    laps: int = 0
    capabilities: Capability = NO_CAPABILITY
    oldest: int = VERSION
    newest: int = VERSION
    state_size: int = STATE.itemsize

    def pack(self) -> bytes:
        """The payload."""
        head = _HELLO.pack(self.oldest, self.newest, self.state_size)
        tail = _COUNTS.pack(self.checkpoints, self.laps, self.capabilities)
        return head + pack_string(self.plugin_version) + pack_string(self.map_uid) + tail

    @classmethod
    def unpack(cls, payload: bytes) -> "Hello":
        """Read a payload; what a newer version appends is ignored."""
        oldest, newest, state_size = _take(_HELLO, payload, 0)
        version, at = unpack_string(payload, _HELLO.size)
        uid, at = unpack_string(payload, at)
        checkpoints, laps, capabilities = _take(_COUNTS, payload, at)
        return cls(version, uid, checkpoints, laps, Capability(capabilities), oldest, newest, state_size)


@dataclass(frozen=True)
class Event:
    """Something happened in the race."""

    kind: EventKind
    race_time_ms: int
    value: int = 0

    def pack(self) -> bytes:
        """The payload."""
        return _EVENT.pack(*astuple(self))

    @classmethod
    def unpack(cls, payload: bytes) -> "Event":
        """Read a payload."""
        kind, time, value = _take(_EVENT, payload, 0)
        try:
            return cls(EventKind(kind), time, value)
        except ValueError:
            raise WireError(f"unknown event {kind}") from None


@dataclass(frozen=True)
class Reply:
    """The answer to the command with the same sequence number."""

    sequence: int
    code: int
    message: str = ""

    def pack(self) -> bytes:
        """The payload."""
        return _REPLY.pack(self.sequence, self.code) + pack_string(self.message)

    @classmethod
    def unpack(cls, payload: bytes) -> "Reply":
        """Read a payload."""
        sequence, code = _take(_REPLY, payload, 0)
        return cls(sequence, code, unpack_string(payload, _REPLY.size)[0])


def pack_frame(kind: int, payload: bytes = b"", sequence: int = 0) -> bytes:
    """The bytes of one frame."""
    length = _HEADER.size - _LENGTH_BYTES + len(payload)
    return _HEADER.pack(length, VERSION, kind, 0, sequence) + payload


def pack_string(text: str) -> bytes:
    """A string with its length."""
    data = text.encode()
    if len(data) > 0xFFFF:
        raise WireError(f"a string of {len(data)} bytes is too long to send")
    return _STRING.pack(len(data)) + data


def unpack_string(payload: bytes, at: int) -> tuple[str, int]:
    """The string that starts at ``at``, and where it ends."""
    (size,) = _take(_STRING, payload, at)
    start, end = at + _STRING.size, at + _STRING.size + size
    if end > len(payload):
        raise WireError(f"a string of {size} bytes goes beyond the frame's end")
    try:
        return payload[start:end].decode(), end
    except UnicodeDecodeError:
        raise WireError("a string is not UTF-8") from None


def _take(form: struct.Struct, payload: bytes, at: int) -> tuple:
    if at + form.size > len(payload):
        raise WireError(f"a payload of {len(payload)} bytes is too short")
    return form.unpack_from(payload, at)


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self):
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that ``data`` completes, in order.

        Raises:
            WireError: a length or version that this protocol cannot have; the stream is then lost.
        """
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            length, version, kind, _, sequence = _HEADER.unpack_from(self._buffer)
            if not _HEADER.size - _LENGTH_BYTES <= length <= MOST_BYTES:
                raise WireError(f"a frame of {length} bytes")
            if version != VERSION:
                raise WireError(f"protocol version {version}, and this tmenv speaks version {VERSION}")
            end = _LENGTH_BYTES + length
            if len(self._buffer) < end:
                return
            frame = Frame(kind, bytes(self._buffer[_HEADER.size : end]), sequence)
            del self._buffer[:end]
            yield frame


def looks_framed(start: bytes) -> bool | None:
    """Does a connection start with a HELLO frame, or a refusal? None while there are too few bytes to tell."""
    if len(start) < _HEADER.size:
        return None
    length, version, kind, flags, sequence = _HEADER.unpack_from(start)
    first = kind in (Kind.HELLO, Kind.REPLY) and (version, flags, sequence) == (VERSION, 0, 0)
    return first and _HEADER.size < length < MOST_BYTES
