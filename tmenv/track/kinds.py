"""What a block is made of, in words, and which of these words the engine can drive."""

from typing import Any

import numpy as np

from tmenv.track import catalogue
from tmenv.track.tables import LOOK_UP, NODES, PLANE, PROFILE, ROUND, WALL, WALL_LEFT, WALL_RIGHT

KINDS = ("road", "slope", "deck", "opening", "nodes", "round", "wall", "ground", "gate", "special")
"""Words for the parts of a block.

* road: level ribbons; slope: ribbons and decks that climb or bank; deck: open areas without borders;
* opening: a hole in a patch; nodes, round, wall: patches with that surface;
* ground: the block is open ground or takes it away; gate: a waypoint without any surface below it;
* special: the block does something to cars that the engine does not know.
"""

DRIVEN_KINDS = frozenset(KINDS) - {"special"}
"""THE switch: kinds that the engine drives. ``build`` refuses blocks with any other; add a kind when it can."""

_LEVEL_M = 1.0
"""A profile with less between its highest and lowest knot counts as level: the start line, the end of a road."""


def kinds_of(patches: np.ndarray, row: dict[str, Any]) -> frozenset[str]:
    """The kinds of a block.

    Args:
        patches: ``PATCH`` (n,), counting in the tables of the catalogue.
        row: its row of the catalogue.
    """
    surface = patches["surface"]
    ribbon = surface < NODES
    both_sides = WALL_LEFT | WALL_RIGHT
    deck = ribbon & (patches["open_sides"] == both_sides) & (patches["before"] == LOOK_UP)
    found = {
        "road": ribbon & ~deck,
        "slope": (surface == PLANE) | _climbs(patches),
        "deck": deck,
        "opening": patches["opening"] >= 0,
        "nodes": surface == NODES,
        "round": surface == ROUND,
        "wall": surface == WALL,
    }
    stated = {
        "ground": "terrain" in row or "replaces_ground" in row,
        "gate": "waypoint" in row and not len(patches),
        "special": "special" in row,
    }
    return frozenset(
        [kind for kind, mask in found.items() if mask.any()] + [kind for kind, holds in stated.items() if holds]
    )


def _climbs(patches: np.ndarray) -> np.ndarray:
    table = catalogue.profile_table()[np.maximum(patches["profile"], 0)]
    heights, banks = table[:, 0], table[:, 1]
    bent = (np.ptp(heights, axis=1) > _LEVEL_M) | (banks != 0).any(axis=1)
    return (patches["surface"] == PROFILE) & bent
