"""What special blocks do to the car."""

import numpy as np

from tmenv.constants import Effect
from tmenv.engine.compile import device
from tmenv.engine.contact import NO_PATCH, offset
from tmenv.engine.impacts import mount, mount_point
from tmenv.engine.vectors import axes

_TURBO, _FREE_WHEEL = Effect.TURBO, Effect.FREE_WHEEL
_TURBO_2, _ROULETTE = Effect.TURBO_2, Effect.ROULETTE


@device
def take_effects(world, car, p):
    """The middle strip of a special block acts when any wheel touches it."""
    left, up, forward = axes(car.rotation)
    for wheel in range(4):
        if car.contact[wheel] == 0 or car.patch[wheel] == NO_PATCH:
            continue
        patch = world.patches[car.patch[wheel]]
        x, _, z = mount_point(car, mount(p, wheel), left, up, forward)
        if abs(offset(patch, x, z)) >= patch.strip_edge_0:
            continue
        if patch.effect == _TURBO:
            car.turbo_time, car.turbo_factor = p.turbo_time, p.turbo_factor
        elif patch.effect == _TURBO_2:
            car.turbo_time, car.turbo_factor = p.turbo_2_time, p.turbo_2_factor
        elif patch.effect == _ROULETTE:
            car.turbo_time, car.turbo_factor = p.turbo_time, p.turbo_factor * roulette(p, car.ticks)
        elif patch.effect == _FREE_WHEEL:
            car.free_wheel = 1


@device
def roulette(p, ticks):
    """Factor that a roulette block shows at a race time: it goes round once per second."""
    tick = np.float32(ticks % 100)
    shown = 0
    while shown < len(p.roulette_until) - 1 and tick >= p.roulette_until[shown]:
        shown += 1
    return p.roulette_factor[shown]
