"""Our Openplanet plugin, running in a real AngelScript engine, and our client: over TCP."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.live.angelscript import openplanet
from tests.live.test_telemetry import wait_for
from tmenv.errors import LiveError
from tmenv.live.tm2020 import Telemetry
from tmenv.live.tm2020.framed import EventKind
from tmenv.live.tm2020.state import NO_CONTACT, STATE
from tmenv.live.wire import dial


def events_until(client: Telemetry, kind: EventKind) -> list[EventKind]:
    """Kinds of all events until one of that kind comes."""
    seen: list[EventKind] = []
    deadline = time.monotonic() + 2.0
    while kind not in seen:
        assert time.monotonic() < deadline, seen
        seen += [event.kind for event in client.events()]
        time.sleep(0.01)
    return seen


def test_the_plugin_tells_of_the_car():
    with openplanet() as game, Telemetry(game.port) as client:
        state = wait_for(client, lambda state: state["race_time_ms"] > 200)
        seconds = state["race_time_ms"] / 1000.0
        np.testing.assert_allclose(state["position"], [100.0, 9.0, 10.0 * seconds], rtol=1e-5)
        assert state["velocity"].tolist() == [0.5, 0.0, 10.0]
        assert (state["forward"].tolist(), state["up"].tolist()) == ([0, 0, 1], [0, 1, 0])
        assert (float(state["front_speed"]), float(state["side_speed"])) == (10.0, 0.5)
        inputs = {name: float(state[name]) for name in ("steer", "gas", "brake", "gear", "rpm")}
        assert inputs == {"steer": 0.25, "gas": 1.0, "brake": 0.0, "gear": 3.0, "rpm": 7000.0}
        np.testing.assert_allclose(state["wheels"]["slip"], [0.0, 0.1, 0.2, 0.3], atol=1e-6)
        assert (state["wheels"]["material"] == 16).all()
        hello = client.hello()
        assert (hello.map_uid, hello.laps, hello.state_size) == ("HarnessMap", 1, STATE.itemsize)


def test_every_frame_arrives_whole():
    with openplanet() as game, Telemetry(game.port) as client:
        first = client.latest()
        time.sleep(1.0)
        last, status = client.latest(), client.status
        sent = int(last.state["frame"]) - int(first.state["frame"])
        assert last.number - first.number <= sent <= last.number - first.number + status.dropped
        assert sent > 20
        assert (status.bad, status.connection) == (0, 1)


def test_the_race_is_told_in_events():
    with openplanet() as game, Telemetry(game.port) as client:
        client.latest()
        client.events()
        for line in ("waypoint", "lap", "respawn", "finish"):
            assert game.tell(line) == "ok"
            client.after(client.latest())
        seen = events_until(client, EventKind.FINISH)
        assert seen == [EventKind.CHECKPOINT, EventKind.LAP, EventKind.RESPAWN, EventKind.CHECKPOINT, EventKind.FINISH]
        state = wait_for(client, lambda state: state["ui_sequence"] == 11)
        assert (int(state["checkpoints"]), int(state["lap"]), int(state["respawns"])) == (2, 1, 1)


def test_another_map_is_told_with_a_new_hello():
    with openplanet() as game, Telemetry(game.port) as client:
        client.latest()
        game.tell("map Other")
        events_until(client, EventKind.MAP_CHANGED)
        client.after(client.latest())
        assert client.hello().map_uid == "Other"


@pytest.mark.parametrize("deaf", [0, 1])
def test_restart_tries_the_second_way_where_the_first_does_nothing(deaf: int):
    with openplanet() as game, Telemetry(game.port) as client:
        wait_for(client, lambda state: state["race_time_ms"] > 300)
        game.tell(f"deaf {deaf}")
        client.restart()
        assert client.latest().state["race_time_ms"] < 300
        events_until(client, EventKind.RESTART)


def test_a_race_that_will_not_restart_is_named():
    with openplanet() as game, Telemetry(game.port) as client:
        wait_for(client, lambda state: state["race_time_ms"] > 300)
        game.tell("deaf 2")
        with pytest.raises(LiveError, match=r"refused RESTART: the race did not restart"):
            client.restart()


def test_a_map_is_loaded_through_the_menu():
    with openplanet() as game, Telemetry(game.port) as client:
        wait_for(client, lambda state: state["race_time_ms"] > 200)
        client.load_map("My Maps/Ü.Map.Gbx")
        wait_for(client, lambda state: state["race_time_ms"] < 0)
        assert game.tell("played") == "My Maps/Ü.Map.Gbx|TrackMania/TM_PlayMap_Local"


def test_one_thing_at_a_time():
    with openplanet() as game, Telemetry(game.port) as client:
        wait_for(client, lambda state: state["race_time_ms"] > 200)
        game.tell("busy")
        with ThreadPoolExecutor() as pool:
            loading = pool.submit(client.load_map, "x")
            time.sleep(0.2)
            with pytest.raises(LiveError, match="still under way"):
                client.restart()
            game.tell("ready")
            loading.result(timeout=5.0)
        assert game.tell("played").startswith("x|")


def test_a_map_that_may_not_be_loaded_is_named():
    with openplanet() as game, Telemetry(game.port) as client:
        client.latest()
        game.tell("forbid")
        with pytest.raises(LiveError, match="may not play local maps"):
            client.load_map("x")


@pytest.mark.parametrize("missing", ["CurrentPlayground", "GUIPlayer"])
def test_silence_in_menus_and_speech_after_them(missing: str):
    with openplanet() as game, Telemetry(game.port) as client:
        client.latest()
        game.tell(f"null {missing}")
        events_until(client, EventKind.LEFT_RACE)
        time.sleep(0.2)
        with pytest.raises(LiveError, match="enter a race"):
            client.latest(timeout_s=0.4)
        game.tell("race")
        client.latest(timeout_s=1.0)


@pytest.mark.parametrize("missing", ["RootMap", "Network", "PlaygroundScript"])
def test_other_things_may_be_missing(missing: str):
    with openplanet() as game, Telemetry(game.port) as client:
        game.tell(f"null {missing}")
        before = client.latest()
        assert client.after(before).number > before.number


def test_the_controlled_player_stands_in_for_the_watched_one():
    with openplanet() as game, Telemetry(game.port) as client:
        game.tell("controlled")
        game.tell("null GUIPlayer")
        before = client.latest()
        assert client.after(before).number > before.number


def test_without_vehicle_state_the_wheels_are_unknown_and_the_rest_is_not():
    with openplanet() as game, Telemetry(game.port) as client:
        client.latest()
        game.tell("novis")
        state = wait_for(client, lambda state: (state["wheels"]["material"] == NO_CONTACT).all())
        assert state["forward"].tolist() == [0, 0, 1]


def test_the_rate_can_be_lowered():
    with openplanet() as game, Telemetry(game.port) as client:
        client.set_rate(5)
        first = client.after(client.latest())
        second = client.after(first)
        passed = int(second.state["frame"]) - int(first.state["frame"])
        assert passed % 5 == 0 < passed
        assert client.ping(2**63 + 1) == str(2**63 + 1)


def test_it_speaks_tmrls_dialect_when_asked():
    with openplanet() as game:
        assert game.tell("tmrl") == "ok"
        with Telemetry(game.port) as client:
            state = wait_for(client, lambda state: state["speed"] == 10.0)
            assert client.status.dialect == "tmrl"
            assert (float(state["gear"]), float(state["rpm"])) == (3.0, 7000.0)


def test_a_port_in_use_is_told_in_the_log():
    with openplanet() as first, openplanet(first.port) as second:
        assert "another program has it" in second.said


def test_changed_settings_open_the_port_again():
    with openplanet() as game, Telemetry(game.port) as client:
        client.latest()
        assert game.tell("reopen") == "ok"
        assert wait_for_connection(client, 2).connection == 2


def wait_for_connection(client: Telemetry, number: int):
    deadline = time.monotonic() + 2.0
    sample = client.latest()
    while sample.connection < number:
        assert time.monotonic() < deadline
        time.sleep(0.01)
        sample = client.latest()
    return sample


def test_unloading_closes_the_port():
    with openplanet() as game, Telemetry(game.port) as client:
        client.latest()
        assert game.process.stdin is not None
        game.process.stdin.write("quit\n")
        assert game.end()[0] == 0
        with pytest.raises(OSError, match="refused"):
            dial(game.port, 1.0)
