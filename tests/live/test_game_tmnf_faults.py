"""What can go wrong on the TMInterface link: each is one clear error or a recovery within two seconds."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from tests.live.scripted import ScriptedServer, free_port, send, silent
from tests.live.test_game_tmnf import TRACK, drive, options
from tests.live.test_telemetry_faults import raises
from tests.live.verb import Verb
from tmenv.live.standin import StandInTMNF
from tmenv.live.tmnf import GameOptions, GameTMNF, Link
from tmenv.live.tmnf.messages import INT, Kind, pack


def test_an_absent_plugin_is_named_with_port_and_remedy():
    port, started = free_port(), time.monotonic()
    with raises(rf"{port}.*set custom_port {port}.*plugin install tmnf"):
        GameTMNF(GameOptions(port=port, connect_s=0.6))
    assert time.monotonic() - started < 2.0


def test_a_game_that_is_still_loading_is_waited_for():
    port = free_port()
    game = StandInTMNF.__new__(StandInTMNF)
    timer = threading.Timer(0.5, lambda: (game.__init__(TRACK, port=port), game.__enter__()))
    timer.start()
    with GameTMNF(GameOptions(port=port, connect_s=5.0, speed=1000.0)) as client:
        assert client.reset()["race_time"] == 0
    timer.join()
    game.close()


def test_a_silent_plugin_is_named():
    with ScriptedServer(silent) as server, raises(rf"{server.port} is silent.*menus"):
        GameTMNF(GameOptions(port=server.port, start_s=0.4))


def test_garbage_is_named():
    with ScriptedServer(send(b"GET / HTTP/1.1\r\n")) as server, raises("no message of the TMInterface link"):
        GameTMNF(GameOptions(port=server.port))


def test_another_message_than_connect_is_named():
    with ScriptedServer(send(pack(Kind.RUN_STEP, 0))) as server, raises("RUN_STEP instead of CONNECT"):
        GameTMNF(GameOptions(port=server.port))


def test_half_a_message_is_waited_for_and_then_named():
    with ScriptedServer(send(INT.pack(5), piece=1, pause_s=0.05)) as server:
        link = Link(server.port)
        assert link.wait(2.0).kind == Kind.CONNECT
        with raises("closed by the game"):
            link.wait(2.0)


def test_an_absurd_reply_is_named():
    reply = INT.pack(Kind.CONNECT) + INT.pack(-5)
    with ScriptedServer(send(reply, pause_s=0.3)) as server:
        link = Link(server.port)
        link.wait(2.0)
        with raises("announced -5 bytes"):
            link.ask_bytes(Kind.GET_SIMULATION_STATE)


def test_an_absurd_state_is_named():
    script = send(pack(Kind.CONNECT) + INT.pack(3) + b"abc", pause_s=0.3)
    with ScriptedServer(script) as server:
        game = GameTMNF.__new__(GameTMNF)
        game.options, game._link = GameOptions(port=server.port), Link(server.port)
        game._link.wait(2.0)
        with raises(r"sent no state: .*3 bytes"):
            game._full_state()
        game._link.close()


def test_a_restarted_game_is_found_again_by_the_next_reset():
    game = StandInTMNF(TRACK, port=0)
    game.__enter__()
    with GameTMNF(options(game)) as client:
        client.reset()
        drive(client, 5)
        game.close()
        with raises("lost|closed by the game"):
            drive(client, 5)
        with StandInTMNF(TRACK, port=game.port):
            started = time.monotonic()
            assert client.reset()["race_time"] == 0
            assert time.monotonic() - started < 2.0
            drive(client, 5)
            client.close()


def test_a_second_client_takes_over_and_the_first_is_told():
    with StandInTMNF(TRACK, port=0) as game, GameTMNF(options(game)) as first:
        first.reset()
        waiting = threading.Thread(target=lambda: GameTMNF(options(game)).close())
        waiting.start()
        with raises("another client took over"):
            for _ in range(200):
                drive(first, 10)
        waiting.join()


def test_a_port_in_use_is_named():
    with StandInTMNF(TRACK, port=0) as game, raises(rf"{game.port}.*choose another"):
        StandInTMNF(TRACK, port=game.port)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
@pytest.mark.parametrize("silence_s", [5.0, 0.5])
def test_a_frozen_game_is_waited_for_or_named(silence_s: float):
    with Verb("tmnf", "--track", TRACK, "--port", "0") as game, closing(connected(game.port, silence_s)) as client:
        client.reset()
        game.process.send_signal(signal.SIGSTOP)
        thaw = threading.Timer(3.0, lambda: game.process.send_signal(signal.SIGCONT))
        thaw.start()
        if silence_s > 3.0:
            assert len(drive(client, 10)) == 10
        else:
            with raises("is silent"):
                drive(client, 1)
            thaw.join()
            assert client.reset()["race_time"] == 0
        thaw.join()


def connected(port: int, silence_s: float) -> GameTMNF:
    return GameTMNF(GameOptions(port=port, speed=100.0, silence_s=silence_s))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles")
def test_ctrl_c_ends_the_game_without_a_traceback():
    with Verb("tmnf", "--track", TRACK, "--port", "0") as game:
        game.process.send_signal(signal.SIGINT)
        _, errors = game.process.communicate(timeout=10.0)
        assert (game.process.returncode, errors) == (130, "")


def test_an_interrupted_step_lets_go_of_the_keys():
    with StandInTMNF(TRACK, port=0) as game:
        with GameTMNF(options(game)) as client:
            client.reset()
            client.advance(0.5, True, False)
            client._link.release()  # Ctrl+C came here
        deadline = time.monotonic() + 1.0
        while game.speed != 1.0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (game.inputs, game.speed) == ((0.0, False, False), 1.0)


INTERRUPTED = """
import _thread, threading
from tmenv.live.tmnf import GameOptions, GameTMNF
with GameTMNF(GameOptions(port={port}, speed=0.01)) as game:
    threading.Timer(0.3, _thread.interrupt_main).start()
    try:
        game.reset()
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_reaches_a_client_in_a_step():
    with StandInTMNF(TRACK, port=0) as game:
        code = INTERRUPTED.format(port=game.port)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")
