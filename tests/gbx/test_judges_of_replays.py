"""Other people's readers find the same in replays, and TMInterface's own parser the same in our scripts."""

from pathlib import Path

import numpy as np
import pytest

from tests.gbx.judges import ask_npm, ask_pygbx
from tmenv.gbx import Ghost, read_replay, replay_to_script, script_to_events, script_to_inputs
from tmenv.gbx.script import KEYS

STARTED = "_FakeIsRaceRunning"


@pytest.fixture(scope="module")
def ghosts(data_dir) -> dict[str, Ghost]:
    """The runs of all TMNF replays, by path."""
    paths = sorted((data_dir / "tmnf_replays").glob("*.Gbx"))
    assert paths
    return {str(path): read_replay(path).ghosts[0] for path in paths}


def value(name: str, stored: int) -> int:
    """Value of an event as others store it: keys are 0 or more, axes 24 bits with a sign, positive to the left."""
    if name not in ("Steer", "Gas"):
        return int(stored != 0)
    low = stored & 0xFFFFFF
    return -(low - 2**24 if low >= 2**23 else low)


def from_race_start(events: list[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    start = next((time for time, name, _ in events if name == STARTED), 0)
    return [(time - start, name, value(name, stored)) for time, name, stored in events]


def test_pygbx_reads_inputs_samples_and_times_as_we_do(pygbx, ghosts):
    for path, ghost in ghosts.items():
        judged = ask_pygbx(Path(path).read_bytes())
        assert (judged.race_time, tuple(judged.checkpoints or ())) == (ghost.race_time_ms, ghost.checkpoint_times_ms)
        assert from_race_start(judged.events or []) == ghost.events.tolist(), path
        positions = np.array(judged.positions, np.float32)[: len(ghost.samples)]
        np.testing.assert_array_equal(positions, ghost.samples["position"], path)


def test_npm_reads_inputs_and_times_as_we_do(npm, ghosts):
    for (path, ghost), judged in zip(ghosts.items(), ask_npm(npm, [Path(path) for path in ghosts]), strict=True):
        assert (judged["raceTime"], tuple(judged["checkpoints"])) == (ghost.race_time_ms, ghost.checkpoint_times_ms)
        events = [(time, name, stored) for time, name, stored, _ in judged["events"]]
        assert from_race_start(events) == ghost.events.tolist(), path


def test_a_script_of_a_replay_holds_what_the_driver_held(ghosts):
    for path, ghost in ghosts.items():
        rows = script_to_inputs(replay_to_script(ghost))
        both = min(len(rows), len(ghost.inputs))
        assert both > len(ghost.inputs) / 2, path  # to the last input
        for field in ("steer", "gas", "brake", "respawn"):
            np.testing.assert_array_equal(rows[field][:both], ghost.inputs[field][:both], f"{path} {field}")


def commands_of_tminterface(text: str) -> list[tuple[int, str, int]]:
    """What TMInterface's parser makes of a script, as events: a tick after the command."""
    from tminterface.commandlist import CommandList

    names = KEYS | {"steer": "Steer"}
    commands = CommandList(text).sorted_timed_commands()
    return [(command.timestamp + 10, names[command.input_type.to_str()], command.state) for command in commands]


def test_tminterface_parses_our_scripts_as_we_do(tminterface, ghosts):
    for path, ghost in ghosts.items():
        script = replay_to_script(ghost)
        events = script_to_events(script).tolist()
        assert len(events) > 10
        assert commands_of_tminterface(script) == events, path


SCRIPTS = (
    "9430 press up\n9.43 rel up\n1:02.50 steer -300\n1:00:00.00 press horn",
    "100-200 press left\n400-300 press right\n0.10-0.20 steer 65536\n100-200 rel down",
    '# nothing\n10 press up # now; 20 press down\n30 PRESS Down; 40 rel down;\nset speed 2\nbind x "10 press up"',
    "20 press enter\n10 press delete\n20 steer 5\n20 steer 7",
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_tminterface_reads_every_form_as_we_do(tminterface, script):
    assert commands_of_tminterface(script) == script_to_events(script).tolist()
