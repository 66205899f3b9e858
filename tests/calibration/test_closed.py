"""Gravity and drag in flight, found again from cars that our own simulator threw."""

import numpy as np
import pytest

from tmenv.calibration.closed import flight_law
from tmenv.calibration.labels import describe
from tmenv.calibration.motion import rotate
from tmenv.calibration.plain import plain
from tmenv.calibration.recorded import SAMPLE, TAPE, Runs, join
from tmenv.constants import Material
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator, constant_controls

ARM = np.array([0.0, 0.4385, 0.2883])


def thrown(count: int, gas: bool = True, **laws: float) -> Runs:
    """Cars that fall for 4 s from a great height with different speeds and spins, sampled every 100 ms."""
    rng = np.random.default_rng(1)
    simulator = Simulator(plain(Material.ASPHALT), load_parameters("TMNF", **laws), count)
    cars = simulator.cars
    cars["position"][:, 1] = 2000.0
    cars["velocity"] = rng.normal(0.0, 30.0, (count, 3))
    cars["spin"] = rng.normal(0.0, 0.5, (count, 3))
    samples = np.zeros((count, 40), SAMPLE)
    for step in range(40):
        samples["time_ms"][:, step] = 100 * step
        samples["position"][:, step] = cars["position"] - rotate(cars["rotation"], ARM)
        samples["rotation"][:, step] = cars["rotation"]
        simulator.drive(constant_controls(count, 10, 0.0, gas, False))
    fields = {"map": 0, "source": 0, "driver": 0, "period_ms": 100}
    parts = [(fields, rows, np.array([(0.0, gas, False)] * 400, TAPE)) for rows in samples]
    return join("TMNF", parts, maps=(("", ""),), sources=(("", ""),), rejected={})


def test_gravity_and_drag_are_found_again_whatever_the_spin():
    runs = thrown(12, gravity_air=24.0, air_drag=0.04)
    found = flight_law(runs, describe(runs), np.ones(12, bool), ARM)
    assert found["gravity_air"][0] == pytest.approx(24.0, rel=1e-3)
    assert found["air_drag"][0] == pytest.approx(0.04, rel=0.01)
    assert 0.0 < found["gravity_air"][1] < 0.05


def test_a_few_samples_say_nothing():
    runs = thrown(3)
    assert flight_law(runs, describe(runs), np.ones(3, bool), ARM) == {}


def test_flights_without_gas_are_flights_but_say_nothing_of_the_drag():
    runs = thrown(12, gas=False)
    traits = describe(runs)
    assert traits.airborne.all()
    assert not traits.bodily.any()
    assert flight_law(runs, traits, np.ones(12, bool), ARM) == {}
