"""The search kernel: the cheapest way over a lattice from a heading to the nearest wanted trigger.

A state is a point with the direction, in sixteenths of a turn, from which it was reached: cars do not turn on the
spot. Where the surface ends ahead of a car, it jumps: every point that a car between ``SLOWEST`` and ``FASTEST`` could
land on is a neighbour, dearer than a road there.

All code that the kernel calls is in this file: numba's cache does not see changes in others.
"""

import heapq
import math
from typing import NamedTuple

import numba
import numpy as np

BINS = 16

SLOWEST, FASTEST = 14.0, 120.0
"""Speeds, m/s, of cars that leave a surface (the fastest runs of the campaign do 130)."""

LONGEST_JUMP_M, SHORTEST_JUMP_M = 150.0, 9.0
DEEPEST_DROP_M = 90.0

_GRAVITY = 25.0  # in the air, m/s2
_RAMP_COST, _DROP_COST, _JUMP_PER_M = 40.0, 120.0, 2.0
_RAMP = 0.1  # a climb from which people build jumps
_SHARPEST = math.cos(math.radians(50.0))
_TURN_COST_M = 35.0  # for 45 degrees; twice the angle costs four times that
_PATIENCE_M = 150.0
_ONCOMING = 5.0  # where the route already goes the other way
_AIM = math.tan(math.radians(14.0))
_AIM_M = 5.0
_ALONG_RAILS = math.cos(math.radians(35.0))
_LEVEL_ENOUGH = 0.5
_BELOW_GATE_M = 2.0


class Net(NamedTuple):
    """A lattice as the kernel takes it; see ``Lattice``. Boxes, squares of ``box_m``, list the points in them."""

    points: np.ndarray
    normals: np.ndarray
    tangents: np.ndarray
    railed: np.ndarray
    starts: np.ndarray
    neighbours: np.ndarray
    costs: np.ndarray
    fires: np.ndarray  # int64 (m,): trigger that the way to a neighbour crosses, or -1
    gates: np.ndarray  # float64 (w, 7): x, y, z, nx, nz, half width, height of the triggers
    walls: np.ndarray  # float64 (k, 6): plan segments x, z, x, z, with foot and top
    box_starts: np.ndarray
    box_points: np.ndarray
    boxes: tuple[int, int, int, int]  # first in x, first in z, number in x, number in z
    box_m: float


@numba.njit(cache=True)
def _bin_of(net, node, dx, dy, dz):
    """Direction as a number of sixteenths of a turn from the tangent of a point."""
    tx, ty, tz = net.tangents[node, 0], net.tangents[node, 1], net.tangents[node, 2]
    nx, ny, nz = net.normals[node, 0], net.normals[node, 1], net.normals[node, 2]
    lx, ly, lz = ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx
    angle = math.atan2(dx * lx + dy * ly + dz * lz, dx * tx + dy * ty + dz * tz)
    return math.floor(angle / (2.0 * math.pi) * BINS + 0.5) % BINS


@numba.njit(cache=True)
def _gate_on(net, node, target, slope, reach):
    """The first trigger that a jump crosses on its arc, or -1."""
    ax, ay, az = net.points[node, 0], net.points[node, 1], net.points[node, 2]
    bx, by, bz = net.points[target, 0], net.points[target, 1], net.points[target, 2]
    first, found = 2.0, -1
    for gate in range(net.gates.shape[0]):
        x, y, z, nx, nz, half, height = net.gates[gate]
        old = (ax - x) * nx + (az - z) * nz
        new = (bx - x) * nx + (bz - z) * nz
        if (old < 0.0) == (new < 0.0):
            continue
        part = old / (old - new)
        side = (ax + part * (bx - ax) - x) * nz - (az + part * (bz - az) - z) * nx
        rise = slope * reach
        above = ay + rise * part + (by - ay - rise) * part * part - y
        if abs(side) <= half and -_BELOW_GATE_M <= above <= height and part < first:
            first, found = part, gate
    return found


@numba.njit(cache=True)
def _hits_wall(net, node, target):
    """Does the line of a jump pass through a wall?"""
    ax, ay, az = net.points[node, 0], net.points[node, 1], net.points[node, 2]
    dx, dy, dz = net.points[target, 0] - ax, net.points[target, 1] - ay, net.points[target, 2] - az
    for wall in range(net.walls.shape[0]):
        x, z, ex, ez, foot, top = net.walls[wall]
        ex, ez = ex - x, ez - z
        cross = dx * ez - dz * ex
        if cross == 0.0:
            continue
        part = ((x - ax) * ez - (z - az) * ex) / cross
        along = ((x - ax) * dz - (z - az) * dx) / cross
        if 0.0 < part < 1.0 and 0.0 <= along <= 1.0 and foot - 1.0 < ay + part * dy < top - 0.5:
            return True
    return False


@numba.njit(cache=True)
def _can_land(net, node, target, hx, hz, slope):
    """Cost of a jump from a point with a level unit heading and a climb to another point, or -1."""
    dx, dy, dz = (
        net.points[target, 0] - net.points[node, 0],
        net.points[target, 1] - net.points[node, 1],
        net.points[target, 2] - net.points[node, 2],
    )
    reach = dx * hx + dz * hz
    aside = abs(dx * hz - dz * hx)
    if reach < SHORTEST_JUMP_M or reach > LONGEST_JUMP_M or aside > max(_AIM_M, reach * _AIM):
        return -1.0
    if net.normals[target, 1] < _LEVEL_ENOUGH or dy < -DEEPEST_DROP_M:
        return -1.0
    fall = 0.5 * _GRAVITY * reach * reach
    if dy > slope * reach + 1.0 - fall / FASTEST**2 or dy < slope * reach - 2.0 - fall / SLOWEST**2:
        return -1.0
    return (
        (_RAMP_COST if slope > _RAMP else _DROP_COST)
        + _JUMP_PER_M * math.sqrt(reach * reach + aside * aside)
        + max(0.0, -dy)
        + 2.0 * aside
    )


@numba.njit(cache=True)
def explore(net, wanted, node, heading, driven, patience):
    """Dijkstra's search over (point, direction), up to the wanted triggers and not beyond them.

    It ends once everything is found, or nothing near: within ``patience`` times the cost of the first trigger.

    Args:
        net: the lattice.
        wanted: bool (w,): triggers to look for.
        node: point to start from.
        heading: float64 (3,): direction of travel there.
        driven: float64 (n, 3): direction in which the route already passes each point, or zeros.
        patience: see above; inf to search on until everything within reach is found.

    Returns:
        ``costs`` float64 (2 w,): of the way to each trigger, inf without one; trigger g crossed along its normal is
        number 2 g, against it 2 g + 1; ``reached`` int64 (2 w,): state behind it, or -1; and ``parents`` int64 (s,)
        of all states, for ``way_to``.
    """
    # Long on purpose: one kernel, whose loop shares its tables and the state at hand.
    states = net.points.shape[0] * BINS
    cost = np.full(states, np.inf)
    parent = np.full(states, -1, np.int64)
    fired = np.full(states, -1, np.int64)
    done = np.zeros(states, np.bool_)
    costs = np.full(2 * wanted.shape[0], np.inf)
    reached = np.full(2 * wanted.shape[0], -1, np.int64)
    start = node * BINS + _bin_of(net, node, heading[0], heading[1], heading[2])
    cost[start] = 0.0
    most = np.inf
    frontier = [(0.0, start)]
    while len(frontier) > 0:
        here, state = heapq.heappop(frontier)
        if done[state]:
            continue
        if here > most:
            break
        done[state] = True
        u = state // BINS
        gate = fired[state]
        if gate >= 0 and wanted[gate]:
            before = parent[state] // BINS
            ahead = (net.points[u, 0] - net.points[before, 0]) * net.gates[gate, 3]
            ahead += (net.points[u, 2] - net.points[before, 2]) * net.gates[gate, 4]
            number = 2 * gate + (0 if ahead > 0.0 else 1)
            if reached[number] < 0:
                costs[number], reached[number] = here, state
                most = min(most, patience * (here + _PATIENCE_M))
            continue
        hx, hy, hz = heading[0], heading[1], heading[2]
        if parent[state] >= 0:
            before = parent[state] // BINS
            hx = net.points[u, 0] - net.points[before, 0]
            hy = net.points[u, 1] - net.points[before, 1]
            hz = net.points[u, 2] - net.points[before, 2]
            length = math.sqrt(hx * hx + hy * hy + hz * hz)
            hx, hy, hz = hx / length, hy / length, hz / length
        goes_on = False
        for edge in range(net.starts[u], net.starts[u + 1]):
            v = net.neighbours[edge]
            dx = net.points[v, 0] - net.points[u, 0]
            dy = net.points[v, 1] - net.points[u, 1]
            dz = net.points[v, 2] - net.points[u, 2]
            length = math.sqrt(dx * dx + dy * dy + dz * dz)
            cosine = (dx * hx + dy * hy + dz * hz) / length
            if cosine < _SHARPEST:
                continue
            goes_on = True
            bend = math.acos(min(cosine, 1.0)) / (math.pi / 4.0)
            price = net.costs[edge]
            if dx * driven[v, 0] + dy * driven[v, 1] + dz * driven[v, 2] < -0.5 * length:
                price *= _ONCOMING
            total = here + price + _TURN_COST_M * bend * bend
            there = v * BINS + _bin_of(net, v, dx, dy, dz)
            if total < cost[there]:
                cost[there], parent[there], fired[there] = total, state, net.fires[edge]
                heapq.heappush(frontier, (total, there))
        if goes_on:
            continue
        level = math.sqrt(hx * hx + hz * hz)
        along = hx * net.tangents[u, 0] + hy * net.tangents[u, 1] + hz * net.tangents[u, 2]
        if level < 0.3 or (net.railed[u] and abs(along) < _ALONG_RAILS):
            continue
        _jump(net, frontier, cost, parent, fired, state, hx / level, hz / level, hy / level)
    return costs, reached, parent


@numba.njit(cache=True)
def _jump(net, frontier, cost, parent, fired, state, hx, hz, slope):
    """Offer every landing point ahead of a state."""
    u = state // BINS
    x, z, here = net.points[u, 0], net.points[u, 2], cost[state]
    first_x, first_z, columns, rows = net.boxes
    middle_x, middle_z = x + hx * LONGEST_JUMP_M / 2, z + hz * LONGEST_JUMP_M / 2
    reach = LONGEST_JUMP_M / 2 + net.box_m
    low_x = max(0, math.floor((middle_x - reach) / net.box_m) - first_x)
    high_x = min(columns - 1, math.floor((middle_x + reach) / net.box_m) - first_x)
    low_z = max(0, math.floor((middle_z - reach) / net.box_m) - first_z)
    high_z = min(rows - 1, math.floor((middle_z + reach) / net.box_m) - first_z)
    for i in range(low_x, high_x + 1):
        for k in range(low_z, high_z + 1):
            box = k * columns + i
            for entry in range(net.box_starts[box], net.box_starts[box + 1]):
                v = net.box_points[entry]
                price = _can_land(net, u, v, hx, hz, slope)
                if price < 0.0:
                    continue
                dx, dz = net.points[v, 0] - x, net.points[v, 2] - z
                length = math.sqrt(dx * dx + dz * dz)
                there = v * BINS + _bin_of(net, v, dx / length, 0.0, dz / length)
                if here + price >= cost[there] or _hits_wall(net, u, v):
                    continue
                gate = _gate_on(net, u, v, slope, length)
                cost[there], parent[there], fired[there] = here + price, state, gate
                heapq.heappush(frontier, (here + price, there))


@numba.njit(cache=True)
def way_to(parent, state):
    """The points of the way to a state."""
    count, at = 0, state
    while at >= 0:
        count, at = count + 1, parent[at]
    way = np.empty(count, np.int64)
    at = state
    for index in range(count - 1, -1, -1):
        way[index], at = at // BINS, parent[at]
    return way
