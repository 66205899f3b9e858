"""How fast pictures are drawn and the Pixels ids step, beside CarRacing: all figures in turns, slice by slice."""

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import gymnasium as gym
import numpy as np

from tmenv.bench.drivers import Mixed
from tmenv.bench.figure import Figure
from tmenv.bench.turns import Case, in_turns
from tmenv.render.cameras import make_rigs
from tmenv.render.colours import plain_look
from tmenv.render.renderer import Renderer
from tmenv.render.scenery import Scenery
from tmenv.render.tables import POSE, VIEW
from tmenv.track import Track, load, names

SIZES = {(64, 64): 2.0, (160, 120): None}
"""Width and height of the pictures that tmrl and Linesight learn from, and the width / height of what they show."""

VIEWS = (1, 64)
IDS = ("tmenv/TM2020-Pixels-v0", "tmenv/TMNF-Pixels-v0")
POSES = 576
LATERAL_M = 8.0
PEER, PEER_METRIC = "CarRacing-v3", "step() with its 96 x 96 picture"


def pixel_figures(seconds: float, threads_for: Callable[[int], list[int]]) -> Iterator[Figure]:
    """Pictures per second of every size, steps per second of the Pixels ids, for each number of views and threads.

    Then CarRacing's.

    Args:
        seconds: time budget of each figure.
        threads_for: which numbers of threads to measure for a number of views.
    """
    scenery, poses, scenes = crowd()
    cases = [
        our_case(scenery, poses, scenes, size, views, threads)
        for size in SIZES
        for views in VIEWS
        for threads in threads_for(views)
    ]
    cases += [env_case(env_id, views, threads) for env_id in IDS for views in VIEWS for threads in threads_for(views)]
    if find_spec("Box2D") is not None:
        cases.append(peer_case())
    else:
        yield Figure(PEER, PEER_METRIC, None, "1/s", 1, 1)
    for case, rate in zip(cases, in_turns(cases, seconds), strict=True):
        yield case.figure(rate)


def crowd() -> tuple[Scenery, np.ndarray, np.ndarray]:
    """All built-in tracks of TM2020, cars all over them, ``POSE`` (n,), and the track of each, int (n,)."""
    tracks = [load(name) for name in names("TM2020")]
    scenery, random = Scenery(), np.random.default_rng(0)
    for track in tracks:
        scenery.add(track)
    scenes = np.arange(POSES) % len(tracks)
    poses = np.concatenate([_pose(tracks[scene], random) for scene in scenes])
    return scenery, poses, scenes


def _pose(track: Track, random: np.random.Generator) -> np.ndarray:
    pose = np.zeros(1, POSE)
    s = random.uniform(0.0, track.length_m)
    half = track.heading_at(s) / 2.0
    pose["position"] = track.position(s, random.uniform(-LATERAL_M, LATERAL_M))
    pose["rotation"] = 0.0, np.sin(half), 0.0, np.cos(half)
    return pose


def our_case(scenery: Scenery, poses: np.ndarray, scenes: np.ndarray, size: tuple[int, int], count: int, threads: int):
    """Gray pictures from the chase camera, ``count`` per call; each call shows the next cars."""
    renderer = Renderer(scenery, *size, threads=threads)
    rigs, looks = make_rigs("chase", aspect=SIZES[size]), plain_look()
    views, out = np.zeros(count, VIEW), np.zeros((count, *renderer.frame_shape), np.uint8)
    shown = np.zeros(count, POSE)
    # Copied as bytes, because numpy copies records column by column, which would be timed as well.
    record = np.dtype((np.void, POSE.itemsize))
    here, everywhere = shown.view(record), poses.view(record)
    turn = iter(range(10**12))

    def run() -> None:
        at = next(turn) * count % (len(poses) - count + 1)
        here[:], views["scene"] = everywhere[at : at + count], scenes[at : at + count]
        renderer.place(rigs, shown, views)
        renderer.draw(views, shown, looks, out)

    name = f"pictures {size[0]} x {size[1]} gray"
    return Case(lambda rate: Figure(name, "pictures", rate, "1/s", count, threads), run, count)


def env_case(env_id: str, count: int, threads: int) -> Case:
    """Steps of a vector env with its default images, its cars all over the track and driven as ``Mixed`` does."""
    envs = gym.make_vec(env_id, num_envs=count, threads=threads)
    envs.reset(seed=0, options={"start": "random"})
    driver = Mixed(count)

    def run() -> None:
        actions = driver.act({})
        for _ in range(driver.hold):
            envs.step(actions)

    def figure(rate: float) -> Figure:
        return Figure(env_id, "make_vec steps with images", rate, "1/s", count, threads, driver.name)

    return Case(figure, run, count * driver.hold)


def peer_case() -> Case:
    """Steps of CarRacing, each of which draws one picture."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its deprecations are not this program's to report
        env = gym.make(PEER)
    env.reset(seed=0)
    action = np.array([0.0, 0.3, 0.0], np.float32)

    def run() -> None:
        *_, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()

    return Case(lambda rate: Figure(PEER, PEER_METRIC, rate, "1/s", 1, 1), run, 1)
