"""The driver that follows the road: it turns and brakes where it should, and finishes tracks it has never seen."""

import numpy as np
import pytest

from tmenv.track import split
from tmenv_agents import follow
from tmenv_agents.follow import Driver, drive

POINTS = 40


def road(turn=0.0, climb=0.0, from_m=0.0):
    """Points (1, P, 3) of a road that turns left by ``turn`` and climbs by ``climb`` (per metre) behind ``from_m``."""
    at = np.arange(POINTS) * follow.ROAD_STEP_M
    behind = np.maximum(0.0, at - from_m)
    heading, slope = turn * behind, climb * behind
    steps = np.column_stack([np.sin(heading), slope, np.cos(heading)]) * follow.ROAD_STEP_M
    return np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)[:-1]])[None].astype(np.float32)


def seen(points, speed):
    return {"road": points, "velocity": np.array([[0.0, 0.0, speed]], np.float32)}


def test_it_steers_to_the_side_the_road_turns_to():
    straight, left, right = (Driver().actions(seen(road(turn), 40.0))[0, 0] for turn in (0.0, 0.02, -0.02))
    assert straight == pytest.approx(0.0, abs=1e-6)
    assert left < -0.2
    assert right == pytest.approx(-left, abs=1e-6)


@pytest.mark.parametrize("points", [road(turn=0.05, from_m=60.0), road(climb=-0.03, from_m=60.0)])
def test_it_brakes_before_curves_and_crests(points):
    slow, fast = (Driver().actions(seen(points, speed))[0, 1] for speed in (10.0, 60.0))
    assert (slow, fast) == (1.0, -1.0)
    assert Driver().actions(seen(road(), 60.0))[0, 1] == 1.0


@pytest.mark.parametrize("game", ["TMNF", "TM2020"])
def test_it_finishes_random_tracks(game):
    drives = drive(game, split("test", length=400)[:6] + split("hard", length=400)[:6], Driver())
    assert drives.finish_rate == 1.0, dict(zip(drives.names, drives.outcome, strict=True))
    assert (drives.progress > 0.99).all()
    assert drives.time_s.min() > 5.0
    assert drives.time_s.max() < 60.0


def test_the_command_lists_what_was_not_finished(capsys):
    hopeless = ["--driver.gain", "-3"]
    assert follow.main(["--tracks", "2", "--difficulty", "hard", *hopeless]) == 0
    told = capsys.readouterr().out
    assert "TMNF: 0 of 2 finished (0.0 %)" in told
    assert "random:10000?difficulty=hard: no_progress at" in told
    assert follow.main(["--difficulty", "extreme"]) == 2
    assert "from 0 to 1" in capsys.readouterr().err
