"""The laws of the car that depend on a few scalars: thrust, brake, gears, grip, walls.

Accelerations in m/s2 (mass 1), speeds in m/s. Every constant is a field of the parameter record ``p``.
"""

import math

import numpy as np

from tmenv.constants import KMH_PER_MPS, TICK_S
from tmenv.engine.compile import device
from tmenv.engine.params import REVERSE_TABLE, SPEED_TABLE
from tmenv.engine.vectors import clamp, lerp

KMH = np.float32(KMH_PER_MPS)
TICK = np.float32(TICK_S)

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_HALF_PI = np.float32(math.pi / 2)
_HALF = np.float32(1 / 2)
_SIXTH, _TWENTIETH, _FORTY_SECOND = np.float32(1 / 6), np.float32(1 / 20), np.float32(1 / 42)
_TWELFTH, _THIRTIETH = np.float32(1 / 12), np.float32(1 / 30)
_REVERSE_KMH = np.float32(REVERSE_TABLE)
GEARS = 5


@device
def thrust_step(p, speed):
    """Thrust with gas at a forward speed: a step function, not to be interpolated."""
    kmh = int(speed * KMH + _REVERSE_KMH)
    return p.thrust[min(max(kmh, 0), SPEED_TABLE + REVERSE_TABLE - 1)]


@device
def reverse_thrust(p, speed):
    """Thrust of the brake pedal backwards at a forward speed <= 0 (linear between knots)."""
    backwards = -speed
    last = len(p.reverse_speeds) - 1
    knot = 0
    while knot < last - 1 and backwards >= p.reverse_speeds[knot + 1]:
        knot += 1
    span = p.reverse_speeds[knot + 1] - p.reverse_speeds[knot]
    part = clamp((backwards - p.reverse_speeds[knot]) / span, _ZERO, _ONE)
    return p.reverse_thrust[knot] + part * (p.reverse_thrust[knot + 1] - p.reverse_thrust[knot])


@device
def brake_force(p, speed, sliding, share, halving):
    """Brake deceleration at a forward speed > 0 with ``sliding`` wheels: (deceleration, cap was reached).

    ``share`` and ``halving`` are the surface's factors.
    """
    force = (p.brake_constant + p.brake_linear * speed) * share
    for _ in range(sliding):
        force *= halving
    cap = (p.brake_cap if sliding == 0 else p.brake_cap_sliding) * share
    return min(force, cap), force > cap


@device
def coast_force(p, speed):
    """Deceleration of the released pedal at a total speed."""
    return p.coast_constant + p.coast_linear * speed


@device
def slope_factor(p, upright, zero):
    """Grip left on a slope: 0 below ``zero``, 1 above ``slope_full``; ``upright`` = car-up part of world up."""
    if upright >= p.slope_full:
        return _ONE
    if upright <= zero:
        return _ZERO
    return _ONE - math.cos(_HALF_PI * (upright - zero) / (p.slope_full - zero))


@device
def damper_grip(p, damper):
    """Factor on the grip limit from the suspension: little load, little grip."""
    far = p.damper_grip_at_zero[0] + p.damper_grip_slope[0] * damper
    near = p.damper_grip_at_zero[1] + p.damper_grip_slope[1] * damper
    return min(_ONE, max(far, near))


@device
def front_tilt(p, kmh, steer):
    """(sine, cosine) of the front wheels' angle to the car; positive turns right."""
    angle = lerp(p.tilt, kmh) * steer
    square = angle * angle  # |angle| <= 0.53: both series are exact to float32, and sooner there than a root
    sine = angle * (_ONE - square * _SIXTH * (_ONE - square * _TWENTIETH * (_ONE - square * _FORTY_SECOND)))
    cosine = _ONE - square * _HALF * (_ONE - square * _TWELFTH * (_ONE - square * _THIRTIETH))
    return sine, cosine


@device
def wall_drag(p, speed):
    """Deceleration while the side contact timer runs, a step function of total speed."""
    drag = _ZERO
    for step in range(len(p.wall_drag_speeds)):
        if speed >= p.wall_drag_speeds[step]:
            drag = p.wall_drag[step]
    return drag


@device
def shifting(car):
    """Is thrust cut by a gear pause?"""
    return car.shift_delay > _ZERO or car.shift_rpm > _ZERO


@device
def update_gear(p, car, speed):
    """Change gears and run down the pause of one tick; ``speed`` is along the car's forward axis."""
    sliding = car.slide[0] + car.slide[1] + car.slide[2] + car.slide[3]
    if shifting(car):
        rate = p.shift_rpm_rate_sliding if sliding == 4 else p.shift_rpm_rate
        if car.shift_rpm > _ZERO:
            car.shift_rpm = max(_ZERO, car.shift_rpm - rate * TICK)
        else:
            car.shift_delay = max(_ZERO, car.shift_delay - TICK)
    elif speed < -_ONE and car.brake:
        car.gear = 0
    elif car.gear == 0:
        car.gear = 1
    elif car.gear < GEARS and speed > p.upshift_speed[car.gear - 1]:
        car.shift_rpm = (p.gear_ratio[car.gear - 1] - p.gear_ratio[car.gear]) * speed + p.shift_overshoot
        car.shift_delay = p.shift_delay
        car.gear += 1
    elif car.gear > 1 and speed < p.downshift_speed[car.gear - 2]:
        car.shift_delay = p.shift_delay
        car.gear -= 1
    car.rpm = p.gear_ratio[max(car.gear, 1) - 1] * abs(speed) + car.shift_rpm
