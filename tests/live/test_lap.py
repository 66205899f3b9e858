"""A whole race in real time, driven with real keys: what a player sees and does, without the player."""

import time
from pathlib import Path

import pytest

from tests.engine.roads import road
from tests.live.driver import Driver
from tests.live.verb import Verb
from tmenv.live.capture import Capture
from tmenv.live.controls import Guard, open_pad
from tmenv.live.tm2020 import GameTM2020, Telemetry, is_finished
from tmenv.live.window import find_window

SPRINT = (
    "start",
    "straight",
    "straight",
    "curve3 left",
    "checkpoint",
    "straight",
    "curve3 right",
    "straight",
    "finish",
)
STEP_S = 0.05


@pytest.mark.usefixtures("on_screen")
def test_a_lap_is_driven_with_keys_and_seen_on_the_screen(tmp_path: Path):
    track = road("TM2020", *SPRINT)
    track.save(tmp_path / "sprint.npz")
    driver, pictures = Driver(track), []
    with Verb("tm2020", "--port", "0", "--window", "--track", str(tmp_path / "sprint.npz")) as game:
        pad = Guard(open_pad("keyboard"))
        with GameTM2020(Telemetry(game.port), pad) as engine, Capture(find_window("tm2020")) as capture:
            state = engine.reset().state
            deadline = due = time.perf_counter()
            while not is_finished(state):
                steer, gas, brake = driver.act(state["position"], state["forward"], state["velocity"])
                state = engine.advance(2.0 * steer, float(gas), float(brake)).state
                pictures.append(capture.grab())
                due += STEP_S
                time.sleep(max(0.0, due - time.perf_counter()))
                assert time.perf_counter() < deadline + 60.0, state
            assert state["checkpoints"] == track.checkpoints + 1
            assert 5_000 < state["race_time_ms"] < 40_000
            moved = [later.still_s == 0.0 for later in pictures[20:]]
            assert sum(moved) > 0.9 * len(moved)
