"""The TMInterface link, message by message: sync rules, steps, rewinding, finish; against the stand-in."""

import time
from contextlib import closing

import numpy as np
import pytest

from tests.live.test_game_tmnf import TRACK, pattern
from tmenv.errors import LiveError
from tmenv.live.standin import StandInTMNF
from tmenv.live.tmnf import Link, SimState, Sync
from tmenv.live.tmnf.messages import FROM_CLIENT, FROM_GAME, INT, Capability, Kind, pack


class Session:
    """A stand-in and a link that has answered CONNECT."""

    def __init__(self, plugin="tmenv", frames=None, period_ms: int = 10):
        self.game = StandInTMNF(TRACK, plugin, 0, frames)
        self._period_ms = period_ms

    def __enter__(self) -> Link:
        self.game.__enter__()
        self.link = Link(self.game.port)
        assert self.link.wait(2.0).kind == Kind.CONNECT
        self.link.send(Kind.SET_SPEED, 1000.0)
        self.link.send(Kind.SET_ON_STEP_PERIOD, self._period_ms)
        self.link.send(Kind.GIVE_UP)
        return self.link

    def __exit__(self, *_: object) -> None:
        self.link.close()
        self.game.close()


def step_to(link: Link, time_ms: int) -> None:
    """Answer syncs until the game waits at the step of that time."""
    until(link, Kind.RUN_STEP, time_ms)


def until(link: Link, kind: Kind, value: int | None = None) -> Sync:
    """Answer syncs until one of that kind (and value) comes."""
    for _ in range(2000):
        link.release()
        sync = link.wait(2.0)
        if sync.kind == kind and value in (None, sync.value):
            return sync
    raise AssertionError(f"{kind.name} {value} does not come")


def state_of(link: Link) -> SimState:
    return SimState.from_bytes(link.ask_bytes(Kind.GET_SIMULATION_STATE))


def place_before_the_finish(game: StandInTMNF) -> None:
    """While the game waits: the car 30 m before the finish, all checkpoints behind it, at 40 m/s."""
    race = game.race
    race._simulator.spawn(start_m=race.track.length_m - 30.0, speed=40.0)
    race.car["checkpoints"] = race.track.checkpoints
    race.waypoint_times_ms[:] = range(1000, 1000 * (race.track.checkpoints + 1), 1000)


def test_all_messages_of_the_protocol_are_there():
    numbers = [int(kind) for kind in Kind if kind < Kind.HELLO]
    assert numbers == list(range(1, 24))
    assert {int(kind) for kind in FROM_GAME} == {1, 2, 3, 4, 5}
    sizes = {int(kind): form.size for kind, form in FROM_CLIENT.items() if kind < Kind.HELLO}
    assert sizes == {6: 4, 10: 4, 15: 4, 17: 8, 19: 4, 21: 4}


def test_the_race_counts_from_the_countdown_in_the_asked_period():
    with Session(period_ms=50) as link:
        times = []
        for _ in range(60):
            link.release()
            times.append(link.wait(2.0).value)
        assert times == list(range(-2600, 400, 50))


def test_the_client_must_not_talk_first():
    with Session() as link:
        link.release()
        with pytest.raises(LiveError, match="wait for one first"):
            link.send(Kind.SET_SPEED, 2.0)
        assert link.wait(2.0).kind == Kind.RUN_STEP


def test_an_input_acts_from_the_step_it_is_set_in():
    with Session() as link:
        step_to(link, 500)
        link.send(Kind.SET_INPUT_STATE, 0, 0, 1, 0)
        step_to(link, 510)
        assert state_of(link).fields["input_gas"] == 1.0
        assert link.ask_bytes(Kind.GET_INPUTS).decode() == "510 press up"
        link.send(Kind.SET_INPUT_STATE, 1, 0, 0, 1)
        step_to(link, 520)
        lines = link.ask_bytes(Kind.GET_INPUTS).decode().splitlines()
        assert lines == ["510 press up", "520 rel up", "520 press down", "520 steer -65536"]


def test_rewinding_in_a_step_simulates_the_next_step_at_once():
    with Session(period_ms=50) as link:
        step_to(link, 0)
        saved = link.ask_bytes(Kind.GET_SIMULATION_STATE)
        step_to(link, 300)
        link.send_bytes(Kind.REWIND_TO_STATE, saved)
        assert state_of(link).fields["race_time"] == 0
        link.release()
        assert link.wait(2.0).value == 50


def test_rewinding_forgets_the_inputs_that_followed():
    with Session() as link:
        step_to(link, 0)
        saved = link.ask_bytes(Kind.GET_SIMULATION_STATE)
        step_to(link, 100)
        link.send(Kind.SET_INPUT_STATE, 0, 1, 1, 0)
        step_to(link, 200)
        link.send_bytes(Kind.REWIND_TO_STATE, saved)
        assert link.ask_bytes(Kind.GET_INPUTS) == b""


def test_a_step_announced_at_speed_zero_is_not_announced_again():
    with Session(frames=pattern, period_ms=50) as link:
        step_to(link, 100)
        link.send(Kind.SET_SPEED, 0.0)
        link.send(Kind.REQUEST_FRAME, 4, 4)
        link.release()
        assert link.wait(2.0).kind == Kind.FRAME
        link.send(Kind.SET_SPEED, 1000.0)
        link.release()
        sync = link.wait(2.0)
        assert (sync.kind, sync.value) == (Kind.RUN_STEP, 150)


def test_a_frame_requested_while_answering_one_is_lost():
    with Session(frames=pattern, period_ms=50) as link:
        step_to(link, 100)
        link.send(Kind.REQUEST_FRAME, 4, 4)
        link.release()
        assert link.wait(2.0).kind == Kind.FRAME
        link.send(Kind.REQUEST_FRAME, 4, 4)
        link.release()
        assert link.wait(2.0).kind == Kind.RUN_STEP
        link.send(Kind.REQUEST_FRAME, 4, 4)
        link.send(Kind.UNREQUEST_FRAME)
        link.release()
        assert link.wait(2.0).kind == Kind.RUN_STEP


def test_frames_are_bgra_from_the_top():
    with Session(frames=pattern) as link:
        step_to(link, 100)
        link.send(Kind.REQUEST_FRAME, 6, 3)
        link.release()
        frame = link.wait(2.0).frame
        assert frame is not None
        assert frame.shape == (3, 6, 4)
        assert (frame[0] == 255).all()
        assert frame[1, 1, :2].tolist() == [10, 20]


def test_a_frame_nobody_can_draw_ends_the_link():
    with Session() as link:
        step_to(link, 100)
        link.send(Kind.REQUEST_FRAME, 4, 4)
        link.release()
        with pytest.raises(LiveError, match="closed by the game"):
            link.wait(2.0)


def test_the_finish_is_told_before_the_medals_and_can_be_undone():
    session = Session()
    with session as link:
        step_to(link, 1000)
        place_before_the_finish(session.game)
        sync = until(link, Kind.CHECKPOINT)
        assert sync.value == sync.target
        state = state_of(link)
        assert state.times["time"][-1] == state.fields["race_time"]
        assert link.ask(Kind.RACE_FINISHED) == 1
        assert state.mark_unfinished()
        link.send_bytes(Kind.REWIND_TO_STATE, state.to_bytes())
        assert link.ask(Kind.RACE_FINISHED) == 0
        link.release()
        assert link.wait(2.0).value >= int(state.fields["race_time"])


@pytest.mark.parametrize("prevent", [False, True])
def test_behind_the_finish_the_race_time_stands_unless_it_is_prevented(prevent: bool):
    session = Session()
    with session as link:
        step_to(link, 1000)
        place_before_the_finish(session.game)
        until(link, Kind.CHECKPOINT)
        if prevent:
            link.send(Kind.PREVENT_SIMULATION_FINISH)
        times = []
        for _ in range(4):
            link.release()
            times.append(link.wait(2.0).value)
        assert len(set(times)) == (4 if prevent else 1)
        assert link.ask(Kind.RACE_FINISHED) == int(not prevent)


def test_laps_are_told():
    game = StandInTMNF("tmnf-short-circuit", port=0)
    with game, closing(Link(game.port)) as link:
        link.wait(2.0)
        link.send(Kind.SET_SPEED, 1000.0)
        step_to(link, 100)
        track = game.race.track
        game.race._simulator.spawn(start_m=float(track.waypoints["s"][-1]) - 20.0, speed=40.0)
        sync = until(link, Kind.LAP)
        assert (sync.value, sync.target) == (1, track.laps)


def test_unknown_ids_are_skipped_without_their_payload():
    with Session("linesight") as link:
        assert link.hello() == Capability(0)
        assert link.ask(Kind.IS_IN_MENUS) == 0


def test_our_plugin_tells_what_it_can():
    with Session() as link:
        assert Capability.ANALOG in link.hello()
        step_to(link, 0)
        link.send(Kind.SET_INPUT_ANALOG, 32768, 65536, 0)
        step_to(link, 200)
        assert state_of(link).fields["input_steer"] == 0.5


def test_a_slow_client_is_dropped_and_a_patient_game_is_not():
    with Session() as link:
        link.send(Kind.SET_TIMEOUT, 400)
        link.release()
        link.wait(2.0)
        time.sleep(0.8)
        with pytest.raises(LiveError, match="longer to answer"):
            run_on(link)


def test_a_new_client_replaces_the_old_one():
    session = Session()
    with session as link, closing(Link(session.game.port)) as second:
        with pytest.raises(LiveError, match="another client took over"):
            run_on(link)
        assert second.wait(2.0).kind == Kind.CONNECT


@pytest.mark.parametrize(("plugin", "patience"), [("tmenv", 600_000), ("linesight", 400)])
def test_a_new_client_waits_for_one_that_died_only_with_an_old_plugin(plugin: str, patience: int):
    session = Session(plugin)
    with session as dead:
        dead.send(Kind.SET_TIMEOUT, patience)
        step_to(dead, 0)
        started = time.monotonic()
        with closing(Link(session.game.port)) as new:
            assert new.wait(2.0).kind == Kind.CONNECT
        assert plugin == "tmenv" or time.monotonic() - started > 0.3


def test_a_goodbye_closes_the_connection_and_the_game_stays():
    session = Session()
    with session as link:
        link.send(Kind.SHUTDOWN)
        with pytest.raises(LiveError, match="closed by the game"):
            link.wait(1.0)
        with closing(Link(session.game.port)) as again:
            assert again.wait(2.0).kind == Kind.CONNECT


def test_states_of_other_tracks_are_not_rewound_to():
    with Session() as link:
        step_to(link, 500)
        link.send_bytes(Kind.REWIND_TO_STATE, SimState(1, 1).to_bytes())
        link.send_bytes(Kind.REWIND_TO_STATE, b"garbage")
        assert state_of(link).fields["race_time"] == 500


def test_commands_that_fail_leave_the_link_whole():
    with Session() as link:
        for command in ('map "no such map"', "set countdown_speed fast", "set countdown_speed 10", "cam 2"):
            link.command(command)
        link.send(Kind.TOGGLE_INTERFACE, 0)
        link.send(Kind.RESET_CAMERA)
        link.send(Kind.REWIND_TO_CURRENT_STATE)
        assert link.ask(Kind.IS_IN_MENUS) == 0
        with pytest.raises(LiveError, match="ASCII"):
            link.command('map "Öl"')


def test_what_is_sent_outside_a_sync_waits_for_the_next_one():
    session = Session()
    with session as link:
        step_to(link, 100)
        link.send(Kind.SET_SPEED, 0.0)
        link.release()
        time.sleep(0.1)
        link._socket.sendall(pack(Kind.SET_SPEED, 5.0) + INT.pack(Kind.IS_IN_MENUS))
        time.sleep(0.2)
        assert session.game.speed == 0.0


def test_the_game_runs_at_the_speed_it_is_told():
    with Session() as link:
        step_to(link, 0)
        link.send(Kind.SET_SPEED, 2.0)
        started = time.perf_counter()
        step_to(link, 600)
        assert 0.2 < time.perf_counter() - started < 10.0  # 0.3 s, on a machine with nothing else to do
        np.testing.assert_equal(int(state_of(link).fields["race_time"]), 600)


def run_on(link: Link) -> None:
    """Answer a thousand syncs."""
    for _ in range(1000):
        link.release()
        link.wait(2.0)
