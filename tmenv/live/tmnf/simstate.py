"""``SimState``: TMInterface's simulation state, read and written by byte offsets.

The game's state has more in it than we know, so a state keeps all its bytes: the fields are a view of them. To
rewind, send back the very bytes that came from the game.
Offsets measured by writing each field with the structs of another package (a test compares all of them).
"""

import numpy as np

from tmenv.live.wire import WireError

_WHEEL = np.dtype(
    {
        "names": ["damper", "contact", "material", "sliding"],
        "formats": ["<f4", "<i4", "<i4", "<i4"],
        "offsets": [180, 292, 296, 300],
        "itemsize": 764,
    }
)
EVENT = np.dtype([("time", "<i4"), ("value", "<u4")])
"""An input event: ``time`` is EVENT_ZERO_MS + race time in ms; ``value`` has the payload in its low 24 bits."""
EVENT_ZERO_MS = 100_000

_FIELDS = {
    "version": ("<u4", 0),
    "context_mode": ("<u4", 4),  # 1: simulation
    "flags": ("<u4", 8),
    "timers": (("<i4", (53,)), 12),  # [1]: tick time, which goes on after the finish
    "quaternion": (("<f4", (4,)), 672),
    "rotation": (("<f4", (3, 3)), 688),  # rows; columns are the car's left, up, forward in the world
    "position": (("<f4", (3,)), 724),  # m
    "velocity": (("<f4", (3,)), 736),  # world, m/s
    "spin": (("<f4", (3,)), 760),  # angular velocity, world, rad/s
    "input_gas": ("<f4", 1728),
    "input_brake": ("<f4", 1732),
    "input_steer": ("<f4", 1736),
    "gearbox_state": ("<i4", 2388),  # not 0 while shifting
    "max_rpm": ("<f4", 3084),
    "rpm": ("<f4", 3112),
    "gear": ("<i4", 3128),
    "turning_rate": ("<f4", 3160),
    "turbo_boost": ("<f4", 3172),
    "free_wheeling": ("<i4", 3196),
    "sliding": ("<i4", 3224),
    "local_velocity": (("<f4", (3,)), 3452),
    "wheels": ((_WHEEL, (4,)), 3816),  # front left, front right, rear right, rear left
    "race_start_time": ("<i4", 7888),
    "race_time": ("<i4", 7892),  # ms
    "race_best_time": ("<i4", 7896),
    "current_checkpoint": ("<i4", 7932),
    "current_time": ("<i4", 7980),
    "race_state": ("<i4", 7992),
    "lap_checkpoints": ("<i4", 8020),
    "checkpoints": ("<i4", 8024),
    "lap": ("<i4", 8028),
    "race_finished": ("<i4", 8032),
    "display_speed": ("<i4", 8036),  # km/h
    "finish_not_passed": ("<i4", 8040),
    "countdown_time": ("<i4", 8120),
    "events": ((EVENT, (8,)), 8276),  # running, finish, accelerate, brake, left, right, steer, gas
    "respawns": ("<u4", 8340),
}
SIM_STATE = np.dtype(
    {
        "names": list(_FIELDS),
        "formats": [form for form, _ in _FIELDS.values()],
        "offsets": [offset for _, offset in _FIELDS.values()],
        "itemsize": 8344,
    }
)
"""The fixed part of a state; the checkpoints follow it."""

EVENT_NAMES = ("running", "finish", "accelerate", "brake", "left", "right", "steer", "gas")
SPARE = slice(1032, 1648)
"""Bytes that no field of ours, nor of the package that offsets were measured with, lies in: the stand-in's own."""

CHECKPOINT_TIME = np.dtype([("time", "<i4"), ("stunts", "<i4")])
NOT_REACHED = -1
_INT = np.dtype("<i4")
_MOST_CHECKPOINTS = 10_000


class SimState:
    """A state with its checkpoints.

    Attributes:
        fields: ``SIM_STATE`` record, shape (), a view: writing to it changes the state.
        passed: int32 (n,): 1 for each checkpoint of the map (the finish included) that was passed in this lap.
        times: ``CHECKPOINT_TIME`` (m,): ms at each waypoint of the whole race; NOT_REACHED until then.
    """

    def __init__(self, passed: int, times: int, head: bytes | None = None):
        self._head = bytearray(SIM_STATE.itemsize if head is None else head)
        self.fields = np.frombuffer(self._head, SIM_STATE, 1).reshape(())
        self.passed = np.zeros(passed, _INT)
        self.times = np.zeros(times, CHECKPOINT_TIME)
        self.times["time"] = NOT_REACHED
        self._reserved = 0

    @classmethod
    def from_bytes(cls, data: bytes) -> "SimState":
        """Read a state.

        Raises:
            WireError: the bytes are too few, too many, or announce an absurd number of checkpoints.
        """
        head, at = data[: SIM_STATE.itemsize], SIM_STATE.itemsize
        reserved, count = _ints(data, at, 2)
        passed = _array(data, at + 8, count, _INT)
        at += 8 + passed.nbytes
        (count,) = _ints(data, at, 1)
        times = _array(data, at + 4, count, CHECKPOINT_TIME)
        if at + 4 + times.nbytes != len(data):
            raise WireError(f"a state of {len(data)} bytes, and its checkpoints end at {at + 4 + times.nbytes}")
        state = cls(len(passed), len(times), head)
        state.passed[:], state.times[:], state._reserved = passed, times, reserved
        return state

    def to_bytes(self) -> bytes:
        """The state as the game's bytes."""
        counts = (np.array([self._reserved, len(self.passed)], _INT), self.passed, np.array([len(self.times)], _INT))
        return bytes(self._head) + b"".join(part.tobytes() for part in counts) + self.times.tobytes()

    @property
    def spare(self) -> memoryview:
        """The bytes of SPARE, writable."""
        return memoryview(self._head)[SPARE]

    def mark_unfinished(self) -> bool:
        """Forget the last waypoint's time, so that the game goes on after the finish; False if there is none."""
        if len(self.times):
            self.times["time"][-1] = NOT_REACHED
        return len(self.times) > 0


def _ints(data: bytes, at: int, count: int) -> list[int]:
    return _array(data, at, count, _INT).tolist()


def _array(data: bytes, at: int, count: int, dtype: np.dtype) -> np.ndarray:
    if not 0 <= count <= _MOST_CHECKPOINTS or at + count * dtype.itemsize > len(data):
        raise WireError(f"a state of {len(data)} bytes that announces {count} items at {at}")
    return np.frombuffer(data, dtype, count, at)


def event_value(name: str, value: int) -> int:
    """The ``value`` of an input event: analog ones (steer, gas) are stored negated, in 24 bits."""
    payload = -value & 0xFFFFFF if name in ("steer", "gas") else value & 0xFFFFFF
    return EVENT_NAMES.index(name) << 24 | payload


def event_payload(name: str, value: int) -> int:
    """What an input event's ``value`` says: 0 or 1, or -65536 .. 65536 for analog ones."""
    payload = value & 0xFFFFFF
    if name not in ("steer", "gas"):
        return payload
    return -(payload - (1 << 24) if payload & 0x800000 else payload)
