"""Independent checks of track tables, written without the builder's own index."""

import numpy as np

from tmenv.track import Track, ribbon
from tmenv.track.tables import PROFILE, ROUND, ROUTE_STEP_M

STEP_LIMIT_M = 0.065
"""Shapes that were measured one by one differ by up to 62 mm where banked blocks meet (the start line: 17 mm)."""


def ends(track: Track, rows: np.ndarray):
    """Start and end of every row: (n, 2, 5) of x, y, z and heading x, z."""
    points = []
    for s in (np.zeros(len(rows)), rows["length"].astype(float)):
        x, y, z = ribbon.position(rows, s, 0.0, track.profiles)
        _, _, hx, hz = ribbon.frame(rows, s)
        points.append(np.stack([x, y, z, hx, hz], axis=-1))
    return np.stack(points, axis=1)


def assert_continuous(track: Track) -> None:
    """The route's ribbons join in position, height and heading."""
    joined = ends(track, track.centreline)
    step = np.abs(joined[:-1, 1] - joined[1:, 0])
    on_start_floor = np.arange(len(step)) < (track.game == "TMNF")  # the step onto TMNF's start ramp is real
    assert step[:, [0, 2]].max(initial=0) < 2e-3
    assert step[~on_start_floor, 1].max(initial=0) < STEP_LIMIT_M
    assert step[:, 3:].max(initial=0) < 1e-4


def assert_linked(track: Track) -> None:
    """Links lead to a patch that touches the end they belong to; patches on the route follow each other."""
    joined = ends(track, track.patches)
    for field, side in (("before", 0), ("after", 1)):
        for number, other in enumerate(track.patches[field]):
            if other >= 0:
                gap = np.hypot(*(joined[number, side, [0, 2]] - joined[other][:, [0, 2]]).T)
                assert gap.min() < 2e-3, (field, number, other)
                assert number in (track.patches["before"][other], track.patches["after"][other])


def samples(track: Track, inset: float, spacing: float):
    """Points inside every road and height field: arrays of patch number, x, z."""
    numbers, xs, zs = [], [], []
    for number in np.flatnonzero(track.patches["surface"] < ROUND).tolist():
        row = track.patches[number : number + 1]
        length, left, right = (float(row[f][0]) for f in ("length", "border_left", "border_right"))
        s = np.linspace(inset, length - inset, max(2, int(length / spacing) + 1))[:, None]
        lateral = np.linspace(inset - right, left - inset, max(2, int((left + right) / spacing) + 1))[None, :]
        x, _, z = ribbon.position(row, s, lateral, track.profiles)
        numbers.append(np.full(x.size, number))
        xs.append(x.ravel())
        zs.append(z.ravel())
    return np.concatenate(numbers), np.concatenate(xs), np.concatenate(zs)


def assert_indexed(track: Track) -> None:
    """Every point of every patch finds its patch in its cell."""
    number, x, z = samples(track, 0.06, 0.9)
    i = np.floor(x / 32).astype(int) - track.grid["cell_x"]
    k = np.floor(z / 32).astype(int) - track.grid["cell_z"]
    assert (i >= 0).all()
    assert (k >= 0).all()
    assert (i < track.grid["columns"]).all()
    assert (k < track.grid["rows"]).all()
    cell = k * int(track.grid["columns"]) + i
    owner = np.repeat(np.arange(len(track.cell_starts) - 1), np.diff(track.cell_starts))
    listed = set(zip(owner.tolist(), track.cell_patches.tolist(), strict=True))
    missing = set(zip(cell.tolist(), number.tolist(), strict=True)) - listed
    assert not missing


def overlaps(track: Track) -> set[tuple[int, int]]:
    """Pairs of blocks whose road covers the same place at the same height (not by the cell index)."""
    number, x, z = samples(track, 0.4, 3.0)
    found = set()
    for other in range(len(track.patches)):
        row = track.patches[other : other + 1]
        s, lateral = ribbon.local(row, x, z)
        inside = (s > 0.3) & (s < row["length"] - 0.3)
        inside &= (lateral < row["border_left"] - 0.3) & (lateral > 0.3 - row["border_right"])
        inside &= np.abs(track.patches["y0"][number] - row["y0"]) < 4.0
        for one in np.unique(track.patches["block"][number[inside]]):
            if one != row["block"][0]:
                found.add((int(one), int(row["block"][0])))
    return found


def assert_inverse(track: Track) -> None:
    """``local_coordinates`` undoes ``position`` over the first lap."""
    end = (track.length_m - 30) / track.laps - 20  # short of the start line, where the next lap begins
    # Where a bank begins, a place beside the road is nearly as near to the centreline a little further on.
    along = 0.25 if (track.patches["surface"] == PROFILE).any() else 5e-3
    for s in np.linspace(5.0, end, 60):
        for lateral in (-12.0, -3.0, 0.0, 7.5, 12.0):
            back = track.local_coordinates(*track.position(s, lateral))
            assert np.allclose(back, (s, lateral), atol=(along, 5e-3)), (s, lateral, back)


def assert_route(track: Track) -> None:
    """The polyline is evenly spaced, on the centreline, and long enough."""
    route = track.route
    assert route["s"][0] == 0
    chord = np.linalg.norm([np.diff(route[name]) for name in "xyz"], axis=0)
    if track.route_from == "connections":
        assert np.allclose(np.diff(route["s"]), 2.0, atol=1e-3)
        chord = np.hypot(np.diff(route["x"]), np.diff(route["z"]))
    else:
        assert np.allclose(np.diff(route["s"]), chord, atol=2e-2)
    slack = 0.01 if track.route_from == "connections" else 2.0  # lines step from surface to surface
    assert np.abs(chord - 2.0).max() < slack
    assert track.road_after_finish_m > 0
    for point in route[:: max(1, len(route) // 50)]:
        x, y, z = track.position(float(point["s"]))
        assert np.allclose((x, y, z), (point["x"], point["y"], point["z"]), atol=1e-2)


def assert_waypoints(track: Track) -> None:
    """Triggers lie on the route in order, face along it, and are listed in their cells."""
    waypoints = track.waypoints
    needed = waypoints[waypoints["group"] >= 0]
    assert sorted(set(needed["group"].tolist())) == list(range(track.checkpoints))
    assert (np.diff(needed["s"]) > 0).all()
    for number, waypoint in enumerate(waypoints):
        s = float(waypoint["s"])
        borders = track.route[["border_left", "border_right"]][round(s / ROUTE_STEP_M)]
        edges = [track.position(s, lateral)[1] for lateral in (borders["border_left"], 0.0, -borders["border_right"])]
        x, _, z = track.position(s)
        assert np.allclose((x, min(edges), z), (waypoint["x"], waypoint["y"], waypoint["z"]), atol=1e-2)
        yaw = track.heading_at(s)
        assert np.allclose((np.sin(yaw), np.cos(yaw)), (waypoint["nx"], waypoint["nz"]), atol=1e-4)
        for along in (-3.0, 0.0, 3.0):
            x, z = waypoint["x"] + along * waypoint["nx"], waypoint["z"] + along * waypoint["nz"]
            assert number in triggers_at(track, float(x), float(z))


def triggers_at(track: Track, x: float, z: float) -> list[int]:
    """Waypoints that a reader finds in the cell of (x, z)."""
    i, k = int(x // 32) - int(track.grid["cell_x"]), int(z // 32) - int(track.grid["cell_z"])
    number, found = int(track.cell_waypoint[k * int(track.grid["columns"]) + i]), []
    while number >= 0:
        found.append(number)
        number = int(track.waypoints["next_in_cell"][number])
    return found


def assert_sound(track: Track) -> None:
    """All of the above."""
    assert_continuous(track)
    assert_linked(track)
    assert_indexed(track)
    assert_inverse(track)
    assert_route(track)
    assert_waypoints(track)
    assert not overlaps(track)
