"""Figures of the live path against the stand-in games in processes of their own: python -m tests.live.measure [GAME]

Not a test: timings depend on the machine. TMNF: steps per second in lock-step, of the client, of an env, and with
frames. TM2020: packets per second, and how far apart they arrive; the period of an env's steps over a minute, and what
got lost.
"""

import multiprocessing
import sys
import time

import gymnasium as gym
import numpy as np

import tmenv  # noqa: F401  (registers the ids)
from tests.live.scripted import free_port
from tests.live.verb import Verb
from tmenv.live.standin import StandInTMNF
from tmenv.live.tm2020 import Telemetry
from tmenv.live.tmnf import GameOptions, GameTMNF

STEPS = 4000
PACKETS_S = 20.0
REALTIME_S = 60.0
FRAME = (160, 120)


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


def lock_step_env(env_id: str) -> str:
    """Steps per second of an env, observation and reward included."""
    with Verb("tmnf", "--port", "0") as game:
        env = gym.make(env_id, backend="live", live={"port": game.port, "speed": 1000.0}, termination="finish")
        env.reset()
        started = time.perf_counter()
        for step in range(STEPS):
            _, _, terminated, truncated, _ = env.step([0.1 if step % 40 < 20 else -0.1, 0.3])
            if terminated or truncated:
                env.reset()
        took = time.perf_counter() - started
        env.close()
    return f"TMNF, {env_id}: {STEPS / took:.0f} steps/s"


def lock_step_with_frames() -> str:
    """Steps per second with a frame in each, which costs the game nothing to draw: the link's share."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=play_with_frames, args=(theirs,), daemon=True)
    process.start()
    size = FRAME
    with GameTMNF(GameOptions(port=ours.recv(), speed=100_000.0, frame_size=size)) as client:
        client.reset()
        started = time.perf_counter()
        for step in range(STEPS):
            client.advance(0.1 if step % 40 < 20 else -0.1, step % 100 < 60, False)
        took = time.perf_counter() - started
    process.kill()
    process.join()
    return f"TMNF, steps of 50 ms with frames of {size[0]} x {size[1]}: {STEPS / took:.0f} steps/s"


def play_with_frames(pipe) -> None:
    """A stand-in in a process of its own that sends grey frames."""
    frame = np.full((FRAME[1], FRAME[0], 4), 128, np.uint8)
    game = StandInTMNF("tmnf-grand-circuit", port=0, frames=lambda *_: frame)
    pipe.send(game.port)
    game.run()


def realtime(env_id: str) -> str:
    """Period of an env's steps, the age of what it saw, late steps, and states that were seen twice or not at all."""
    port = free_port()
    arguments = ("--port", "0", "--controls", "channel", "--controls-port", str(port))
    periods, ages = [], []
    with Verb("tm2020", *arguments) as game:
        live = {"port": game.port, "controls": f"channel:{port}"}
        env = gym.make(env_id, backend="live", live=live, termination="finish")
        env.reset()
        env.step([0.0, 0.0])
        last = started = time.perf_counter()
        while last < started + REALTIME_S:
            _, _, terminated, truncated, info = env.step([0.1 if len(ages) % 40 < 20 else -0.1, 0.3])
            now = time.perf_counter()
            periods.append(now - last)
            ages.append(info["live"]["age_ms"])
            if terminated or truncated:
                env.reset()
                env.step([0.0, 0.0])
                now = time.perf_counter()
            last = now
        env.close()
    figures = info["live"]
    return (
        f"TM2020, {env_id}: {len(periods)} steps in {last - started:.1f} s; period ms {spread(periods, 1000.0)}; "
        f"late {figures['late']}, seen twice {figures['repeated']}, dropped {figures['dropped']}, "
        f"bad {figures['bad']}; age ms {spread(ages, 1.0)}; "
        f"act {figures['control_ms']:.2f} ms, capture {figures['capture_ms']:.2f} ms"
    )


def spread(values: list[float], scale: float) -> str:
    """Percentiles and the most."""
    p50, p95, p99, most = scale * np.percentile(values, (50, 95, 99, 100))
    return f"p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f}, most {most:.1f}"


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


def main(games: list[str]) -> None:
    """Print the figures of the games named, of both by default."""
    if "tmnf" in games:
        measure_tmnf()
    if "tm2020" in games:
        measure_tm2020()


def measure_tmnf() -> None:
    """Lock-step."""
    for step_ms in (50, 10):
        print(lock_step(step_ms), flush=True)
    for env_id in ("tmenv/TMNF-Lidar-v0", "tmenv/TMNF-State-v0"):
        print(lock_step_env(env_id), flush=True)
    print(lock_step_with_frames(), flush=True)


def measure_tm2020() -> None:
    """Real time."""
    for env_id in ("tmenv/TM2020-Lidar-v0", "tmenv/TM2020-State-v0"):
        print(realtime(env_id), flush=True)
    for plugin, fps in (("framed", 60.0), ("framed", 100.0), ("tmrl", 60.0)):
        print(stream(plugin, fps), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["tmnf", "tm2020"])
