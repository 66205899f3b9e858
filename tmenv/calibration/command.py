"""The verb ``calibrate``."""

import sys
from pathlib import Path

import numpy as np

from tmenv.calibration.replay import TOGETHER_M, open_loop, window_errors
from tmenv.errors import GbxError, TmenvError
from tmenv.gbx import read_map
from tmenv.track import load

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
        data: folder with tmnf_runs/*.npz and tmnf_maps/, and tm2020_maps/ whose maps hold a ghost.
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


VERBS = {"replay": replay, "geometry": geometry}
