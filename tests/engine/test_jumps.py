"""Jumps of random tracks, driven: the speeds that they are made for clear the gap and land on the road behind it."""

import gymnasium as gym
import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.track.test_generate import jump_at
from tmenv.constants import GAMES
from tmenv.engine.params import load_parameters
from tmenv.track import build, generate, load
from tmenv.track.jumps import AIR_MPS2, JUMPS, speed_after


def gaps(game):
    """The first jump of each kind: its track, the gap's route metres, and the jump."""
    found = {}
    for seed in range(150):
        track = build(generate(seed, game, (0.0, 0.5, 1.0)[seed % 3], families=("jumps",)))
        for start, end in track.gaps.tolist():
            jump = jump_at(track, start, end)
            found.setdefault(jump, (track, start, end, jump))
    return list(found.values())


@pytest.mark.parametrize("game", GAMES)
def test_cars_at_both_ends_of_the_window_land_on_the_road(game):
    kinds = gaps(game)
    assert len(kinds) == len(JUMPS)
    for track, start, end, jump in kinds:
        for speed, gas in ((jump.slowest, True), (jump.fastest, False), ((jump.slowest + jump.fastest) / 2, True)):
            drive = Drive(game, track=track)
            drive.simulator.spawn(start - 6.0, speed)
            drive.car["ticks"] = 1
            lowest = np.inf
            while drive.go(1, gas=gas).car["progress"] < end + jump.landing_m - 2.0:
                x, y, z = drive.car["position"].tolist()
                s, lateral = track.local_coordinates(x, y, z)
                if s > end + 2.0:
                    lowest = min(lowest, y - track.position(s)[1])
                assert abs(lateral) < 8.0
                assert drive.car["ticks"] < 1500, (jump, speed)
            assert -0.5 < lowest < 0.7


@pytest.mark.parametrize("game", GAMES)
def test_speeds_and_gravity_are_those_of_the_engine(game):
    parameters = load_parameters(game)
    assert float(parameters["gravity_air"][0]) == pytest.approx(AIR_MPS2, rel=0.01)
    drive = Drive(game).start()
    for metres in (10.0, 64.0, 128.0, 256.0, 480.0, 960.0):
        while drive.car["position"][2] < metres:
            drive.go(1, gas=True)
        assert drive.forward_speed == pytest.approx(speed_after(metres), rel=0.04)


@pytest.mark.parametrize("game", GAMES)
def test_lidar_and_progress_go_on_over_a_gap(game):
    name = "random:1?families=flat,jumps"
    track = load(name, game)
    start, end = track.gaps[0].tolist()
    env = gym.make(f"tmenv/{game}-Lidar-v0", track=name, action="steer_throttle", flatten=False)
    seen, info = env.reset(seed=0, options={"start": max(start - 160.0, 0.0)})
    flown = 0
    while info["progress_m"] < end + 30.0:
        before = info["progress_m"]
        seen, _, terminated, truncated, info = env.step(np.array([0.0, 1.0], np.float32))
        assert not terminated
        assert not truncated
        assert env.observation_space.contains(seen)
        assert before <= info["progress_m"] < before + 6.0
        flown += start < info["progress_m"] < end
    assert flown > 3
    env.close()
