"""The doctor names the link that is broken, and only that one; against stand-ins, each broken in its own way."""

import json
import sys
import time
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from tests.live import pads
from tests.live.pads import FakePad
from tests.live.recorded import Recording
from tests.live.scripted import ScriptedServer, free_port, repeat, send, silent
from tests.live.test_gamepad import MISSING
from tmenv import cli
from tmenv.live.doctor import computer, lockstep, stream
from tmenv.live.doctor.faults import FAULTS
from tmenv.live.doctor.walk import Finding, Link, Options, walk
from tmenv.live.standin import ChannelControls, StandInTM2020, StandInTMNF
from tmenv.live.tm2020 import Telemetry
from tmenv.live.tm2020.dialects import by_name
from tmenv.live.tmnf.messages import INT
from tmenv.track import load

TM2020 = Options("tm2020", controls="none", wait_s=1.0)
TMNF = Options("tmnf", controls="none", wait_s=1.0)
STREAM = tuple(link for link in stream.LINKS if link.name not in ("process", "window", "capture"))
LOCKSTEP = tuple(link for link in lockstep.LINKS if link.name not in ("process", "window"))


def findings(links: tuple[Link, ...], options: Options) -> dict[str, Finding]:
    return {finding.link: finding for finding in walk(links, options)}


def outcomes(found: dict[str, Finding]) -> dict[str, str]:
    return {name: finding.outcome for name, finding in found.items()}


def check(found: dict[str, Finding], link: str, fault: str) -> None:
    """That link is broken by that fault, and no other link is broken."""
    assert found[link].fault == FAULTS[fault].title
    assert found[link].remedy
    assert [name for name, finding in found.items() if finding.outcome == "fail"] == [link]


# TM2020


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is not what these tests are about."""
    monkeypatch.setattr(stream, "_LEAST_RATE", 20.0)


@pytest.mark.parametrize("plugin", ["framed", "tmrl"])
def test_a_healthy_stream_and_car_are_found_so(plugin: str):
    channel = ChannelControls(0)
    with StandInTM2020("tm2020-first-drive", plugin, 0, channel) as game:
        track = load("tm2020-first-drive")
        options = replace(TM2020, port=game.port, controls=f"channel:{channel.port}", track=track)
        found = findings((*computer.LINKS[-1:], *STREAM[:-1]), options)
        assert set(outcomes(found).values()) == {"ok"}, found
        assert "tm2020-first-drive" in found["map"].message


@pytest.mark.parametrize("plugin", ["framed", "tmrl"])
def test_another_map_is_named(plugin: str):
    channel = ChannelControls(0)
    with StandInTM2020("tm2020-hairpins", plugin, 0, channel) as game:
        track = load("tm2020-first-drive")
        options = replace(TM2020, port=game.port, controls=f"channel:{channel.port}", track=track)
        found = findings((*computer.LINKS[-1:], *STREAM[:-1]), options)
        check(found, "map", "map")
        assert "tm2020-first-drive" in found["map"].message


def test_a_car_that_does_not_answer_is_named():
    channel = ChannelControls(0)
    with StandInTM2020("tm2020-first-drive", "framed", 0) as game:
        options = replace(TM2020, port=game.port, controls=f"channel:{channel.port}")
        found = findings((*computer.LINKS[-1:], *STREAM[:-1]), options)
        check(found, "throttle", "throttle")
    channel.close()


def test_a_race_that_cannot_be_started_again_is_named():
    channel = ChannelControls(0)
    with StandInTM2020("tm2020-first-drive", "connect", 0) as game:
        with Telemetry(game.port) as client:
            while client.latest().state["race_time_ms"] < 500:
                time.sleep(0.1)
        options = replace(TM2020, port=game.port, controls=f"channel:{channel.port}")
        found = findings((*computer.LINKS[-1:], *STREAM[:-1]), options)
        check(found, "restart", "restart")
        assert found["throttle"].message == "needs restart"
    channel.close()


def test_an_absent_plugin_is_named():
    found = findings(STREAM, replace(TM2020, port=free_port()))
    check(found, "port", "port")
    assert found["plugin"].message == "needs port"
    assert "tmenv plugin install tm2020" in found["port"].remedy


def test_a_port_in_use_by_something_silent_is_named():
    with ScriptedServer(silent) as server:
        check(findings(STREAM, replace(TM2020, port=server.port)), "plugin", "silent")


def test_garbage_is_named():
    with ScriptedServer(send(np.random.default_rng(0).bytes(1 << 16))) as server:
        check(findings(STREAM, replace(TM2020, port=server.port)), "plugin", "alien")


def test_a_wrong_dialect_is_named(recording: Recording):
    with ScriptedServer(repeat(recording.stream(by_name("tqc")), 80)) as server:
        check(findings(STREAM, replace(TM2020, port=server.port, dialect="tmrl")), "plugin", "alien")


def test_nan_telemetry_is_named(recording: Recording):
    bad = recording.states[0].copy()
    bad["speed"] = np.nan
    with ScriptedServer(repeat(by_name("tmrl").pack(bad, 0.0), 44)) as server:
        check(findings(STREAM, replace(TM2020, port=server.port, dialect="tmrl")), "plugin", "alien")


def test_another_client_is_named():
    with StandInTM2020("tm2020-first-drive", port=0) as game, Telemetry(game.port) as first:
        first.latest()
        check(findings(STREAM, replace(TM2020, port=game.port)), "plugin", "refused")


def test_too_few_packets_are_named():
    with StandInTM2020("tm2020-first-drive", port=0, fps=10) as game:
        found = findings(STREAM, replace(TM2020, port=game.port))
        check(found, "rate", "rate")
        assert int(found["rate"].message.split()[0]) <= 12


# TMNF


def test_a_healthy_lockstep_is_found_so():
    track = load("tmnf-first-drive")
    with StandInTMNF(track, port=0, frames=lambda _race, w, h: noise(w, h)) as game:
        found = findings(LOCKSTEP, replace(TMNF, port=game.port, track=track))
        assert set(outcomes(found).values()) == {"ok"}, found


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 4), np.uint8)


@pytest.mark.parametrize("plugin", ["tmenv", "linesight"])
def test_the_wrong_map_of_tmnf_is_told_by_its_uid_or_its_start(plugin: Literal["tmenv", "linesight"]):
    with StandInTMNF("tmnf-hairpins", plugin, 0, frames=lambda _race, w, h: noise(w, h)) as game:
        check(findings(LOCKSTEP, replace(TMNF, port=game.port, track=load("tmnf-first-drive"))), "map", "map")


def test_black_pictures_are_named():
    with StandInTMNF("tmnf-first-drive", port=0, frames=lambda _race, w, h: np.zeros((h, w, 4), np.uint8)) as game:
        check(findings(LOCKSTEP, replace(TMNF, port=game.port)), "frames", "frames")


def test_an_absent_link_is_named():
    found = findings(LOCKSTEP, replace(TMNF, port=free_port()))
    check(found, "port", "port")
    assert "tmenv plugin install tmnf" in found["port"].remedy


def test_a_silent_link_is_named():
    with ScriptedServer(silent) as server:
        check(findings(LOCKSTEP, replace(TMNF, port=server.port)), "plugin", "silent")


def test_a_link_of_garbage_is_named():
    with ScriptedServer(send(INT.pack(4711) * 100)) as server:
        check(findings(LOCKSTEP, replace(TMNF, port=server.port)), "plugin", "alien")


# this computer


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(computer, "_PACKAGES", ("numpy", "no-such-package"))
    found = findings(computer.LINKS[:1], Options())
    check(found, "packages", "package")
    assert "no-such-package" in found["packages"].message
    assert "numpy" not in found["packages"].message


def test_keys_without_pynput_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(computer.importlib.util, "find_spec", lambda _: None)
    check(findings((computer.LINKS[4],), Options(controls="keyboard")), "controls", "package")


def test_a_coarse_timer_is_named(monkeypatch: pytest.MonkeyPatch):
    sleep = time.sleep
    monkeypatch.setattr(computer.time, "sleep", lambda _: sleep(0.016))
    monkeypatch.setattr(computer, "_SLEEPS", 5)
    check(findings((computer.LINKS[1],), Options()), "timer", "timer")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems need no DISPLAY")
def test_a_missing_screen_is_named(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("Xlib")
    monkeypatch.delenv("DISPLAY", raising=False)
    check(findings((computer.LINKS[2]._replace(needs=()),), Options()), "screen", "display")


@pytest.fixture
def _linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computer.sys, "platform", "linux")
    monkeypatch.setattr(computer.os, "getuid", lambda: 1000, raising=False)


@pytest.mark.usefixtures("_linux")
@pytest.mark.parametrize("fault", ["pad_device", "pad_permission", ""])
def test_uinput_is_looked_at(fault: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(computer.os.path, "exists", lambda _: fault != "pad_device")
    monkeypatch.setattr(computer.os, "access", lambda *_: fault != "pad_permission")
    found = findings((computer.LINKS[3],), Options())
    assert found["permissions"].fault == (FAULTS[fault].title if fault else "")
    assert found["permissions"].outcome == ("fail" if fault else "ok")


@pytest.mark.parametrize("cause", MISSING)
def test_a_pad_that_cannot_be_plugged_in_is_named(cause: str, monkeypatch: pytest.MonkeyPatch):
    def fail() -> None:
        raise MISSING[cause]

    pads.install(monkeypatch, fail)
    check(findings((computer.LINKS[4],), Options()), "controls", f"pad_{cause}")


def test_a_pad_is_plugged_in_and_out(monkeypatch: pytest.MonkeyPatch):
    pads.install(monkeypatch, FakePad)
    assert findings((computer.LINKS[4],), Options())["controls"].outcome == "ok"


# the verb


def test_the_exit_code_counts_what_is_broken_and_json_tells_it(capsys: pytest.CaptureFixture[str]):
    port = str(free_port())
    code = cli.main(["doctor", "tm2020", "--controls", "none", "--port", port, "--window", "no such window", "--json"])
    told = json.loads(capsys.readouterr().out)
    failed = {link["link"] for link in told["links"] if link["outcome"] == "fail"}
    assert "port" in failed
    assert code == told["failed"] == len(failed)


def test_lines_name_fault_and_remedy(capsys: pytest.CaptureFixture[str]):
    code = cli.main(["doctor", "tmnf", "--port", str(free_port())])
    lines = capsys.readouterr().out
    assert "FAIL  port         Nothing listens on the plugin's port: " in lines
    assert "-> install the plugin (tmenv plugin install tmnf)" in lines
    assert f"{code} of 13 links are broken" in lines


def test_an_unknown_track_is_one_error(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["doctor", "tm2020", "--track", "no-such"]) == 1
    assert "no-such" in capsys.readouterr().err
