"""Windows of recorded runs, driven open loop by the simulator from recorded states.

A second before a window the car follows the recording: after each sample its pose is set to the recorded one, and
what it missed corrects its velocity and spin. That gives the state at the start of the window, with all that no
sample shows: the gear pause, sliding wheels, suspension, the drag after a wall. From then on only the inputs act.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np

from tmenv.calibration.courses import Courses
from tmenv.calibration.labels import Traits, label
from tmenv.calibration.motion import UP, gears, rotate, rotated, turned
from tmenv.calibration.recorded import Runs
from tmenv.constants import TICK_MS
from tmenv.engine.simulator import CONTROL, Simulator

HORIZONS_S = (0.5, 1.0, 2.0, 5.0)
LEAD_S = 1.0
ON_MAP, ON_PLAIN, IN_AIR = 0, 1, 2

_BATCH, _THREADS = 4096, 2
_HEIGHT_M = 0.018
"""Height of the car origin over level ground that a plain is put at."""
_LEVEL = 0.995
_LEVEL_SLOPE, _LEVEL_LEAN = 0.03, 0.05
"""Rise of the forward and of the left axis on level ground: a car in a corner leans by up to 0.04."""
_LEVEL_RANGE_M = 0.15
_ALOFT_M = 2000.0
_VELOCITY_GAIN, _SPIN_GAIN = 1.0, 0.5
"""Share of a missed distance, per time between samples, that corrects the velocity (spin): chosen on 1 s windows."""
_START_MS = 2 * TICK_MS
_SETTLED_M, _SETTLED_LEAN = 0.1, 0.06
"""Height (m) and lean (rad) by which a car on all wheels may differ from the recording and yet be the same."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Stretches of runs, all of one horizon; arrays (w,).

    Attributes:
        horizon_s: how long each is.
        run: index of the run.
        start: index of the sample at its start, among all samples.
        length: samples from the start to the end.
        kind: ``ON_MAP``, ``ON_PLAIN`` or ``IN_AIR``: the world it is driven in.
        stratum: name, see ``labels.label``.
        dropped: reason -> how many windows were left out.
    """

    horizon_s: float
    run: np.ndarray
    start: np.ndarray
    length: np.ndarray
    kind: np.ndarray
    stratum: np.ndarray
    dropped: dict[str, int]

    def __len__(self) -> int:
        return len(self.run)

    def some(self, chosen: np.ndarray | slice) -> "Windows":
        """The windows of an index or mask array, or of a slice."""
        fields = {name: getattr(self, name)[chosen] for name in ("run", "start", "length", "kind", "stratum")}
        return Windows(self.horizon_s, **fields, dropped=self.dropped)


def cut(runs: Runs, traits: Traits, courses: Courses, horizon_s: float, stride_s: float | None = None) -> Windows:
    """All windows of a horizon, one after the other (or every ``stride_s``), from the start of each run to its end."""
    rows = []
    for index, run in enumerate(runs.runs):
        length = round(1000 * horizon_s / run["period_ms"])
        stride = length if stride_s is None else round(1000 * stride_s / run["period_ms"])
        starts = np.arange(0, run["samples"] - length, stride) + run["sample_at"]
        rows.append(np.stack([np.full(len(starts), index), starts, np.full(len(starts), length)], axis=1))
    run, start, length = np.concatenate(rows).T
    kind, reason = _kinds(runs, traits, courses, start, length)
    names, counts = np.unique(reason[reason != ""].astype(str), return_counts=True)
    kept = reason == ""
    run, start, length, kind = run[kept], start[kept], length[kept], kind[kept]
    stratum = label(runs, traits, start, length)
    dropped = dict(zip(names.tolist(), counts.tolist(), strict=True))
    return Windows(horizon_s, run, start, length, kind, stratum, dropped)


def _kinds(
    runs: Runs, traits: Traits, courses: Courses, start: np.ndarray, length: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """World of each window, and why it has none ("" if it has)."""
    samples = runs.samples
    level = samples["contact"].all(axis=1) & (traits.up[:, 1] > _LEVEL) & (np.abs(traits.forward[:, 1]) < _LEVEL_SLOPE)
    plains = np.isin(samples["material"][:, 0], list(courses.plains))
    one = (samples["material"] == samples["material"][:, :1]).all(axis=1)
    level &= plains & one & (np.abs(traits.left[:, 1]) < _LEVEL_LEAN)
    height = samples["position"][:, 1]
    kind = np.full(len(start), -1)
    reason = np.full(len(start), "", object)
    for index in range(len(start)):
        window = slice(start[index], start[index] + length[index] + 1)
        if samples["broken"][window].any():
            reason[index] = "the car was put back"
        elif samples["repeated"][start[index]]:
            reason[index] = "another run drove the same"
        elif courses.covered[window].all():
            kind[index] = ON_MAP
        elif traits.airborne[window].all():
            kind[index] = IN_AIR
        elif level[window].all() and np.ptp(height[window]) < _LEVEL_RANGE_M:
            same = (samples["material"][window, 0] == samples["material"][start[index], 0]).all()
            kind[index] = ON_PLAIN if same else -1
        if kind[index] < 0 and not reason[index]:
            reason[index] = "its surface is not known"
    return kind, reason


@dataclass(frozen=True, eq=False)
class Driven:
    """What the simulator made of windows.

    Attributes:
        position: float64 (w, k, 3), car origin at every sample after the start, in the frame of the recording, m.
        rotation: float64 (w, 4), quaternion at the end.
        velocity: float64 (w, 3), of the centre of mass at the end, m/s.
        recorded_position: float64 (w, k, 3); likewise ``recorded_rotation`` and ``recorded_velocity``.
        start_velocity: float64 (w, 3), of the centre of mass at the start; likewise ``start_spin`` (car frame).
    """

    position: np.ndarray
    rotation: np.ndarray
    velocity: np.ndarray
    recorded_position: np.ndarray
    recorded_rotation: np.ndarray
    recorded_velocity: np.ndarray
    start_velocity: np.ndarray
    start_spin: np.ndarray


class Driver:
    """Drives windows of some runs; holds what does not change between calls."""

    def __init__(self, runs: Runs, traits: Traits, courses: Courses, shift: int = 0):
        """``shift`` ticks later than recorded the inputs act (for experiments)."""
        self.runs, self.courses, self.traits, self.shift = runs, courses, traits, shift
        self.spins = _spins(runs)
        self.speed = (traits.velocity * traits.forward).sum(axis=1)
        self.slots = np.array([courses.slots.get(index, 0) for index in range(len(runs.maps))])

    def drive(self, windows: Windows, params: np.ndarray, offset: np.ndarray | None = None) -> Driven:
        """Drive every window with one parameter record (all windows are of one period and horizon).

        ``offset`` (6,) is added to every state at the start: velocity (car frame, m/s) and spin (rad/s).
        """
        parts = [windows.some(slice(first, first + _BATCH)) for first in range(0, len(windows), _BATCH)]
        with ThreadPoolExecutor(max_workers=_THREADS) as pool:  # the kernels let go of the interpreter's lock
            driven = list(pool.map(lambda part: self._one(part, params, offset), parts or [windows]))
        names = [field.name for field in fields(Driven)]
        return Driven(**{name: np.concatenate([getattr(part, name) for part in driven]) for name in names})

    def gears(self, params: np.ndarray) -> np.ndarray:
        """Gear at every sample, which no file tells, with the shift speeds of a parameter record."""
        begins = np.zeros(len(self.speed), bool)
        begins[self.runs.runs["sample_at"]] = True
        return gears(self.speed, begins, params["upshift_speed"][0], params["downshift_speed"][0])

    def _one(self, windows: Windows, params: np.ndarray, offset: np.ndarray | None) -> Driven:
        follow = _Follower(self, windows, params)
        follow.lead()
        if offset is not None:
            cars = follow.cars
            cars["velocity"] += rotate(cars["rotation"], offset[:3])
            cars["spin"] += offset[3:]
        return follow.go()


class _Follower:
    """The cars of one batch of windows."""

    def __init__(self, driver: Driver, windows: Windows, params: np.ndarray):
        self.runs, self.windows, self.shift = driver.runs, windows, driver.shift
        self.samples = driver.runs.samples
        self.row = driver.runs.runs[windows.run]
        self.period_s = float(self.row["period_ms"][0]) / 1000.0 if len(windows) else 0.1
        self.velocity, self.spins = driver.traits.velocity, driver.spins
        self.arm = np.array([0.0, params["com_up"][0], params["com_forward"][0]])
        self.simulator: Simulator = driver.courses.simulator(len(windows), params)
        self.cars = self.simulator.cars
        material = self.samples["material"][windows.start, 0]
        plain = np.array([driver.courses.plains.get(m, 0) for m in material.tolist()])
        self.cars["track"] = np.where(windows.kind == ON_MAP, driver.slots[self.row["map"]], plain)
        self.gears = driver.gears(params)
        self.level = windows.kind == ON_PLAIN
        lift = np.where(windows.kind == IN_AIR, _ALOFT_M, 0.0)
        ground = _HEIGHT_M - self.samples["position"][windows.start, 1].astype(np.float64)
        self.lift = np.where(self.level, ground, lift)

    def lead(self) -> None:
        """Follow the recording up to the start of the windows."""
        steps = round(LEAD_S / self.period_s)
        begin = self._begin(steps)
        for step in range(-steps, 0):
            self._place(step, begin == step)
            self._drive(step, 1)
            self._correct(step + 1, begin <= step)
        self._place(0, begin == 0)

    def go(self) -> Driven:
        """Drive to the end of the windows, only by their inputs."""
        cars, windows = self.cars, self.windows
        velocity, spin = cars["velocity"].astype(np.float64), cars["spin"].astype(np.float64)
        length = int(windows.length[0]) if len(windows) else 0
        path, recorded = np.zeros((len(windows), length, 3)), np.zeros((len(windows), length, 3))
        for step in range(length):
            self._drive(step, 1)
            path[:, step] = cars["position"] - rotate(cars["rotation"], self.arm)
            path[:, step, 1] -= self.lift
            recorded[:, step] = self.samples["position"][windows.start + step + 1]
        end = windows.start + windows.length
        rotation = self.samples["rotation"][end].astype(np.float64)
        return Driven(
            position=path,
            rotation=cars["rotation"].astype(np.float64),
            velocity=cars["velocity"].astype(np.float64),
            recorded_position=recorded,
            recorded_rotation=rotation,
            recorded_velocity=self.velocity[end] + rotate(rotation, np.cross(self.spins[end], self.arm)),
            start_velocity=velocity,
            start_spin=spin,
        )

    def _begin(self, steps: int) -> np.ndarray:
        """Step at which each car starts to follow: at most ``steps`` back, not before its run or a respawn."""
        begin = np.maximum(-steps, self.row["sample_at"] - self.windows.start)
        for step in range(-steps, 1):
            here = np.maximum(self.windows.start + step, self.row["sample_at"])
            begin = np.where(self.samples["broken"][here], np.maximum(begin, step), begin)
        return np.minimum(begin, 0)

    def _poses(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Recorded centre of mass and rotation at a step, in the frame of the window's world."""
        at = np.maximum(self.windows.start + step, self.row["sample_at"])
        position = self.samples["position"][at].astype(np.float64)
        position[:, 1] = np.where(self.level, _HEIGHT_M, position[:, 1] + self.lift)
        rotation = self.samples["rotation"][at]
        return position + rotate(rotation, self.arm), rotation

    def _place(self, step: int, which: np.ndarray) -> None:
        """Put the cars of a mask where the recording is at a step, with velocities from its differences."""
        if not which.any():
            return
        cars = self.cars
        position, rotation = self._poses(step)
        at = np.maximum(self.windows.start + step, self.row["sample_at"])[which]
        blank = np.zeros(int(which.sum()), cars.dtype)
        blank["track"] = cars["track"][which]
        blank["position"], blank["rotation"] = position[which], rotation[which]
        time = self.samples["time_ms"][at]
        moving = (time > _START_MS)[:, None]
        blank["spin"] = self.spins[at] * moving
        turning = rotate(rotation[which], np.cross(self.spins[at], self.arm))
        blank["velocity"] = (self.velocity[at] + turning) * moving
        blank["velocity"][:, 1] *= ~self.level[which]
        blank["ticks"] = time // TICK_MS
        blank["gear"] = self.gears[at]
        blank["steer"] = self.runs.tape["steer"][self.row["tick_at"][which] + np.maximum(time // TICK_MS - 1, 0)]
        blank["patch"], blank["nose_patch"] = -1, -1
        touching = self.samples["contact"][at]
        blank["contact"], blank["damper"] = touching, np.where(touching, 0.0125, 0.2)
        blank["free_wheel"] = self.samples["free_wheel"][at]
        cars[which] = blank

    def _correct(self, step: int, which: np.ndarray) -> None:
        """Set the poses of a mask of cars to the recorded ones, and correct their motion by what they missed.

        A car that stands on all wheels, as the recorded one does, keeps its height and lean: the suspension would
        answer a shift of a centimetre with a loss of grip.
        """
        cars = self.cars
        position, rotation = self._poses(step)
        missed = (position - cars["position"]) * which[:, None]
        astray = turned(cars["rotation"], rotation) * which[:, None]
        up = rotate(rotation, UP)
        above = (missed * up).sum(axis=1)
        leaning = np.abs(astray[:, [0, 2]]).max(axis=1)
        at = np.maximum(self.windows.start + step, self.row["sample_at"])
        stands = self.samples["contact"][at].all(axis=1) & (cars["contact"] > 0).all(axis=1)
        stands &= ((np.abs(above) < _SETTLED_M) & (leaning < _SETTLED_LEAN)) | self.level
        missed[stands] -= above[stands, None] * up[stands]
        astray[np.ix_(stands, [0, 2])] = 0.0
        cars["velocity"] += _VELOCITY_GAIN * missed / self.period_s
        cars["spin"] += _SPIN_GAIN * astray / self.period_s
        cars["position"] += missed
        cars["rotation"] = rotated(cars["rotation"], astray)
        cars["free_wheel"] = np.where(which, self.samples["free_wheel"][at], cars["free_wheel"])

    def _drive(self, step: int, count: int) -> None:
        """Drive all cars for ``count`` samples from a step on."""
        ticks = count * round(1000 * self.period_s) // TICK_MS
        at = np.maximum(self.windows.start + step, self.row["sample_at"])
        tick = self.samples["time_ms"][at][:, None] // TICK_MS + np.arange(ticks) - self.shift
        tape = self.runs.tape[self.row["tick_at"][:, None] + np.clip(tick, 0, self.row["ticks"][:, None] - 1)]
        controls = np.zeros(tape.shape, CONTROL)
        for name in ("steer", "gas", "brake"):
            controls[name] = tape[name]
        self.simulator.drive(controls)


def _spins(runs: Runs) -> np.ndarray:
    """Angular velocity at every sample, car frame, rad/s: central differences of the recorded rotations."""
    result = np.zeros((len(runs.samples), 3))
    for index, run in enumerate(runs.runs):
        own = slice(run["sample_at"], run["sample_at"] + run["samples"])
        rotation = runs.samples_of(index)["rotation"]
        steps = turned(rotation[:-1], rotation[1:]) / (run["period_ms"] / 1000.0)
        result[own] = 0.5 * (np.concatenate([steps[:1], steps]) + np.concatenate([steps, steps[-1:]]))
    return result
