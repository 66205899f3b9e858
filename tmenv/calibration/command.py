"""The verb ``calibrate``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tmenv.calibration.replay import TOGETHER_M, open_loop, window_errors
from tmenv.errors import GbxError, TmenvError
from tmenv.gbx import read_map
from tmenv.track import load

if TYPE_CHECKING:
    from tmenv.calibration.triggers import Fired

ON_TIME_SHARE = 0.95
HORIZONS_S = (1.0, 2.0, 5.0)


def replay(file: str, /) -> None:
    """Drive the inputs of the author's run inside a map, open loop, and show how far the simulator drifts from it.

    Args:
        file: a .Map.Gbx that holds its author's validation run.
    """
    from rich.console import Console
    from rich.table import Table

    ghost = read_map(file).validation_ghost
    if ghost is None:
        raise GbxError(f"{file}: this map holds no recorded run of its author")
    track = load(file)
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
    console = Console(width=None if sys.stdout.isatty() else 140)
    stay = (
        f"on the road for {drift.on_road_s:.2f} s, within {TOGETHER_M:g} m of the author for {drift.together_s:.2f} s"
    )
    console.print(table, f"\n{stay}\n", windows)


def windows(
    *,
    data: Path,
    maps: tuple[str, ...] = ("A01", "A05", "B09", "B13", "C01", "C10"),
    runs: int = 4,
) -> None:
    """Drive windows of recorded TMNF runs open loop, and show the error by the kind of surface.

    Args:
        data: folder with tmnf_runs/*.npz and tmnf_maps/.
        maps: maps whose names begin like one of these.
        runs: most runs of a map, fastest first.
    """
    from rich.console import Console
    from rich.table import Table

    from tmenv.calibration.runs import read_runs
    from tmenv.calibration.windows import HORIZONS_S, Windows, unrouted, windows_by_kind
    from tmenv.track.build import survey

    found: dict[str, list[Windows]] = {}
    for path in sorted((data / "tmnf_runs").glob("*.npz")):
        if path.name.startswith(maps):
            track = unrouted(survey(read_map(data / "tmnf_maps" / f"{path.stem}.Challenge.Gbx"), on_unknown="skip"))
            for kind, one in windows_by_kind(track, read_runs(path)[:runs]).items():
                found.setdefault(kind, []).append(one)
    if not found:
        raise TmenvError(f"{data} holds no recorded runs of maps whose names begin with {' or '.join(maps)}")
    heads = [f"{horizon:g} s: median (p90) m, n" for horizon in HORIZONS_S]
    table = Table("surface", "runs", *heads, "speed error at 0.5 s, m/s", box=None)
    for kind, parts in sorted(found.items()):
        errors = np.concatenate([part.position_m for part in parts])
        speed = np.concatenate([part.speed_mps for part in parts])
        median_speed = f"{np.median(speed):+.2f}" if len(speed) else "-"
        table.add_row(kind, str(sum(part.runs for part in parts)), *map(_spread, errors.T), median_speed)
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def _spread(errors: np.ndarray) -> str:
    errors = errors[np.isfinite(errors)]
    if not len(errors):
        return "-"
    return f"{np.median(errors):.2f} ({np.quantile(errors, 0.9):.2f}), {len(errors)}"


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

    from tmenv.calibration.runs import read_runs
    from tmenv.calibration.triggers import fire

    table = Table("map", "runs", "in order", "times", "within a tick", "median error ms", box=None)
    total = []
    for path in sorted((data / "tmnf_runs").glob("*.npz")):
        recorded = read_runs(path)[:runs] if not maps or path.name.startswith(maps) else []
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


VERBS = {"triggers": triggers, "replay": replay, "windows": windows, "geometry": geometry}
