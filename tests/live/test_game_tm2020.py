"""TM2020 in real time as an engine: restart, drive to the finish, and let go; against the stand-in."""

import time

import numpy as np
import pytest

from tests.live.driver import Driver
from tmenv.errors import LiveError
from tmenv.live.standin import ChannelControls, ChannelPad, StandInTM2020
from tmenv.live.tm2020 import GameTM2020, Telemetry, is_finished

TRACK = "tm2020-first-drive"


class Rig:
    """A stand-in, its pad, and the engine on both."""

    def __init__(self, plugin: str = "framed"):
        self._plugin = plugin

    def __enter__(self) -> GameTM2020:
        controls = ChannelControls(0)
        self.game = StandInTM2020(TRACK, self._plugin, 0, controls)
        self.game.__enter__()
        self.telemetry, self.pad = Telemetry(self.game.port), ChannelPad(controls.port)
        self.engine = GameTM2020(self.telemetry, self.pad)
        return self.engine

    def __exit__(self, *_: object) -> None:
        self.engine.close()
        self.game.close()


@pytest.mark.parametrize("plugin", ["framed", "connect", "tmrl"])
def test_an_episode_starts_at_the_line_whatever_the_plugin(plugin: str):
    rig = Rig(plugin)
    with rig as engine:
        engine.reset()
        until(lambda: engine.advance(0.0, 1.0, 0.0).state["speed"] > 10.0)
        state = engine.reset().state
        np.testing.assert_allclose(state["position"], rig.game.race.track.spawn, atol=0.1)
        assert state["speed"] < 1.0
        if plugin != "tmrl":
            assert 0 <= state["race_time_ms"] < 500


def test_the_last_stretch_is_driven_at_twenty_hertz():
    rig = Rig()
    with rig as engine:
        track, race = rig.game.race.track, rig.game.race
        driver, state = Driver(track), engine.reset().state
        race._simulator.spawn(start_m=track.length_m - 150.0, speed=20.0)
        deadline, next_step = time.perf_counter() + 20.0, time.perf_counter()
        while not is_finished(state):
            steer, gas, brake = driver.act(state["position"], state["forward"], state["velocity"])
            state = engine.advance(steer, float(gas), float(brake)).state
            next_step += 0.05
            time.sleep(max(0.0, next_step - time.perf_counter()))
            assert time.perf_counter() < deadline, state
        assert 2_000 < state["race_time_ms"] < 12_000


def test_closing_lets_go_of_the_car():
    rig = Rig()
    with rig as engine:
        until(lambda: engine.advance(0.5, 1.0, 0.0).state["gas"] == 1.0)
        engine.close()
        engine.close()
        with Telemetry(rig.game.port) as watcher:
            until(lambda: watcher.latest().state["gas"] == 0.0)
            assert watcher.latest().state["gas"] == 0.0  # and stays so


def fail_in_the_middle(engine: GameTM2020) -> None:
    with engine:
        until(lambda: engine.advance(0.5, 1.0, 0.0).state["gas"] == 1.0)
        raise ZeroDivisionError("in the policy")


def test_an_exception_in_the_policy_lets_go_of_the_car():
    rig = Rig()
    with rig as engine:
        with pytest.raises(ZeroDivisionError):
            fail_in_the_middle(engine)
        with Telemetry(rig.game.port) as watcher:
            until(lambda: watcher.latest().state["gas"] == 0.0)


class DeadPad:
    """A pad whose button does nothing."""

    def apply(self, steer: float, gas: float, brake: float) -> None:
        pass

    def neutral(self) -> None:
        pass

    def restart(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_button_that_does_nothing_is_named():
    with StandInTM2020(TRACK, "connect", 0) as game, GameTM2020(Telemetry(game.port), DeadPad()) as engine:
        time.sleep(1.8)
        with pytest.raises(LiveError, match="did not start again"):
            engine.reset()


def test_a_pad_that_is_pulled_out_is_named():
    rig = Rig()
    with rig as engine:
        engine.advance(0.0, 1.0, 0.0)
        rig.game._controls.close()
        with pytest.raises(LiveError, match="is gone"):
            until(lambda: engine.advance(0.0, 1.0, 0.0) is None)
    with pytest.raises(LiveError, match="no stand-in takes inputs"):
        ChannelPad(rig.game._controls.port)


def until(condition, limit_s: float = 10.0) -> None:
    """Wait for it."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
