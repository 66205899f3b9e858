"""What can go wrong between client and plugin: each is one clear error or a recovery within two seconds."""

import gc
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.live.recorded import Recording
from tests.live.scripted import ScriptedServer, free_port, repeat, send, silent
from tests.live.verb import Verb
from tmenv.errors import LiveError
from tmenv.live.standin import StandInTM2020
from tmenv.live.tm2020 import Telemetry
from tmenv.live.tm2020.dialects import by_name
from tmenv.live.tm2020.framed import Hello, Kind, pack_frame

TRACK = "tm2020-first-drive"
TMRL = by_name("tmrl")


def raises(match: str):
    """One error of ours that says so."""
    return pytest.raises(LiveError, match=match)


def read_for_ever(client: Telemetry) -> None:
    while True:
        client.latest(timeout_s=2.0)


def test_an_absent_plugin_is_named_with_port_and_remedy():
    port = free_port()
    started = time.monotonic()
    with Telemetry(port) as client, pytest.raises(LiveError, match=rf"{port}.*nothing listens.*plugin install tm2020"):
        client.latest(timeout_s=1.0)
    assert time.monotonic() - started < 2.0


def test_a_silent_plugin_is_told_from_an_absent_one():
    with ScriptedServer(silent) as server, Telemetry(server.port) as client:
        with pytest.raises(LiveError, match=r"connected, but silent.*enter a race"):
            client.latest(timeout_s=2.0)
        assert client.status.link == "connected but silent"


def test_a_wrong_dialect_is_named(recording: Recording):
    stream = recording.stream(by_name("tqc"))
    with ScriptedServer(repeat(stream, 80)) as server, Telemetry(server.port, "tmrl") as client:
        with raises("another dialect"):
            client.latest(timeout_s=1.0)
        assert client.status.received == 0


def test_garbage_is_named():
    noise = np.random.default_rng(0).bytes(1 << 16)
    with ScriptedServer(send(noise)) as server, Telemetry(server.port) as client, raises("none of the known dialects"):
        client.latest(timeout_s=1.0)


def test_half_packets_are_put_together(recording: Recording):
    stream = recording.stream(TMRL)
    with ScriptedServer(send(stream, piece=7)) as server, Telemetry(server.port) as client:
        sample = client.latest(timeout_s=2.0)
        assert np.isfinite(sample.state["position"]).all()


def test_a_connection_cut_in_a_packet_starts_afresh(recording: Recording):
    stream = recording.stream(TMRL)
    scripts = send(stream[: 30 * 44 + 13], pause_s=0.01), repeat(stream, 44)
    with ScriptedServer(*scripts) as server, Telemetry(server.port) as client:
        first = client.latest()
        deadline = time.monotonic() + 2.0
        while client.status.connection < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        second = client.after(first, timeout_s=2.0)
        assert (first.connection, second.connection) == (1, 2)


def test_nan_telemetry_is_skipped_and_then_named(recording: Recording):
    bad = recording.states[0].copy()
    bad["speed"] = np.nan
    good, broken = recording.stream(TMRL)[: 40 * 44], TMRL.pack(bad, 0.0) * 4000
    scripts = repeat(good + broken, 44), repeat(broken, 44)
    with ScriptedServer(*scripts) as server, Telemetry(server.port, "tmrl") as client:
        client.latest()
        deadline = time.monotonic() + 20.0
        while not client.status.bad and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(LiveError, match="NaN"):
            read_for_ever(client)


def test_a_plugin_of_another_version_is_named():
    newer = b"\x08\0\0\0\x02\x01\0\0\0\0\0\0"
    with ScriptedServer(send(newer)) as server, Telemetry(server.port, "framed") as client, raises("version 2"):
        client.latest(timeout_s=2.0)


def test_a_plugin_with_other_states_is_named():
    hello = pack_frame(Kind.HELLO, Hello("0.0.1", state_size=100).pack())
    with ScriptedServer(send(hello)) as server, Telemetry(server.port, "framed") as client, raises("100 bytes"):
        client.latest(timeout_s=2.0)


def test_a_restarted_plugin_is_found_again_within_two_seconds():
    with StandInTM2020(TRACK, port=0) as game, Telemetry(game.port) as client:
        client.latest()
        game.close()
        time.sleep(0.3)
        with StandInTM2020(TRACK, port=game.port):
            again = client.latest(timeout_s=2.0)
        assert again.connection == 2


def test_a_second_client_of_our_plugin_is_told_why():
    with StandInTM2020(TRACK, port=0) as game, Telemetry(game.port) as first:
        first.latest()
        with Telemetry(game.port) as second, pytest.raises(LiveError, match="another client is connected"):
            second.latest(timeout_s=1.0)
        first.latest()


def test_a_second_client_of_tmrls_plugin_is_told_what_may_be():
    with StandInTM2020(TRACK, "tmrl", 0) as game, Telemetry(game.port) as first:
        first.latest()
        with Telemetry(game.port) as second, pytest.raises(LiveError, match="serves one client"):
            second.latest(timeout_s=1.0)


def test_a_port_in_use_is_named():
    with StandInTM2020(TRACK, port=0) as game, pytest.raises(LiveError, match=rf"{game.port}.*choose another"):
        StandInTM2020(TRACK, port=game.port)


def test_a_client_that_is_forgotten_ends_its_thread():
    with ScriptedServer(silent) as server:
        client = Telemetry(server.port)
        thread = client._receiver._thread
        assert thread.is_alive()
        del client
        gc.collect()
        thread.join(2.0)
        assert not thread.is_alive()


def test_a_closed_client_says_so():
    client = Telemetry(free_port())
    client.close()
    client.close()
    with pytest.raises(LiveError, match="closed"):
        client.latest()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
def test_a_frozen_game_is_an_error_and_then_goes_on():
    with Verb("tm2020", "--track", TRACK, "--port", "0") as game, Telemetry(game.port) as client:
        client.latest()
        game.process.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        with pytest.raises(LiveError, match="silent"):
            client.latest(timeout_s=1.5)
        time.sleep(1.2)
        game.process.send_signal(signal.SIGCONT)
        assert client.latest(timeout_s=2.0).connection == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles")
def test_ctrl_c_ends_the_game_without_a_traceback():
    with Verb("tm2020", "--track", TRACK, "--port", "0") as game:
        game.process.send_signal(signal.SIGINT)
        _, errors = game.process.communicate(timeout=10.0)
        assert (game.process.returncode, errors) == (130, "")


INTERRUPTED = """
import _thread, threading
from tmenv.live.tm2020 import Telemetry
with Telemetry({port}) as client:
    threading.Timer(0.3, _thread.interrupt_main).start()
    try:
        client.latest(timeout_s=30.0)
    except KeyboardInterrupt:
        print("interrupted")
assert not [thread for thread in threading.enumerate() if thread.name.startswith("tmenv")]
"""


def test_ctrl_c_reaches_a_waiting_client():
    with ScriptedServer(silent) as server:
        code = INTERRUPTED.format(port=server.port)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")
