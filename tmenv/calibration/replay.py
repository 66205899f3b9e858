"""Driving a recorded run's own inputs, open loop: how far does the simulator drift from the recording?

A sample labelled t is the state before the tick t -> t + 10 ms, and the input of time t drives that tick (measured).
"""

from dataclasses import dataclass

import numpy as np

from tmenv.calibration.motion import FORWARD, gears, rotate, turned, velocities
from tmenv.constants import TICK_MS, TICK_S
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import CONTROL, Simulator
from tmenv.errors import GbxError
from tmenv.gbx import Ghost
from tmenv.track import Track

TOGETHER_M = 5.0
"""m, about a car's length: further apart, two cars are no longer in the same place."""

_WARM_UP_S = 1.0
_SETTLED_TICKS = 12
"""Ticks of inputs from which the steering of a window's start follows: full lock to full lock takes 10."""


@dataclass(frozen=True, eq=False)
class Drift:
    """An open-loop run beside its recording, at the recording's samples.

    Attributes:
        time_s: float64 (n,), race time of each sample.
        error_m: float64 (n,), distance between the simulated and the recorded car.
        lateral_m: float64 (n,), metres of the simulated car left of the route.
        on_road_s: race time until which the simulated car is between the road borders; the end if it always is.
        together_s: race time until which it is within ``TOGETHER_M`` of the recorded car, likewise.
    """

    time_s: np.ndarray
    error_m: np.ndarray
    lateral_m: np.ndarray
    on_road_s: float
    together_s: float


def open_loop(track: Track, ghost: Ghost) -> Drift:
    """Drive the ghost's inputs from the start line to its last sample, never correcting the car.

    Raises:
        GbxError: the ghost holds no inputs.
    """
    times, controls = times_ms(ghost), tape_of(ghost)
    simulator = Simulator(track, load_parameters(track.game))
    origins, tick = [], 0
    for time in times.tolist():
        simulator.drive(controls[None, tick : time // TICK_MS])
        tick = time // TICK_MS
        origins.append(car_origins(simulator)[0])
    places = np.array(origins)
    lateral = np.array([track.local_coordinates(*place)[1] for place in places.tolist()])
    seconds = times / 1000.0
    error = np.linalg.norm(places - ghost.samples["position"][: len(times)], axis=1)
    on_road_s = _until(seconds, np.abs(lateral) > 0.5 * track.width_at(0.0))
    return Drift(seconds, error, lateral, on_road_s, _until(seconds, error > TOGETHER_M))


def _until(seconds: np.ndarray, over: np.ndarray) -> float:
    """The time of the first True, or the last time."""
    return float(seconds[over.argmax()] if over.any() else seconds[-1])


def window_errors(track: Track, ghost: Ghost, horizon_s: float, stride_s: float = 0.5) -> np.ndarray:
    """Position error after ``horizon_s`` of open loop from recorded states, metres, one per window.

    Windows start every ``stride_s``; velocities come from differences of the recorded poses. What no sample shows
    (gear pause, slides, the drag after a wall) comes from a simulated second before the window.

    Raises:
        GbxError: the ghost holds no inputs, or is shorter than one window.
    """
    times, controls = times_ms(ghost), tape_of(ghost)
    period = times[1] - times[0]
    stride, length, warm = (round(1000 * seconds / period) for seconds in (stride_s, horizon_s, _WARM_UP_S))
    starts = np.arange(warm + 2, len(times) - max(length, 2), stride)
    if not len(starts):
        raise GbxError(f"the recorded run is shorter than a window of {horizon_s} s")
    simulator = Simulator(track, load_parameters(track.game), len(starts))
    _place(simulator, ghost, starts - warm, times)
    _set_controls(simulator, times[starts - warm], controls)
    simulator.cars["gear"] = _gears(simulator, ghost, period / 1000.0)[starts - warm]
    _drive(simulator, times[starts - warm], controls, _WARM_UP_S)
    _place(simulator, ghost, starts, times)
    _drive(simulator, times[starts], controls, horizon_s)
    return np.linalg.norm(car_origins(simulator) - ghost.samples["position"][starts + length], axis=1)


def _drive(simulator: Simulator, from_ms: np.ndarray, controls: np.ndarray, seconds: float) -> None:
    ticks = round(seconds / TICK_S)
    simulator.drive(np.stack([controls[first : first + ticks] for first in from_ms // TICK_MS]))


def times_ms(ghost: Ghost) -> np.ndarray:
    """Times of the samples within the race, ms."""
    times = np.rint(1000.0 * ghost.samples["time_s"]).astype(np.int64)
    return times if ghost.race_time_ms is None else times[times < ghost.race_time_ms]


def tape_of(ghost: Ghost) -> np.ndarray:
    """``CONTROL`` per tick from race time 0."""
    tape = ghost.inputs[ghost.inputs["time_ms"] >= 0]
    if not len(tape):
        raise GbxError("the recorded run holds no inputs: nothing to drive")
    controls = np.zeros(len(tape), CONTROL)
    for name in ("steer", "gas", "brake"):
        controls[name] = tape[name]
    return controls


def _place(simulator: Simulator, ghost: Ghost, starts: np.ndarray, times: np.ndarray) -> None:
    """Put one car into each recorded pose and motion.

    Explicit Euler moves a car from t to t + 10 ms with its velocity at t, so a difference centred on t is the
    velocity half a tick before t: half a tick of acceleration is added.
    """
    cars, samples = simulator.cars, ghost.samples
    period_s = (times[1] - times[0]) / 1000.0
    masses = samples["position"] + rotate(samples["rotation"], _centre_of_mass(simulator))
    ahead2, ahead1, here, back1, back2 = (masses[starts + k].astype(np.float64) for k in (2, 1, 0, -1, -2))
    velocity = (8.0 * (ahead1 - back1) - (ahead2 - back2)) / (12.0 * period_s)
    acceleration = (ahead1 - 2.0 * here + back1) / period_s**2
    turns = [turned(samples["rotation"][starts + k], samples["rotation"][starts + k + 1]) for k in (-1, 0)]
    cars["position"], cars["rotation"] = masses[starts], samples["rotation"][starts]
    cars["velocity"] = velocity + 0.5 * TICK_S * acceleration
    cars["spin"] = (turns[0] + turns[1]) / (2.0 * period_s) + 0.5 * TICK_S * (turns[1] - turns[0]) / period_s**2
    cars["damper"] = samples["damper"][starts]


def _set_controls(simulator: Simulator, at_ms: np.ndarray, controls: np.ndarray) -> None:
    """Steering as the inputs so far make it."""
    cars = simulator.cars
    cars["ticks"] = at_ms // TICK_MS
    cars["steer"] = [_slewed(controls["steer"][: time // TICK_MS], simulator) for time in at_ms.tolist()]


def _gears(simulator: Simulator, ghost: Ghost, period_s: float) -> np.ndarray:
    """Gear at every sample."""
    params = simulator.world["params"][0]
    forward = rotate(ghost.samples["rotation"], FORWARD)
    speed = (velocities(ghost.samples["position"], period_s) * forward).sum(axis=1)
    return gears(speed, np.arange(len(speed)) == 0, params["upshift_speed"], params["downshift_speed"])


def _slewed(steer: np.ndarray, simulator: Simulator) -> float:
    """The steering after the last inputs, which it follows by a limited step per tick."""
    step, value = float(simulator.world["params"]["steer_slew"][0]), 0.0
    for target in steer[-_SETTLED_TICKS:].tolist():
        value += min(max(target - value, -step), step)
    return value


def _centre_of_mass(simulator: Simulator) -> np.ndarray:
    params = simulator.world["params"][0]
    return np.array([0.0, params["com_up"], params["com_forward"]])


def car_origins(simulator: Simulator) -> np.ndarray:
    """Car origins of all cars, (n, 3)."""
    cars = simulator.cars
    return cars["position"] - rotate(cars["rotation"], _centre_of_mass(simulator))
