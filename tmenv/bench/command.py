"""The verb ``bench``: which figures are measured, in which order."""

import os
import platform
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tmenv.bench.figure import Figure
from tmenv.constants import KMH_PER_MPS
from tmenv.errors import ConfigError

if TYPE_CHECKING:
    from tmenv.bench.measure import Stretch

IDS = ("tmenv/TM2020-Lidar-v0", "tmenv/TM2020-State-v0")
NUM_ENVS = (1, 64, 1024, 8192)
TRACK = "grand-circuit"
"""Built-in track of both games, the longest: two laps with every kind of corner."""


def bench(
    *,
    seconds: float = 1.0,
    json: bool = False,
    ids: tuple[str, ...] = IDS,
    num_envs: tuple[int, ...] = NUM_ENVS,
    startup: bool = True,
    peers: bool = True,
    pixels: bool = False,
    tracks: bool = False,
    map: str = "",
) -> None:
    """Measure the environments' speed on this machine, beside other driving environments.

    Args:
        seconds: time budget of each figure; the figure is the median of five slices of it.
        json: print a JSON list instead of a table.
        ids: environments to measure.
        num_envs: batch sizes to measure; every one above 1 also with all threads.
        startup: also measure import and compile time, in new processes.
        peers: also measure Gymnasium's CarRacing-v3 and highway-env's racetrack-v0 where installed, and how many steps
            are done in the time of one of CarRacing's.
        pixels: measure drawing pictures instead, beside CarRacing-v3's.
        tracks: measure random tracks instead: making one, and driving a new one at every reset.
        map: measure steps on this map file or track instead, beside a flat built-in track.
    """
    from rich.console import Console

    from tmenv.bench.report import as_json, as_table

    figures = []
    if pixels + tracks + bool(map) > 1:
        raise ConfigError("bench measures only one of --pixels, --tracks and --map at once")
    asked = picture_figures(seconds) if pixels else random_track_figures(seconds) if tracks else None
    asked = map_figures(map, seconds) if map else asked
    for figure in asked or measured(seconds, ids, num_envs, startup, peers):
        print(f"measured {figure.name}: {figure.metric}", file=sys.stderr)
        figures.append(figure)
    if json:
        print(as_json(figures))
        return
    # Into a file or a pipe, a table folded to 80 columns would be unreadable.
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(as_table(figures), f"\n{machine()}")


def measured(
    seconds: float, ids: tuple[str, ...], num_envs: tuple[int, ...], startup: bool, peers: bool
) -> Iterator[Figure]:
    """All figures, each measured when it is asked for."""
    from tmenv.bench.peers import car_racing, peer_figures
    from tmenv.bench.startup import first_step_figures, import_figure

    other = car_racing() if peers else None
    if startup:
        yield import_figure()
    for env_id in ids:
        if startup:
            yield from first_step_figures(env_id)
        yield from own_figures(env_id, seconds, num_envs, other)
    if peers:
        yield from peer_figures(seconds)


def picture_figures(seconds: float) -> Iterator[Figure]:
    """Pictures per second."""
    from tmenv.bench.pixels import pixel_figures

    return pixel_figures(seconds, thread_counts)


def random_track_figures(seconds: float) -> Iterator[Figure]:
    """What random tracks cost."""
    import tmenv  # noqa: F401 - registers the environments
    from tmenv.bench.tracks import track_figures

    return track_figures(seconds)


def map_figures(file: str, seconds: float) -> Iterator[Figure]:
    """Steps per second on a map, beside a flat track."""
    import tmenv  # noqa: F401 - registers the environments
    from tmenv.bench import maps

    return maps.map_figures(file, TRACK, seconds)


def own_figures(
    env_id: str, seconds: float, num_envs: tuple[int, ...], other: "Stretch | None" = None
) -> Iterator[Figure]:
    """Single step time, then steps per second for each batch size, thread count and way of driving.

    ``other`` is timed in turns with each of them.
    """
    import gymnasium as gym

    import tmenv
    from tmenv.bench.drivers import Mixed, Race, held_actions
    from tmenv.bench.measure import single_figure, vector_figure

    track = f"{tmenv.IDS[env_id]['game'].lower()}-{TRACK}"
    env = gym.make(env_id, track=track, action="steer_throttle")
    route = env.unwrapped.track.route  # type: ignore[attr-defined]
    yield single_figure(env_id, env, held_actions(), _speed_mps, seconds, other)
    for count in num_envs:
        for threads in thread_counts(count):
            for driver in (Mixed(count), Race(route)):
                asked = {"num_envs": count, "threads": threads, "seconds": seconds}
                yield vector_figure(env_id, driver, track=track, other=other, **asked)


def _speed_mps(_: Any, info: dict[str, Any]) -> float:
    return float(info["speed_kmh"]) / KMH_PER_MPS


def thread_counts(num_envs: int) -> list[int]:
    """One thread, and all of them where there is more than one environment to share out."""
    return sorted({1, cores()}) if num_envs > 1 else [1]


def cores() -> int:
    """Logical cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> str:
    """One line about where the figures hold."""
    return f"{platform.system()} {platform.machine()}, {cores()} logical cores, Python {platform.python_version()}"
