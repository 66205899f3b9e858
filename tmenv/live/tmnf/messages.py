"""The TMInterface link protocol (Linesight's, and our extensions): every message is an i32 id and a fixed payload.

The game speaks in *syncs*: after each of its messages it waits, serving the client's messages, until the client
sends the same id back. Only then does it listen. Nothing has a length prefix, and there is no error reply.
"""

import struct
from enum import IntEnum, IntFlag

PORT = 8478
"""Port of the first game; the i-th listens on PORT + i (Linesight)."""

INT = struct.Struct("<i")
_NONE = struct.Struct("")

MOST_BYTES = 1 << 24
"""Largest block of bytes that either side may announce: a 2048 x 2048 frame."""


class Kind(IntEnum):
    """Ids. 1 to 5 are the game's, the others the client's; those from 64 on only plugins like ours know."""

    RUN_STEP = 1
    CHECKPOINT = 2
    LAP = 3
    FRAME = 4
    CONNECT = 5
    SET_SPEED = 6
    REWIND_TO_STATE = 7
    REWIND_TO_CURRENT_STATE = 8
    GET_SIMULATION_STATE = 9
    SET_INPUT_STATE = 10
    GIVE_UP = 11
    PREVENT_SIMULATION_FINISH = 12
    SHUTDOWN = 13
    EXECUTE_COMMAND = 14
    SET_TIMEOUT = 15
    RACE_FINISHED = 16
    REQUEST_FRAME = 17
    RESET_CAMERA = 18
    SET_ON_STEP_PERIOD = 19
    UNREQUEST_FRAME = 20
    TOGGLE_INTERFACE = 21
    IS_IN_MENUS = 22
    GET_INPUTS = 23
    HELLO = 64
    SET_INPUT_ANALOG = 65
    GET_COMPACT_STATE = 67
    GET_MAP_UID = 70


class Capability(IntFlag):
    """What a plugin that answers HELLO can do."""

    ANALOG = 1  # SET_INPUT_ANALOG: steer, gas +-65536, u8 brake
    COMPACT_STATE = 2
    INPUT_IN_STEP = 4  # inputs may be set while answering RUN_STEP; else only while answering FRAME
    MAP_UID = 8  # GET_MAP_UID


EXTENSION_VERSION = 1
FULL_LOCK = 65536
"""Analog steering at full lock; negative is left."""

FROM_GAME = {
    Kind.RUN_STEP: INT,  # race time, ms
    Kind.CHECKPOINT: struct.Struct("<ii"),  # passed, all of the race with the finish; equal: finished
    Kind.LAP: struct.Struct("<ii"),
    Kind.FRAME: _NONE,  # then width * height * 4 bytes BGRA, top row first
    Kind.CONNECT: _NONE,
}
"""Payloads of the game's messages."""

FROM_CLIENT = {
    Kind.SET_SPEED: struct.Struct("<f"),
    Kind.SET_INPUT_STATE: struct.Struct("<BBBB"),  # left, right, accelerate, brake
    Kind.SET_TIMEOUT: struct.Struct("<I"),  # ms
    Kind.REQUEST_FRAME: struct.Struct("<ii"),  # width, height
    Kind.SET_ON_STEP_PERIOD: INT,  # ms
    Kind.TOGGLE_INTERFACE: INT,
    Kind.SET_INPUT_ANALOG: struct.Struct("<iiB"),
}
"""Payloads of the client's messages; those that are neither here nor below have none."""

WITH_BYTES = {Kind.REWIND_TO_STATE, Kind.EXECUTE_COMMAND}
"""Client messages whose payload is an i32 length and that many bytes."""

INT_REPLIES = {Kind.RACE_FINISHED, Kind.IS_IN_MENUS}
BYTES_REPLIES = {Kind.GET_SIMULATION_STATE, Kind.GET_INPUTS, Kind.GET_COMPACT_STATE, Kind.GET_MAP_UID}
"""Client messages that are answered: by an i32, or by an i32 length and that many bytes."""
HELLO_REPLY = struct.Struct("<iI")
"""Answer to HELLO: version, capabilities."""


def pack(kind: Kind, *values: float) -> bytes:
    """A message with a fixed payload."""
    return INT.pack(kind) + (FROM_GAME | FROM_CLIENT).get(kind, _NONE).pack(*values)


def pack_bytes(kind: Kind, data: bytes) -> bytes:
    """A message with bytes: a state, or a command in ASCII."""
    return INT.pack(kind) + INT.pack(len(data)) + data
