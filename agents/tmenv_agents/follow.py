"""``python -m tmenv_agents.follow``: a driver that learns nothing: it steers along the road and brakes before curves.

A yardstick: what a policy must beat, and a proof that tracks can be driven. It sees the ``State`` observation, and
knows where the road has gaps.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import gymnasium as gym
import numpy as np
import tyro

from tmenv import track as tracks
from tmenv.errors import TmenvError

ROAD_STEP_M = 10.0
"""Distance of the points of ``road`` in the observation."""

EDGE_M = 20.0
"""This near to a gap the road seems to bend down because of it."""


@dataclass(frozen=True)
class Driver:
    """How carefully the road is followed; the same for both games."""

    side_mps2: float = 11.0
    """Acceleration to the side that is asked of the tyres in curves."""
    brake_mps2: float = 9.0
    """Deceleration that braking before curves counts on."""
    lift_mps2: float = 14.0
    """Downward acceleration over crests, below gravity, so that the wheels stay on the road."""
    top_mps: float = 70.0
    """Never faster than this."""
    aim_s: float = 0.45
    """The point aimed at is this far ahead."""
    nearest_m: float = 9.0
    """It is never nearer than this."""
    gain: float = 2.4
    """Steering for the angle to that point, 1/rad."""

    def actions(self, seen: dict[str, np.ndarray], flown: np.ndarray | bool = False) -> np.ndarray:
        """``"steer_throttle"`` actions, float32 (N, 2).

        Args:
            seen: observations of N cars, with ``velocity`` (N, 3) and ``road`` (N, P, 3).
            flown: bool (N, P), the points of the road at which no wheel needs to touch it.
        """
        road = seen["road"].astype(np.float64)
        speed = np.linalg.norm(seen["velocity"], axis=1)
        aim = _along(road, np.maximum(self.nearest_m, self.aim_s * speed))
        steer = -self.gain * np.arctan2(aim[:, 0], aim[:, 2])
        ahead = np.arange(road.shape[1] - 2) * ROAD_STEP_M
        allowed = np.sqrt(self._curve_speed(road, flown) ** 2 + 2.0 * self.brake_mps2 * ahead).min(axis=1)
        pedal = np.where(speed < allowed, 1.0, np.where(speed > 1.04 * allowed, -1.0, 0.0))
        return np.clip(np.column_stack([steer, pedal]), -1.0, 1.0).astype(np.float32)

    def _curve_speed(self, road: np.ndarray, flown: np.ndarray | bool) -> np.ndarray:
        """Fastest speed (N, P - 2) at which each point of the road can be passed, m/s."""
        step = np.diff(road, axis=1)
        turn = np.abs(np.diff(np.unwrap(np.arctan2(step[..., 0], step[..., 2]), axis=1), axis=1)) / ROAD_STEP_M
        climb = step[..., 1] / np.hypot(step[..., 0], step[..., 2])
        crest = np.maximum(0.0, -np.diff(climb, axis=1)) / ROAD_STEP_M
        crest = np.where(np.broadcast_to(flown, road.shape[:2])[:, 1:-1], 0.0, crest)
        slack = (self.top_mps**-2, turn / self.side_mps2, crest / self.lift_mps2)
        return np.maximum.reduce(np.broadcast_arrays(*slack)) ** -0.5


def _along(road: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Points (N, 3) of roads (N, P, 3) at distances (N,) ahead, m."""
    at = np.clip(distance / ROAD_STEP_M, 0.0, road.shape[1] - 1.001)
    row, low, part = np.arange(len(road)), at.astype(int), at % 1.0
    return road[row, low] + (road[row, low + 1] - road[row, low]) * part[:, None]


def _flown(gaps: list[np.ndarray], distance: np.ndarray, points: int) -> np.ndarray:
    """Bool (N, points): is a point of the road ahead over a gap or near its edges?

    Args:
        gaps: ``Track.gaps`` of each car's track.
        distance: float (N,), route metres of the cars.
        points: of the road.
    """
    flown = np.zeros((len(gaps), points), bool)
    for row, spans in enumerate(gaps):
        at = distance[row] + ROAD_STEP_M * np.arange(points)
        for start, end in spans:
            flown[row] |= (at > start - EDGE_M) & (at < end + EDGE_M)
    return flown


@dataclass(frozen=True)
class Drives:
    """How L tracks went.

    Attributes:
        names: the tracks.
        outcome: str (L,): ``info["outcome"]`` of each.
        progress: float (L,), 0 to 1.
        time_s: float (L,), race time at the end.
    """

    names: list[str]
    outcome: np.ndarray
    progress: np.ndarray
    time_s: np.ndarray

    @property
    def finish_rate(self) -> float:
        """Share of the tracks that were finished, 0 to 1."""
        return float((self.outcome == "finished").mean())


def drive(game: str, names: Sequence[str], driver: Driver, **kwargs: Any) -> Drives:
    """Drive each track once, from the start line.

    Args:
        game: ``"TMNF"`` or ``"TM2020"``.
        names: tracks, as for ``gym.make``.
        driver: who drives.
        kwargs: further arguments of the environment.
    """
    names, count = list(names), len(names)
    mode = gym.vector.AutoresetMode.NEXT_STEP
    envs = gym.make_vec(
        f"tmenv:tmenv/{game}-State-v0", num_envs=count, track=names, flatten=False, autoreset_mode=mode, **kwargs
    )
    try:
        seen, info = envs.reset(seed=0)
        gaps = [envs.unwrapped.track_of(row).gaps for row in range(count)]  # type: ignore[attr-defined]
        outcome, progress, time_s = np.full(count, "", dtype=object), np.zeros(count), np.zeros(count)
        while (driving := outcome == "").any():
            flown = _flown(gaps, info["progress_m"], seen["road"].shape[1])
            seen, _, terminated, truncated, info = envs.step(driver.actions(seen, flown))
            ended = driving & (terminated | truncated)
            outcome[ended], progress[ended] = info["outcome"][ended], info["progress"][ended]
            time_s[ended] = info["race_time_ms"][ended] / 1000.0
        return Drives(names, outcome, progress, time_s)
    finally:
        envs.close()


@dataclass
class Args:
    """Drive tracks with a fixed controller and count the finishes."""

    game: Literal["TMNF", "TM2020"] = "TMNF"
    """Whose car."""
    split: str = "test"
    """Split of the random tracks: train, test or hard."""
    tracks: int = 200
    """How many of them, from the first on."""
    difficulty: str = "medium"
    """easy, medium, hard, or a number from 0 to 1; the split hard has its own."""
    families: str = "flat"
    """flat, slopes, tilts, dirt, jumps, with commas."""
    driver: Driver = field(default_factory=Driver)
    """How it drives."""


def main(argv: list[str] | None = None) -> int:
    """Drive as the command line says; returns the exit status."""
    args = tyro.cli(Args, args=sys.argv[1:] if argv is None else argv, prog="python -m tmenv_agents.follow")
    try:
        options = {} if args.split == "hard" else {"difficulty": args.difficulty, "families": args.families}
        names = tracks.split(args.split, **options)[: args.tracks]
        drives = drive(args.game, names, args.driver)
    except TmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, outcome, progress in zip(drives.names, drives.outcome, drives.progress, strict=True):
        if outcome != "finished":
            print(f"{name}: {outcome} at {100 * progress:.0f} %")
    finished = drives.outcome == "finished"
    print(f"{args.game}: {finished.sum()} of {len(names)} finished ({100 * drives.finish_rate:.1f} %)", end="")
    print(f", median {np.median(drives.time_s[finished]):.1f} s" if finished.any() else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
