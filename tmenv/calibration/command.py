"""The verb ``calibrate``."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tmenv.calibration.feedback import with_feedback
from tmenv.calibration.replay import TOGETHER_M, open_loop, window_errors
from tmenv.errors import ConfigError, GbxError, TmenvError
from tmenv.gbx import Ghost, Map, Replay, read
from tmenv.track import load

if TYPE_CHECKING:
    from tmenv.calibration.routes import Followed
    from tmenv.calibration.triggers import Fired

ON_TIME_SHARE = 0.95
HORIZONS_S = (1.0, 2.0, 5.0)
Game = Literal["tm2020", "tmnf"]
GAMES: dict[Game, str] = {"tm2020": "TM2020", "tmnf": "TMNF"}
SEED = 2
"""The default split: of the first seeds, the one that holds out about as much by map as by driver."""


def replay(file: str, /, *, feedback: bool = False) -> None:
    """Drive the inputs of the run inside a file over its map, open loop, and show how far the simulator drifts from it.

    Args:
        file: a .Map.Gbx that holds its author's validation run, or a .Replay.Gbx (its first run).
        feedback: correct the steering a little towards the recorded line (pedals stay as recorded), so that the lap
            times can be compared.
    """
    from rich.console import Console
    from rich.table import Table

    ghost = _run_in(file)
    track = load(file)
    console = Console(width=None if sys.stdout.isatty() else 140)
    if feedback:
        console.print(with_feedback(track, ghost).summary())
        return
    drift = open_loop(track, ghost)
    table = Table("from the start line, after s", "error m", "metres left of the centre", box=None)
    for time in (1.0, 2.0, 5.0, 10.0, 15.0, 20.0):
        row = int(np.argmin(np.abs(drift.time_s - time)))
        table.add_row(f"{drift.time_s[row]:.2f}", f"{drift.error_m[row]:.2f}", f"{drift.lateral_m[row]:.1f}")
    windows = Table("from recorded states, after s", "median m", "p90 m", "windows", box=None)
    for horizon in HORIZONS_S:
        errors = window_errors(track, ghost, horizon)
        p90 = np.quantile(errors, 0.9)
        windows.add_row(f"{horizon:g}", f"{np.median(errors):.2f}", f"{p90:.2f}", str(len(errors)))
    stay = (
        f"on the road for {drift.on_road_s:.2f} s, within {TOGETHER_M:g} m of the author for {drift.together_s:.2f} s"
    )
    console.print(table, f"\n{stay}\n", windows)


def _run_in(file: str) -> Ghost:
    """The author's run inside a map, or the first run of a replay."""
    thing = read(file)
    if isinstance(thing, Map) and thing.validation_ghost is not None:
        return thing.validation_ghost
    if isinstance(thing, Replay) and thing.ghosts:
        return thing.ghosts[0]
    raise GbxError(f"{file}: holds no recorded run; give a map with its author's run inside, or a replay")


def dataset(folder: Path, /, *, game: Game | None = None) -> None:
    """Read the recorded runs below a folder, cut them into windows, and show how much there is of what.

    Args:
        folder: replays, ghosts and maps (.Gbx), and TMNF runs (.npz), in any subfolders.
        game: tm2020 or tmnf; both by default.
    """
    from rich.console import Console

    from tmenv.calibration.evaluate import Bench
    from tmenv.calibration.report import inventory

    for runs in _runs(folder, game):
        bench = Bench(runs, show=_progress)
        Console(width=None if sys.stdout.isatty() else 140).print(*inventory(runs, bench.windows), sep="\n\n")


def evaluate(
    *,
    data: Path,
    game: Game | None = None,
    params: Path | None = None,
    held_out: Literal["map", "driver"] | None = None,
    seed: int = SEED,
    json: bool = False,
    markdown: bool = False,
    picture: Path | None = None,
) -> None:
    """Drive recorded runs open loop, window by window, and show how far the simulator ends from the recording.

    Args:
        data: folder of recorded runs, see `tmenv calibrate dataset`.
        game: tm2020 or tmnf; by default that of the parameters, or both.
        params: a parameter file; by default the ones tmenv drives with.
        held_out: count only runs on the maps (or by the drivers) that `tmenv calibrate fit` did not see.
        seed: the split that the fit was made with.
        json: print JSON: an object for a game, a list of two for both.
        markdown: print Markdown tables, as in docs/physics.md.
        picture: save a picture of the error against the horizon here (needs the extra `plot`).
    """
    from rich.console import Console

    from tmenv.calibration.evaluate import Bench
    from tmenv.calibration.evaluate import evaluate as measure
    from tmenv.calibration.picture import draw
    from tmenv.calibration.report import as_json, errors
    from tmenv.calibration.report import markdown as as_markdown
    from tmenv.calibration.split import split
    from tmenv.engine.params import read_parameter_file, read_parameters

    given = None if params is None else read_parameter_file(params)
    if given is not None and game is not None and given["game"] != GAMES[game]:
        raise ConfigError(f"{params}: parameters of {given['game']}, but --game {game} was asked for")
    only: Game | None = game if given is None else next(name for name, title in GAMES.items() if title == given["game"])
    reports = []
    for runs in _runs(data, only):
        parts = split(runs, seed)
        kept = {None: None, "map": parts.held_out_maps, "driver": parts.held_out_drivers}[held_out]
        if kept is not None and not kept.any():
            raise ConfigError(f"no {runs.game} run is held out by {held_out} with seed {seed}; try another seed")
        parameters = given or read_parameters(runs.game)
        reports.append(measure(Bench(runs, show=_progress), parameters, kept, _progress))
    if picture is not None:
        draw(reports, picture)
    if json:
        print(as_json(reports))
        return
    if markdown:
        print("\n\n".join(map(as_markdown, reports)))
        return
    tables = [part for report in reports for part in errors(report)]
    Console(width=None if sys.stdout.isatty() else 140).print(*tables, sep="\n\n")


def fit(
    *,
    game: Game,
    data: Path,
    out: Path,
    params: Path | None = None,
    like: Path | None = None,
    seed: int = SEED,
    rounds: int = 6,
) -> None:
    """Fit the simulator's parameters to recorded runs, and write a parameter file.

    One map and one driver in four are left out, for `tmenv calibrate evaluate --held-out`. Needs the extra `calibrate`.

    Args:
        game: tm2020 or tmnf.
        data: folder of recorded runs, see `tmenv calibrate dataset`.
        out: file to write.
        params: start from this parameter file; by default the one tmenv drives with.
        like: a fitted file of the other game, whose car obeys the same laws: its fitted numbers (not those of
            surfaces) are the start, and what these data say little about stays as it is there.
        seed: of the split and of the choice of windows.
        rounds: steps of the least-squares solver.
    """
    from rich.console import Console

    from tmenv.calibration.evaluate import Bench
    from tmenv.calibration.fit import FIT_HORIZON_S
    from tmenv.calibration.fit import fit as solve
    from tmenv.calibration.free import FREE
    from tmenv.calibration.record import record, table
    from tmenv.calibration.split import split
    from tmenv.calibration.values import borrowed
    from tmenv.engine.params import read_parameter_file, read_parameters

    start = read_parameters(GAMES[game]) if params is None else read_parameter_file(params)
    if like is not None:
        start = borrowed(start, read_parameter_file(like))
    (runs,) = _runs(data, game)
    bench = Bench(runs, (FIT_HORIZON_S,), _progress)
    parts = split(runs, seed)
    fitted = solve(bench, start, FREE[runs.game], parts, seed, rounds, _progress)
    result = record(out, bench, start, fitted, parts, seed)
    Console(width=None if sys.stdout.isatty() else 140).print(*table(start, result, fitted), sep="\n\n")


def parameters(*, game: Game, params: Path | None = None, markdown: bool = False) -> None:
    """Print the parameters of a game's car: value, standard error, unit, and whether it is fitted, reported or assumed.

    Args:
        game: tm2020 or tmnf.
        params: a parameter file; by default the one tmenv drives with.
        markdown: print a Markdown table, as in docs/physics.md.
    """
    from rich.console import Console
    from rich.table import Table

    from tmenv.calibration.report import markdown_parameters, parameter_rows
    from tmenv.engine.params import read_parameter_file, read_parameters

    data = read_parameters(GAMES[game]) if params is None else read_parameter_file(params)
    if markdown:
        print(markdown_parameters(data))
        return
    table = Table("parameter", "value", "standard error", "unit", "origin", box=None)
    for row in parameter_rows(data):
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def _runs(folder: Path, game: Game | None) -> list[Any]:
    """The runs of a game, or of every game that the folder holds runs of."""
    from tmenv.calibration.dataset import read_dataset

    if game is not None:
        return [read_dataset(folder, GAMES[game], _progress)]
    found, empty = [], []
    for title in GAMES.values():
        try:
            found.append(read_dataset(folder, title, _progress))
        except ConfigError as error:
            empty.append(error)
    if not found:
        raise empty[0]
    return found


def _progress(items: Iterable[Any], title: str) -> Iterable[Any]:
    from rich.console import Console
    from rich.progress import track as progress

    return progress(list(items), title, console=Console(stderr=True), transient=True)


def geometry(
    *,
    data: Path,
    maps: tuple[str, ...] = (),
    rows: int = 40,
    json: bool = False,
    pictures: Path | None = None,
) -> None:
    """Lay the wheel contacts of recorded runs on the tracks we build: how far from our surfaces are they?

    Args:
        data: folder with tmnf_runs/*.npz and tmnf_maps/, with tm2020_maps/ whose maps hold their author's run, or with
            tm2020_ghosts/*.Replay.Gbx.
        maps: only maps whose names begin like one of these; none means all.
        rows: rows of the table of blocks, worst first.
        json: print JSON instead of tables, with every block.
        pictures: folder for a picture of each block, model against contacts (needs the extra `plot`).
    """
    from rich.console import Console
    from rich.progress import track as progress

    from tmenv.calibration import geometry as bench
    from tmenv.calibration.geometry_report import as_json, tables

    found = [source for source in bench.sources(data) if not maps or source[0].name.startswith(maps)]
    if not found:
        raise TmenvError(f"no map in {data} has a name that begins with {' or '.join(maps)}")
    bar = progress(bench.comparisons(found), "maps", total=len(found), console=Console(stderr=True), transient=True)
    compared = [one for one in bar if one is not None]
    if not compared:
        raise TmenvError(f"none of these maps holds a recorded run: {', '.join(path.name for path, _ in found)}")
    if pictures is not None:
        from tmenv.calibration.geometry_pictures import draw

        draw(compared, pictures)
    if json:
        print(as_json(compared))
        return
    Console(width=None if sys.stdout.isatty() else 140).print(*tables(compared, rows), sep="\n\n")


def triggers(*, data: Path, maps: tuple[str, ...] = (), runs: int = 8) -> int:
    """Feed recorded TMNF runs through our triggers: do checkpoints and finish fire in order and on time?

    The exit code is 1 if less than 95 % of the times are met within one tick.

    Args:
        data: folder with tmnf_runs/*.npz and tmnf_maps/.
        maps: only maps whose names begin like one of these; none means all.
        runs: most runs of a map, fastest first.
    """
    from rich.console import Console
    from rich.table import Table

    from tmenv.calibration.paths import read_paths
    from tmenv.calibration.triggers import fire

    table = Table("map", "runs", "in order", "times", "within a tick", "median error ms", box=None)
    total = []
    for path in sorted((data / "tmnf_runs").glob("*.npz")):
        recorded = read_paths(path)[:runs] if not maps or path.name.startswith(maps) else []
        if not recorded:
            continue
        track = load(data / "tmnf_maps" / f"{path.stem}.Challenge.Gbx", route=recorded[0].samples)
        found = [fire(track, run) for run in recorded]
        table.add_row(path.stem, *_shares(found))
        total += found
    if not total:
        raise TmenvError(f"{data} holds no recorded runs without a respawn")
    table.add_row("all", *_shares(total))
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    return int(sum(one.on_time for one in total) < ON_TIME_SHARE * sum(one.recorded for one in total))


def _shares(found: "list[Fired]") -> tuple[str, ...]:
    errors = np.concatenate([one.error_ms for one in found])
    ordered, times = sum(one.in_order for one in found), sum(one.recorded for one in found)
    share = sum(one.on_time for one in found) / times
    return (
        str(len(found)),
        str(ordered),
        str(times),
        f"{share:.1%}",
        f"{np.median(errors):+.0f}" if len(errors) else "-",
    )


CAMPAIGN = tuple(f"{row}{number:02d}-" for row in "ABCDE" for number in range(1, 16))


def routes(*, data: Path, maps: tuple[str, ...] = CAMPAIGN) -> None:
    """Which route does a TMNF map get, and do recorded runs follow it?

    Args:
        data: folder with tmnf_maps/ and tmnf_runs/*.npz.
        maps: only maps whose names begin like one of these; the campaign's unless told.
    """
    from rich.console import Console
    from rich.table import Table

    from tmenv.calibration import routes as bench

    heads = ("map", "route without a run", "best run on it: reached, stall s, aside m")
    table = Table(*heads, "another run on the best one's", "drivable with", box=None)
    found = list(bench.routes(data, maps))
    for one in found:
        table.add_row(
            one.name, one.route_from or "-", _followed(one.alone), _followed(one.recorded), one.drivable_by or "-"
        )
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    counts = {kind: sum(one.drivable_by == kind for one in found) for kind in ("connections", "surfaces", "recording")}
    print(f"{len(found)} maps: {', '.join(f'{number} by {kind}' for kind, number in counts.items())}")


def _followed(one: "Followed | None") -> str:
    return "-" if one is None else f"{one.reached:.0%}, {one.stall_s:.1f}, {one.lateral_m:.1f}"


VERBS = {
    "replay": replay,
    "dataset": dataset,
    "evaluate": evaluate,
    "fit": fit,
    "parameters": parameters,
    "geometry": geometry,
    "triggers": triggers,
    "routes": routes,
}
