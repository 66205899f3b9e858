"""Our TMInterface plugin, running in a real AngelScript engine, and our client: over TCP."""

import time
from contextlib import closing

import numpy as np
import pytest

from tests.live.angelscript import PluginHost, tminterface
from tests.live.test_link_tmnf import run_on, step_to, until
from tmenv.errors import LiveError
from tmenv.live.tmnf import GameOptions, GameTMNF, Link, SimState
from tmenv.live.tmnf.compact import COMPACT, compact_of
from tmenv.live.tmnf.messages import INT, Capability, Kind


def connected(game: PluginHost, **changes) -> GameTMNF:
    return GameTMNF(GameOptions(**{"port": game.port, "speed": 200.0} | changes))


def greeted(game: PluginHost) -> Link:
    """A link that has answered CONNECT, at speed 200."""
    link = Link(game.port)
    assert link.wait(2.0).kind == Kind.CONNECT
    link.send(Kind.SET_SPEED, 200.0)
    link.send(Kind.GIVE_UP)
    return link


def test_episodes_are_driven_to_the_finish_and_are_the_same():
    with tminterface() as game, connected(game) as client:
        runs = []
        for _ in range(2):
            states = [client.reset().tobytes()]
            while client.finish_ms is None:
                states.append(client.advance(0.25, True, False).tobytes())
            runs.append((client.finish_ms, states))
        assert runs[0] == runs[1]
        assert runs[0][0] == 1550
        assert client.state["input_steer"] == 0.25
        assert client.state["race_finished"] == 1


def test_a_snapshot_continues_to_the_last_bit():
    with tminterface() as game, connected(game) as client:
        client.reset()
        for _ in range(10):
            client.advance(0.1, True, False)
        saved = client.snapshot()
        first = [client.advance(0.3, True, False).tobytes() for _ in range(10)]
        client.restore(saved)
        assert [client.advance(0.3, True, False).tobytes() for _ in range(10)] == first


def test_frames_come_with_every_step():
    with tminterface() as game, connected(game, frame_size=(16, 8)) as client:
        client.reset()
        for step in range(1, 6):
            client.advance(0.0, True, False)
            assert client.frame is not None
            assert client.frame.shape == (8, 16, 4)
            assert client.frame[1, 0].tolist() == [10, 20, 5 * step, 0]
            assert (client.frame[0] == 255).all()


def test_the_compact_state_is_the_state_in_less():
    with tminterface() as game, closing(greeted(game)) as link:
        step_to(link, 200)
        full = SimState.from_bytes(link.ask_bytes(Kind.GET_SIMULATION_STATE))
        assert link.ask_bytes(Kind.GET_COMPACT_STATE) == compact_of(full.fields).tobytes()
        assert len(compact_of(full.fields).tobytes()) == COMPACT.itemsize


def test_all_requests_are_served_in_their_sizes():
    with tminterface() as game, closing(greeted(game)) as link:
        assert link.hello() == sum(Capability)
        assert link.ask_bytes(Kind.GET_MAP_UID) == b"HarnessMap"
        link.send(Kind.SET_ON_STEP_PERIOD, 20)
        link.send(Kind.SET_TIMEOUT, 5000)
        link.send(Kind.TOGGLE_INTERFACE, 0)
        link.send(Kind.RESET_CAMERA)
        link.send(Kind.REWIND_TO_CURRENT_STATE)
        link.send(Kind.REQUEST_FRAME, 4, 4)
        link.send(Kind.UNREQUEST_FRAME)
        link.command("cam 1")
        assert link.ask(Kind.IS_IN_MENUS) == 0
        step_to(link, 100)
        link.send(Kind.SET_INPUT_STATE, 0, 1, 1, 0)
        assert link.ask_bytes(Kind.GET_INPUTS).decode().split("\n")[:2] == ["110 press right", "110 press up"]
        step_to(link, 120)
        fields = SimState.from_bytes(link.ask_bytes(Kind.GET_SIMULATION_STATE)).fields
        assert (fields["input_gas"], fields["input_brake"], fields["input_steer"]) == (1.0, 0.0, 1.0)


def test_laps_and_the_finish_are_told_and_the_finish_can_be_prevented():
    with tminterface() as game, closing(greeted(game)) as link:
        step_to(link, 0)
        link.send(Kind.SET_INPUT_ANALOG, 0, 65536, 0)
        lap = until(link, Kind.LAP)
        assert (lap.value, lap.target) == (1, 2)
        finish = until(link, Kind.CHECKPOINT, 3)
        assert finish.value == finish.target
        assert link.ask(Kind.RACE_FINISHED) == 1
        link.send(Kind.PREVENT_SIMULATION_FINISH)
        first = until(link, Kind.RUN_STEP).value
        assert until(link, Kind.RUN_STEP).value == first + 10


def test_a_frame_requested_while_answering_one_is_lost():
    with tminterface() as game, closing(greeted(game)) as link:
        step_to(link, 100)
        link.send(Kind.REQUEST_FRAME, 4, 4)
        until(link, Kind.FRAME)
        link.send(Kind.REQUEST_FRAME, 4, 4)
        for _ in range(300):
            link.release()
            assert link.wait(2.0).kind == Kind.RUN_STEP


def test_unknown_ids_are_skipped():
    with tminterface() as game, closing(greeted(game)) as link:
        link._socket.sendall(INT.pack(63) + INT.pack(200))
        assert link.ask(Kind.IS_IN_MENUS) == 0


def test_a_slow_client_is_dropped_with_its_keys():
    with tminterface() as game, connected(game, patience_ms=500) as client:
        client.reset()
        client.advance(0.5, True, False)
        time.sleep(1.2)
        with pytest.raises(LiveError, match="longer to answer"):
            client.advance(0.5, True, False)
        assert client.reset()["race_time"] == 0
        states = [client.advance(0.0, False, False) for _ in range(3)]
        assert all(state["input_gas"] == 0.0 for state in states)


def test_a_new_client_replaces_the_old_one():
    with tminterface() as game, closing(greeted(game)) as old, closing(Link(game.port)) as new:
        with pytest.raises(LiveError, match="another client took over"):
            run_on(old)
        assert new.wait(2.0).kind == Kind.CONNECT


def test_a_new_client_need_not_wait_for_one_that_died_in_a_sync():
    with tminterface() as game, closing(greeted(game)) as dead:
        dead.send(Kind.SET_TIMEOUT, 600_000)
        started = time.monotonic()
        with connected(game) as client:
            assert client.reset()["race_time"] == 0
        assert time.monotonic() - started < 2.0


@pytest.mark.parametrize("size", [-1, 1 << 25])
def test_absurd_lengths_drop_the_client_and_the_game_stays(size: int):
    with tminterface() as game:
        with closing(greeted(game)) as link:
            link._socket.sendall(INT.pack(Kind.REWIND_TO_STATE) + INT.pack(size))
            with pytest.raises(LiveError, match="closed by the game"):
                link.wait(2.0)
        with closing(Link(game.port)) as again:
            assert again.wait(2.0).kind == Kind.CONNECT


def test_a_port_in_use_is_told_in_the_log():
    with tminterface() as first, tminterface(first.port) as second:
        assert "another program has it" in second.said


def test_a_goodbye_and_an_end_leave_nothing_behind():
    with tminterface() as game:
        with connected(game) as client:
            np.testing.assert_array_equal(client.reset()["position"], np.float32([0.0, 9.5, 0.0]))
        with closing(greeted(game)) as link:
            link.send(Kind.SHUTDOWN)
            with pytest.raises(LiveError, match="closed by the game"):
                link.wait(2.0)
        assert game.process.stdin is not None
        game.process.stdin.write("quit\n")
        assert game.end()[0] == 0
