"""Figures of window, pictures and keys on a screen that nobody sees: python -m tests.live.measure_screen

Not a test: timings depend on the machine.
"""

import os
import time
from collections.abc import Callable

import numpy as np

from tests.live.screen import screen_or_skip
from tests.live.verb import Verb
from tmenv.live.capture import Capture
from tmenv.live.controls import open_pad
from tmenv.live.tm2020 import Telemetry
from tmenv.live.window import find_window

REPEATS = 300
TAPS = 40


def quantiles(title: str, took: list[float]) -> str:
    """Three of them, in ms."""
    p50, p95, p99 = 1000.0 * np.percentile(took, (50, 95, 99))
    return f"{title}: p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f} ms"


def timed(action: Callable[[], object]) -> list[float]:
    """Seconds of each call."""
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        action()
        took.append(time.perf_counter() - started)
    return took


def taps(client: Telemetry) -> list[float]:
    """Seconds from a key to the first telemetry that shows it."""
    pad, took = open_pad("keyboard"), []
    for tap in range(TAPS):
        gas = float(tap % 2 == 0)
        started = time.perf_counter()
        pad.apply(0.0, gas, 1.0 - gas)
        sample = client.latest()
        while sample.state["gas"] != gas:
            sample = client.after(sample)
        took.append(sample.received_s - started)
        time.sleep(0.1)
    pad.close()
    return took


if __name__ == "__main__":
    with screen_or_skip() as screen:
        os.environ["DISPLAY"] = screen.display
        for size in ((958, 488), (256, 128)):
            name = f"{size[0]} x {size[1]}"
            with Verb("tm2020", "--port", "0", "--window", "--size", *map(str, size)) as game:
                with Capture(find_window("tm2020")) as capture:
                    print(quantiles(f"a picture of {name}", timed(capture.grab)), flush=True)
                with Telemetry(game.port) as client:
                    while client.latest().state["race_time_ms"] < 0:
                        time.sleep(0.1)
                    print(quantiles(f"a key until telemetry shows it, {name}", taps(client)), flush=True)
