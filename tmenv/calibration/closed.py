"""What flights say in closed form: gravity and drag in the air, by robust regression of accelerations."""

import numpy as np

from tmenv.calibration.labels import Traits
from tmenv.calibration.motion import rotate, velocities
from tmenv.calibration.recorded import Runs
from tmenv.constants import TICK_S

NAMES = ("gravity_air", "air_drag")
"""The parameters that ``flight_law`` finds."""
_FEWEST = 200
_ROUNDS, _KEPT = 8, 3.0
"""Rounds of leaving out what lies beyond so many times the median residual: touches that no sample shows."""


def flight_law(runs: Runs, traits: Traits, kept: np.ndarray, arm: np.ndarray) -> dict[str, tuple[float, float]]:
    """{name: (value, standard error)} of ``NAMES`` from the flights of the runs of a mask; {} if there are too few.

    In flight the acceleration of the centre of mass, which is ``arm`` (3,) from the car's origin in the car's frame, is
    -g up - c v, with gas. Standard errors are clustered by run.
    """
    found = [_accelerations(runs, traits, index, arm) for index in np.flatnonzero(kept).tolist()]
    velocity, change = (
        (np.concatenate([part[k] for part in found]) for k in (0, 1)) if found else (np.zeros((0, 3)),) * 2
    )
    run = np.repeat(np.arange(len(found)), [len(part[0]) for part in found])
    if len(run) < _FEWEST:
        return {}
    # rows: three equations per sample, columns: g and c
    design = np.stack([np.tile([0.0, -1.0, 0.0], (len(run), 1)), -velocity], axis=2)
    chosen = np.ones(len(run), bool)
    solution = np.array([25.0, 0.03])
    for _ in range(_ROUNDS):
        miss = np.linalg.norm(change - design @ solution, axis=1)
        chosen = miss < _KEPT * np.median(miss[chosen]) + 1e-9
        rows = design[chosen].reshape(-1, 2)
        solution = np.linalg.lstsq(rows, change[chosen].ravel(), rcond=None)[0]
    inverse = np.linalg.inv(rows.T @ rows)
    gradient = np.einsum("nij,ni->nj", design[chosen], change[chosen] - design[chosen] @ solution)
    sums = np.zeros((len(found), 2))
    np.add.at(sums, run[chosen], gradient)
    errors = np.sqrt(np.diag(inverse @ sums.T @ sums @ inverse))
    return {name: (float(solution[k]), float(errors[k])) for k, name in enumerate(NAMES)}


def _accelerations(runs: Runs, traits: Traits, index: int, arm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Velocities and accelerations (n, 3) of one run where it is in the air with gas, as two samples on either side."""
    row = runs.runs[index]
    own = slice(row["sample_at"], row["sample_at"] + row["samples"])
    samples, period = runs.samples[own], row["period_ms"] / 1000.0
    path = samples["position"] + rotate(samples["rotation"], arm)
    aloft = traits.airborne[own] & traits.gas[own] & ~traits.bodily[own] & ~samples["broken"]
    if len(path) < 5:
        return np.zeros((0, 3)), np.zeros((0, 3))
    free = aloft[4:] & aloft[3:-1] & aloft[2:-2] & aloft[1:-3] & aloft[:-4]
    near, far = path[3:-1] + path[1:-3], path[4:] + path[:-4]
    change = (16.0 * near - far - 30.0 * path[2:-2]) / (12.0 * period**2)
    # explicit Euler: differences centred on a sample are the velocity half a tick before it, and the acceleration of
    # the tick before it
    velocity = velocities(path, period)[2:-2] - 0.5 * TICK_S * change
    return velocity[free], change[free]
