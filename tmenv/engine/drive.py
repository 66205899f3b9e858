"""One tick of a car in a race: the physics, then the triggers."""

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.engine.compile import device
from tmenv.engine.dynamics import tick
from tmenv.engine.race import pass_waypoints, place_nose, waypoint_near

_ZERO = np.float32(0.0)


@device
def drive_tick(world, car, steer, gas, brake):
    """Advance ``car`` by one tick with its input, and take the checkpoints, laps and finish it crosses."""
    p = world.params[car.params]
    waypoint = waypoint_near(world, car)
    before = (_ZERO, _ZERO, _ZERO)
    if waypoint >= 0:
        before = place_nose(car, p)
    tick(world, car, steer, gas, brake)
    if waypoint >= 0:
        place_nose(car, p)
        pass_waypoints(world, car, waypoint, before)
    if car.finished == 0:
        car.race_time_ms = car.ticks * TICK_MS
