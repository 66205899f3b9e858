"""One tick of the car: input, gears, and sub-steps of contact, tyres, drive, air and integration.

Explicit Euler throughout, as the games do (measured: the alternatives need a different input delay): positions
move with the old velocity, then velocities with the accelerations of the old state.
"""

import math

import numpy as np

from tmenv.constants import TICK_S, Effect
from tmenv.engine.compile import device
from tmenv.engine.contact import (
    FAR,
    LEAST_FACING,
    NO_PATCH,
    find_surface,
    ground_material,
    level_footing,
    offset,
    strip_material,
)
from tmenv.engine.effects import take_effects
from tmenv.engine.forces import (
    KMH,
    TICK,
    brake_force,
    coast_force,
    damper_grip,
    front_tilt,
    reverse_thrust,
    shifting,
    slope_factor,
    thrust_step,
    update_gear,
    wall_drag,
)
from tmenv.engine.impacts import bottom_out, hit_walls, wall_depth
from tmenv.engine.obstacles import hit_solids, near_wall
from tmenv.engine.vectors import axes, clamp, dot, lerp, turn
from tmenv.track.tables import ROUND

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_LEAST_SPEED = np.float32(1.0e-6)
"""m/s, keeps the direction of the drag defined at rest."""
_WHEELS = 4
_TICKS_PER_S = np.float32(1.0 / TICK_S)
_NO_EFFECT = Effect.NONE


@device
def tick(world, car, steer, gas, brake):
    """Advance ``car`` by 10 ms with the input of this tick: steer -1 (left) .. 1 (right), gas and brake 0 or 1."""
    p = world.params[car.params]
    car.steer += clamp(steer - car.steer, -p.steer_slew, p.steer_slew)
    car.brake = brake
    car.gas = gas if car.ticks > 0 else 0  # the first step with thrust is the second tick (measured)
    v = car.velocity
    speed = math.sqrt(dot(v, v))
    _, _, forward = axes(car.rotation)
    update_gear(p, car, dot(v, forward))
    turning = math.sqrt(dot(car.spin, car.spin))
    travel, steps = TICK * (speed + turning), 1
    while steps < p.substep_cap and travel >= np.float32(steps) * p.substep_length:
        steps += 1
    if travel >= np.float32(p.substep_cap) * p.substep_length and on_round(world, car):
        while steps < p.substep_cap_round and travel >= np.float32(steps) * p.substep_length:
            steps += 1
    walls_near = near_wall(world, car)
    for _ in range(steps):
        substep(world, car, p, walls_near, TICK / np.float32(steps), np.float32(steps) * _TICKS_PER_S)
    car.turbo_time = max(_ZERO, car.turbo_time - TICK)
    car.wall_time = max(_ZERO, car.wall_time - TICK)
    car.ticks += 1
    car.substeps += steps


@device
def substep(world, car, p, walls_near, h, per_h):
    """One explicit Euler step of ``h`` seconds; ``per_h`` is 1/h."""
    # Long on purpose: the state of one step lives in registers, and each part reads what the one above computed.
    left, up, forward = axes(car.rotation)
    v = car.velocity
    speed = math.sqrt(dot(v, v))
    side, ahead = dot(v, left), dot(v, forward)
    kmh, upright = abs(ahead) * KMH, abs(up[1])
    braking = car.brake != 0 and ahead > _ZERO
    grip_limit = lerp(p.grip_limit, kmh) * slope_factor(p, upright, p.slope_grip_zero)
    steer_force = _ZERO
    if abs(ahead) > p.steer_min_speed:
        steer_force = -car.steer * lerp(p.steer_torque, kmh)
        steer_force = steer_force if ahead > _ZERO else -steer_force
    # the side force that each axle asks of its wheels
    sine, cosine = front_tilt(p, kmh, car.steer)
    request_front = p.tyre_stiffness * (side * cosine + ahead * sine)
    request_rear = p.tyre_stiffness * side

    level, walled, special = find_footing(world, car, p, left, up, forward)
    touching, sliding, bottomed = 0, 0, False
    request_sum, limit_sum = _ZERO, _ZERO
    accel, brake, halving, speed_share = _ZERO, _ZERO, _ZERO, _ZERO
    force_left, force_up, force_forward = _ZERO, _ZERO, _ZERO
    torque_left, torque_up, torque_forward = _ZERO, _ZERO, _ZERO
    for wheel in range(_WHEELS):
        # suspension: how far can this wheel extend before it meets the surface?
        front = wheel < 2
        clearance, before = car.clearance[wheel], car.damper[wheel]
        damper = before + p.suspension_relax * (p.suspension_target - before) * h
        if clearance >= damper:
            car.damper[wheel] = damper
            car.contact[wheel] = 0
            continue
        damper = max(clearance, _ZERO)
        bottomed = bottomed or clearance < _ZERO
        pressed = p.suspension_stiffness * (p.suspension_target - damper)
        spring = max(pressed - p.suspension_damping * (damper - before) * per_h, _ZERO)
        car.damper[wheel] = damper
        car.contact[wheel] = 1
        touching += 1
        reach, half = wheel_arm(p, wheel)
        force_up += spring
        torque_left -= reach * spring
        torque_forward += half * spring

        # tyre: the side force a wheel is asked for against what it can give (a two-state slide switch)
        material = car.material[wheel]
        accel += p.surface_accel[material]
        brake += p.surface_brake[material]
        halving += p.surface_halving[material]
        speed_share += p.surface_speed[material]
        request = request_front if front else request_rear
        limit = grip_limit * p.surface_grip[material] * damper_grip(p, damper)
        request_sum += abs(request)
        limit_sum += limit
        if car.slide[wheel]:
            limit *= p.slide_limit
            if braking:
                limit *= p.slide_brake_limit
        if abs(request) > limit:
            car.slide[wheel] = 1
            sliding += 1
            kept = p.slide_kept * limit
            request = (kept if request > _ZERO else -kept) + p.slide_overflow * request
        else:
            car.slide[wheel] = 0
        if front:
            force_left -= request * cosine
            force_forward -= request * sine
        else:
            force_left -= request
    torque_forward += p.roll_lever * force_left  # the body leans out of a corner (measured)
    if special:
        take_effects(world, car, p)

    gravity = p.gravity_ground
    if touching > 0:
        drive = slope_factor(p, upright, p.slope_drive_zero)
        per_wheel = _ONE / np.float32(touching)  # the surfaces below the wheels count alike
        step = thrust_step(p, ahead)
        # what turns the car is a law of its own, the same with any wheel touching (measured)
        damped = p.yaw_stiffness * p.yaw_lever * car.spin[1]
        torque_up = np.float32(_WHEELS) * p.yaw_lever * (_HALF * steer_force - damped)
        reversing = car.brake != 0 and car.gas == 0 and ahead <= _ZERO
        if car.free_wheel != 0:
            loss = p.free_wheel_drag
        elif car.gas != 0 or reversing:
            loss = _ZERO
        else:
            loss = p.coast_constant if car.turbo_time > _ZERO else coast_force(p, speed)
        if car.gas != 0 and car.free_wheel == 0 and not shifting(car):
            thrust = step
            if request_sum > limit_sum:
                slip_share = clamp(request_sum / max(limit_sum, _ONE) - _ONE, _ZERO, _ONE)
                thrust += (p.blend_target - step) * slip_share
            if ahead > p.speed_cap * speed_share * per_wheel:
                thrust = -p.speed_cap_drag
            force_forward += drive * accel * per_wheel * thrust
        if car.turbo_time > _ZERO:
            force_forward += drive * car.turbo_factor * step
        if braking:
            force, capped = brake_force(p, ahead, sliding, brake * per_wheel, halving * per_wheel)
            force_forward -= min(drive * force, ahead * per_h)
            if capped and sliding == 0:
                for wheel in range(_WHEELS):
                    car.slide[wheel] = car.contact[wheel]
        elif reversing and car.free_wheel == 0:
            force_forward -= drive * reverse_thrust(p, ahead)
    else:
        gravity = p.gravity_air
        loss = p.air_drag * speed
        if car.gas == 0 and car.free_wheel == 0:
            loss += coast_force(p, speed)  # a released pedal brakes in flight as on the ground (measured)
        torque_left, torque_up, torque_forward = air_torque(p, car)
        if car.brake != 0:
            car.spin[0], torque_left = _ZERO, _ZERO  # the brake stops the pitch in flight (measured)
    if car.wall_time > _ZERO:
        loss += wall_drag(p, speed)
    loss = min(loss / max(speed, _LEAST_SPEED), per_h)  # never more than stops the car

    # integrate: positions with the old velocities
    for axis in range(3):
        car.position[axis] += h * v[axis]
    turn(car.rotation, car.spin, h)
    v[0] += h * (force_left * left[0] + force_up * up[0] + force_forward * forward[0] - loss * v[0])
    v[1] += h * (force_left * left[1] + force_up * up[1] + force_forward * forward[1] - loss * v[1] - gravity)
    v[2] += h * (force_left * left[2] + force_up * up[2] + force_forward * forward[2] - loss * v[2])
    car.spin[0] += h * p.inverse_inertia[0] * torque_left
    car.spin[1] += h * p.inverse_inertia[1] * torque_up
    car.spin[2] += h * p.inverse_inertia[2] * torque_forward
    if bottomed:
        bottom_out(world, car, p, level)
    if walled != 0:
        hit_walls(world, car, p, walled)
    if touching < _WHEELS or walls_near:
        hit_solids(world, car, p, touching, walls_near)
    if p.hard_cap > _ZERO and speed > p.hard_cap:
        for axis in range(3):
            v[axis] *= p.hard_cap / speed


@device
def on_round(world, car):
    """Does a wheel roll on a round surface or a wall, which press it at speed and so need short steps?"""
    for wheel in range(_WHEELS):
        index = car.patch[wheel]
        if index >= 0 and world.patches[index].surface >= ROUND:
            return True
    return False


@device
def wheel_arm(p, wheel):
    """(forward, left) of a wheel from the centre of mass, m."""
    front = wheel < 2
    reach = (p.wheel_forward_front if front else p.wheel_forward_rear) - p.com_forward
    half = p.wheel_left_front if front else p.wheel_left_rear
    return reach, half if wheel == 0 or wheel == 3 else -half


@device
def find_footing(world, car, p, left, up, forward):
    """How far each wheel's lowest point, with bottomed suspension, is from the surface along the car's up axis.

    Writes ``clearance``, ``patch`` and ``material`` of the wheels; returns (the flat patch below the whole car or
    NO_PATCH, bits of the wheels that may touch a wall, is there a special block below).
    """
    base_x = car.position[0] + p.mount_up * up[0]
    base_y = car.position[1] + p.mount_up * up[1]
    base_z = car.position[2] + p.mount_up * up[2]
    level, near_edge = level_footing(world, car, left, up, forward)
    if level != NO_PATCH:
        patch = world.patches[level]
        per_upright, walled = _ONE / up[1], 0
        for wheel in range(_WHEELS):
            reach, half = wheel_arm(p, wheel)
            distance = base_y + reach * forward[1] + half * left[1] - patch.y0
            car.clearance[wheel] = distance * per_upright
            car.patch[wheel] = level
            car.material[wheel] = patch.strip_material_0
            if near_edge:
                x = base_x + reach * forward[0] + half * left[0]
                z = base_z + reach * forward[2] + half * left[2]
                lateral = offset(patch, x, z)
                car.material[wheel] = strip_material(patch, lateral)
                walled |= int(wall_depth(patch, p, distance, lateral, x, z, left, forward) > _ZERO) << wheel
        return level, walled, patch.effect != _NO_EFFECT

    walled, special = 0, False
    track = world.tracks[car.track]
    for wheel in range(_WHEELS):
        reach, half = wheel_arm(p, wheel)
        x = base_x + reach * forward[0] + half * left[0]
        y = base_y + reach * forward[1] + half * left[1]
        z = base_z + reach * forward[2] + half * left[2]
        index, distance, nx, ny, nz, lateral, _, _ = find_surface(world, track, car.patch[wheel], x, y, z, up)
        facing = nx * up[0] + ny * up[1] + nz * up[2]
        clearance = distance / facing if facing > LEAST_FACING else FAR
        car.clearance[wheel], car.patch[wheel] = clearance, index
        if clearance > p.suspension_target:
            continue
        if index == NO_PATCH:
            car.material[wheel] = ground_material(world, track, x, z)
            continue
        patch = world.patches[index]
        car.material[wheel] = strip_material(patch, lateral)
        special = special or patch.effect != _NO_EFFECT
        if patch.surface < ROUND:
            walled |= int(wall_depth(patch, p, distance, lateral, x, z, left, forward) > _ZERO) << wheel
    return NO_PATCH, walled, special


@device
def air_torque(p, car):
    """Torque against the spin in flight; steering with the yaw holds it, against it damps all axes more."""
    spin = car.spin
    rate = math.sqrt(dot(spin, spin))
    steered = car.steer * spin[1]  # right is positive steer and negative yaw
    factor = p.air_against if steered > _ZERO else _ONE
    share = (p.air_spin_constant + p.air_spin_linear * factor * rate) * factor
    yaw = _ZERO if steered < _ZERO else -share * spin[1]
    return -share * spin[0], yaw, -share * spin[2]
