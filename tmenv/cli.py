"""``tmenv <verb>``: the command line, also ``python -m tmenv``.

The verb is looked up here, and only then is its code imported: `tmenv --help` must not wait for numba.
The options of a verb are the arguments of a function, read by tyro.
"""

import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from tmenv.errors import TmenvError

USAGE_ERROR = 2
INTERRUPTED = 130


class Verb(NamedTuple):
    """One verb: the function (or, for verbs of verbs, the dict of functions) that tyro makes a parser of."""

    module: str
    name: str
    summary: str


VERBS = {
    "gbx": Verb("tmenv.gbx.command", "VERBS", "show what .Gbx files hold: maps, replays, ghosts, inputs"),
    "bench": Verb("tmenv.bench", "bench", "measure speed: steps per second, compile and import time"),
    "track": Verb("tmenv.cli", "TRACK_VERBS", "list the built-in tracks, show what a track is, make random ones"),
    "view": Verb("tmenv.render.command", "view", "write a web page that replays laps in 3D"),
    "video": Verb("tmenv.render.command", "video", "write a video of a lap"),
    "plot": Verb("tmenv.render.command", "plot", "write a picture of laps: speed, inputs, time lost"),
    "calibrate": Verb("tmenv.calibration.command", "VERBS", "compare the simulator with recorded runs"),
    "game": Verb("tmenv.live.standin.command", "VERBS", "play a running game's part on the simulator"),
    "doctor": Verb("tmenv.live.doctor.command", "doctor", "find what is broken between tmenv and a running game"),
    "plugin": Verb("tmenv.live.install", "VERBS", "install our plugins into the games"),
    "precompile": Verb("tmenv.cli", "precompile", "compile all kernels into the cache now (images, CI)"),
}


def precompile() -> None:
    """Compile every kernel into the cache, so that the first step of a later process is fast."""
    from tmenv.engine.compile import cache_folder
    from tmenv.render import renderer
    from tmenv.task import batch

    batch.compile_kernels()
    renderer.compile_kernels()
    print(f"kernels compiled into {cache_folder()}")


def track_names() -> None:
    """Print the names of the built-in tracks, one per line."""
    from tmenv import track

    print("\n".join(track.names()))


def track_info(tracks: tuple[str, ...] = (), /, *, game: str | None = None) -> None:
    """Print game, length, checkpoints, laps and author time of tracks.

    Args:
        tracks: names of built-in tracks, files (.Map.Gbx, .Challenge.Gbx, .Replay.Gbx, .json, .npz), or random:<seed>;
            none means every built-in track.
        game: TM2020 or TMNF; a random track needs it.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from tmenv import track

    table = Table("track", "game", "length m", "checkpoints", "laps", "author s", box=None)
    for given in tracks or track.names(game):
        one = track.load(given, game)
        title = given if given == one.name else f"{given} ({one.name})"
        author = "-" if one.author_time_s is None else f"{one.author_time_s:.3f}"
        table.add_row(escape(title), one.game, f"{one.length_m:.1f}", str(one.checkpoints), str(one.laps), author)
    # Into a file or a pipe, rows folded to 80 columns would be unreadable.
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def track_generate(
    *,
    seed: int,
    game: str,
    out: str,
    difficulty: str = "medium",
    length: float | None = None,
    families: str = "flat",
    template: str | None = None,
) -> None:
    """Write a random track into a file that the game opens, or into a block list.

    Args:
        seed: whole number of at least 0; the same one gives the same track.
        game: TM2020 or TMNF.
        out: file to write: .Challenge.Gbx (TMNF), .Map.Gbx (TM2020), or .json.
        difficulty: easy, medium, hard, or a number from 0 to 1.
        length: metres of road, 300 to 4000; none: drawn from 600 to 1500.
        families: flat, slopes, tilts, with commas.
        template: TM2020: a map that the game saved, best an empty one; its decoration and author stay.
    """
    from tmenv import track
    from tmenv.track.export import export

    map_ = track.generate(seed, game, difficulty, length, families)
    export(map_, out, template)
    print(f"{out}: {map_.name}, {len(map_.blocks)} blocks, {track.build(map_).length_m:.0f} m")


TRACK_VERBS: dict[str, Callable[..., Any]] = {"names": track_names, "info": track_info, "generate": track_generate}


def usage() -> str:
    """The text of ``tmenv --help``."""
    width = max(map(len, VERBS))
    lines = [f"  {name:{width}}  {verb.summary}" for name, verb in VERBS.items()]
    return "\n".join(["usage: tmenv <verb> [options]", "", *lines, "", "tmenv <verb> --help shows a verb's options."])


def run(name: str, arguments: list[str]) -> int:
    """Run one verb with its command-line arguments; returns the exit code, 0 unless the verb says another."""
    import tyro

    verb = VERBS[name]
    target = getattr(importlib.import_module(verb.module), verb.name)
    if isinstance(target, dict):
        code = tyro.extras.subcommand_cli_from_dict(target, prog=f"tmenv {name}", args=arguments)
    else:
        code = tyro.cli(target, prog=f"tmenv {name}", args=arguments)
    return code or 0


def main(argv: list[str] | None = None) -> int:
    """Entry point of the console script; returns the exit code."""
    name, *arguments = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("-h", "--help", "help"):
        print(usage())
        return 0
    if name not in VERBS:
        print(f"tmenv: unknown verb {name!r}\n\n{usage()}", file=sys.stderr)
        return USAGE_ERROR
    try:
        return run(name, arguments)
    except TmenvError as error:
        print(f"tmenv: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
