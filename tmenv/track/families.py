"""Which blocks random tracks are made of, and how often: one table per set of families and game.

Each row gives a block's weight on the easiest and on the hardest tracks; in between it changes by equal factors. The
ways of driving a block (both directions, curves to both sides) share its weight. Weights compare only pieces that
continue the same joint: on a climbing road the choice is between the rows that begin on one.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

from tmenv.track.blocklist import GROUND_LEVEL
from tmenv.track.jumps import JUMPS
from tmenv.track.pieces import LEVEL_JOINT, TOP_LEVEL, Joint, Piece, jump_piece, pieces_of
from tmenv.track.turtle import KEYS


class Weight(NamedTuple):
    """How often a block comes."""

    easy: float
    hard: float


_FLAT = {
    "straight": Weight(14.0, 3.0),
    "turbo": Weight(0.25, 0.5),
    "curve1": Weight(0.05, 5.0),
    "curve2": Weight(1.0, 4.0),
    "curve3": Weight(2.5, 1.0),
    "curve4": Weight(1.4, 0.25),
    "curve5": Weight(1.0, 0.1),
}
_CHICANES = {"2x2": Weight(0.2, 1.2), "3x2": Weight(0.3, 1.0), "4x3": Weight(0.3, 0.5)}

_START, _END, _STRAIGHT = Weight(0.5, 1.2), Weight(0.5, 1.2), Weight(2.0, 1.0)
_BASE, _STEEP_BASE, _BOTTOM = Weight(0.5, 0.8), Weight(0.02, 0.8), Weight(0.1, 0.5)
_SLOPE_TURBO = Weight(0.1, 0.2)
_SLOPE_CHICANES = {"2x2": Weight(0.1, 0.8), "3x2": Weight(0.2, 0.8), "4x3": Weight(0.3, 0.4)}

_SHORT, _LONG, _TILT = Weight(0.1, 0.8), Weight(0.4, 0.8), Weight(2.0, 1.0)
_TILT_CURVES = (Weight(0.1, 2.5), Weight(0.8, 2.0), Weight(1.2, 0.6), Weight(0.8, 0.2))
_TILT_CHICANE = Weight(0.1, 0.8)
_TO_DIRT, _DIRT_STRAIGHT, _DIRT_WAVE = Weight(5.0, 5.0), Weight(6.0, 2.0), Weight(0.5, 1.0)
_DIRT_CURVES = (Weight(0.05, 4.0), Weight(1.5, 4.0), Weight(3.0, 1.0))
_DIRT_CHICANE, _DIRT_STEEP, _DIRT_HILL = Weight(0.5, 1.5), Weight(0.1, 1.0), Weight(1.2, 1.5)
_TILT_CORNER, _TILT_CURVE = Weight(0.02, 0.6), Weight(0.2, 0.6)


def _both(pattern: str, words: tuple[str, str], weight: Weight) -> dict[str, Weight]:
    """A block and its mirror image, with half the weight each."""
    half = Weight(weight.easy / 2, weight.hard / 2)
    return {pattern.format(word): half for word in words}


_MIRROR, _SIDES = ("", "Mirror"), ("Left", "Right")

_TABLES: dict[str, dict[tuple[str, ...], dict[str, Weight]]] = {
    "TMNF": {
        ("flat",): {
            **{KEYS["TMNF"][word]: weight for word, weight in _FLAT.items()},
            **{
                key: weight
                for word, both in _CHICANES.items()
                for key, weight in _both(KEYS["TMNF"][f"chicane{word}"] + "{}", _MIRROR, both).items()
            },
        },
        ("slopes",): {
            "StadiumRoadMainBiSlopeStart": _START,
            "StadiumRoadMainBiSlopeEnd": _END,
            "StadiumRoadMainSlopeStraight": _STRAIGHT,
            "StadiumRoadMainSlopeBase": _BASE,
            "StadiumRoadMainSlopeBase2": _STEEP_BASE,
            "StadiumRoadMainSlopeUBottom": _BOTTOM,
            "StadiumRoadMainTurboUp": _SLOPE_TURBO,
            "StadiumRoadMainTurboDown": _SLOPE_TURBO,
            **{
                key: weight
                for word, both in _SLOPE_CHICANES.items()
                for key, weight in _both(f"StadiumRoadMainGTDiag{word}Slope" + "{}", _MIRROR, both).items()
            },
        },
        ("tilts",): {
            **_both("StadiumRoadTiltTransition1{}", _SIDES, _SHORT),
            **_both("StadiumRoadTiltTransition2{}", _SIDES, _LONG),
            **_both("StadiumRoadTiltTransition2Curve{}", _SIDES, _LONG),
            **_both("StadiumRoadTiltTransition2Diag{}", _SIDES, _LONG),
            "StadiumRoadTiltStraight": _TILT,
            "StadiumRoadTiltCorner": _TILT_CURVES[0],
            **{f"StadiumRoadTiltGTCurve{n}": _TILT_CURVES[n - 1] for n in (2, 3, 4)},
            **_both("StadiumRoadMainGTDiag2x2Tilt{}", _MIRROR, _TILT_CHICANE),
            **_both("StadiumRoadMainGTDiag3x2Tilt{}", _MIRROR, _TILT_CHICANE),
        },
        ("dirt",): {
            "StadiumRoadDirtToRoad": _TO_DIRT,
            "StadiumRoadDirt#3": _DIRT_STRAIGHT,
            "StadiumRoadDirtFenceStraight": _DIRT_STRAIGHT,
            "StadiumRoadDirtWave_x2": _DIRT_WAVE,
            "StadiumRoadDirt#2": _DIRT_CURVES[0],
            "StadiumRoadDirtGTCurve2": _DIRT_CURVES[1],
            "StadiumRoadDirtGTCurve3": _DIRT_CURVES[2],
            **_both("StadiumRoadDirtDiagonale{}", _SIDES, _DIRT_CHICANE),
            "StadiumRoadDirtToRoadDirtHigh": _DIRT_STEEP,
            "StadiumRoadDirtToRoadDirtHigh2": _DIRT_HILL,
            "StadiumRoadDirtHighToRoad": _TO_DIRT,
            "StadiumRoadDirtHighFenceStraight": _DIRT_STRAIGHT,
            "StadiumRoadDirtHighFenceCorner": _DIRT_CURVES[0],
            "StadiumRoadDirtHighGTCurve3": _DIRT_CURVES[2],
        },
        ("slopes", "tilts"): {
            **_both("StadiumRoadTiltCornerDown{}", _SIDES, _TILT_CORNER),
            **_both("StadiumRoadTiltCornerUp{}", _SIDES, _TILT_CORNER),
            **_both("StadiumRoadTiltGTCurve2Down{}", _SIDES, _TILT_CURVE),
            **_both("StadiumRoadTiltGTCurve2Up{}", _SIDES, _TILT_CURVE),
        },
    },
    "TM2020": {
        ("flat",): {
            **{KEYS["TM2020"][word]: weight for word, weight in _FLAT.items()},
            **_both("RoadTechChicaneX2{}", _SIDES, _CHICANES["2x2"]),
            **_both("RoadTechChicaneX3{}", _SIDES, _CHICANES["3x2"]),
        },
        ("slopes",): {
            "RoadTechSlopeStart2x1": _START,
            "RoadTechSlopeEnd2x1": _END,
            "RoadTechSlopeStraight": _STRAIGHT,
            "RoadTechSlopeBase": _BASE,
            "RoadTechSlopeBase2x1": _BASE,
            "RoadTechSlopeBase2": _STEEP_BASE,
            "RoadTechSlopeUBottomX2": _BOTTOM,
            "RoadTechSpecialTurboSlopeUp": _SLOPE_TURBO,
            "RoadTechSpecialTurboSlopeDown": _SLOPE_TURBO,
            **_both("RoadTechChicaneX2Slope{}", _SIDES, _SLOPE_CHICANES["2x2"]),
            **_both("RoadTechChicaneX3Slope{}", _SIDES, _SLOPE_CHICANES["3x2"]),
        },
        ("tilts",): {
            **_both("RoadTechTiltTransition1Up{}", _SIDES, _SHORT),
            **_both("RoadTechTiltTransition1Down{}", _SIDES, _SHORT),
            **_both("RoadTechTiltTransition2Up{}", _SIDES, _LONG),
            **_both("RoadTechTiltTransition2Down{}", _SIDES, _LONG),
            "RoadTechTiltStraight": _TILT,
            **_both("RoadTechTiltSwitch{}", _SIDES, _TILT_CHICANE),
            **{f"RoadTechTiltCurve{n}": _TILT_CURVES[n - 1] for n in (1, 2, 3, 4)},
        },
        ("slopes", "tilts"): {
            **_both("RoadTechTiltCurve1Down{}", _SIDES, _TILT_CORNER),
            **_both("RoadTechTiltCurve1Up{}", _SIDES, _TILT_CORNER),
            **_both("RoadTechTiltCurve2Down{}", _SIDES, _TILT_CURVE),
            **_both("RoadTechTiltCurve2Up{}", _SIDES, _TILT_CURVE),
        },
    },
}

_CHECKPOINTS = {
    "TMNF": (
        "StadiumRoadMainCheckpoint",
        "StadiumRoadDirtCheckpoint",
        "StadiumRoadDirtHighCheckpoint",
        *(f"StadiumRoadMainCheckpoint{way}" for way in ("Up", "Down", *_SIDES)),
    ),
    "TM2020": (
        "RoadTechCheckpoint",
        *(f"RoadTechCheckpointSlope{way}" for way in ("Up", "Down")),
        *(f"RoadTechCheckpointTilt{side}" for side in _SIDES),
    ),
}


_RAMPS = {"TMNF": "StadiumRoadMainBiSlopeStart", "TM2020": "RoadTechSlopeStart2x1"}
_JUMPS = (Weight(5.0, 5.0), Weight(30.0, 30.0), Weight(80.0, 80.0), Weight(60.0, 60.0))
"""In the order of ``JUMPS``; few places have the run-up that they need, the later ones fewer."""
RUN_UP = 3.0
"""Straights come this much oftener where there are jumps."""


class Choice(NamedTuple):
    """Pieces to choose from, with the running sums of their weights."""

    sums: list[float]
    pieces: list[Piece]


@dataclass(frozen=True, eq=False)
class Kit:
    """The pieces of one game, difficulty and set of families, by the joint that they continue."""

    start: Piece
    finish: Piece
    checkpoints: dict[Joint, Piece]
    any: dict[Joint, Choice]
    straight: dict[Joint, Choice]  # without curves and jumps
    level: dict[Joint, Choice]  # nothing but level straights: where cars land
    homeward: dict[Joint, Choice]  # straight ways to what a finish needs
    top: int  # the highest level that a road may reach


@lru_cache(maxsize=64)
def kit(game: str, difficulty: float, families: tuple[str, ...]) -> Kit:
    """The pieces of a game at a difficulty from 0 to 1."""
    weighted = [
        (easy ** (1.0 - difficulty) * hard**difficulty, piece) for easy, hard, piece in _weighted(game, families)
    ]
    return Kit(
        pieces_of(game, KEYS[game]["start"])[0],
        pieces_of(game, KEYS[game]["finish"])[0],
        {piece.enters: piece for key in _CHECKPOINTS[game] for piece in pieces_of(game, key)},
        _by_joint(weighted),
        _by_joint([(weight, piece) for weight, piece in weighted if not piece.turns and piece.jump is None]),
        _by_joint([(weight, piece) for weight, piece in weighted if piece.plain and not piece.boosts]),
        _by_joint([(weight, piece) for weight, piece in weighted if _leads_home(piece)]),
        GROUND_LEVEL if families == ("flat",) else TOP_LEVEL,
    )


def _leads_home(piece: Piece) -> bool:
    new_run_out = piece.enters == LEVEL_JOINT and piece.needs_run_out
    return piece.leaves == LEVEL_JOINT and not piece.turns and not new_run_out and piece.jump is None


@cache
def _weighted(game: str, families: tuple[str, ...]) -> list[tuple[float, float, Piece]]:
    rows: list[tuple[float, float, Piece]] = []
    for needed, table in _TABLES[game].items():
        if not set(needed) <= set(families):
            continue
        for key, weight in table.items():
            pieces = pieces_of(game, key)
            rows += [(weight.easy / len(pieces), weight.hard / len(pieces), piece) for piece in pieces]
    if "jumps" in families:
        rows = [_between_jumps(*row) for row in rows if not row[2].boosts]
        jumps = [jump_piece(game, jump, _RAMPS[game]) for jump in JUMPS]
        rows += [(weight.easy, weight.hard, piece) for weight, piece in zip(_JUMPS, jumps, strict=True)]
    return rows


def _between_jumps(easy: float, hard: float, piece: Piece) -> tuple[float, float, Piece]:
    """A row of a track with jumps, which need straights to run up."""
    more = RUN_UP if piece.plain else 1.0
    return more * easy, more * hard, piece


def _by_joint(weighted: list[tuple[float, Piece]]) -> dict[Joint, Choice]:
    grouped: dict[Joint, list[tuple[float, Piece]]] = defaultdict(list)
    for weight, piece in weighted:
        grouped[piece.enters].append((weight, piece))
    return {
        joint: Choice(list(accumulate(weight for weight, _ in rows)), [piece for _, piece in rows])
        for joint, rows in grouped.items()
    }
