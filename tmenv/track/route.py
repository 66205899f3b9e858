"""The way from the start through all checkpoints to the finish, block by block."""

import heapq
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from tmenv.errors import TrackError
from tmenv.track.flights import Landings, Leg, with_flights
from tmenv.track.place import Layout

MAX_VISITS = 200_000
"""Search steps before a map with very many junctions is given up."""

ROAD_AFTER_FINISH_M = 40.0
"""The route goes on at least this far behind the finish, where there is road."""


class NoRoadError(TrackError):
    """The connections of the blocks tell no way to the finish."""


@dataclass(frozen=True, eq=False, slots=True)
class Route:
    """The blocks of one lap in order; the last leg holds the finish."""

    legs: tuple[Leg, ...]
    beyond: tuple[Leg, ...]  # after the finish
    is_lap: bool  # the finish is the start block, reached again
    groups: dict[int, int]  # placed -> checkpoint group in order of travel, also of blocks off the route


class _Node(NamedTuple):
    """A leg reached by the search, with the chain of legs that led there."""

    leg: Leg
    length: float  # m
    cost: float  # m, see Path.cost
    seen: int  # bits of checkpoint groups
    parent: "_Node | None"

    def legs(self) -> list[Leg]:
        node, legs = self, []
        while node is not None:
            legs.append(node.leg)
            node = node.parent
        return legs[::-1]


def find_route(layout: Layout) -> Route:
    """The cheapest way (``Path.cost``) from the start block through every checkpoint to a finish.

    Where a road ends and goes on straight ahead behind a gap (see ``flights``), the way leads over it.

    Raises:
        TrackError: there is no start or no finish.
        NoRoadError: the road ends before the finish.
    """
    start = start_of(layout)
    is_lap = layout.blocks[start].template.waypoint == "start_finish"
    finishes = {start} if is_lap else _with_waypoint(layout, "finish")
    if not finishes:
        raise TrackError(f"map {layout.name!r} has no finish block")
    groups = checkpoint_groups(layout)
    first = Leg(start, layout.blocks[start].template.paths[0])

    legs = with_flights(layout, _search(layout, _Node(first, 0.0, 0.0, 0, None), groups, finishes).legs())
    return Route(tuple(legs), _beyond(layout, legs, is_lap), is_lap, _in_order(groups, legs))


def start_of(layout: Layout) -> int:
    """The block where the race begins.

    Raises:
        TrackError: there is none.
    """
    starts = [i for i, placed in enumerate(layout.blocks) if placed.template.is_start]
    if not starts:
        raise TrackError(f"map {layout.name!r} has no start block")
    # A start line takes precedence over a multilap block that also is one.
    return min(starts, key=lambda i: layout.blocks[i].template.waypoint != "start")


def _with_waypoint(layout: Layout, kind: str) -> set[int]:
    return {i for i, placed in enumerate(layout.blocks) if placed.template.waypoint == kind}


def checkpoint_groups(layout: Layout) -> dict[int, int]:
    """Checkpoint blocks -> number of their group; linked checkpoints of the same order share one."""
    numbers: dict[object, int] = {}
    groups = {}
    for i, placed in enumerate(layout.blocks):
        if placed.template.waypoint == "checkpoint":
            linked = placed.block.waypoint == "LinkedCheckpoint"
            key = ("linked", placed.block.waypoint_order) if linked else i
            groups[i] = numbers.setdefault(key, len(numbers))
    return groups


def _in_order(groups: dict[int, int], legs: list[Leg]) -> dict[int, int]:
    order: dict[int, int] = {}
    for leg in legs:
        if leg.placed in groups:
            order.setdefault(groups[leg.placed], len(order))
    return {placed: order[group] for placed, group in groups.items()}


def _search(layout: Layout, start: _Node, groups: dict[int, int], finishes: set[int]) -> _Node:
    """Dijkstra over (block, way out, checkpoints seen) until all are seen at a finish."""
    wanted = (1 << len(set(groups.values()))) - 1
    tie, landings = count(), Landings(layout)
    frontier = [(0.0, next(tie), start)]
    visited: set[tuple[int, int, int]] = set()
    farthest, arrived = start, None
    while frontier:
        _, _, node = heapq.heappop(frontier)
        state = (node.leg.placed, node.leg.path.exit, node.seen)
        # A lap starts at the state it must come back to, so the start itself is never marked.
        if state in visited:
            continue
        if node.leg.placed in finishes and node.parent is not None:
            if node.seen == wanted:
                return node
            arrived = node if arrived is None else max(arrived, node, key=lambda n: n.seen.bit_count())
        if node.parent is not None:
            visited.add(state)
        if len(visited) > MAX_VISITS:
            raise NoRoadError(f"map {layout.name!r} has too many junctions to find its route")
        ways = _onward(layout, node.leg) or landings.behind(node.leg)
        if not ways and node.length >= farthest.length:
            farthest = node
        for leg in ways:
            placed, path = leg
            seen = node.seen | (1 << groups[placed] if placed in groups else 0)
            onward = _Node(leg, node.length + path.length, node.cost + path.cost, seen, node)
            heapq.heappush(frontier, (onward.cost, next(tie), onward))
    raise NoRoadError(_broken(layout, farthest, arrived, wanted))


def _onward(layout: Layout, leg: Leg) -> list[Leg]:
    """The legs that may follow; ways that end inside a block are none."""
    joint = layout.joints.get((leg.placed, leg.path.exit))
    if joint is None:
        return []
    placed, port = joint
    return [Leg(placed, path) for path in layout.blocks[placed].template.paths if path.entry == port]


def _broken(layout: Layout, farthest: _Node, arrived: _Node | None, wanted: int) -> str:
    if arrived is None:
        return (
            f"the road of map {layout.name!r} ends after {layout.blocks[farthest.leg.placed]}, "
            f"{farthest.length:.0f} m from the start block: no block that tmenv can drive joins it there"
        )
    return (
        f"no road of map {layout.name!r} leads through all {wanted.bit_count()} checkpoints to the finish: "
        f"the way to {layout.blocks[arrived.leg.placed]} passes {arrived.seen.bit_count()}"
    )


def _beyond(layout: Layout, legs: list[Leg], is_lap: bool) -> tuple[Leg, ...]:
    length, extra = 0.0, []
    # After the last lap the cars roll on along the same lap; after a finish along whatever joins it.
    following = iter(legs[1:]) if is_lap else None
    leg = legs[-1]
    while length < ROAD_AFTER_FINISH_M:
        ways = [next(following)] if following is not None else _onward(layout, leg)
        if not ways:
            break
        leg = ways[0]
        extra.append(leg)
        length += leg.path.length
    return tuple(extra)
