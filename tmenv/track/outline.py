"""From a catalogue row to patches: walks the steps of each path of a block and lays ribbons along them."""

import math
from typing import Any, NamedTuple

import numpy as np

from tmenv.constants import CELL_M
from tmenv.track import areas, catalogue, ribbon
from tmenv.track.surfacing import set_height, set_section
from tmenv.track.tables import (
    ARC,
    LOOK_UP,
    PATCH,
    STRAIGHT,
    WALL_LEFT,
    WALL_RIGHT,
)

_OUTWARD = ((0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0, 0.0))


class Plan(NamedTuple):
    """A block in rotation 0: what ``template`` turns."""

    patches: np.ndarray  # PATCH (n,)
    ports: list[str]
    ends: list[tuple[int, bool]]  # per port: patch there, and whether its end (True) or start touches the port
    paths: list[tuple[int, int, np.ndarray, tuple[tuple[int, bool], ...]]]  # entry, exit, rows, (patch, reversed)s


class Pen(NamedTuple):
    """A point and a direction of travel in the plan."""

    x: float
    z: float
    hx: float
    hz: float


_START = Pen(CELL_M / 2, 0.0, 0.0, 1.0)
"""Where the road of a start block begins."""


def port_point(port: str) -> tuple[float, float, int, int]:
    """``(x, z, level, side)`` of a port ``"xyz:d"``: metres in the block, levels, side number."""
    cell, side = (int(digit) for digit in port[:3]), int(port[4])
    cx, level, cz = cell
    ox, oz = _OUTWARD[side]
    half = CELL_M / 2
    return CELL_M * cx + half * (1 + ox), CELL_M * cz + half * (1 + oz), level, side


def trace(row: dict[str, Any], on_ground: bool) -> Plan:
    """Lay the patches of one catalogue row: its roads, then its areas."""
    if on_ground:
        row = {**row, **row.get("ground", {})}
    shape = catalogue.shape(row["shape"])
    if "junction" in shape:
        return _junction(row, shape["junction"], on_ground)
    plan = _roads(row, shape, on_ground)
    width = shape["size"][0]
    plan = plan._replace(
        patches=ribbon.joined([plan.patches, areas.lay(row, shape.get("areas", []), width, on_ground)])
    )
    return _mirrored(plan, width) if row.get("mirrored") else plan


def _roads(row: dict[str, Any], shape: dict[str, Any], on_ground: bool) -> Plan:
    patches: list[np.ndarray] = [np.zeros(0, PATCH)]
    ports: list[str] = shape["ports"]
    ends: list[tuple[int, bool]] = [(-1, False)] * len(ports)
    paths = []
    for path in shape["paths"]:
        first = sum(map(len, patches))
        rows = _lay(row, path, on_ground)
        entry = ports.index(path["from"]) if path["from"] in ports else -1
        exit_ = ports.index(path["to"]) if path["to"] in ports else -1
        if path.get("lane"):
            paths.append((entry, exit_, rows, ()))
            continue
        last = first + len(rows) - 1
        if entry >= 0:
            ends[entry] = (first, False)
        if exit_ >= 0:
            ends[exit_] = (last, True)
        rows["before"][1:] = np.arange(first, last)
        rows["after"][:-1] = np.arange(first + 1, last + 1)
        patches.append(rows)
        paths.append((entry, exit_, rows, tuple((i, False) for i in range(first, last + 1))))
    return Plan(ribbon.joined(patches), _at_levels(ports, row.get("levels")), ends, paths)


def _at_levels(ports: list[str], levels: list[int] | None) -> list[str]:
    """The ports of a shape at the levels of a block."""
    if levels is None:
        return ports
    return [f"{port[0]}{level}{port[2:]}" for port, level in zip(ports, levels, strict=True)]


def _mirrored(plan: Plan, width: int) -> Plan:
    """The block with +x and -x exchanged."""
    ports = [f"{width - 1 - int(port[0])}{port[1:4]}{(0, 3, 2, 1)[int(port[4])]}" for port in plan.ports]
    opposite = catalogue.opposite_profiles()
    paths = [
        (entry, exit_, ribbon.mirror(rows, CELL_M * width, opposite), parts) for entry, exit_, rows, parts in plan.paths
    ]
    return Plan(ribbon.mirror(plan.patches, CELL_M * width, opposite), ports, plan.ends, paths)


def _lay(row: dict[str, Any], path: dict[str, Any], on_ground: bool) -> np.ndarray:
    pen = Pen(*path["start"]) if "start" in path else _inward(path["from"]) if path["from"] else _START
    rows = np.zeros(len(path["steps"]), PATCH)
    for out, step in zip(rows, path["steps"], strict=True):
        if "line" in step:
            pen = _line(out, pen, step["line"])
        else:
            side = "left" if "left" in step else "right"
            pen = _arc(out, pen, step[side], step["degrees"], 1.0 if side == "left" else -1.0)
    _surfaces(rows, row, path["steps"])
    for out, step in zip(rows, path["steps"], strict=True):
        set_section(out, step.get("section", row["section"]), on_ground)
        out["opening"] = catalogue.opening_number(step.get("opening"))
        for side in step.get("open", ()):
            bit = {"left": WALL_LEFT, "right": WALL_RIGHT}[side]
            out["walls"] &= ~bit
            out["open_sides"] |= bit
    return rows


def _surfaces(rows: np.ndarray, row: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    """Heights: a step's own, or the block's; a profile of the block runs over all steps."""
    ends = np.cumsum(rows["length"].astype(np.float64))
    total = float(ends[-1])
    for out, step, end in zip(rows, steps, ends.tolist(), strict=True):
        if "profile" in step:
            set_height(out, step, step["u"])
        elif "height" in step:
            set_height(out, {"height": step["height"]})
        else:
            set_height(out, row, ((end - float(out["length"])) / total, end / total))


def _inward(port: str) -> Pen:
    x, z, _, side = port_point(port)
    ox, oz = _OUTWARD[side]
    return Pen(x, z, -ox, -oz)


def _line(out: np.void, pen: Pen, length: float) -> Pen:
    out["plan"], out["length"] = STRAIGHT, length
    out["x0"], out["z0"] = pen.x, pen.z
    out["dx"], out["dz"], out["ex"], out["ez"] = pen.hx, pen.hz, pen.hx, pen.hz
    return pen._replace(x=pen.x + pen.hx * length, z=pen.z + pen.hz * length)


def _arc(out: np.void, pen: Pen, radius: float, degrees: float, turn: float) -> Pen:
    angle = math.radians(degrees)
    left_x, left_z = pen.hz, -pen.hx
    out["plan"], out["radius"], out["turn"], out["length"] = ARC, radius, turn, radius * angle
    out["x0"], out["z0"] = pen.x + turn * radius * left_x, pen.z + turn * radius * left_z
    out["dx"], out["dz"] = -turn * left_x, -turn * left_z
    cos, sin = math.cos(angle), math.sin(angle)
    hx, hz = pen.hx * cos + turn * left_x * sin, pen.hz * cos + turn * left_z * sin
    out["ex"], out["ez"] = -turn * hz, turn * hx
    shift = radius * turn * (1.0 - cos)
    return Pen(pen.x + radius * sin * pen.hx + shift * left_x, pen.z + radius * sin * pen.hz + shift * left_z, hx, hz)


def _junction(row: dict[str, Any], sides: list[int], on_ground: bool) -> Plan:
    """A square centre as wide as the road, and a straight stub from it to each open side of the cell.

    Patch 0 is the centre, driven along +z; patch i + 1 is the stub to ``sides[i]``, driven outward.
    """
    half = float(catalogue.section(row["section"])["half_width"])
    middle = CELL_M / 2
    rows = np.zeros(1 + len(sides), PATCH)
    _line(rows[0], Pen(middle, middle - half, 0.0, 1.0), 2 * half)
    for out, side in zip(rows[1:], sides, strict=True):
        ox, oz = _OUTWARD[side]
        _line(out, Pen(middle + half * ox, middle + half * oz, ox, oz), middle - half)
    for out in rows:
        set_height(out, row)
        set_section(out, row["section"], on_ground)
    _open_centre(rows, sides)
    ports = [f"000:{side}" for side in sides]
    ways = [(i, j) for i in range(len(sides)) for j in range(i + 1, len(sides))]
    return Plan(rows, ports, [(i + 1, True) for i in range(len(sides))], [_crossing(rows, sides, *way) for way in ways])


def _open_centre(rows: np.ndarray, sides: list[int]) -> None:
    centre = rows[0]
    # Driven along +z, side 3 (+x) lies on the left and side 1 (-x) on the right.
    open_sides = (WALL_LEFT if 3 in sides else 0) | (WALL_RIGHT if 1 in sides else 0)
    centre["open_sides"] = open_sides
    centre["walls"] &= ~open_sides
    for number, side in enumerate(sides, start=1):
        if side in (0, 2):
            centre["after" if side == 0 else "before"] = number
        rows[number]["before"] = 0 if side in (0, 2) else LOOK_UP


def _crossing(rows: np.ndarray, sides: list[int], i: int, j: int):
    """The path from side i to side j: straight over the centre, or a quarter circle of half a cell radius."""
    stub_in, stub_out = (i + 1, True), (j + 1, False)
    if (sides[i] - sides[j]) % 4 == 2:
        back = sides[i] == 0 or (sides[i] == 3)
        along = np.concatenate([_back(rows[i + 1 : i + 2]), rows[:1], rows[j + 1 : j + 2]])
        if sides[i] in (0, 2):
            along[1:2] = _back(rows[:1]) if back else rows[:1]
            return i, j, along, (stub_in, (0, back), stub_out)
        middle = along[1:2]
        _line(middle[0], _inward_at(rows[i + 1]), float(rows[0]["length"]))
        return i, j, along, (stub_in, stub_out)
    turned = np.zeros(1, PATCH)
    turned[0] = rows[0]
    pen = _inward(f"000:{sides[i]}")
    left_x, left_z = pen.hz, -pen.hx
    to_x, to_z = _OUTWARD[sides[j]]
    _arc(turned[0], pen, CELL_M / 2, 90.0, 1.0 if left_x * to_x + left_z * to_z > 0 else -1.0)
    return i, j, turned, (stub_in, stub_out)


def _back(rows: np.ndarray) -> np.ndarray:
    return ribbon.reverse(rows, catalogue.opposite_profiles())


def _inward_at(stub: np.void) -> Pen:
    """The inner end of a stub, looking into the centre."""
    return Pen(float(stub["x0"]), float(stub["z0"]), -float(stub["dx"]), -float(stub["dz"]))
