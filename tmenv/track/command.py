"""The verb ``track``."""

import json as json_
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tmenv.errors import TmenvError
from tmenv.track.info import Info, info

if TYPE_CHECKING:
    from rich.table import Table

_MISSING_SHOWN = 3
_NAMES_SHOWN = 30
_DRIVABLE = {True: "yes", False: "no", None: "-"}


def track_names() -> None:
    """Print the names of the built-in tracks, one per line."""
    from tmenv import track

    print("\n".join(track.names()))


def track_info(
    tracks: tuple[str, ...] = (), /, *, game: str | None = None, json: bool = False, routes: bool = True
) -> int:
    """Show what tracks are, and whether they can be driven; exit code 1 if one cannot be read.

    Of several maps it also names the blocks without a surface, those first that stand alone in the way of most maps.

    Args:
        tracks: names of built-in tracks, files (.Map.Gbx, .Challenge.Gbx, .Replay.Gbx, .json, .npz), or random:<seed>;
            none means every built-in track. "<map>?route=<ghost or replay>" takes the route of a recorded run.
        game: TM2020 or TMNF; a random track needs it.
        json: print a list of objects instead of a table.
        routes: look for the route of maps, which takes up to a minute for a large one; else blocks are only counted.
    """
    from tmenv import track

    found: list[Info] = []
    failed = False
    for given in tracks or track.names(game):
        try:
            found.append(info(given, game, routes))
        except TmenvError as error:
            failed = True
            print(f"tmenv: {given}: {error}", file=sys.stderr)
    if json:
        print(json_.dumps([one.plain() for one in found], indent=2))
    elif found:
        _print_table(found)
    return int(failed)


def track_draw(track: str, /, *, out: Path | None = None, game: str | None = None) -> None:
    """Draw a track: its plan and the height along its route.

    Args:
        track: a name or file, as for `tmenv track info`.
        out: the picture, .png, .svg or .pdf; <name of the track>.png in this folder unless told.
        game: TM2020 or TMNF; a random track needs it.
    """
    from tmenv.track.loading import load
    from tmenv.track.picture import draw

    one = load(track, game)
    path = out or Path("".join(c if c.isalnum() or c in "-_ " else "_" for c in one.name) + ".png")
    draw(one, path)
    print(path)


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
        families: flat, slopes, tilts, dirt (TMNF), jumps, with commas.
        template: TM2020: a map that the game saved, best an empty one; its decoration and author stay.
    """
    from tmenv import track
    from tmenv.track.export import export

    map_ = track.generate(seed, game, difficulty, length, families)
    export(map_, out, template)
    print(f"{out}: {map_.name}, {len(map_.blocks)} blocks, {track.build(map_).length_m:.0f} m")


def _print_table(found: list[Info]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    heads = ("track", "game", "drivable", "covered", "length m", "height m", "checkpoints", "laps", "author s", "route")
    table = Table(*heads, box=None)
    for one in found:
        title = one.file if one.file == one.name else f"{Path(one.file).name} ({one.name})"
        table.add_row(escape(title), one.game, _DRIVABLE[one.drivable], *_figures(one))
        if one.drivable is False:
            table.add_row(f"  {escape(_reason(one))}")
    # Into a file or a pipe, rows folded to 80 columns would be unreadable.
    console = Console(width=None if sys.stdout.isatty() else 180)
    console.print(table)
    lacking = [one for one in found if one.missing]
    if len(lacking) > 1:
        console.print(f"{len(found) - len(lacking)} of {len(found)} have a surface for every block")
        console.print(_in_the_way(lacking))


def _in_the_way(lacking: list[Info]) -> "Table":
    from rich.table import Table

    alone = Counter(name for one in lacking if len(one.missing) == 1 for name in one.missing)
    maps = Counter(name for one in lacking for name in one.missing)
    blocks: Counter[str] = Counter()
    for one in lacking:
        blocks.update(one.missing)
    table = Table("block without a surface", "maps", "maps where it is the only one", "blocks", box=None)
    order = sorted(maps, key=lambda name: (-alone[name], -maps[name], -blocks[name], name))
    for name in order[:_NAMES_SHOWN]:
        table.add_row(name, str(maps[name]), str(alone[name]), str(blocks[name]))
    return table


def _figures(one: Info) -> tuple[str, ...]:
    author = "-" if one.author_time_s is None else f"{one.author_time_s:.3f}"
    covered = f"{one.covered_share:.1%}"
    if one.length_m is None:
        return covered, "-", "-", "-", "-", author, "-"
    height = f"{one.lowest_m:.0f}..{one.highest_m:.0f}"
    return covered, f"{one.length_m:.1f}", height, str(one.checkpoints), str(one.laps), author, one.route or ""


def _reason(one: Info) -> str:
    if not one.missing:
        return one.problem
    often = sorted(one.missing.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name} x{number}" for name, number in often[:_MISSING_SHOWN])
    rest = len(often) - _MISSING_SHOWN
    return f"no surface for {shown}" + (f" and {rest} more names" if rest > 0 else "")


VERBS: dict[str, Callable[..., Any]] = {
    "names": track_names,
    "info": track_info,
    "draw": track_draw,
    "generate": track_generate,
}
