"""Things measured in turns, slice by slice: a busy moment of the machine hits all of them alike."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

from tmenv.bench.figure import Figure
from tmenv.bench.measure import SLICES


class Case(NamedTuple):
    """Something to be measured: ``run`` does ``count`` of them."""

    figure: Callable[[float], Figure]
    run: Callable[[], None]
    count: int


def in_turns(cases: list[Case], seconds: float) -> list[float]:
    """How many per second of each case, the median of its slices."""
    rates: list[list[float]] = [[] for _ in cases]
    for case in cases:
        case.run()
    for _ in range(SLICES):
        for case, found in zip(cases, rates, strict=True):
            start, done = perf_counter(), 0
            while perf_counter() - start < seconds / SLICES:
                case.run()
                done += case.count
            found.append(done / (perf_counter() - start))
    return [median(found) for found in rates]
