"""What can go wrong under an env with ``backend="live"``.

Each is one clear error or a recovery within two seconds, and the car is let go of; the fixture of this folder looks
for threads and sockets left behind.
"""

import signal
import subprocess
import sys
import time

import gymnasium as gym
import numpy as np
import pytest

from tests.live.rigs import GAS, TM2020, TMNF, lets_go, live_of, live_tm2020, live_tmnf, until
from tests.live.scripted import ScriptedServer, free_port, send, silent
from tests.live.verb import Verb
from tmenv.errors import LiveError, OrderError
from tmenv.live.standin import ChannelControls, StandInTM2020, StandInTMNF
from tmenv.live.tm2020.car import state_of

TM2020_ID, TMNF_ID = "tmenv/TM2020-Lidar-v0", "tmenv/TMNF-Lidar-v0"
WITHIN_S = 2.2


@pytest.fixture(autouse=True)
def _short_countdown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tmenv.live.standin.tm2020.COUNTDOWN_MS", 300)


def drive(env: gym.Env, steps: int) -> None:
    for _ in range(steps):
        env.step(GAS)


def fails_within(env: gym.Env, message: str, limit_s: float = WITHIN_S) -> None:
    """Stepping on ends in this error, and no step takes longer than ``limit_s``."""
    with pytest.raises(LiveError, match=message):
        step_quickly(env, limit_s)


def step_quickly(env: gym.Env, limit_s: float) -> None:
    for _ in range(200):
        started = time.monotonic()
        try:
            env.step(GAS)
        finally:
            assert time.monotonic() - started < limit_s


# another map


def test_another_map_is_named_with_both_names():
    with StandInTM2020("tm2020-hairpins", "framed", 0, ChannelControls(0)) as game:
        env = gym.make(TM2020_ID, backend="live", track=TM2020, live=live_of(game))
        with pytest.raises(LiveError, match=f"has map tm2020-hairpins loaded, but track='{TM2020}' is {TM2020}"):
            env.reset()
        env.close()


@pytest.mark.parametrize("plugin", ["tmrl", "connect"])
def test_another_start_is_named_where_no_map_is_told(plugin: str):
    with StandInTM2020("random:5", plugin, 0, ChannelControls(0)) as game:
        env = gym.make(TM2020_ID, backend="live", track=TM2020, live=live_of(game))
        with pytest.raises(LiveError, match=f"the car starts at .* the start of track '{TM2020}' is at"):
            env.reset()
        env.close()


@pytest.mark.parametrize(
    ("plugin", "message"),
    [("tmenv", f"has map tmnf-hairpins loaded, but track='{TMNF}'"), ("linesight", "the car starts at .* start of")],
)
def test_another_map_of_tmnf_is_named(plugin, message: str):
    with StandInTMNF("tmnf-hairpins", plugin, 0) as game:
        game.frames = lambda race, width, height: np.zeros((height, width, 4), np.uint8)
        env = gym.make(TMNF_ID, backend="live", track=TMNF, live={"port": game.port})
        with pytest.raises(LiveError, match=message):
            env.reset()
        env.close()


# the chain


def test_an_absent_plugin_is_named_and_a_later_one_is_found():
    port, pads = free_port(), ChannelControls(0)
    live = {"port": port, "controls": f"channel:{pads.port}"}
    env = gym.make(TM2020_ID, backend="live", track=TM2020, live=live)
    started = time.monotonic()
    with pytest.raises(LiveError, match=f"{port}.*nothing listens there.*plugin install tm2020"):
        env.reset()
    assert time.monotonic() - started < WITHIN_S
    with StandInTM2020(TM2020, "framed", port, pads):
        assert env.reset()[1]["race_time_ms"] < 500
        env.close()


def test_a_silent_plugin_is_named():
    with ScriptedServer(silent) as server:
        env = gym.make(TM2020_ID, backend="live", track=TM2020, live={"port": server.port, "controls": "none"})
        with pytest.raises(LiveError, match=r"connected, but silent.*enter a race"):
            env.reset()
        env.close()


def test_garbage_is_named():
    with ScriptedServer(send(b"\xff" * 4000, pause_s=0.05)) as server:
        live = {"port": server.port, "dialect": "tmrl", "controls": "none"}
        env = gym.make(TM2020_ID, backend="live", track=TM2020, live=live)
        with pytest.raises(LiveError, match=r"are no car as 'tmrl' tells of one|connection is lost"):
            env.reset()
        env.close()


def test_a_step_before_the_first_reset_is_named():
    for env_id, track in ((TM2020_ID, TM2020), (TMNF_ID, TMNF)):
        env = gym.make(env_id, backend="live", track=track)
        with pytest.raises(OrderError, match="has not been reset"):
            env.step(GAS)
        env.close()
        env.close()


def test_a_short_gap_of_nan_is_passed_over(monkeypatch: pytest.MonkeyPatch):
    with live_tm2020() as (env, _):
        env.reset()
        spoil(monkeypatch, 0.6)
        for _ in range(20):
            observation, reward, *_ = env.step(GAS)
            assert np.isfinite(observation).all()
            assert np.isfinite(reward)
        assert env.step(GAS)[4]["live"]["bad"] > 0


def test_lasting_nan_is_named(monkeypatch: pytest.MonkeyPatch):
    with live_tm2020() as (env, game):
        env.reset()
        drive(env, 3)
        spoil(monkeypatch, 60.0)
        fails_within(env, "held NaN")
        assert lets_go(game)


def spoil(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The stand-in's plugin tells of NaN for some time."""
    until_s = time.monotonic() + seconds

    def spoilt(car: np.ndarray, params: np.ndarray) -> np.ndarray:
        state = state_of(car, params)
        if time.monotonic() < until_s:
            state["velocity"] = np.nan
        return state

    monkeypatch.setattr("tmenv.live.standin.tm2020.state_of", spoilt)


def test_a_plugin_that_restarts_in_mid_episode_is_found_again():
    with live_tm2020() as (env, game):
        env.reset()
        drive(env, 5)
        plugin, poll = game._plugin, game._plugin.poll

        def drop_once(of: StandInTM2020) -> None:
            plugin._drop()
            plugin.poll = poll
            poll(of)

        plugin.poll = drop_once
        connections = [env.step(GAS)[4]["live"]["connection"] for _ in range(20)]
        assert (connections[0], connections[-1]) == (1, 2)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
def test_a_game_frozen_for_three_seconds_is_named_and_found_again():
    pad_port = free_port()
    arguments = ("--track", TM2020, "--port", "0", "--controls", "channel", "--controls-port", str(pad_port))
    with Verb("tm2020", *arguments) as game:
        live = {"port": game.port, "controls": f"channel:{pad_port}"}
        env = gym.make(TM2020_ID, backend="live", track=TM2020, live=live)
        env.reset()
        drive(env, 5)
        game.process.send_signal(signal.SIGSTOP)
        frozen = time.monotonic()
        fails_within(env, "no state arrived")
        time.sleep(max(0.0, frozen + 3.0 - time.monotonic()))
        game.process.send_signal(signal.SIGCONT)
        assert env.reset()[1]["race_time_ms"] < 500
        drive(env, 5)
        env.close()


def test_a_pad_that_is_pulled_out_is_named_and_plugged_in_again():
    with live_tm2020() as (env, game):
        env.reset()
        drive(env, 3)
        pads = game._controls
        port = pads.port
        pads.close()
        fails_within(env, "is gone")
        with pytest.raises(LiveError, match="no stand-in takes inputs"):
            env.reset()
        game._controls = ChannelControls(port)
        env.reset()
        drive(env, 3)


def test_a_game_of_tmnf_that_restarts_in_mid_episode_is_found_again():
    with live_tmnf() as (env, game):
        env.reset()
        drive(env, 5)
        game.close()
        fails_within(env, "lost|closed by the game")
        with StandInTMNF(TMNF, port=game.port):
            assert env.reset()[1]["race_time_ms"] == 0
            drive(env, 5)
            env.close()


# the agent


def test_an_agent_that_fails_lets_go_of_the_car():
    with live_tm2020() as (env, game):
        env.reset()
        with pytest.raises(ZeroDivisionError):
            think(env)
        assert until(lambda: env.unwrapped._batch.engine.report()["let_go"] == 1, 2.0) < 2.0
        assert lets_go(game)
        drive(env, 3)


def think(env: gym.Env) -> None:
    drive(env, 3)
    raise ZeroDivisionError("in the policy")


def test_closing_in_mid_episode_lets_go_of_the_car():
    with live_tm2020() as (env, game):
        env.reset()
        drive(env, 3)
        assert game._controls._sticks.gas == 1.0
        env.close()
        env.close()
        assert lets_go(game)
        assert env.reset()[1]["race_time_ms"] < 500


def test_a_forgotten_env_lets_go_of_the_car():
    with StandInTM2020(TM2020, "framed", 0, ChannelControls(0)) as game:
        env = gym.make(TM2020_ID, backend="live", track=TM2020, live=live_of(game))
        env.reset()
        drive(env, 3)
        del env
        assert lets_go(game)


FORGETFUL = """
import gymnasium as gym
import tmenv
env = gym.make({env_id!r}, backend="live", track={track!r}, live={live!r})
env.reset()
for _ in range(3):
    env.step([0.5, 1.0])
"""


def test_a_program_that_ends_without_closing_lets_go_of_the_car():
    with StandInTM2020(TM2020, "framed", 0, ChannelControls(0)) as game:
        code = FORGETFUL.format(env_id=TM2020_ID, track=TM2020, live=live_of(game))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert lets_go(game)


INTERRUPTED = """
import _thread, threading
import gymnasium as gym
import tmenv
env = gym.make({env_id!r}, backend="live", track={track!r}, live={live!r})
env.reset()
env.step([0.5, 1.0])
threading.Timer(0.5, _thread.interrupt_main).start()
try:
    while True:
        env.step([0.5, 1.0])
except KeyboardInterrupt:
    print("interrupted", flush=True)
input()
env.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles")
def test_ctrl_c_in_a_step_lets_go_of_the_car():
    with StandInTM2020(TM2020, "framed", 0, ChannelControls(0)) as game:
        code = INTERRUPTED.format(env_id=TM2020_ID, track=TM2020, live=live_of(game))
        with Interrupted(code) as agent:
            assert lets_go(game)
            agent.communicate("\n", timeout=20.0)
            assert agent.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles")
def test_ctrl_c_in_a_step_of_tmnf_leaves_the_game_in_order():
    with StandInTMNF(TMNF, port=0) as game:
        live = {"port": game.port, "speed": 1.0}
        with Interrupted(INTERRUPTED.format(env_id=TMNF_ID, track=TMNF, live=live)) as agent:
            agent.communicate("\n", timeout=20.0)
            assert agent.returncode == 0
        until(lambda: game.inputs == (0.0, False, False) and game.speed == 1.0, 2.0)


class Interrupted:
    """An agent's program that was interrupted in a step and now waits for a line."""

    def __init__(self, code: str):
        pipe = subprocess.PIPE
        self._agent = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> subprocess.Popen:
        assert self._agent.stdout is not None
        assert self._agent.stdout.readline() == "interrupted\n"
        return self._agent

    def __exit__(self, *_: object) -> None:
        self._agent.kill()
        self._agent.communicate()
