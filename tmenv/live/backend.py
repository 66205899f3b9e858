"""The settings of ``backend="live"``, checked, and the engine they describe."""

import importlib.util
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

from tmenv.constants import TICK_MS, TICK_S
from tmenv.engine.base import Engine
from tmenv.errors import ConfigError
from tmenv.live.controls import CONTROLS
from tmenv.live.tm2020.dialects import DIALECTS
from tmenv.live.wire import check_port
from tmenv.track.track import Track

_SLOWEST, _FASTEST = 0.1, 1000.0


class Film(NamedTuple):
    """Pictures that are wanted of the game, and the size that they must have; None: any."""

    width: int | None = None
    height: int | None = None

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height."""
        return None if self.width is None or self.height is None else (self.width, self.height)


@dataclass(frozen=True)
class LiveTM2020:
    """``live`` of a TM2020 env.

    Attributes:
        port: of the plugin; None tries 9010 (ours) and 9000 (tmrl's and its relatives).
        dialect: ``"auto"`` finds out; else ``"framed"`` (our plugin) or the name of a dialect (docs/protocols.md).
        controls: what drives: ``"gamepad"``, ``"keyboard"``, ``"none"``, or ``"channel:PORT"`` of a stand-in.
        window: title of the game's window, which keys go to and pictures are taken of; None is the usual one.
    """

    port: int | None = None
    dialect: str = "auto"
    controls: str = "gamepad"
    window: str | None = None

    def check(self, film: Film | None) -> None:
        """Raises ConfigError or LiveError for a value that cannot be."""
        if self.port is not None:
            check_port(self.port)
        known = ("auto", "framed", *DIALECTS)
        if self.dialect not in known:
            raise ConfigError(f"unknown dialect {self.dialect!r}; choose one of {', '.join(known)}")
        if not isinstance(self.controls, str) or self.controls.split(":")[0] not in {c.split(":")[0] for c in CONTROLS}:
            raise ConfigError(f"unknown controls {self.controls!r}; choose one of {', '.join(CONTROLS)}")
        if self.window is not None and not isinstance(self.window, str):
            raise ConfigError(f"window must be the title of a window, not {self.window!r}")
        if self.window is not None and self.controls != "keyboard" and film is None:
            raise ConfigError('window is for controls="keyboard" and for pictures of that window; leave it out')

    def open(self, track: Track, frame_skip: int, film: Film | None) -> Engine:
        """The engine; it connects with its first reset."""
        if importlib.util.find_spec("rtgym") is None:
            raise ConfigError('backend="live" of TM2020 needs rtgym, which keeps the time: pip install "tmenv[live]"')
        from tmenv.live.tm2020.engine import EngineTM2020

        return EngineTM2020(track, frame_skip * TICK_S, **asdict(self), film_size=film and film.size)


@dataclass(frozen=True)
class LiveTMNF:
    """``live`` of a TMNF env.

    Attributes:
        port: of the plugin; None is 8478. The i-th game listens on 8478 + i.
        map_file: map for the game to load, relative to its Tracks/Challenges; None keeps the one that is loaded.
        speed: game speed while a step runs, as a multiple of real time.
    """

    port: int | None = None
    map_file: str | None = None
    speed: float = 80.0

    def check(self, film: Film | None) -> None:
        """Raises ConfigError or LiveError for a value that cannot be."""
        if self.port is not None:
            check_port(self.port)
        if isinstance(self.speed, bool) or not isinstance(self.speed, int | float):
            raise ConfigError(f"speed must be a number, not {self.speed!r}")
        if not _SLOWEST <= self.speed <= _FASTEST:
            raise ConfigError(f"speed must be from {_SLOWEST:g} to {_FASTEST:g}, not {self.speed!r}")

    def open(self, track: Track, frame_skip: int, film: Film | None) -> Engine:
        """The engine; it connects with its first reset."""
        from tmenv.live.tmnf.engine import EngineTMNF
        from tmenv.live.tmnf.game import GameOptions

        chosen = {name: value for name, value in asdict(self).items() if value is not None}
        frame_size = film and film.size
        return EngineTMNF(track, GameOptions(step_ms=frame_skip * TICK_MS, frame_size=frame_size, **chosen))


_SETTINGS = {"TM2020": LiveTM2020, "TMNF": LiveTMNF}


def opener(game: str, frame_skip: int, live: dict[str, Any], film: Film | None = None) -> Callable[[Track], Engine]:
    """What makes the engine of a game once its track is known.

    Args:
        frame_skip: ticks of a step.
        live: plain settings: the attributes of ``LiveTM2020`` or ``LiveTMNF``.
        film: pictures that the task needs; None: none.

    Raises:
        ConfigError: a setting that does not exist or cannot be.
        LiveError: no port.
    """
    kind = _SETTINGS[game]
    known = [field.name for field in fields(kind)]
    if not isinstance(live, dict):
        raise ConfigError(f"live must be a dict of settings ({', '.join(known)}), not {live!r}")
    unknown = set(live) - set(known)
    if unknown:
        raise ConfigError(f"unknown live settings {', '.join(sorted(unknown))}; those of {game} are {', '.join(known)}")
    settings = kind(**live)
    settings.check(film)
    return lambda track: settings.open(track, frame_skip, film)
