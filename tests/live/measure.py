"""Figures of the live path against the stand-in games in processes of their own: python -m tests.live.measure

Not a test: timings depend on the machine. TMNF: steps per second in lock-step. TM2020: packets per second, and how
far apart they arrive.
"""

import time

import numpy as np

from tests.live.verb import Verb
from tmenv.live.tm2020 import Telemetry
from tmenv.live.tmnf import GameOptions, GameTMNF

STEPS = 4000
PACKETS_S = 20.0


def lock_step(step_ms: int) -> str:
    """Steps and ticks per second of an agent that takes no time to think."""
    with Verb("tmnf", "--track", "tmnf-grand-circuit", "--port", "0") as game:
        client = GameTMNF(GameOptions(port=game.port, step_ms=step_ms, speed=100_000.0))
        with client:
            client.reset()
            took = []
            for step in range(STEPS):
                started = time.perf_counter()
                client.advance(0.1 if step % 40 < 20 else -0.1, step % 100 < 60, False)
                took.append(time.perf_counter() - started)
    rate = STEPS / sum(took)
    p50, p95, p99 = 1e6 * np.percentile(took, (50, 95, 99))
    return (
        f"TMNF, steps of {step_ms} ms: {rate:.0f} steps/s = {rate * step_ms / 1000:.0f} x real time; "
        f"us per step p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}"
    )


def stream(plugin: str, fps: float) -> str:
    """Rate and spacing of packets, and how old the newest one is when an agent asks every 50 ms."""
    arguments = ("tm2020", "--port", "0", "--plugin", plugin, "--fps", str(fps))
    arrivals, ages = [], []
    with Verb(*arguments) as game, Telemetry(game.port) as client:
        sample = client.latest()
        until = time.perf_counter() + PACKETS_S
        while time.perf_counter() < until:
            sample = client.after(sample)
            arrivals.append(sample.received_s)
        for _ in range(100):
            time.sleep(0.05)
            ages.append(client.latest().age_s)
        status = client.status
    gaps = 1000.0 * np.percentile(np.diff(arrivals), (50, 95, 99))
    age = 1000.0 * np.percentile(ages, (50, 95, 99))
    return (
        f"TM2020, {plugin} at {fps:g} frames/s: {len(arrivals) / (arrivals[-1] - arrivals[0]):.1f} packets/s, "
        f"dropped {status.dropped}, bad {status.bad}; ms between packets p50 {gaps[0]:.2f}, p95 {gaps[1]:.2f}, "
        f"p99 {gaps[2]:.2f}; ms of age at 20 Hz p50 {age[0]:.2f}, p95 {age[1]:.2f}, p99 {age[2]:.2f}"
    )


if __name__ == "__main__":
    for step_ms in (50, 10):
        print(lock_step(step_ms), flush=True)
    for plugin, fps in (("framed", 60.0), ("framed", 100.0), ("tmrl", 60.0)):
        print(stream(plugin, fps), flush=True)
