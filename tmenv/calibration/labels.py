"""What a car does in a stretch of a run: the strata that errors are counted by."""

from dataclasses import dataclass

import numpy as np

from tmenv.calibration.motion import FORWARD, LEFT, UP, rotate, velocities
from tmenv.calibration.recorded import Runs
from tmenv.constants import Material

SURFACES = {
    Material.ASPHALT: "road",
    Material.CONCRETE: "road",
    Material.RUBBER: "road",
    Material.TURBO: "road",
    Material.FREE_WHEEL: "road",
    Material.METAL: "metal",
    Material.DIRT: "dirt",
    Material.GRASS: "grass",
    75: "bump road",
    76: "grass",
    74: "ice",
    77: "plastic",
}
"""Material -> name of a stratum; others are "other"."""
REGIMES = (
    "on the body",
    "air",
    "landing",
    "take-off",
    "wall",
    "turbo",
    "free wheel",
    "loop",
    "some wheels off",
    "slope",
    "bank",
    "slide",
    "brake",
    "coast",
    "turn",
    "straight",
)
"""In the order of precedence: a window has the first regime that fits it."""
GRIP = ("straight", "turn", "coast")
"""Regimes in which all wheels grip."""

_LOOP_UPRIGHT = 0.6
_TILTED = 0.06
"""Slope from which a road counts as a slope or a bank: a car in a corner leans by 0.03."""
_STEERED = 0.1
_WALL_MARGIN = 8.0
"""m/s2 that a car without brake may lose beyond its coasting before a wall is the reason."""
_WALL_SIDEWAYS = 240.0
"""m/s2 across, which no tyres bear (at most 4 * 55..80, and not while turning)."""
_BRAKED_MARGIN = 75.0
_AIR_GRAVITY, _AIR_DRAG, _FALL_MARGIN = 25.0, 0.03, 5.0
_COAST_CONSTANT, _COAST_LINEAR = 1.0, 0.3
_WALL_REACH_S = 0.6
"""The drag after a wall lasts 0.5 s."""


@dataclass(frozen=True, eq=False)
class Traits:
    """Properties of every sample, arrays (s,) or (s, 3).

    Attributes:
        velocity: of the car origin, m/s.
        up: world direction of the car's up axis; likewise ``forward`` and ``left``.
        airborne: no wheel touches; ``partly``: some wheels touch, and some do not.
        bodily: no wheel touches, and yet the car does not fall freely: it lies on its body, or hits something.
        sliding: all wheels slide (and not just straight braking).
        wall: within reach of a wall contact.
        surface: index into ``surfaces``, the one below all touching wheels; the last one is "mixed", before it "other".
        gas, brake, steer: input of the tick that begins at the sample.
    """

    velocity: np.ndarray
    up: np.ndarray
    forward: np.ndarray
    left: np.ndarray
    airborne: np.ndarray
    bodily: np.ndarray
    partly: np.ndarray
    sliding: np.ndarray
    wall: np.ndarray
    surface: np.ndarray
    surfaces: tuple[str, ...]
    gas: np.ndarray
    brake: np.ndarray
    steer: np.ndarray


def describe(runs: Runs) -> Traits:
    """Traits of every sample of the runs."""
    samples = runs.samples
    up, forward, left = (rotate(samples["rotation"], axis) for axis in (UP, FORWARD, LEFT))
    velocity = np.zeros((len(samples), 3))
    pedals = np.zeros(len(samples), runs.tape.dtype)
    for index, run in enumerate(runs.runs):
        own = slice(run["sample_at"], run["sample_at"] + run["samples"])
        velocity[own] = velocities(samples["position"][own], run["period_ms"] / 1000.0)
        tick = np.minimum(samples["time_ms"][own] // 10, run["ticks"] - 1)
        pedals[own] = runs.tape_of(index)[tick]
    count = samples["contact"].sum(axis=1)
    side = np.abs((velocity * left).sum(axis=1))
    names = tuple(dict.fromkeys(SURFACES.values()))
    return Traits(
        velocity=velocity,
        up=up,
        forward=forward,
        left=left,
        airborne=count == 0,
        bodily=_bodily(runs, velocity, count == 0, pedals["gas"]),
        partly=(count > 0) & (count < 4),
        sliding=samples["slide"].all(axis=1) & ~(pedals["brake"] & (side < 1.0)),
        wall=_walls(runs, velocity, forward, pedals),
        surface=_surfaces(samples, names),
        surfaces=(*names, "other", "mixed"),
        gas=pedals["gas"],
        brake=pedals["brake"],
        steer=pedals["steer"],
    )


def _bodily(runs: Runs, velocity: np.ndarray, airborne: np.ndarray, gas: np.ndarray) -> np.ndarray:
    """Airborne samples between airborne ones whose acceleration is not that of a flight."""
    result = np.zeros(len(airborne), bool)
    speed = np.linalg.norm(velocity, axis=1)
    coast = ~gas * (_COAST_CONSTANT + _COAST_LINEAR * speed) / np.maximum(speed, 1e-6)
    fall = -(_AIR_DRAG + coast)[:, None] * velocity - np.array([0.0, _AIR_GRAVITY, 0.0])
    for run in runs.runs:
        own = slice(run["sample_at"], run["sample_at"] + run["samples"])
        path, aloft, pedal = runs.samples["position"][own].astype(np.float64), airborne[own], gas[own]
        pull = (path[2:] - 2.0 * path[1:-1] + path[:-2]) / (run["period_ms"] / 1000.0) ** 2
        held = np.linalg.norm(pull - fall[own][1:-1], axis=1) > _FALL_MARGIN
        steady = (pedal[2:] == pedal[1:-1]) & (pedal[:-2] == pedal[1:-1])
        result[own][1:-1] = held & steady & aloft[2:] & aloft[1:-1] & aloft[:-2]
    return result


def _surfaces(samples: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    table = np.full(256, len(names))
    for material, name in SURFACES.items():
        table[material] = names.index(name)
    under = table[samples["material"]]
    touching = samples["contact"]
    low = np.where(touching, under, 99).min(axis=1)
    high = np.where(touching, under, -1).max(axis=1)
    return np.where(low == high, low, len(names) + 1)


def _walls(runs: Runs, velocity: np.ndarray, forward: np.ndarray, pedals: np.ndarray) -> np.ndarray:
    """Samples at or soon after a loss of speed, or a push sideways, that no tyre explains."""
    near = np.zeros(len(velocity), bool)
    speed = np.linalg.norm(velocity, axis=1)
    for run in runs.runs:
        own = slice(run["sample_at"], run["sample_at"] + run["samples"])
        period = run["period_ms"] / 1000.0
        steps = np.diff(runs.samples["position"][own].astype(np.float64), axis=0) / period
        change = np.diff(steps, axis=0, prepend=steps[:1], append=steps[-1:]) / period
        change = np.concatenate([change, change[-1:]])[: run["samples"]]
        along = (change * forward[own]).sum(axis=1) + 30.0 * forward[own, 1]
        braked = pedals["brake"][own] | np.roll(pedals["brake"][own], 1)
        lost = np.where(braked, _BRAKED_MARGIN, _WALL_MARGIN) + 1.0 + 0.35 * speed[own]
        across = np.linalg.norm(change - (change * forward[own]).sum(axis=1)[:, None] * forward[own], axis=1)
        hit = (along < -lost) | (across > _WALL_SIDEWAYS)
        hit &= ~runs.samples["broken"][own] & runs.samples["contact"][own].any(axis=1)
        for index in np.flatnonzero(hit):
            near[run["sample_at"] + max(index - 1, 0) : own.start + index + round(_WALL_REACH_S / period)] = True
    return near


def label(runs: Runs, traits: Traits, start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Name of the stratum of each window, object array (w,): "surface regime", or only the regime.

    Args:
        runs: the runs.
        traits: of their samples.
        start: sample at which each window starts, (w,).
        length: samples until its end, (w,).
    """
    samples = runs.samples
    share = _Shares(start, length)
    airborne, tilt = share.of(traits.airborne), np.abs(traits.forward[:, 1])
    bank = np.abs(traits.left[:, 1])
    steep = (traits.up[:, 1] < _LOOP_UPRIGHT) & ~traits.airborne
    fits = {
        "on the body": share.of(traits.bodily) > 0,
        "air": airborne == 1.0,
        "landing": (airborne > 0) & ~traits.airborne[start + length],
        "take-off": airborne > 0,
        "wall": share.of(traits.wall) > 0,
        "turbo": share.of(samples["boosted"]) > 0,
        "free wheel": share.of(samples["free_wheel"]) > 0,
        "loop": share.of(steep) > 0,
        "some wheels off": share.of(traits.partly) > 0,
        "slope": share.of(tilt > _TILTED) > 0.25,
        "bank": share.of(bank > _TILTED) > 0.25,
        "slide": share.of(traits.sliding) > 0,
        "brake": share.of(traits.brake) > 0.1,
        "coast": share.of(traits.gas) < 0.8,
        "turn": share.of(np.abs(traits.steer) > _STEERED) > 0.1,
        "straight": np.ones(len(start), bool),
    }
    regime = np.argmax(np.stack([fits[name] for name in REGIMES]), axis=0)
    surface = share.only(traits.surface, traits.airborne, len(traits.surfaces) - 1)
    plain = [
        name in ("on the body", "air", "landing", "take-off", "wall", "turbo", "free wheel", "loop") for name in REGIMES
    ]
    names = [
        REGIMES[r] if plain[r] else f"{traits.surfaces[s]} {REGIMES[r]}"
        for r, s in zip(regime.tolist(), surface.tolist(), strict=True)
    ]
    return np.array(names, object)


class _Shares:
    """Means of sample flags over windows that include both ends."""

    def __init__(self, start: np.ndarray, length: np.ndarray):
        self._start, self._stop = start, start + length + 1

    def of(self, flags: np.ndarray) -> np.ndarray:
        """Share of the window's samples with the flag, 0..1."""
        total = np.concatenate([[0], np.cumsum(flags, dtype=np.int64)])
        return (total[self._stop] - total[self._start]) / (self._stop - self._start)

    def only(self, values: np.ndarray, left_out: np.ndarray, mixed: int) -> np.ndarray:
        """The value that all samples of the window share, apart from those left out; ``mixed`` if they differ."""
        result = np.full(len(self._start), mixed)
        counted = 1.0 - self.of(left_out)
        for value in np.unique(values):
            result[self.of((values == value) & ~left_out) >= counted - 1e-9] = value
        return result
