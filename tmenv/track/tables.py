"""The tables a track is made of: what the builder writes and the engine's kernels read.

A track is a handful of flat, structured numpy arrays. Positions are world metres (x, y up, z).
In plan, *left* of a direction ``(dx, dz)`` is ``(dz, -dx)``; a lateral offset is positive to the left.
"""

import numpy as np

STRAIGHT, ARC = 0, 1
"""``PATCH.plan``: the centreline is a straight line or a circular arc (under 180 degrees)."""

FLAT, PLANE, PROFILE, NODES, ROUND, WALL = 0, 1, 2, 3, 4, 5
"""``PATCH.surface``, what the patch is above its plan:

* FLAT, PLANE, PROFILE: a *road*; constant height; height linear in world x and z; height and bank from a knot table.
* NODES: a height field, bilinear between nodes ``NODE_SPACING_M`` apart along and across a straight plan.
* ROUND: the inside of a cylinder whose axis lies level across the direction of travel: quarter pipes and loops.
* WALL: a standing wall. Its plan is the foot line, its normal points to the left of it, the right of it is solid.
"""

PROFILE_KNOTS = 17
"""Knots of a profile table, evenly spaced over u = 0..1 (the games' own meshes are polylines like this)."""

NODE_SPACING_M = 2.0
"""Distance of the nodes of a height field, m."""

WALL_LEFT, WALL_RIGHT = 1, 2
"""``PATCH.walls`` bits: a solid wall stands on that border."""

NO_LINK, LOOK_UP = -1, -2
"""``PATCH.before`` / ``PATCH.after`` when it names no patch: the road ends; or search the cell behind the end."""

FLIGHT = -2
"""``PATCH.block`` of a row of ``Track.centreline`` that leads over a gap."""

PATCH = np.dtype(
    [
        ("plan", np.int32),  # STRAIGHT or ARC
        ("surface", np.int32),  # FLAT, PLANE, PROFILE, NODES, ROUND or WALL
        ("x0", np.float32),  # straight: start of the centreline; arc: centre of the circle
        ("z0", np.float32),
        ("dx", np.float32),  # straight: unit direction of travel; arc: unit vector centre -> start
        ("dz", np.float32),
        ("ex", np.float32),  # arc: unit vector centre -> end (straight: same as dx, dz)
        ("ez", np.float32),
        ("turn", np.float32),  # arc: +1 turns left, -1 turns right; straight: 0
        ("radius", np.float32),  # arc: radius of the centreline, m; straight: 0
        ("length", np.float32),  # length of the centreline, m
        # FLAT: height; PLANE, WALL: height (of the foot) at (plane_x, plane_z); PROFILE, NODES: height added to the
        # table; ROUND: height of the axis
        ("y0", np.float32),
        ("slope_x", np.float32),  # PLANE, WALL: dy/dx and dy/dz in world axes
        ("slope_z", np.float32),
        ("plane_x", np.float32),
        ("plane_z", np.float32),
        ("profile", np.int32),  # PROFILE: row of the profiles table; else -1
        ("u_start", np.float32),  # PROFILE: u = u_start + s * u_per_m along the centreline
        ("u_per_m", np.float32),
        ("border_left", np.float32),  # lateral distance (> 0) of the road border: LIDAR stops here
        ("border_right", np.float32),
        ("walls", np.int32),  # WALL_LEFT | WALL_RIGHT
        ("wall_height", np.float32),  # top of the wall above the road (WALL: above its foot), m
        ("open_sides", np.int32),  # same bits: no border there, the neighbouring cell may hold more road
        ("strip_edge_0", np.float32),  # |lateral| < strip_edge_0 is strip_material_0, and carries the effect
        ("strip_edge_1", np.float32),  # |lateral| < strip_edge_1 is strip_material_1, beyond it material_2
        ("strip_material_0", np.int32),
        ("strip_material_1", np.int32),
        ("strip_material_2", np.int32),
        ("effect", np.int32),  # constants.Effect
        ("before", np.int32),  # patch that joins this one's start (index in this track), NO_LINK or LOOK_UP
        ("after", np.int32),  # patch that joins this one's end
        ("block", np.int32),  # index of the block in the map, for reports
        ("opening", np.int32),  # first row of the openings table, or -1: no surface inside (straight plans only)
        ("nodes", np.int32),  # NODES: first entry of the heights table; else -1
        ("node_columns", np.int32),  # NODES: nodes across; else 0
        ("from_along", np.float32),  # ROUND: unit vector axis -> first line of the surface, along (dx, dz) and up
        ("from_up", np.float32),
        ("to_along", np.float32),  # ROUND: unit vector axis -> last line, at most 180 degrees further, nose up
        ("to_up", np.float32),
        ("shift", np.float32),  # ROUND: metres that the centreline moves to the left per radian
    ],
    align=True,
)
"""One *patch*: a strip of surface along a straight or an arc, with a shape, borders and materials.

Roads (FLAT, PLANE, PROFILE): the point at ``s`` along and ``lateral`` left of the centreline; the surface ends at
0 and ``length`` and at the borders.

NODES: the same on a straight plan. Row k of the table lies at ``s = k * NODE_SPACING_M``, column j at
``lateral = j * NODE_SPACING_M - border_right``; rows follow each other, ``node_columns`` entries each, and length
and width are whole numbers of spacings.

ROUND: a straight plan through the axis, (x0, y0, z0) being the point of the axis on the centreline and (dx, dz) the
direction of travel at the bottom. With a and b the metres of a point from the axis along (dx, dz) and up, the surface
is ``hypot(a, b) == radius``, between the directions ``from`` and ``to`` that turn the nose up. ``length`` is the
length of the arc, ``lateral`` counts from the axis point moved to the left by ``shift`` times the angle from ``from``.

WALL: the surface over the foot line from ``s`` = 0 to ``length``, and in height from the foot to ``wall_height``
above it; straight or (on an arc) a standing cylinder, hollow for ``turn`` +1 and round for -1. The borders are 0.

NODES, ROUND and WALL are never reversed for the route and have no links.
"""

OPENING = np.dtype(
    [
        ("s", np.float32),  # middle, in metres along and left of the patch's centreline
        ("lateral", np.float32),
        ("half_length", np.float32),  # a rectangle of these half sides along and across, if radius is 0
        ("half_width", np.float32),
        ("radius", np.float32),  # else a disc
    ],
    align=True,
)
"""A part of a straight patch without surface: ``Track.openings``; one opening per patch."""

ROUTE_POINT = np.dtype(
    [
        ("x", np.float32),  # centre of the road surface
        ("y", np.float32),
        ("z", np.float32),
        ("s", np.float32),  # metres along the route from the spawn point
        ("border_left", np.float32),  # distance of the road borders, m
        ("border_right", np.float32),
        ("left_x", np.float32),  # unit vector to the left, along the surface
        ("left_y", np.float32),
        ("left_z", np.float32),
    ],
    align=True,
)
"""The route from the spawn to behind the finish as a polyline, about ROUTE_STEP_M apart (all laps in a row)."""

ROUTE_STEP_M = 2.0
"""Spacing of route points, m: a chord of the tightest curve (radius 16 m) leaves the arc by 3 cm."""

CHECKPOINT, FINISH, START_FINISH = 1, 2, 3
"""``WAYPOINT.kind``."""

WAYPOINT = np.dtype(
    [
        ("kind", np.int32),
        ("x", np.float32),  # a point of the trigger plane on the road surface, at the centreline
        ("y", np.float32),
        ("z", np.float32),
        ("nx", np.float32),  # unit normal of the plane, the direction of travel
        ("nz", np.float32),
        ("half_width", np.float32),  # reach to both sides, m
        ("height", np.float32),  # reach above y, m
        ("group", np.int32),  # 0-based bit of the checkpoint; linked checkpoints share it; finish: -1
        ("s", np.float32),  # where the route first crosses it, m
        ("next_in_cell", np.int32),  # another waypoint whose trigger reaches the same cell, or -1
    ],
    align=True,
)
"""A checkpoint or finish: a vertical rectangle that fires, both ways, when the car's nose crosses it."""

GRID = np.dtype([("cell_x", np.int32), ("cell_z", np.int32), ("columns", np.int32), ("rows", np.int32)], align=True)
"""Cell index: cell (i, k) covers x in 32*(cell_x+i) .. +32 and z in 32*(cell_z+k) .. +32; number = k*columns + i.

``Track.cell_starts`` (int32, cells + 1) and ``Track.cell_patches`` (int32) list the patches of each cell in
compressed rows, all but WALL; ``Track.wall_starts`` and ``Track.wall_patches`` list the WALL patches likewise.
``Track.cell_waypoint`` (int32, cells) holds the first waypoint whose trigger reaches the cell, or -1.
``Track.cell_ground_y`` (float32, cells) is the height of the open ground in the cell, NO_GROUND where a block
replaces it; ``Track.cell_ground_material`` (int32, cells) its material. Outside the grid, ``Track.ground_y`` and
``Track.ground_material`` hold.
"""

NO_GROUND = -np.inf
"""``Track.cell_ground_y`` of a cell without ground, and ``Track.ground_y`` of a world without any."""
