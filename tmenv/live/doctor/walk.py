"""The walk along the chain: each check builds on others, and is skipped where they failed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tmenv.live.doctor.faults import BrokenError, SkippedError
from tmenv.track.track import Track

OK, FAIL, SKIP = "ok", "fail", "skip"


@dataclass(frozen=True)
class Options:
    """What is to be checked, and how.

    Attributes:
        game: tm2020, tmnf, or None for this computer only.
        track: that should be loaded in the game; None: any.
        port: of the plugin; None: the usual.
        dialect: of a TM2020 plugin.
        controls: what shall drive, see ``tmenv.live.controls.CONTROLS``.
        window: title of the game's window; None: the usual.
        size: the window's width and height; None: any that is large enough.
        wait_s: how long the game may take to answer.
    """

    game: str | None = None
    track: Track | None = None
    port: int | None = None
    dialect: str = "auto"
    controls: str = "gamepad"
    window: str | None = None
    size: tuple[int, int] | None = None
    wait_s: float = 3.0


@dataclass
class Patient:
    """What the checks hand on to each other; everything opened is closed at the end of the walk."""

    options: Options
    opened: ExitStack = field(default_factory=ExitStack)
    window: Any = None
    capture: Any = None
    telemetry: Any = None
    game: Any = None

    @property
    def title(self) -> str:
        """The game's name in commands."""
        return self.options.game or ""


class Link(NamedTuple):
    """One check. It returns what it found, or raises BrokenError or SkippedError; ``needs`` must have been ok."""

    name: str
    check: Callable[[Patient], str]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What a check found: ``fault`` and ``remedy`` are empty unless it failed."""

    link: str
    outcome: str
    message: str
    fault: str = ""
    remedy: str = ""


def walk(links: tuple[Link, ...], options: Options) -> Iterator[Finding]:
    """Check one link after the other."""
    patient, good = Patient(options), set[str]()
    with patient.opened:
        for link in links:
            finding = _check(link, patient, good)
            if finding.outcome == OK:
                good.add(link.name)
            yield finding


def _check(link: Link, patient: Patient, good: set[str]) -> Finding:
    missing = [name for name in link.needs if name not in good]
    if missing:
        return Finding(link.name, SKIP, f"needs {', '.join(missing)}")
    try:
        return Finding(link.name, OK, link.check(patient))
    except SkippedError as reason:
        return Finding(link.name, SKIP, str(reason))
    except BrokenError as broken:
        remedy = broken.fault.remedy.format(game=patient.title)
        return Finding(link.name, FAIL, str(broken), broken.fault.title, remedy)
