"""Envs with ``backend="live"`` on stand-ins, over real sockets."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gymnasium as gym

import tmenv  # noqa: F401  (registers the ids)
from tmenv.live.standin import ChannelControls, StandInTM2020, StandInTMNF

TM2020, TMNF = "tm2020-first-drive", "tmnf-first-drive"
GAS = [0.0, 1.0]


@contextmanager
def live_tm2020(plugin: str = "framed", env_id: str = "tmenv/TM2020-Lidar-v0", **settings) -> Iterator[tuple]:
    """(env, stand-in); the stand-in's pad is ``game._controls``."""
    pads = ChannelControls(0)
    with StandInTM2020(TM2020, plugin, 0, pads) as game:
        env = gym.make(env_id, **{"backend": "live", "track": TM2020, "live": live_of(game)} | settings)
        try:
            yield env, game
        finally:
            env.close()


def live_of(game: StandInTM2020) -> dict:
    """Settings that reach a stand-in with a channel."""
    pads = game._controls
    assert isinstance(pads, ChannelControls)
    return {"port": game.port, "controls": f"channel:{pads.port}"}


@contextmanager
def live_tmnf(plugin: str = "tmenv", env_id: str = "tmenv/TMNF-Lidar-v0", **settings) -> Iterator[tuple]:
    """(env, stand-in)."""
    with StandInTMNF(TMNF, plugin, 0) as game:
        live = {"port": game.port, "speed": 1000.0}
        env = gym.make(env_id, **{"backend": "live", "track": TMNF, "live": live} | settings)
        try:
            yield env, game
        finally:
            env.close()


def until(condition: Callable[[], bool], limit_s: float = 5.0) -> float:
    """Wait for it; returns the seconds that took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() < started + limit_s
        time.sleep(0.005)
    return time.monotonic() - started


def lets_go(game: StandInTM2020, limit_s: float = 2.0) -> bool:
    """Is the pad of a stand-in neutral within ``limit_s``?"""
    pads = game._controls
    assert isinstance(pads, ChannelControls)
    until(lambda: pads._sticks[:3] == (0.0, 0.0, 0.0), limit_s)
    return True
