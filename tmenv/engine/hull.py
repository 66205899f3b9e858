"""The body against the ground: landings on the nose, the side or the roof."""

import math

import numpy as np

from tmenv.engine.compile import device
from tmenv.engine.contact import FAR, NO_PATCH, search_once
from tmenv.engine.impacts import mount_point
from tmenv.engine.vectors import axes, cross, dot

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_ALOFT_UPRIGHT = np.float32(0.8)
"""A car this upright whose wheels have no surface in reach has none in reach of its body either."""
_LEAST_SPEED = np.float32(1.0e-6)


@device
def hit_hull(world, car, p):
    """Stop the points of the body that are below a surface; points that mirror each other from the same velocities."""
    left, up, forward = axes(car.rotation)
    if up[1] > _ALOFT_UPRIGHT and aloft(car):
        return
    deepest, push_x, push_y, push_z = _ZERO, _ZERO, _ZERO, _ZERO
    v, spin = car.velocity, car.spin
    for point in range(len(p.hull_left)):
        ahead, above, aside = p.hull_forward[point] - p.com_forward, p.hull_up[point] - p.com_up, p.hull_left[point]
        dv0, dv1, dv2, ds0, ds1, ds2 = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
        hits = _ZERO
        for half in range(2 if aside > _ZERO else 1):
            arm = (-aside if half == 1 else aside, above, ahead)
            distance, normal = below_surface(world, car, arm, left, up, forward)
            if distance >= _ZERO:
                continue
            if distance < deepest:
                deepest, push_x, push_y, push_z = distance, normal[0], normal[1], normal[2]
            in_car = (dot(normal, left), dot(normal, up), dot(normal, forward))
            moves = (dot(v, left), dot(v, up), dot(v, forward))
            impulse, turned = hull_impulse(p, moves, spin, arm, in_car)
            hits += _ONE
            dv0, dv1, dv2 = dv0 + impulse[0], dv1 + impulse[1], dv2 + impulse[2]
            ds0, ds1, ds2 = ds0 + turned[0], ds1 + turned[1], ds2 + turned[2]
        if hits > _ZERO:
            share = _ONE / hits
            for axis in range(3):
                v[axis] += share * (dv0 * left[axis] + dv1 * up[axis] + dv2 * forward[axis])
            spin[0], spin[1], spin[2] = spin[0] + share * ds0, spin[1] + share * ds1, spin[2] + share * ds2
    push = -p.bottom_push * deepest
    car.position[0] += push * push_x
    car.position[1] += push * push_y
    car.position[2] += push * push_z


@device
def aloft(car):
    """Is every wheel out of reach of all surfaces?"""
    nearest = min(min(car.clearance[0], car.clearance[1]), min(car.clearance[2], car.clearance[3]))
    return nearest >= FAR


@device
def below_surface(world, car, arm, left, up, forward):
    """(signed distance, normal) of a point of the body and the nearest surface that its centre of mass is above."""
    x, y, z = mount_point(car, arm, left, up, forward)
    inward = (car.position[0] - x, car.position[1] - y, car.position[2] - z)
    track = world.tracks[car.track]
    _, distance, nx, ny, nz, _, _, _ = search_once(world, track, NO_PATCH, x, y, z, inward, _ONE, _ZERO)
    return distance, (nx, ny, nz)


@device
def hull_impulse(p, moves, spin, arm, normal):
    """Impulse that stops a point of the body against a surface, with friction: (gain of velocity, gain of spin).

    Everything in the car's frame.
    """
    turning = cross((spin[0], spin[1], spin[2]), arm)
    point = (moves[0] + turning[0], moves[1] + turning[1], moves[2] + turning[2])
    approach = dot(point, normal)
    if approach >= _ZERO:
        return (_ZERO, _ZERO, _ZERO), (_ZERO, _ZERO, _ZERO)
    impulse = -approach / (_ONE + turned_share(p, cross(arm, normal)))
    slip = (point[0] - approach * normal[0], point[1] - approach * normal[1], point[2] - approach * normal[2])
    slip_speed = math.sqrt(dot(slip, slip))
    scale = -_ONE / max(slip_speed, _LEAST_SPEED)
    tangent = (slip[0] * scale, slip[1] * scale, slip[2] * scale)
    friction = min(p.hull_friction * impulse, slip_speed / (_ONE + turned_share(p, cross(arm, tangent))))
    gain = (
        impulse * normal[0] + friction * tangent[0],
        impulse * normal[1] + friction * tangent[1],
        impulse * normal[2] + friction * tangent[2],
    )
    lever = cross(arm, gain)
    inertia = p.inverse_inertia
    return gain, (inertia[0] * lever[0], inertia[1] * lever[1], inertia[2] * lever[2])


@device
def turned_share(p, lever):
    """Inverse mass that a point shows in a direction beyond 1, from its lever about the car's axes."""
    inertia = p.inverse_inertia
    return inertia[0] * lever[0] * lever[0] + inertia[1] * lever[1] * lever[1] + inertia[2] * lever[2] * lever[2]
