"""The streams of bare floats that other plugins send, one packet a frame: layouts, decoding, detection by size.

There is no header, so the size is found by trying: a packet size is right when every float of twenty packets in a row
is what its field allows. Two 44-byte packets cannot be told from the two-player packet: that one is named by hand.
"""

from dataclasses import dataclass, field

import numpy as np

from tmenv.errors import LiveError
from tmenv.live.tm2020.state import FINISH_SEQUENCE, PLAYING_SEQUENCE, SPAWNED, STATE, unknown_state
from tmenv.live.wire import WireError

PORT = 9000
"""Where tmrl's plugin and its relatives listen."""

_POSITION = ("x", "y", "z")
_CORNERS = ("fl", "fr", "rl", "rr")
_VELOCITY = ("vx", "vy", "vz")
_TMRL9 = ("speed", "distance", *_POSITION, "steer", "gas", "brake", "finished")
_TMRL = (*_TMRL9, "gear", "rpm")
_TQC = (
    *("checkpoints", "lap", "speed", *_POSITION, "steer", "gas", "brake", "finished", "acceleration", "jerk"),
    *("aim_yaw", "aim_pitch", "steer_angle_fl", "steer_angle_fr", "slip_fl", "slip_fr", "crashed", "gear"),
)
_CONNECT = (
    *("checkpoints", "lap", "finished", "race_time_ms", *_POSITION, *_VELOCITY),
    *("forward_x", "forward_y", "forward_z", "up_x", "up_y", "up_z", "speed", "rpm", "gear"),
    *("slip_fl", "slip_fr", "slip_rl", "slip_rr", "material_fl", "material_fr", "material_rl", "material_rr"),
    *("wheels_skidding", "flying_ms", "adherence", "steer", "gas", "brake"),
)

_BOUNDS = {
    "steer": (-1.0, 1.0),
    "gas": (0.0, 1.0),
    "brake": (0.0, 1.0),
    "gear": (0.0, 8.0),
    "finished": (0.0, 1.0),
    "lap": (0.0, 1000.0),
    "checkpoints": (0.0, 10000.0),
    "race_time_ms": (-1.0e9, 1.0e9),
    "flying_ms": (0.0, 1.0e9),
    "wheels_skidding": (0.0, 4.0),
    **{f"material_{corner}": (0.0, 255.0) for corner in _CORNERS},
}
_WHOLE = {"gear", "finished", "brake", "lap", "checkpoints"}
_VECTORS = (("forward_x", "forward_y", "forward_z"), ("up_x", "up_y", "up_z"))
_MOST_M = 1.0e5
_LEAP_M = 5.0
"""m between two packets: 300 m/s at 60 frames a second."""
_RUN = 20
"""Legal packets in a row that prove a size."""
_HOPELESS = 3
"""Illegal packets that rule a size out while larger runs are still awaited."""


@dataclass(frozen=True)
class Dialect:
    """A layout of float32 values.

    Attributes:
        name: what ``dialect=`` calls it.
        fields: name of each float, in order; "" for one that is of no use here.
    """

    name: str
    fields: tuple[str, ...]
    _columns: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "_columns", {name: i for i, name in enumerate(self.fields) if name})

    @property
    def size(self) -> int:
        """Bytes of a packet."""
        return 4 * len(self.fields)

    def rows(self, data: bytes | bytearray) -> np.ndarray:
        """The complete packets in ``data``: float32 (n, fields)."""
        count, width = len(data) // self.size, len(self.fields)
        return np.frombuffer(data, "<f4", count * width).reshape(count, width)

    def legal(self, rows: np.ndarray) -> np.ndarray:
        """Which packets hold what their fields allow: bool (n,)."""
        with np.errstate(all="ignore"):  # garbage overflows
            return self._legal(rows)

    def _legal(self, rows: np.ndarray) -> np.ndarray:
        good: np.ndarray = np.asarray(np.isfinite(rows).all(axis=1))
        for name, (low, high) in _BOUNDS.items():
            if name in self._columns:
                column = rows[:, self._columns[name]]
                good &= (column >= low) & (column <= high)
                if name in _WHOLE:
                    good &= column == np.round(column)
        good &= (np.abs(self._of(rows, _POSITION)) < _MOST_M).all(axis=1)
        for names in _VECTORS:
            if names[0] in self._columns:
                length = np.linalg.norm(self._of(rows, names).astype(np.float64), axis=1)
                good &= np.abs(length - 1.0) < 0.01
        return good

    def moves(self, rows: np.ndarray) -> np.ndarray:
        """Which packets are within a car's reach of the one before (the first always is): bool (n,)."""
        near = np.ones(len(rows), bool)
        with np.errstate(all="ignore"):
            path = self._of(rows, _POSITION).astype(np.float64)
            near[1:] = np.linalg.norm(np.diff(path, axis=0), axis=1) < _LEAP_M
        return near

    def state(self, row: np.ndarray) -> np.ndarray:
        """A packet as a ``STATE`` record: what the dialect does not tell is NaN, NOT_RACING or 0."""
        value = {name: float(row[i]) for name, i in self._columns.items()}
        state = unknown_state()
        state["position"] = [value[name] for name in _POSITION]
        for name in STATE.names or ():
            if name in value:
                state[name] = value[name]
        state["ui_sequence"] = FINISH_SEQUENCE if value["finished"] else PLAYING_SEQUENCE
        state["spawn_status"] = SPAWNED
        for field_name, names in (("velocity", _VELOCITY), ("forward", _VECTORS[0]), ("up", _VECTORS[1])):
            if names[0] in value:
                state[field_name] = [value[name] for name in names]
        length = float(np.linalg.norm(state["velocity"]))
        if length > 0.0:  # the unit of the one dialect that sends a velocity is not known: its speed's is
            state["velocity"] *= value["speed"] / length
        self._fill_wheels(state["wheels"], value)
        return state

    def pack(self, state: np.ndarray, distance_m: float) -> bytes:
        """The packet that tells of a ``STATE`` record; what the record does not hold is 0."""
        value = _values(state) | {"distance": distance_m}
        return np.array([value.get(name, 0.0) for name in self.fields], "<f4").tobytes()

    def _fill_wheels(self, wheels: np.ndarray, value: dict[str, float]) -> None:
        for number, corner in enumerate(_CORNERS):
            for name in ("slip", "steer_angle", "material"):
                if f"{name}_{corner}" in value:
                    wheels[name][number] = value[f"{name}_{corner}"]

    def _of(self, rows: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        return rows[:, [self._columns[name] for name in names]]


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect("connect", _CONNECT),
        Dialect("two-player", (*_TMRL, *("" for _ in _TMRL))),
        Dialect("tqc", _TQC),
        Dialect("tmrl", _TMRL),
        Dialect("tmrl9", _TMRL9),
    )
}
"""By name, in the order in which detection tries them (largest first); the two-player one only by name."""

_DETECTED = tuple(dialect for dialect in DIALECTS.values() if dialect.name != "two-player")


def _values(state: np.ndarray) -> dict[str, float]:
    """A ``STATE`` record under the names of the floats."""
    value = {name: float(state[name]) for name in STATE.names or () if state[name].ndim == 0}
    value |= {"finished": float(state["ui_sequence"] == FINISH_SEQUENCE), "brake": float(state["brake"] > 0.5)}
    vectors = {"position": _POSITION, "velocity": _VELOCITY, "forward": _VECTORS[0], "up": _VECTORS[1]}
    for name, parts in vectors.items():
        value |= zip(parts, state[name].tolist(), strict=True)
    for name in ("slip", "steer_angle", "material"):
        value |= {f"{name}_{_CORNERS[i]}": float(state["wheels"][name][i]) for i in range(4)}
    return value


def by_name(name: str) -> Dialect:
    """The dialect of that name.

    Raises:
        LiveError: there is none.
    """
    if name not in DIALECTS:
        raise LiveError(f"unknown dialect {name!r}; choose one of auto, framed, {', '.join(DIALECTS)}")
    return DIALECTS[name]


def detect(start: bytes | bytearray) -> Dialect | None:
    """The dialect of a connection from its first bytes; None while they are too few.

    Raises:
        WireError: none fits; the message shows the first packets as each of them.
    """
    undecided = False
    for dialect in _DETECTED:
        rows = dialect.rows(start)
        good = dialect.legal(rows) & dialect.moves(rows)
        if _longest_run(good) >= _RUN:
            return None if undecided else dialect
        undecided |= int((~good).sum()) < _HOPELESS or len(rows) <= _HOPELESS
    if not undecided or len(start) > 3 * _RUN * _DETECTED[0].size:
        raise WireError(_no_match(start))
    return None


def _longest_run(good: np.ndarray) -> int:
    """Largest number of True in a row."""
    ends = np.flatnonzero(~np.concatenate([[False], good, [False]]))
    return int(np.diff(ends).max()) - 1 if len(ends) > 1 else 0


def _no_match(start: bytes | bytearray) -> str:
    shown = []
    for dialect in _DETECTED:
        first = [" ".join(f"{value:.4g}" for value in row[:6]) for row in dialect.rows(start)[:3]]
        shown.append(f"{dialect.name} ({dialect.size} bytes): {' | '.join(first)}")
    return "the packets are none of the known dialects; the first ones read as " + "; ".join(shown)
