"""Points on patches, made from the meaning of the columns and not by the query that the tests judge."""

import numpy as np

from tmenv.track import ribbon, survey
from tmenv.track.blocklist import make_block, make_map
from tmenv.track.tables import NODE_SPACING_M, NODES, ROUND, WALL


def scene_of(game, *placed):
    """The scene of blocks given as (key, cell, rotation)."""
    return survey(make_map("test", game, [make_block(game, *one) for one in placed]))


def on_patch(scene, number, along, across, up=0.5):
    """World points on patch ``number`` and its unit normals there, (n, 3) each.

    ``along`` and ``across`` are shares 0..1 of its length and width, ``up`` of the height of a wall.
    """
    row = scene.patches[number : number + 1]
    along, across = np.atleast_1d(along).astype(float), np.atleast_1d(across).astype(float)
    s = along * row["length"][0]
    lateral = across * (row["border_left"][0] + row["border_right"][0]) - row["border_right"][0]
    surface = row["surface"][0]
    if surface == WALL:
        return _on_wall(row, s, up)
    if surface == ROUND:
        return _on_round(row, s, lateral)
    if surface == NODES:
        return _on_nodes(scene, row, s, lateral)
    points = np.stack(ribbon.position(row, s, lateral, scene.profiles), axis=1)
    return points, _normal(lambda a, b: ribbon.position(row, a, b, scene.profiles), s, lateral)


def _normal(position, s, lateral, step=1e-3):
    """Upward normal of a surface by differences, one-sided towards the middle of the patch."""
    here = np.stack(position(s, lateral), axis=1)
    ahead = np.stack(position(s + step, lateral), axis=1) - here
    left = np.stack(position(s, lateral + step), axis=1) - here
    normal = np.cross(ahead, left)
    normal *= np.sign(normal[:, 1:2])
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


def _on_wall(row, s, up):
    x, z, hx, hz = ribbon.frame(row, s)
    foot = row["y0"] + row["slope_x"] * (x - row["plane_x"]) + row["slope_z"] * (z - row["plane_z"])
    points = np.stack([x, foot + up * row["wall_height"], z], axis=1)
    return points, np.stack([hz, 0 * hz, -hx], axis=1)


def _on_round(row, s, lateral):
    first = np.arctan2(row["from_along"], -row["from_up"])
    turned = s / row["radius"]
    a, b = row["radius"] * np.sin(first + turned), -row["radius"] * np.cos(first + turned)
    side = lateral + row["shift"] * turned
    x = row["x0"] + a * row["dx"] + side * row["dz"]
    z = row["z0"] + a * row["dz"] - side * row["dx"]
    points = np.stack([x, row["y0"] + b, z], axis=1).astype(float)
    normal = np.stack([-a * row["dx"], -b, -a * row["dz"]], axis=1) / row["radius"][:, None]
    return points, normal.astype(float)


def _on_nodes(scene, row, s, lateral):
    columns = int(row["node_columns"][0])
    table = scene.heights[row["nodes"][0] :][: columns * round(row["length"][0] / NODE_SPACING_M + 1)]
    table = table.reshape(-1, columns).astype(float)

    def position(a, b):
        k, j = a / NODE_SPACING_M, (b + row["border_right"]) / NODE_SPACING_M
        low_k = np.clip(np.floor(k).astype(int), 0, len(table) - 2)
        low_j = np.clip(np.floor(j).astype(int), 0, columns - 2)
        p, q = k - low_k, j - low_j
        y = (1 - p) * ((1 - q) * table[low_k, low_j] + q * table[low_k, low_j + 1])
        y = y + p * ((1 - q) * table[low_k + 1, low_j] + q * table[low_k + 1, low_j + 1])
        x, z, hx, hz = ribbon.frame(row, a)
        return x + hz * b, row["y0"] + y, z - hx * b

    return np.stack(position(s, lateral), axis=1), _normal(position, s, lateral)
