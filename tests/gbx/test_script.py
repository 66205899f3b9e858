"""Scripts of TMInterface: events to text and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tmenv.errors import GbxError
from tmenv.gbx import EVENT, INPUT, script_to_events, script_to_inputs
from tmenv.gbx.script import KEYS, events_to_script


def events(*rows: tuple[int, str, int]) -> np.ndarray:
    return np.array(list(rows), EVENT)


EVENT_ROWS = st.tuples(
    st.integers(1, 100000).map(lambda tick: 10 * tick), st.sampled_from(list(KEYS.values())), st.integers(0, 1)
)
STEER_ROWS = st.tuples(st.integers(1, 100000).map(lambda tick: 10 * tick), st.just("Steer"), st.integers(-65536, 65536))


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENT_ROWS | STEER_ROWS, max_size=20))
def test_events_come_back_from_a_script(rows):
    written = events(*sorted(rows, key=lambda row: row[0]))
    np.testing.assert_array_equal(script_to_events(events_to_script(written)), written)


COMMANDS = st.builds(
    "{} {} {}".format,
    st.text("0123456789:.-", max_size=8),
    st.sampled_from(["press", "rel", "steer", "gas", "set", ""]),
    st.sampled_from(["up", "enter", "-5", "70000", "x y", "#"]),
)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | COMMANDS)
def test_any_text_is_read_or_refused_with_its_line(text):
    try:
        assert script_to_events(text).dtype == EVENT
    except GbxError as error:
        if "line " not in str(error):
            raise


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ((10, "Accelerate", 1), "0 press up"),
        ((20, "Brake", 0), "10 rel down"),
        ((0, "SteerLeft", 1), "0 press left"),
        ((-500, "Accelerate", 1), "0 press up"),
        ((1239, "SteerRight", 1), "1220 press right"),
        ((1235, "Respawn", 1), "1230 press enter"),
        ((1240, "Respawn", 1), "1230 press enter"),
        ((350, "Steer", -65536), "340 steer -65536"),
        ((350, "Horn", 1), "340 press horn"),
        ((350, "GiveUp", 1), "340 press delete"),
    ],
)
def test_an_event_becomes_a_command_one_tick_earlier(event, line):
    assert events_to_script(events(event)) == f"{line}\n"


def test_marks_of_the_recording_are_left_out():
    assert events_to_script(events((0, "_FakeIsRaceRunning", 1), (5000, "_FakeFinishLine", 1))) == ""


def test_analog_gas_becomes_keys():
    written = events((10, "Gas", -65536), (20, "Gas", -30000), (30, "Gas", -5000), (40, "Gas", 65536), (50, "Gas", 0))
    lines = ["0 press up", "20 rel up", "30 press down", "40 rel down"]
    assert events_to_script(written).splitlines() == lines


def test_analog_gas_lets_go_of_a_key_that_was_pressed_before():
    lines = events_to_script(events((10, "Accelerate", 1), (20, "Gas", -65536), (30, "Gas", 0))).splitlines()
    assert lines == ["0 press up", "20 rel up"]


READ = {
    "9430 press up": [(9440, "Accelerate", 1)],
    "9.43 press up": [(9440, "Accelerate", 1)],
    "9.4 rel up": [(9410, "Accelerate", 0)],
    "1:02.50 steer -300": [(62510, "Steer", -300)],
    "1:00:00.00 press horn": [(3600010, "Horn", 1)],
    "0 PRESS Up": [(10, "Accelerate", 1)],
    "100-200 press left": [(110, "SteerLeft", 1), (210, "SteerLeft", 0)],
    "200-100 press left": [(110, "SteerLeft", 1), (210, "SteerLeft", 0)],
    "0.1-0.20 steer 65536": [(110, "Steer", 65536), (210, "Steer", 0)],
    "100-200 rel right": [(110, "SteerRight", 0), (210, "SteerRight", 0)],
    "30 press enter # back\n10 press delete": [(20, "GiveUp", 1), (40, "Respawn", 1)],
    "10 press up; 20 press down;": [(20, "Accelerate", 1), (30, "Brake", 1)],
    '# 10 press up\n\n   \nset execute_commands true\nbind x "10 press up; 5 press up"': [],
    "load a.txt; 10 steer 5\r\n10 steer 7": [(20, "Steer", 5), (20, "Steer", 7)],
}


@pytest.mark.parametrize("text", READ)
def test_every_form_of_a_command_is_read(text):
    np.testing.assert_array_equal(script_to_events(text), events(*READ[text]))


REFUSED = {
    "15 press up": "multiples of 10 ms",
    "1.234 press up": "multiples of 10 ms",
    "1.2300001 press up": "multiples of 10 ms",
    "1,5 press up": "a time is seconds like 9.43",
    "-10 press up": "a time is seconds",
    "10- press up": "a time is seconds",
    "10 press": "press takes one of the keys up, down",
    "10 press space": "press takes one of the keys",
    "10 rel up down": "rel takes one of the keys",
    "10 steer": "steer takes one whole number",
    "10 steer 65537": "from -65536 .left. to 65536",
    "10 steer 1.5": "steer takes one whole number",
    "10 steer 99999999999999999999": "steer takes one whole number",
    "10 gas 65536": "use press and rel with up and down",
    "10 pres up": "the timed commands that tmenv knows are",
    "10": "the timed commands that tmenv knows are",
    "press up": "an input needs a time; write for example '0 press up'",
    "99999999999 press up": "the latest time is",
    "1" * 5000 + " press up": "the latest time is",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_bad_line_is_refused_with_its_number(line):
    with pytest.raises(GbxError, match=f"script, line 3: .*{REFUSED[line]}"):
        script_to_events(f"0 press up\n# fine\n{line}\n10 rel up")


def test_an_event_that_no_command_stands_for_is_named():
    with pytest.raises(GbxError, match="'Fly' at 10 ms"):
        events_to_script(events((10, "Fly", 1)))
    with pytest.raises(GbxError, match="event Steer at 10 ms: 70000"):
        events_to_script(events((10, "Steer", 70000)))


def test_inputs_are_rows_from_the_start_to_the_last_event():
    rows = script_to_inputs("0 press up\n20-30 press down\n10 steer -32768\n30 press enter")
    assert rows.dtype == INPUT
    np.testing.assert_array_equal(rows["time_ms"], [0, 10, 20, 30, 40])
    np.testing.assert_array_equal(rows["gas"], [0, 1, 1, 1, 1])
    np.testing.assert_array_equal(rows["brake"], [0, 0, 0, 1, 0])
    np.testing.assert_array_equal(rows["steer"], [0, 0, -0.5, -0.5, -0.5])
    np.testing.assert_array_equal(rows["respawn"], [0, 0, 0, 0, 1])
    assert len(script_to_inputs("# nothing")) == 0
