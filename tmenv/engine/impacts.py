"""Impulses: wheels that bottom out, and wheels against walls."""

import numpy as np

from tmenv.engine.compile import device, rare
from tmenv.engine.contact import LEAST_FACING, NO_PATCH, locate, search_once
from tmenv.engine.vectors import axes, cross, dot
from tmenv.track.tables import WALL_LEFT, WALL_RIGHT

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_AXLES = 2


@device
def mount(p, wheel):
    """A wheel's lowest point with bottomed suspension, from the centre of mass: (left, up, forward), m."""
    front = wheel < 2
    left = p.wheel_left_front if front else p.wheel_left_rear
    forward = (p.wheel_forward_front if front else p.wheel_forward_rear) - p.com_forward
    return left if wheel == 0 or wheel == 3 else -left, p.mount_up, forward


@device
def mount_point(car, arm, left, up, forward):
    """World position of a point fixed to the car."""
    x = car.position[0] + arm[0] * left[0] + arm[1] * up[0] + arm[2] * forward[0]
    y = car.position[1] + arm[0] * left[1] + arm[1] * up[1] + arm[2] * forward[1]
    z = car.position[2] + arm[0] * left[2] + arm[1] * up[2] + arm[2] * forward[2]
    return x, y, z


@device
def wall_depth(patch, p, height, lateral, x, z, left, forward):
    """Penetration of a wheel at (x, z) into the nearer wall of its patch, m (<= 0: none).

    The wheel is a box of its half width and radius; ``height`` is its height above the road.
    """
    sides = WALL_LEFT if lateral > _ZERO else WALL_RIGHT
    border = patch.border_left if lateral > _ZERO else patch.border_right
    if patch.walls & sides == 0 or abs(lateral) + p.wheel_radius + p.wheel_half_width < border:
        return _ZERO
    if height > patch.wall_height:
        return _ZERO
    _, _, left_x, left_z = locate(patch, x, z)
    across = abs(left_x * left[0] + left_z * left[2])
    ahead = abs(left_x * forward[0] + left_z * forward[2])
    return abs(lateral) + p.wheel_half_width * across + p.wheel_radius * ahead - border


@device
def hit_walls(world, car, p, wheels):
    """Stop the wheels that press into a wall: an inelastic impulse with friction, yaw response, and push-out.

    ``wheels`` has a bit for each wheel that may touch a wall of the patch it is on.
    """
    left, up, forward = axes(car.rotation)
    v = car.velocity
    for wheel in range(4):
        if (wheels >> wheel) & 1 == 0:
            continue
        patch = world.patches[car.patch[wheel]]
        arm = mount(p, wheel)
        x, _, z = mount_point(car, arm, left, up, forward)
        _, lateral, left_x, left_z = locate(patch, x, z)
        depth = wall_depth(patch, p, car.clearance[wheel], lateral, x, z, left, forward)
        if depth <= _ZERO:
            continue
        sign = -_ONE if lateral > _ZERO else _ONE
        normal = (sign * left_x, _ZERO, sign * left_z)
        push = max(_ZERO, depth - p.wall_slop)
        car.position[0] += push * normal[0]
        car.position[2] += push * normal[2]
        car.wall_time = p.wall_time
        impulse, friction, tangent, spin = wall_impulse(car, p, arm, normal, left, forward)
        for axis in range(3):
            v[axis] += impulse * normal[axis] + friction * tangent[axis]
        car.spin[1] += spin


@device
def wall_impulse(car, p, arm, normal, left, forward):
    """Impulse of one wheel against a vertical wall: (normal part, tangential part, its direction, gain of yaw rate).

    Only its yaw turns the car, since walls meet the whole body.
    """
    tangent = (-normal[2], _ZERO, normal[0])
    lever_n = arm[2] * dot(normal, left) - arm[0] * dot(normal, forward)
    lever_t = arm[2] * dot(tangent, left) - arm[0] * dot(tangent, forward)
    yaw_share = p.wall_angular * p.inverse_inertia[1]
    approach = dot(car.velocity, normal) + car.spin[1] * lever_n
    if approach >= _ZERO:
        return _ZERO, _ZERO, tangent, _ZERO
    impulse = -p.wall_share * approach / (_ONE + yaw_share * lever_n * lever_n)
    along = dot(car.velocity, tangent) + car.spin[1] * lever_t
    friction = min(p.wall_friction * impulse, abs(along) / (_ONE + yaw_share * lever_t * lever_t))
    friction = -friction if along > _ZERO else friction
    return impulse, friction, tangent, yaw_share * (impulse * lever_n + friction * lever_t)


@rare
def bottom_out(world, car, p, level):
    """Hard contact of bottomed wheels: each axle from the same velocities, then the deepest wheel pushes out.

    ``level`` is the flat patch below the whole car, or NO_PATCH.
    """
    left, up, forward = axes(car.rotation)
    if level != NO_PATCH:
        bottom_out_level(car, p, (left[1], up[1], forward[1]), world.patches[level].y0)
        return
    track = world.tracks[car.track]
    v = car.velocity
    deepest, push_x, push_y, push_z = _ZERO, _ZERO, _ZERO, _ZERO
    for axle in range(_AXLES):
        dvx, dvy, dvz = _ZERO, _ZERO, _ZERO
        ds0, ds1, ds2 = _ZERO, _ZERO, _ZERO
        for half in range(2):
            wheel = 2 * axle + half
            arm = mount(p, wheel)
            x, y, z = mount_point(car, arm, left, up, forward)
            _, distance, nx, ny, nz, _, _, _ = search_once(
                world, track, car.patch[wheel], x, y, z, up, _ZERO, LEAST_FACING
            )
            if distance >= _ZERO:
                continue
            if distance < deepest:
                deepest, push_x, push_y, push_z = distance, nx, ny, nz
            normal = (nx, ny, nz)
            in_car = (dot(normal, left), dot(normal, up), dot(normal, forward))
            impulse, turned = bottom_impulse(car, p, arm, in_car, dot(v, normal))
            dvx, dvy, dvz = dvx + impulse * nx, dvy + impulse * ny, dvz + impulse * nz
            ds0, ds1, ds2 = ds0 + impulse * turned[0], ds1 + impulse * turned[1], ds2 + impulse * turned[2]
        v[0], v[1], v[2] = v[0] + dvx, v[1] + dvy, v[2] + dvz
        car.spin[0], car.spin[1], car.spin[2] = car.spin[0] + ds0, car.spin[1] + ds1, car.spin[2] + ds2
    push = -p.bottom_push * deepest
    car.position[0] += push * push_x
    car.position[1] += push * push_y
    car.position[2] += push * push_z


@device
def bottom_out_level(car, p, in_car, road_y):
    """``bottom_out`` on a level road, as nearly always: only heights count, and no wheel need search."""
    deepest = _ZERO
    for axle in range(_AXLES):
        dvy, ds0, ds1, ds2 = _ZERO, _ZERO, _ZERO, _ZERO
        for half in range(2):
            arm = mount(p, 2 * axle + half)
            distance = car.position[1] + arm[0] * in_car[0] + arm[1] * in_car[1] + arm[2] * in_car[2] - road_y
            if distance >= _ZERO:
                continue
            deepest = min(deepest, distance)
            impulse, turned = bottom_impulse(car, p, arm, in_car, car.velocity[1])
            dvy += impulse
            ds0, ds1, ds2 = ds0 + impulse * turned[0], ds1 + impulse * turned[1], ds2 + impulse * turned[2]
        car.velocity[1] += dvy
        car.spin[0], car.spin[1], car.spin[2] = car.spin[0] + ds0, car.spin[1] + ds1, car.spin[2] + ds2
    car.position[1] -= p.bottom_push * deepest


@device
def bottom_impulse(car, p, arm, in_car, rising):
    """Impulse of one bottomed wheel along the surface's normal: (impulse, gain of spin per impulse).

    ``in_car`` is the normal in the car's frame, ``rising`` the car's velocity along it.
    """
    lever = cross(arm, in_car)
    turned = (
        p.inverse_inertia[0] * lever[0],
        p.inverse_inertia[1] * lever[1],
        p.inverse_inertia[2] * lever[2],
    )
    approach = rising + dot(car.spin, lever)
    impulse = -p.bottom_share * approach / (_ONE + dot(lever, turned)) if approach < _ZERO else _ZERO
    return impulse, turned
