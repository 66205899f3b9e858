"""TMNF in lock-step: episodes, rewinding, the finish, frames; against the stand-in over real sockets."""

import time

import numpy as np
import pytest

from tests.live.driver import Driver
from tmenv.errors import ConfigError, LiveError
from tmenv.live.standin import StandInTMNF
from tmenv.live.standin.race import Race
from tmenv.live.tmnf import GameOptions, GameTMNF, SimState, gray_of
from tmenv.track import load

TRACK = "tmnf-first-drive"
STEER = [0.0, 0.4, -0.3, 1.0, -1.0, 0.1]


def pattern(race: Race, width: int, height: int) -> np.ndarray:
    """Frames whose channels tell blue from green from red, and the race time from all others."""
    frame = np.zeros((height, width, 4), np.uint8)
    frame[..., 0], frame[..., 1], frame[..., 2] = 10, 20, race.time_ms // 10 % 256
    frame[0] = 255
    return frame


def options(game: StandInTMNF, **changes) -> GameOptions:
    return GameOptions(**{"port": game.port, "speed": 1000.0, "silence_s": 3.0} | changes)


def drive(client: GameTMNF, steps: int) -> list[bytes]:
    """States of a drive that steers to and fro."""
    return [client.advance(STEER[step % len(STEER)], True, False).tobytes() for step in range(steps)]


def test_an_episode_starts_at_zero_and_steps_by_fifty_ms():
    with StandInTMNF(TRACK, port=0) as game, GameTMNF(options(game)) as client:
        assert client.reset()["race_time"] == 0
        assert [int(client.advance(0.0, True, False)["race_time"]) for _ in range(3)] == [50, 100, 150]
        assert client.analog


def test_every_episode_is_the_same_to_the_last_bit():
    with StandInTMNF(TRACK, port=0) as game, GameTMNF(options(game)) as client:
        first = [client.reset().tobytes(), *drive(client, 40)]
        second = [client.reset().tobytes(), *drive(client, 40)]
        assert first == second


def test_a_snapshot_continues_to_the_last_bit():
    with StandInTMNF(TRACK, port=0) as game, GameTMNF(options(game)) as client:
        client.reset()
        drive(client, 20)
        saved = client.snapshot()
        first = drive(client, 30)
        assert client.restore(saved)["race_time"] == 1000
        assert drive(client, 30) == first
        client.restore(saved)
        assert drive(client, 30) == first


def test_the_game_does_what_the_simulator_does():
    with StandInTMNF(TRACK, port=0) as game, GameTMNF(options(game)) as client:
        client.reset()
        drive(client, 30)
        race = Race(load(TRACK, "TMNF"), 0)
        for step in range(30):
            for _ in range(5):
                race.tick(round(STEER[step % len(STEER)] * 65536) / 65536, True, False)
        np.testing.assert_array_equal(client.state["velocity"], race.car["velocity"])


def test_a_whole_race_is_driven_and_driven_again():
    with StandInTMNF(TRACK, port=0) as game, GameTMNF(options(game)) as client:
        times = [race_to_the_finish(client, game.race.track) for _ in range(2)]
        assert times[0] == times[1]
        assert 5_000 < times[0] < 60_000
        assert client.state["race_finished"] == 1
        before = client.state.tobytes()
        assert client.advance(0.0, True, False).tobytes() == before
        assert client.reset()["race_finished"] == 0
        assert int(client.advance(0.0, True, False)["race_time"]) == 50


def race_to_the_finish(client: GameTMNF, track) -> int:
    """The race time of one lap."""
    driver, state = Driver(track), client.reset()
    for _ in range(1200):
        state = client.advance(*driver.act(state["position"], state["rotation"][:, 2], state["velocity"]))
        if client.finish_ms is not None:
            return client.finish_ms
    raise AssertionError(f"not there after a minute: {state}")


@pytest.mark.parametrize("plugin", ["tmenv", "linesight"])
def test_frames_come_with_every_step(plugin):
    with (
        StandInTMNF(TRACK, plugin, 0, pattern) as game,
        GameTMNF(options(game, frame_size=(64, 32))) as client,
    ):
        for _ in range(2):
            state = client.reset()
            for step in range(5):
                assert client.frame is not None
                assert client.frame.shape == (32, 64, 4)
                assert client.frame[1, 0].tolist() == [10, 20, int(state["race_time"]) // 10 % 256, 0]
                state = client.advance(0.0, True, False)
                assert state["race_time"] == 50 * (step + 1)


def test_steps_with_frames_drive_as_those_without():
    with StandInTMNF(TRACK, port=0, frames=pattern) as game:
        with GameTMNF(options(game)) as client:
            client.reset()
            blind = drive(client, 20)
        with GameTMNF(options(game, frame_size=(8, 8))) as client:
            client.reset()
            assert drive(client, 20) == blind


def test_an_old_plugin_steers_with_keys_and_sets_them_in_frames():
    with StandInTMNF(TRACK, "linesight", 0, pattern) as game, GameTMNF(options(game)) as client:
        client.reset()
        assert not client.analog
        assert client.frame is not None
        for steer, key in ((0.4, 0.0), (0.6, 1.0), (-0.6, -1.0)):
            client.advance(steer, True, False)
            assert game.inputs == (key, True, False)


def test_a_plain_frame_is_as_bright_as_its_colour():
    frame = np.zeros((2, 3, 4), np.uint8)
    frame[..., :3] = 200
    assert gray_of(frame).tolist() == [[200] * 3] * 2
    only_green = np.zeros((1, 1, 4), np.uint8)
    only_green[..., 1] = 255
    assert 140 < int(gray_of(only_green)[0, 0]) < 155


def test_other_steps_and_maps_can_be_asked_for():
    with StandInTMNF(TRACK, port=0) as game:
        asked = options(game, step_ms=100, map_file="tmnf-hairpins")
        with GameTMNF(asked) as client:
            client.reset()
            assert client.advance(0.0, True, False)["race_time"] == 100
            assert game.race.track.name == "tmnf-hairpins"
    with pytest.raises(ConfigError, match="multiple of 10"):
        GameTMNF(GameOptions(step_ms=25))


def test_a_car_in_the_middle_of_the_track_is_a_state_away():
    with StandInTMNF(TRACK, port=0) as game, GameTMNF(options(game)) as client:
        client.reset()
        drive(client, 10)
        state = SimState.from_bytes(client.snapshot())
        state.fields["position"] += np.array([0.0, 3.0, 0.0], np.float32)
        moved = client.restore(state.to_bytes())
        np.testing.assert_allclose(moved["position"], state.fields["position"], atol=1e-4)


def test_the_game_waits_through_a_pause():
    with StandInTMNF(TRACK, port=0) as game, GameTMNF(options(game, patience_ms=500)) as client:
        client.reset()
        client.pause()
        time.sleep(1.0)
        client.advance(0.0, True, False)
        time.sleep(1.0)
        with pytest.raises(LiveError, match="longer to answer"):
            client.advance(0.0, True, False)
        assert client.reset()["race_time"] == 0


def test_a_closed_game_has_let_go_of_everything():
    with StandInTMNF(TRACK, port=0) as game:
        with GameTMNF(options(game)) as client:
            client.reset()
            client.advance(0.7, True, True)
            assert game.inputs[1:] == (True, True)
        deadline = time.monotonic() + 1.0
        while game.speed != 1.0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (game.inputs, game.speed) == ((0.0, False, False), 1.0)


def test_a_client_that_vanishes_leaves_the_car_neutral():
    with StandInTMNF(TRACK, port=0) as game:
        client = GameTMNF(options(game))
        client.reset()
        client.advance(0.7, True, False)
        client._link.close()
        deadline = time.monotonic() + 1.0
        while game.inputs != (0.0, False, False) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert game.inputs == (0.0, False, False)
