"""Fitting the engine's parameters: what has a closed form, then least squares over many windows through the engine.

Multiple shooting: each window starts from its own recorded state. What is uncertain about that state (velocity, spin)
is integrated out: its effect on the path is found by driving the window from shifted states, and the paths are
compared with the covariance that this uncertainty gives them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tmenv.calibration.closed import flight_law
from tmenv.calibration.evaluate import Bench
from tmenv.calibration.motion import FORWARD, LEFT, UP, rotate
from tmenv.calibration.split import Split
from tmenv.calibration.values import changed, get, origin
from tmenv.calibration.windows import Driven, Windows, cut
from tmenv.engine.params import make_record
from tmenv.errors import ConfigError

Show = Callable[[Iterable[Any], str], Iterable[Any]] | None

FIT_HORIZON_S = 1.0
_PER_STRATUM = 120
_FEWEST = 4
_PLACES = (0.3, 0.6, 1.0)
"""Shares of a window at which paths are compared."""
_NOISE_M = 0.02
"""m, what the geometry of tracks and the rounding of positions leave."""
_STATE_NOISE = np.array([0.06, 0.06, 0.06, 0.02, 0.006, 0.02])
"""Standard deviation of the state at a start: velocity (m/s), spin (rad/s) about left, up, forward."""
_PRIOR = {"fit": 0.01, "reported": 0.03, "assumed": 0.3}
"""Standard deviation, as a share of the value, that a number is trusted with before the fit, by its origin."""
_STEP = 0.01
_CLIPPED = 3.0
"""Residuals, in standard deviations, from which the loss grows only with their logarithm."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fit.

    Attributes:
        values: name -> fitted number.
        errors: name -> its standard error (clustered by run).
        windows: number of windows used; ``runs`` of runs.
        cost: robust cost before and after.
    """

    values: dict[str, float]
    errors: dict[str, float]
    windows: int
    runs: np.ndarray
    cost: tuple[float, float]


def fit(
    bench: Bench,
    data: dict[str, Any],
    names: list[str],
    parts: Split,
    seed: int,
    rounds: int,
    show: Show = None,
) -> Fitted:
    """Fit the numbers ``names`` of the parameters ``data`` on the runs that the split leaves for it.

    Gravity and drag in flight come first, in closed form; the rest by shooting, with those held.

    Raises:
        ConfigError: scipy is missing, or no window is left to fit on.
    """
    try:
        from scipy.optimize import least_squares
    except ImportError:
        raise ConfigError('fitting needs scipy: pip install "tmenv[calibrate]"') from None

    flights = flight_law(bench.runs, bench.driver.traits, parts.fit, _arm(data))
    closed, errors = ({name: found[k] for name, found in flights.items()} for k in (0, 1))
    data = changed(data, closed)
    windows = _chosen(bench, parts, seed)
    start = np.array([get(data, name) for name in names])
    scale = np.maximum(np.abs(start), 1e-3)
    prior = np.array([_PRIOR[origin(data, name)] for name in names])
    problem = _Problem(bench, data, names, windows, start, scale, prior, show)
    before = problem.residuals(np.zeros(len(names)))
    solved = least_squares(
        problem.residuals,
        np.zeros(len(names)),
        jac=problem.jacobian,  # pyright: ignore[reportArgumentType] (scipy takes a function, too)
        loss="cauchy",
        f_scale=_CLIPPED,
        max_nfev=rounds,
        bounds=(-1.5, 1.5),
    )
    return Fitted(
        values=closed | dict(zip(names, (start + scale * solved.x).tolist(), strict=True)),
        errors=errors | dict(zip(names, (scale * problem.standard_errors(solved.x)).tolist(), strict=True)),
        windows=len(windows),
        runs=np.unique(windows.run),
        cost=(_robust_cost(before), float(solved.cost)),
    )


def _arm(data: dict[str, Any]) -> np.ndarray:
    """From the car's origin to its centre of mass, car frame, m."""
    return np.array([0.0, get(data, "com_up"), get(data, "com_forward")])


def _robust_cost(residuals: np.ndarray) -> float:
    return float(0.5 * _CLIPPED**2 * np.log1p((residuals / _CLIPPED) ** 2).sum())


def _chosen(bench: Bench, parts: Split, seed: int) -> Windows:
    """Windows of the runs to fit on, at most so many of each stratum, so that the common ones do not drown the rare."""
    stride = FIT_HORIZON_S / 2 if bench.runs.seconds < _PLENTY_S else FIT_HORIZON_S
    windows = cut(bench.runs, bench.driver.traits, bench.courses, FIT_HORIZON_S, stride)
    rng = np.random.default_rng(seed)
    usable = parts.fit[windows.run]
    place = bench.runs.runs["map"][windows.run]
    taken = []
    for name in sorted(set(windows.stratum.tolist())):
        rows = rng.permutation(np.flatnonzero(usable & (windows.stratum == name)))
        if len(rows) >= _FEWEST:
            taken.append(rows[np.argsort(_turn(place[rows]), kind="stable")][:_PER_STRATUM])
    if not taken:
        raise ConfigError("no window of the runs is left to fit on: give more runs")
    return windows.some(np.sort(np.concatenate(taken)))


def _turn(place: np.ndarray) -> np.ndarray:
    """For each row, how many rows before it are of the same place: in this order, all places take turns."""
    order = np.argsort(place, kind="stable")
    counts = np.unique(place, return_counts=True)[1]
    turn = np.zeros(len(place), np.int64)
    turn[order] = np.concatenate([np.arange(count) for count in counts]) if len(counts) else 0
    return turn


_PLENTY_S = 10_000.0


class _Problem:
    """Residuals as a function of relative changes of the parameters."""

    def __init__(
        self,
        bench: Bench,
        data: dict[str, Any],
        names: list[str],
        windows: Windows,
        start: np.ndarray,
        scale: np.ndarray,
        prior: np.ndarray,
        show: Show,
    ):
        self.bench, self.data, self.names, self.windows = bench, data, names, windows
        self.start, self.scale, self.prior, self.show = start, scale, prior, show
        rotation = bench.runs.samples["rotation"][windows.start]
        self._axes = np.stack([rotate(rotation, axis) for axis in (FORWARD, LEFT, UP)], axis=1)
        self._whiten = self._whitening()

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """Whitened differences of the paths, one after the other, and the distance from what was known before."""
        white = np.einsum("wij,wj->wi", self._whiten, self._differences(x))
        return np.concatenate(
            [np.clip(np.nan_to_num(white, nan=_FAR, posinf=_FAR), -_FAR, _FAR).ravel(), x / self.prior]
        )

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        columns = range(len(x))
        middle, result = self.residuals(x), []
        for column in columns if self.show is None else self.show(columns, "derivatives"):
            shift = np.zeros(len(x))
            shift[column] = _STEP
            result.append(_tamed((self.residuals(x + shift) - middle) / _STEP))
        self._last = np.stack(result, axis=1)
        return self._last

    def standard_errors(self, x: np.ndarray) -> np.ndarray:
        """Standard errors of x, from the spread of the gradient between runs (windows of a run are not independent)."""
        residuals, jacobian = self.residuals(x), self._last
        weight = 1.0 / (1.0 + (residuals / _CLIPPED) ** 2)
        count = len(self.windows)
        each = (len(residuals) - len(x)) // count
        hessian = (jacobian * weight[:, None]).T @ jacobian
        gradient = (jacobian * (weight * residuals)[:, None])[: count * each].reshape(count, each, -1).sum(axis=1)
        _, group = np.unique(self.windows.run, return_inverse=True)
        sums = np.zeros((group.max() + 1, len(x)))
        np.add.at(sums, group, gradient)
        inverse = np.linalg.pinv(hessian)
        spread = inverse @ (sums.T @ sums + np.diag(self.prior**-2.0)) @ inverse
        return np.sqrt(np.diag(spread))

    def _differences(self, x: np.ndarray) -> np.ndarray:
        values = dict(zip(self.names, (self.start + self.scale * x).tolist(), strict=True))
        driven = self.bench.driver.drive(self.windows, make_record(changed(self.data, values)))
        return self._in_car_frame(driven)

    def _in_car_frame(self, driven: Driven) -> np.ndarray:
        length = driven.position.shape[1]
        at = [round(place * length) - 1 for place in _PLACES]
        shift = driven.position[:, at] - driven.recorded_position[:, at]
        return np.einsum("wkj,wij->wki", shift, self._axes).reshape(len(shift), -1)

    def _whitening(self) -> np.ndarray:
        """Inverse Cholesky factors of the covariances that noise and uncertain states give the differences."""
        record = make_record(self.data)
        middle = self._in_car_frame(self.bench.driver.drive(self.windows, record))
        columns = []
        for index, size in enumerate(_STATE_NOISE):
            offset = np.zeros(6)
            offset[_OFFSET_ORDER[index]] = size
            moved = self._in_car_frame(self.bench.driver.drive(self.windows, record, offset))
            columns.append(np.clip(moved - middle, -_FAR_M, _FAR_M))
        effect = np.stack(columns, axis=2)
        covariance = effect @ effect.transpose(0, 2, 1) + _NOISE_M**2 * np.eye(effect.shape[1])
        return np.linalg.inv(np.linalg.cholesky(covariance))


def _tamed(slopes: np.ndarray) -> np.ndarray:
    """Slopes without the few that stand for a jump, as when the shifted car just misses a wall."""
    most = _JUMP * np.quantile(np.abs(slopes[slopes != 0]), 0.9) if slopes.any() else 0.0
    return np.where(np.abs(slopes) > most, 0.0, slopes)


_JUMP = 10.0
_OFFSET_ORDER = (2, 0, 1, 3, 4, 5)
"""The car frame is left, up, forward; the noise is listed forward, left, up, and then the spin."""
_FAR, _FAR_M = 200.0, 1.0
