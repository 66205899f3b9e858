"""What special blocks do to the car, and that the tracks' words for it are known."""

import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.scenes import deck, scene
from tmenv.constants import KMH_PER_MPS, TICK_S, Effect
from tmenv.engine.params import read_parameters
from tmenv.track import catalogue
from tmenv.track.surfacing import set_materials
from tmenv.track.tables import PATCH

STEP = 7.0
"""Thrust between 201 and 401 km/h, m/s2."""


def over(effect: int, ticks: int = 0, pad_m: float = 20.0) -> Drive:
    """A car at 250 km/h whose wheels all stand on a special deck that ends ``pad_m`` ahead."""
    side = {"border_left": 30.0, "border_right": 30.0}
    pad = deck(z0=-20.0, length=20.0 + pad_m, effect=effect, **side)
    drive = Drive("TMNF", track=scene(pad, deck(z0=pad_m, length=900.0, **side)))
    drive.place((0.0, 0.015, 0.0), speed=250.0 / KMH_PER_MPS)
    drive.car["ticks"] = 1 + ticks
    return drive


def push(drive: Drive, ticks: int = 10) -> float:
    """Mean acceleration of the next ticks with gas, m/s2."""
    before = drive.go(1, gas=True).forward_speed
    return (drive.go(ticks, gas=True).forward_speed - before) / (ticks * TICK_S)


@pytest.mark.parametrize(("effect", "factor"), [(Effect.NONE, 0.0), (Effect.TURBO, 5.0), (Effect.TURBO_2, 20.0)])
def test_a_turbo_adds_a_multiple_of_the_thrust_step(effect: int, factor: float):
    assert push(over(effect)) == pytest.approx(STEP * (1.0 + factor), rel=0.02)


@pytest.mark.parametrize(("effect", "lasts_s"), [(Effect.TURBO, 0.25), (Effect.TURBO_2, 0.1)])
def test_a_turbo_outlasts_its_block_for_a_moment(effect: int, lasts_s: float):
    drive = over(effect, pad_m=3.0)
    gained = np.array([push(drive, 1) for _ in range(40)])  # two ticks each
    strong = np.flatnonzero(gained > 2 * STEP)
    on_pad_s = (3.0 + 1.5) / 70.0
    assert (strong[-1] + 1) * 2 * TICK_S == pytest.approx(on_pad_s + lasts_s, abs=0.03)


@pytest.mark.parametrize(("tick", "factor"), [(10, 5.0), (60, 7.5), (88, 10.0), (110, 5.0), (260, 7.5)])
def test_a_roulette_pushes_by_the_clock(tick: int, factor: float):
    assert push(over(Effect.ROULETTE, ticks=tick), 5) == pytest.approx(STEP * (1.0 + factor), rel=0.02)


def test_a_free_wheel_cuts_the_engine_beyond_its_block():
    drive = over(Effect.FREE_WHEEL, pad_m=3.0)
    assert push(drive, 100) == pytest.approx(-1.0, abs=0.05)


def test_the_effects_of_the_catalogue_reach_the_patches():
    words = {"deck_turbo": Effect.TURBO, "tm2020_turbo_2": Effect.TURBO_2, "deck_roulette": Effect.ROULETTE}
    for section, effect in {**words, "tm2020_no_engine": Effect.FREE_WHEEL, "deck": Effect.NONE}.items():
        row = np.zeros(1, PATCH)
        set_materials(row[0], section, on_ground=False)
        assert row["effect"][0] == effect


@pytest.mark.parametrize("game", ["TMNF", "TM2020"])
def test_every_material_of_a_driven_block_has_a_law(game: str):
    known = {int(material) for material in read_parameters(game)["surfaces"]}
    for key in catalogue.block_names(game):
        row = catalogue.row(game, key)
        if "section" in row and "special" not in row:
            assert set(catalogue.section(row["section"])["materials"]) <= known, key
