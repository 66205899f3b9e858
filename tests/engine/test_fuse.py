"""Products are fused with sums where the source says so, and nowhere else."""

import os
import platform
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import types

from tmenv.engine.compile import device

ROOT = Path(__file__).resolve().parents[2]
STEP = np.float32(2.0**-12)
NEAR_ONE = np.float32(1.0) + STEP
SQUARE = np.float32(1.0) + np.float32(2.0) * STEP
"""``NEAR_ONE`` squared, rounded: what is lost is ``STEP`` squared, half a unit in the last place."""
LOST = float(STEP) ** 2


def compiled(function):
    """A kernel of three float32 numbers that calls ``function``."""
    inner = device(function)

    @numba.njit(types.float32(types.float32, types.float32, types.float32))
    def kernel(a, b, c):
        return inner(a, b, c)

    return kernel


def named(a, b, c):
    product = a * b
    return product - c


def added_in_place(a, b, c):
    sum_ = -c
    sum_ += a * b
    return sum_


FUSED = {
    "a product plus": (lambda a, b, c: a * b + -c, LOST),
    "plus a product": (lambda a, b, c: -c + a * b, LOST),
    "a product minus": (lambda a, b, c: a * b - c, LOST),
    "minus a product": (lambda a, b, c: c - a * b, -LOST),
    "added in place": (added_in_place, LOST),
    "of two products the left one": (lambda a, b, c: a * b - c * (b / a), LOST),
    "the left one, though it is the smaller": (lambda a, b, c: -c * (b / a) + a * b, 0.0),
    "each product of a longer sum": (lambda a, b, c: a * b - c + a * b - c, 2 * LOST),
    "not a product with a name": (named, 0.0),
}


@pytest.mark.parametrize("name", FUSED)
def test_a_product_within_a_sum_is_rounded_with_it(name):
    function, expected = FUSED[name]
    assert compiled(function)(NEAR_ONE, NEAR_ONE, SQUARE) == expected


def test_products_of_doubles_and_of_integers_are_left_alone():
    inner = device(lambda a, b, c: a * b - c)

    @numba.njit
    def kernel(a, b, c):
        return inner(a, b, c)

    assert kernel(3, 4, 5) == 7
    assert kernel(1.0 + 2.0**-30, 1.0 + 2.0**-30, 1.0 + 2.0**-29) == 0.0


EXACT = compiled(lambda a, b, c: a * b + c)


@given(*[st.floats(-1e3, 1e3, width=32)] * 3)
def test_a_fused_sum_is_the_nearest_number_to_the_exact_one(a, b, c):
    exact, sum_ = Fraction(a) * Fraction(b) + Fraction(c), np.float32(EXACT(a, b, c))
    neighbours = (np.nextafter(sum_, np.float32(side)) for side in (-np.inf, np.inf))
    assert all(abs(Fraction(float(sum_)) - exact) <= abs(Fraction(float(other)) - exact) for other in neighbours)


SUMS_ON_THIS_CHIP = """
import numpy as np
from tests.engine.test_fuse import EXACT
rows = np.random.default_rng(0).normal(size=(999, 3)).astype(np.float32)
print("vfmadd" in next(iter(EXACT.inspect_asm().values())))
print(np.array([EXACT(*row) for row in rows], np.float32).tobytes().hex())
"""


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="x86 alone has chips without it")
def test_a_chip_without_the_instruction_gives_the_same_bits():
    has_it, sums = zip(*(said_for(chip) for chip in ("generic", "haswell")), strict=True)
    assert has_it == ("False", "True")
    assert sums[0] == sums[1]


def said_for(chip):
    """What ``SUMS_ON_THIS_CHIP`` prints where numba compiles for ``chip``."""
    environment = {**os.environ, "NUMBA_CPU_NAME": chip, "NUMBA_CPU_FEATURES": ""}
    command = [sys.executable, "-c", SUMS_ON_THIS_CHIP]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()
