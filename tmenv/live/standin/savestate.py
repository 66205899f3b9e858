"""The stand-in's race as TMInterface's simulation state, and back, bit for bit.

The public fields tell what they tell in the game. The simulator's whole car lies in bytes that no field uses, so that
rewinding is exact; where a client has changed the public pose or motion, the client's values count.
"""

import struct

import numpy as np

from tmenv.engine.state import CAR
from tmenv.live.pose import centre_of_mass, quaternion_of
from tmenv.live.standin.race import Race
from tmenv.live.tmnf.car import fill_fields
from tmenv.live.tmnf.simstate import EVENT_ZERO_MS, NOT_REACHED, SimState, event_value
from tmenv.live.wire import WireError

_MAGIC = b"tmenvCAR"
_CLOCKS = struct.Struct("<iid")
_POSE = ("position", "rotation", "velocity", "spin")
_ALL_PARTS = 0xFF


def save(race: Race, tick_ms: int) -> bytes:
    """The state of a race; ``tick_ms``: the clock that goes on behind the finish."""
    state = _public(race)
    state.fields["timers"][1] = tick_ms
    data = _MAGIC + race.car.tobytes() + _CLOCKS.pack(race.time_ms, tick_ms, race.distance_m)
    state.spare[: len(data)] = data
    return state.to_bytes()


def load(race: Race, data: bytes) -> int:
    """Put a race into a saved state; returns the clock ``tick_ms``.

    Raises:
        WireError: no state, one of another game, or of a track with other checkpoints.
    """
    given = SimState.from_bytes(data)
    own = bytes(given.spare)
    if not own.startswith(_MAGIC) or len(given.times) != race.waypoints:
        raise WireError("this state was not saved by a stand-in on this track")
    race.put(np.frombuffer(own, CAR, 1, len(_MAGIC))[0])
    race.time_ms, tick_ms, race.distance_m = _CLOCKS.unpack_from(own, len(_MAGIC) + CAR.itemsize)
    times = given.times["time"]
    race.waypoint_times_ms[:] = times[times != NOT_REACHED].tolist()
    if race.finished and times[-1] == NOT_REACHED:
        race.undo_finish()
    _take_changes(race, given)
    return tick_ms if race.finished else race.time_ms


def _public(race: Race) -> SimState:
    """The fields a client may read."""
    state, car = SimState(race.track.checkpoints + 1, race.waypoints), race.car
    fields = state.fields
    fill_fields(fields, car, race.params)
    fields["flags"], fields["race_time"] = _ALL_PARTS, race.time_ms
    in_lap = int(car["checkpoint_mask"]).bit_count()
    fields["lap_checkpoints"], fields["current_checkpoint"] = in_lap, race.passed
    fields["finish_not_passed"] = not race.finished
    for row, (name, value) in enumerate(_events(car)):
        fields["events"][row] = (EVENT_ZERO_MS + race.time_ms, event_value(name, value))
    state.passed[: race.track.checkpoints] = [
        int(car["checkpoint_mask"]) >> group & 1 for group in range(race.track.checkpoints)
    ]
    state.passed[-1] = race.finished
    state.times["time"][: len(race.waypoint_times_ms)] = race.waypoint_times_ms
    return state


def _events(car: np.ndarray) -> list[tuple[str, int]]:
    """What the inputs show now, in the order of ``EVENT_NAMES``."""
    steer = float(car["steer"])
    return [
        *(("running", 1), ("finish", int(car["finished"])), ("accelerate", int(car["gas"]))),
        *(("brake", int(car["brake"])), ("left", int(steer < 0.0)), ("right", int(steer > 0.0))),
        *(("steer", round(steer * 65536)), ("gas", 0)),
    ]


def _take_changes(race: Race, given: SimState) -> None:
    """Where the public pose or motion is not what we would write, move the car there."""
    fields, car = given.fields, race.car
    ours = _public(race).fields
    if all((fields[name] == ours[name]).all() for name in _POSE):
        return
    rotation = fields["rotation"].astype(np.float64)
    car["rotation"], car["velocity"] = quaternion_of(rotation), fields["velocity"]
    car["position"] = fields["position"] + rotation @ centre_of_mass(race.params)
    car["spin"] = rotation.T @ fields["spin"]
