"""Blocks put in their cells: patches, joints between blocks, and what had to be left out."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tmenv.constants import LEVEL_M, Material
from tmenv.errors import UnsupportedBlockError
from tmenv.gbx import Block, Map
from tmenv.track import catalogue
from tmenv.track.cells import Ground
from tmenv.track.tables import NO_GROUND, PATCH, WALL
from tmenv.track.template import Template, moved, template

GROUND_Y = {"TMNF": 9.0, "TM2020": NO_GROUND}
"""Height of the endless ground, m: TMNF's grass (measured on replays); TM2020's stadium has none that we know."""


class Placed(NamedTuple):
    """A block of the map that carries road."""

    block: Block
    number: int  # index of the block in the map
    template: Template
    first_patch: int

    def __str__(self) -> str:
        return f"{self.block.name} at cell {self.block.cell}"


@dataclass(frozen=True, eq=False, slots=True)
class Layout:
    """All placed blocks of a map."""

    name: str
    game: str
    blocks: tuple[Placed, ...]
    patches: np.ndarray  # PATCH (P,), in world coordinates, linked, not yet turned along the route
    listed: np.ndarray  # int (m, 3): patch, world cell x, world cell z, without walls
    walls: np.ndarray  # the same for walls
    ground: Ground
    joints: dict[tuple[int, int], tuple[int, int]]  # (placed, port) -> (placed, port) it meets


def place(map_: Map, on_unknown: str, driven: Collection[str]) -> Layout:
    """Place every drivable block of a map.

    Args:
        map_: blocks with their world cells.
        on_unknown: ``"error"`` or ``"skip"``.
        driven: kinds (see ``tmenv.track.kinds``) that are welcome; blocks with any other count as unknown.

    Raises:
        UnsupportedBlockError: drivable blocks outside the catalogue, with ``on_unknown="error"``.
    """
    blocks, unknown = _known(map_, driven)
    ground = _ground(map_.game, blocks)
    if unknown and on_unknown == "error":
        raise UnsupportedBlockError(map_.plain_name, unknown)
    if not blocks:
        nothing = np.zeros((0, 3), np.int64)
        return Layout(map_.plain_name, map_.game, (), np.zeros(0, PATCH), nothing, nothing, ground, {})
    counts = np.array([len(placed.template.patches) for placed in blocks])
    owner = np.repeat(np.arange(len(blocks)), counts)
    cells = np.array([placed.block.cell for placed in blocks])
    patches = moved((placed.template.patches for placed in blocks), cells[owner])
    patches["block"] = np.array([placed.number for placed in blocks])[owner]
    first = np.array([placed.first_patch for placed in blocks], np.int32)
    for field in ("before", "after"):
        patches[field] += (patches[field] >= 0) * first[owner]
    joints = _joints(blocks)
    _link(patches, blocks, joints)
    listed = _listed(blocks, cells, first)
    is_wall = patches["surface"][listed[:, 0]] == WALL
    return Layout(map_.plain_name, map_.game, tuple(blocks), patches, listed[~is_wall], listed[is_wall], ground, joints)


def _known(map_: Map, driven: Collection[str]) -> tuple[list[Placed], Counter[str]]:
    found: list[tuple[Block, int, Template]] = []
    unknown: Counter[str] = Counter()
    for number, block in enumerate(map_.blocks):
        if catalogue.is_decoration(map_.game, block.name):
            continue
        key = catalogue.block_key(map_.game, block.name, block.variant)
        if key is None or block.is_free:
            unknown[block.name + (" (free)" if block.is_free else "")] += 1
            continue
        made = template(map_.game, key, block.rotation, block.on_ground)
        if made.kinds.issubset(driven):
            found.append((block, number, made))
        elif not made.scenery:
            unknown[block.name] += 1
    covered = {
        cell for block, _, made in found if made.replaces_ground and not made.yields for cell in _columns(block, made)
    }
    blocks: list[Placed] = []
    first = 0
    for block, number, made in found:
        if made.yields and not covered.isdisjoint(_columns(block, made)):
            continue
        blocks.append(Placed(block, number, made, first))
        first += len(made.patches)
    return blocks, unknown


def _columns(block: Block, made: Template) -> list[tuple[int, int]]:
    """World cells (x, z) of a block's box."""
    x, _, z = block.cell
    return [(x + i, z + k) for i in range(made.size[0]) for k in range(made.size[2])]


def _ground(game: str, blocks: list[Placed]) -> Ground:
    own: list[tuple[int, int]] = []
    heights: list[float] = []
    materials: list[int] = []
    cut: list[tuple[int, int]] = []
    for placed in blocks:
        terrain = placed.template.terrain
        if terrain is None and not placed.template.replaces_ground:
            continue
        cells = _columns(placed.block, placed.template)
        if terrain is None:
            cut += cells
            continue
        own += cells
        heights += [LEVEL_M * placed.block.cell[1] + terrain[0]] * len(cells)
        materials += [terrain[1]] * len(cells)
    return Ground(
        GROUND_Y[game],
        Material.GRASS,
        np.array(own, np.int64).reshape(-1, 2),
        np.array(heights),
        np.array(materials, np.int64),
        np.array(cut, np.int64).reshape(-1, 2),
    )


def _listed(blocks: list[Placed], cells: np.ndarray, first: np.ndarray) -> np.ndarray:
    counts = [len(placed.template.cells) for placed in blocks]
    owner = np.repeat(np.arange(len(blocks)), counts)
    listed = np.concatenate([placed.template.cells for placed in blocks]).astype(np.int64)
    listed[:, 0] += first[owner]
    listed[:, 1] += cells[owner, 0]
    listed[:, 2] += cells[owner, 2]
    return listed


def _joints(blocks: Iterable[Placed]) -> dict[tuple[int, int], tuple[int, int]]:
    """Ports of two blocks at the same place that look at each other."""
    waiting: dict[tuple[int, int, int, int], list[tuple[int, int]]] = defaultdict(list)
    joints: dict[tuple[int, int], tuple[int, int]] = {}
    for i, placed in enumerate(blocks):
        x, y, z = placed.block.cell
        for j, port in enumerate(placed.template.ports):
            place_ = (2 * x + port.x, y + port.level, 2 * z + port.z)
            partners = waiting[(*place_, (port.side + 2) % 4)]
            if partners:
                other = partners.pop(0)
                joints[i, j], joints[other] = other, (i, j)
            else:
                waiting[(*place_, port.side)].append((i, j))
    return joints


def _link(patches: np.ndarray, blocks: list[Placed], joints: dict[tuple[int, int], tuple[int, int]]) -> None:
    befores, afters = patches["before"], patches["after"]
    for (i, j), (other, k) in joints.items():
        placed, meets = blocks[i], blocks[other]
        port, there = placed.template.ports[j], meets.template.ports[k]
        if port.patch >= 0 and there.patch >= 0:  # lanes lie on no patch of their own
            (afters if port.at_end else befores)[placed.first_patch + port.patch] = meets.first_patch + there.patch
