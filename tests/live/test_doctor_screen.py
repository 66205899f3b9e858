"""The doctor on a real screen: the stand-in's process, its window, its pictures, and the whole walk."""

import os

import psutil
import pytest

from tests.live.screen import minimise, move, until, windowed
from tests.live.test_doctor import check, findings
from tmenv import cli
from tmenv.live.doctor import computer, stream
from tmenv.live.doctor import screen as checks
from tmenv.live.doctor.walk import Finding, Link, Options
from tmenv.live.window import find_window

LINKS = tuple(link._replace(needs=()) for link in (checks.PROCESS, checks.WINDOW, checks.CAPTURE))


pytestmark = pytest.mark.usefixtures("on_screen")


def look(*links: Link, **options) -> dict[str, Finding]:
    return findings(links or LINKS, Options("tm2020", **options))


@pytest.mark.parametrize("game", ["tm2020", "tmnf"])
def test_nothing_is_broken_with_a_stand_in(
    game: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream, "_LEAST_RATE", 2.0)  # a busy machine is not what this is about
    monkeypatch.setattr(checks, "_OLD_S", 1.0)
    monkeypatch.setattr(computer, "_COARSE_S", 1.0)
    track = f"{game}-first-drive"
    with windowed(game, "--track", track) as stand_in:
        arguments = ["--port", str(stand_in.port), "--track", track]
        controls = ["--controls", "keyboard"] if game == "tm2020" else []
        code = cli.main(["doctor", game, *arguments, *controls])
        told = capsys.readouterr().out
    assert (code, "nothing is broken" in told) == (0, True), told
    assert f"{track}, by its" in told


@pytest.mark.usefixtures("shown")
def test_process_window_and_pictures_are_found():
    found = look()
    assert [finding.outcome for finding in found.values()] == ["ok", "ok", "ok"], found
    assert "'Trackmania'" in found["window"].message


@pytest.mark.usefixtures("shown")
def test_a_window_of_another_title_is_looked_for_when_asked():
    check(look(checks.WINDOW._replace(needs=()), window="Something else"), "window", "window")


@pytest.mark.usefixtures("shown")
def test_a_window_of_another_size_is_named():
    found = look(checks.WINDOW._replace(needs=()), size=(958, 488))
    check(found, "window", "small")
    assert "320 x 200" in found["window"].message


@pytest.mark.usefixtures("shown")
def test_a_minimised_window_is_named():
    window = find_window("tm2020")
    minimise(window)
    until(window.minimised)
    check(look(checks.WINDOW._replace(needs=())), "window", "minimised")
    window.focus()
    until(lambda: not window.minimised())
    window.close()


@pytest.mark.usefixtures("shown")
def test_a_window_that_cannot_be_captured_is_named():
    window = find_window("tm2020")
    move(window, 1200, 100)
    until(lambda: window.area().left > 1000)
    check(look(), "capture", "capture")
    move(window, 100, 100)
    until(lambda: window.area().left < 1000)
    window.close()


@pytest.mark.usefixtures("shown")
def test_a_picture_that_stands_still_is_named():
    found = {}

    def is_broken() -> str:  # a window that was just moved may be drawn anew, late on a busy machine
        found.update(look(checks.CAPTURE._replace(needs=()), checks.MOTION._replace(needs=())))
        return found["motion"].fault

    until(is_broken)
    check(found, "motion", "still")


@pytest.mark.usefixtures("shown")
def test_a_picture_of_one_colour_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "_LEAST_SPREAD", 1000.0)
    check(look(), "capture", "uniform")


@pytest.mark.usefixtures("shown")
def test_slow_pictures_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "_OLD_S", 0.0)
    check(look(), "capture", "slow")


@pytest.mark.usefixtures("shown")
def test_a_game_with_more_rights_is_named(monkeypatch: pytest.MonkeyPatch):
    def deny(process: psutil.Process) -> str:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "cwd", deny)
    check(look(LINKS[0]), "process", "rights")


def test_a_game_that_does_not_run_is_named(monkeypatch: pytest.MonkeyPatch):
    """Only this process is looked at: tests beside this one run stand-ins."""
    every = psutil.process_iter
    monkeypatch.setattr(psutil, "process_iter", lambda what: (one for one in every(what) if one.pid == os.getpid()))
    found = findings(LINKS[:2], Options("tmnf"))
    assert [finding.fault for finding in found.values()] == [
        "The game does not run",
        "The game has no window of that title",
    ]
