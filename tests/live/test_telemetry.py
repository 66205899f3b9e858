"""The TM2020 client against the stand-in game, over real sockets."""

import time

import numpy as np
import pytest

from tmenv.errors import ConfigError, LiveError, TrackError
from tmenv.live.standin import ChannelControls, ChannelPad, StandInTM2020
from tmenv.live.tm2020 import Telemetry
from tmenv.live.tm2020.dialects import DIALECTS
from tmenv.live.tm2020.framed import EventKind
from tmenv.live.tmnf import Link

TRACK = "tm2020-first-drive"
NAMES = ["framed", *DIALECTS]


@pytest.mark.parametrize("plugin", NAMES)
def test_every_dialect_is_read_from_the_running_game(plugin: str):
    asked = "two-player" if plugin == "two-player" else "auto"
    with StandInTM2020(TRACK, plugin, 0, fps=100) as game, Telemetry(game.port, asked) as client:
        sample = client.latest()
        np.testing.assert_allclose(sample.state["position"], game.race.track.spawn, atol=0.05)
        assert client.status.dialect == plugin
        assert client.after(sample).number > sample.number


def test_the_pad_drives_the_car_and_the_button_restarts():
    with ChannelPadGame() as (game, pad), Telemetry(game.port) as client:
        pad.apply(0.0, 1.0, 0.0)
        moved = wait_for(client, lambda state: state["speed"] > 5.0)
        assert moved["gas"] == 1.0
        pad.restart()
        again = wait_for(client, lambda state: state["race_time_ms"] < 0)
        assert again["speed"] < 1.0


def test_an_unplugged_pad_leaves_the_car_neutral():
    with ChannelPadGame() as (game, pad), Telemetry(game.port) as client:
        pad.apply(0.5, 1.0, 0.0)
        wait_for(client, lambda state: state["gas"] == 1.0)
        pad.close()
        neutral = wait_for(client, lambda state: state["gas"] == 0.0)
        assert neutral["brake"] == 0.0


def test_commands_are_answered():
    with StandInTM2020(TRACK, port=0) as game, Telemetry(game.port) as client:
        assert client.ping(12345) == "12345"
        assert client.hello().checkpoints == game.race.track.checkpoints
        client.restart()
        assert EventKind.RESTART in {event.kind for event in client.events()}
        client.set_rate(6)
        first = client.after(client.latest())
        passed = int(client.after(first).state["frame"]) - int(first.state["frame"])
        assert passed % 6 == 0 < passed


def test_another_map_is_loaded_on_command():
    with StandInTM2020(TRACK, port=0) as game, Telemetry(game.port) as client:
        client.load_map("tm2020-hairpins")
        deadline = time.monotonic() + 2.0
        while client.hello().map_uid != "tm2020-hairpins" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert client.hello().map_uid == "tm2020-hairpins"
        with pytest.raises(LiveError, match=r"refused LOAD_MAP: .*no-such"):
            client.load_map("no-such")


def test_checkpoint_and_finish_are_told():
    with ChannelPadGame() as (game, _), Telemetry(game.port) as client:
        race = game.race
        client.latest()
        race.time_ms = 0
        race._simulator.spawn(start_m=race.track.length_m - 30.0, speed=30.0)
        finished = wait_for(client, lambda state: state["ui_sequence"] == 11)
        assert finished["race_time_ms"] > 0
        assert EventKind.FINISH in {event.kind for event in client.events()}


def test_our_commands_need_our_plugin():
    with StandInTM2020(TRACK, "tmrl", 0) as game, Telemetry(game.port, "tmrl") as client:
        client.latest()
        with pytest.raises(LiveError, match="takes no commands"):
            client.restart()


def test_a_slow_reader_gets_the_newest_state():
    with StandInTM2020(TRACK, port=0, fps=200) as game, Telemetry(game.port) as client:
        client.latest()
        time.sleep(0.5)
        sample = client.latest()
        assert sample.age_s < 0.4
        assert sample.number > 10


@pytest.mark.parametrize("port", [-1, 70000, "9010", True])
def test_what_is_no_port_is_named(port):
    for make in (Telemetry, ChannelPad, ChannelControls, Link):
        with pytest.raises(LiveError, match="a port is a whole number"):
            make(port)


def test_a_rate_that_cannot_be_is_named():
    with pytest.raises(ConfigError, match="fps"):
        StandInTM2020(TRACK, port=0, fps=0.0)


def test_a_track_of_the_other_game_is_refused():
    with pytest.raises(TrackError, match="TMNF"):
        StandInTM2020("tmnf-first-drive", port=0)


class ChannelPadGame:
    """A stand-in with a pad plugged in."""

    def __enter__(self) -> tuple[StandInTM2020, ChannelPad]:
        controls = ChannelControls(0)
        self._game = StandInTM2020(TRACK, port=0, controls=controls, fps=100)
        self._game.__enter__()
        self._pad = ChannelPad(controls.port)
        return self._game, self._pad

    def __exit__(self, *_: object) -> None:
        self._pad.close()
        self._game.close()


def wait_for(client: Telemetry, condition, limit_s: float = 8.0) -> np.ndarray:
    """The first state that fulfils a condition."""
    deadline = time.monotonic() + limit_s
    sample = client.latest()
    while not condition(sample.state):
        assert time.monotonic() < deadline, sample.state
        sample = client.after(sample)
    return sample.state
