"""Finds which block of a template a block of the new map was."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tmenv.gbx.blocks import Block


class Match(NamedTuple):
    """Where a block of the new map comes from.

    Attributes:
        index: block of the template; None for a new block.
        is_copy: that block is also the origin of an earlier one.
    """

    index: int | None
    is_copy: bool = False


Matches = list[Match]


def match_blocks(old: Sequence[Block], new: Sequence[Block]) -> Matches:
    """For every block of ``new``: the equal one of ``old``; failing that, one that was only moved; or none.

    Every old block is the origin of one new block as long as there are enough; further ones are copies.
    """
    found: list[Match | None] = [None] * len(new)
    unused = set(range(len(old)))
    for identity in (lambda block: block, _apart_from_place):
        waiting: defaultdict[Block, deque[int]] = defaultdict(deque)
        for index in sorted(unused):
            waiting[identity(old[index])].append(index)
        for number, block in enumerate(new):
            if found[number] is None and (candidates := waiting.get(identity(block))):
                index = candidates.popleft()
                found[number] = Match(index)
                unused.discard(index)
    origins = {_apart_from_place(block): index for index, block in reversed(list(enumerate(old)))}
    return [match or _copy_of(origins.get(_apart_from_place(block))) for match, block in zip(found, new, strict=True)]


def _copy_of(index: int | None) -> Match:
    return Match(index, is_copy=index is not None)


def _apart_from_place(block: Block) -> Block:
    return replace(block, rotation=0, cell=(0, 0, 0), position=None, rotation_euler=None)


def is_unchanged(matches: Matches, number_of_old: int) -> bool:
    """Every old block has stayed in its place in the list."""
    return [match.index for match in matches] == list(range(number_of_old))
