"""The verb ``doctor``."""

from dataclasses import asdict
from json import dumps
from typing import Literal

from tmenv.live.doctor import computer, lockstep, stream
from tmenv.live.doctor.faults import PAGE
from tmenv.live.doctor.walk import FAIL, Finding, Options, walk
from tmenv.track import load

LINKS = {None: computer.LINKS, "tm2020": computer.LINKS + stream.LINKS, "tmnf": computer.LINKS + lockstep.LINKS}
_NAMES = {"tm2020": "TM2020", "tmnf": "TMNF"}
_DRIVERS = {None: "gamepad", "tm2020": "gamepad", "tmnf": "none"}
_MARKS = {"ok": "ok  ", "fail": "FAIL", "skip": "skip"}


def doctor(
    game: Literal["tm2020", "tmnf"] | None = None,
    /,
    *,
    track: str | None = None,
    port: int | None = None,
    dialect: str = "auto",
    controls: str | None = None,
    window: str | None = None,
    size: tuple[int, int] | None = None,
    json: bool = False,
) -> int:
    """Find the broken link between tmenv and a running game; the exit code is the number of links that are broken.

    Start the game and enter a race first: the race is started again, and the throttle held for a second.

    Args:
        game: tm2020 or tmnf; without one, only this computer is looked at.
        track: the track whose map should be loaded: a built-in name, random:<seed>, or a file.
        port: of the plugin, if not the usual one.
        dialect: of TM2020's plugin: auto, framed (ours), tmrl, tmrl9, tqc, two-player, connect.
        controls: what shall drive TM2020: gamepad (the default), keyboard, none, or a stand-in's channel:PORT.
        window: title of the game's window, if not the usual one.
        size: width and height that the window must have.
        json: print one JSON object instead of lines.
    """
    meant = None if track is None or game is None else load(track, _NAMES[game])
    options = Options(game, meant, port, dialect, controls or _DRIVERS[game], window, size)
    findings = []
    for finding in walk(LINKS[game], options):
        findings.append(finding)
        if not json:
            print(_line(finding), flush=True)
    failed = sum(finding.outcome == FAIL for finding in findings)
    if json:
        links = [asdict(finding) for finding in findings]
        print(dumps({"game": game, "failed": failed, "links": links}, indent=1))
    else:
        print(f"{failed} of {len(findings)} links are broken" if failed else "nothing is broken")
    return failed


def _line(finding: Finding) -> str:
    """A link, and below it what to do."""
    head = f"{_MARKS[finding.outcome]}  {finding.link:11}  "
    if finding.outcome != FAIL:
        return head + finding.message
    return f"{head}{finding.fault}: {finding.message}\n{' ' * len(head)}-> {finding.remedy} (more in {PAGE})"
