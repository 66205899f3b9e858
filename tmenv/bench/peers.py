"""Other driving environments, measured the same way where they are installed."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import gymnasium as gym

from tmenv.bench.figure import Figure
from tmenv.bench.measure import Stretch, single_figure, single_stretch


class Peer(NamedTuple):
    """An environment of another package: its id, the module that must exist, and how it tells its speed."""

    env_id: str
    module: str
    speed: Callable[[Any, dict[str, Any]], float]


def _car_racing_speed(env: Any, _: dict[str, Any]) -> float:
    return env.unwrapped.car.hull.linearVelocity.length


def _racetrack_speed(env: Any, _: dict[str, Any]) -> float:
    return env.unwrapped.vehicle.speed


PEERS = (
    Peer("CarRacing-v3", "Box2D", _car_racing_speed),
    Peer("racetrack-v0", "highway_env", _racetrack_speed),
)


def sampled(space: gym.Space) -> Iterator[Any]:
    """Random actions of a space, the same at every call."""
    space.seed(0)
    while True:
        yield space.sample()


def peer_figures(seconds: float) -> Iterator[Figure]:
    """A figure per peer; one without a value where its package is missing."""
    for peer in PEERS:
        if find_spec(peer.module) is None:
            yield Figure(peer.env_id, "make().step()", None, "us", 1, 1, "mixed")
        else:
            yield _measured(peer, seconds)


def car_racing() -> Stretch | None:
    """One step of CarRacing-v3 with its picture, for ``timed`` beside ours; None where it is not installed."""
    peer = PEERS[0]
    if find_spec(peer.module) is None:
        return None
    with _unwarned():
        env = _made(peer)
        stretch = single_stretch(env, sampled(env.action_space), peer.speed, hold=1)
        stretch()  # Gymnasium checks the first step only
    return stretch


def _measured(peer: Peer, seconds: float) -> Figure:
    with _unwarned():
        env = _made(peer)
        return single_figure(peer.env_id, env, sampled(env.action_space), peer.speed, seconds)


def _made(peer: Peer) -> gym.Env:
    import_module(peer.module)
    return gym.make(peer.env_id)


@contextmanager
def _unwarned() -> Iterator[None]:
    """What other packages are warned of is not this program's to report."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
