"""Timed laps from the line in cars of their own: half of them greedy, half sampled."""

import math
from dataclasses import dataclass

import gymnasium as gym
import numpy as np
import torch

from tmenv_agents.ppo.environment import last_info
from tmenv_agents.ppo.network import Policy


@dataclass(frozen=True)
class Lap:
    """One drive, row k being the state *after* ``actions[k]``; T rows.

    Attributes:
        time_s: float64 (T,), race time.
        position: float32 (T, 3), world metres, y up.
        speed_kmh: float32 (T,).
        actions: int64 (T,) or float32 (T, A).
        progress: float32 (T,), share of the track, 0 to 1.
        finished: whether the last row is behind the finish.
        greedy: whether the actions were the most likely ones.
    """

    time_s: np.ndarray
    position: np.ndarray
    speed_kmh: np.ndarray
    actions: np.ndarray
    progress: np.ndarray
    finished: bool
    greedy: bool


@dataclass(frozen=True)
class Evaluation:
    """L laps.

    Attributes:
        greedy: bool (L,), driven with the most likely actions.
        finished: bool (L,).
        time_ms: int64 (L,), race time at the end of the lap, finished or not.
        progress: float32 (L,), share of the track driven, 0 to 1.
        steps: environment steps that all laps took one after another, counted in steps of the whole vector.
        lap: the best one: the fastest greedy finish, else the fastest sampled finish, else the furthest.
    """

    greedy: np.ndarray
    finished: np.ndarray
    time_ms: np.ndarray
    progress: np.ndarray
    steps: int
    lap: Lap

    def finish_rate(self, greedy: bool = True) -> float:
        """Share of the laps that finished, 0 to 1."""
        return float(self.finished[self.greedy == greedy].mean())

    def mean_progress(self, greedy: bool = True) -> float:
        """Mean share of the track driven, 0 to 1."""
        return float(self.progress[self.greedy == greedy].mean())

    def times_ms(self, greedy: bool = True) -> np.ndarray:
        """Sorted times of the finished laps, int64."""
        return np.sort(self.time_ms[self.finished & (self.greedy == greedy)])

    def score(self) -> tuple[float, float, float]:
        """Larger is better. A policy is used greedily, so one that finishes so beats one that needs luck."""
        for rank, greedy in ((2.0, True), (1.0, False)):
            times = self.times_ms(greedy)
            if len(times):
                return rank, -float(times[0]), self.finish_rate(greedy)
        return 0.0, float(self.progress.max()), float(self.progress.mean())


def drive_laps(
    envs: gym.vector.VectorEnv, policy: Policy, greedy: np.ndarray, *, seed: int, give_up_ms: float = math.inf
) -> Evaluation:
    """Drive one lap in each of ``envs`` (SAME_STEP), from the line.

    Args:
        envs: N cars.
        policy: its normaliser is left as it is.
        greedy: bool (N,), which cars take the most likely action.
        seed: of the environments and of the sampled actions.
        give_up_ms: laps that take longer than this are broken off and count as not finished.
    """
    generator = torch.Generator().manual_seed(seed)
    seen, _ = envs.reset(seed=seed, options={"start": "line"})
    running = np.ones(envs.num_envs, bool)
    steps = np.zeros(envs.num_envs, np.int64)  # length of each lap
    rows: dict[str, list[np.ndarray]] = {key: [] for key in ("race_time_ms", "position", "speed_kmh", "progress")}
    finished, actions = np.zeros(envs.num_envs, bool), []
    while running.any():
        actions.append(policy.act(seen, greedy, generator))
        seen, _, terminated, truncated, info = envs.step(actions[-1])
        done = terminated | truncated
        for key, column in rows.items():
            column.append(last_info(info, done, key))
        steps += running
        finished |= running & done & last_info(info, done, "finished")
        running &= ~done & (rows["race_time_ms"][-1] < give_up_ms)
    return _evaluation(greedy, finished, steps, {key: np.stack(column) for key, column in rows.items()}, actions)


def _evaluation(
    greedy: np.ndarray, finished: np.ndarray, steps: np.ndarray, rows: dict[str, np.ndarray], actions: list[np.ndarray]
) -> Evaluation:
    cars = np.arange(len(steps))
    time_ms = rows["race_time_ms"][steps - 1, cars].astype(np.int64)
    progress = rows["progress"][steps - 1, cars]
    # Keys from the last to the first: finished, greedy, fast; without any finish, far.
    best = np.lexsort((np.where(finished, -time_ms, progress), finished & greedy, finished))[-1]
    part = slice(0, steps[best])
    lap = Lap(
        time_s=rows["race_time_ms"][part, best] / 1000.0,
        position=rows["position"][part, best].astype(np.float32),
        speed_kmh=rows["speed_kmh"][part, best].astype(np.float32),
        actions=np.stack(actions)[part, best],
        progress=rows["progress"][part, best].astype(np.float32),
        finished=bool(finished[best]),
        greedy=bool(greedy[best]),
    )
    return Evaluation(greedy, finished, time_ms, progress, int(steps.max()), lap)
