"""``tmenv gbx``: what stands in ``.Gbx`` files, on the command line."""

import csv
import glob
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tmenv.errors import GbxError
from tmenv.files import write_whole
from tmenv.gbx.ghost import Ghost
from tmenv.gbx.map import Map
from tmenv.gbx.read import read
from tmenv.gbx.replay import Replay
from tmenv.gbx.script import replay_to_script

FAILED = 1
"""Exit code if a file could not be read."""

COLUMNS = ("file", "kind", "game", "name", "uid", "blocks", "author_time_ms", "race_time_ms", "inputs", "samples")
"""What ``tmenv gbx info`` tells of a file; null where the file does not say it."""


def expand(given: Iterable[str]) -> list[Path]:
    """The files meant by paths, folders (every ``.Gbx`` file below them) and patterns such as ``*.Map.Gbx``.

    Raises:
        GbxError: a folder or a pattern holds no file. A path that does not exist is for the reader to report.
    """
    files: list[Path] = []
    for text in given:
        path = Path(text)
        found = [path]
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix.lower() == ".gbx" and file.is_file())
        elif not path.exists() and glob.has_magic(text):
            found = sorted(Path(match) for match in glob.glob(text, recursive=True))
        if not found:
            raise GbxError(f"{text}: no .Gbx file is there; give a file, a folder or a pattern that matches some")
        files += found
    return files


def summary(file: Path) -> dict[str, Any]:
    """One row of ``tmenv gbx info``, keys ``COLUMNS``.

    Raises:
        GbxError: the file cannot be read.
    """
    content = read(file)
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row.update(file=str(file), kind=type(content).__name__.lower(), game=content.game)
    map_ = content if isinstance(content, Map) else content.map if isinstance(content, Replay) else None
    if map_ is not None:
        row.update(name=map_.plain_name, uid=map_.uid, blocks=len(map_.blocks), author_time_ms=map_.author_time_ms)
    ghosts = ghosts_of(content)
    if ghosts:
        # Forever stores changes of the input, the newer game its value at every tick.
        inputs = ghosts[0].events if content.game == "TMNF" else ghosts[0].inputs
        row.update(race_time_ms=ghosts[0].race_time_ms, inputs=len(inputs), samples=len(ghosts[0].samples))
    return row


def ghosts_of(content: Map | Replay | Ghost) -> tuple[Ghost, ...]:
    """The runs in a file: a map's is the author's."""
    if isinstance(content, Ghost):
        return (content,)
    if isinstance(content, Replay):
        return content.ghosts
    return () if content.validation_ghost is None else (content.validation_ghost,)


def info(files: tuple[str, ...] = (), /, *, json: bool = False) -> int:
    """Show what files are: kind, game, name, blocks, times, number of inputs and samples.

    Args:
        files: files, folders or patterns.
        json: print a list of objects instead of a table.
    """
    if not files:
        raise GbxError("no file was given; give files, folders or patterns such as *.Map.Gbx")
    rows, failures = [], 0
    for file in _with_progress(expand(files)):
        try:
            rows.append(summary(file))
        except GbxError as error:
            failures += 1
            print(f"tmenv: {error}", file=sys.stderr)
    if json:
        _print_json(rows)
    elif rows:
        _print_table(rows)
    return FAILED if failures else 0


def blocks(file: str, /, *, json: bool = False) -> None:
    """List the blocks of a map, or of the map inside a replay: name and number.

    Args:
        file: a map or a replay.
        json: print every block as an object with name, cell, rotation, flags, waypoint instead.
    """
    map_ = _map_of(file)
    if json:
        _print_json([_block(block) for block in map_.blocks])
        return
    counts = Counter(block.name for block in map_.blocks)
    _print_table([{"blocks": number, "name": name} for name, number in counts.most_common()])


def inputs(file: str, /, *, ghost: int = 0, script: Path | None = None) -> None:
    """Print what the driver pressed and when, or write it as a TMInterface script.

    Args:
        file: a ghost, a replay, or a map that holds its author's run.
        ghost: which run of the file, from 0.
        script: write a TMInterface script to this file instead.
    """
    run = _ghost_of(file, ghost)
    if script is not None:
        write_whole(script, replay_to_script(run).encode("ascii"))
        print(f"wrote {script}")
        return
    for time_ms, name, value in run.events.tolist():
        print(f"{time_ms}\t{name}\t{value}")


def samples(file: str, /, *, csv: Path, ghost: int = 0) -> None:
    """Write the recorded motion of a run as CSV, one row per sample; what the file does not hold stays empty.

    Args:
        file: a ghost, a replay, or a map that holds its author's run.
        csv: the file to write.
        ghost: which run of the file, from 0.
    """
    run = _ghost_of(file, ghost)
    write_whole(csv, samples_to_csv(run.samples).encode("ascii"))
    print(f"wrote {len(run.samples)} samples to {csv}")


VERBS = {"info": info, "blocks": blocks, "inputs": inputs, "samples": samples}


def samples_to_csv(table: np.ma.MaskedArray) -> str:
    """Samples (n,) as CSV text; a field of several numbers becomes columns ``name_0``, ``name_1``..."""
    header: list[str] = []
    columns: list[list[Any]] = []
    for name in table.dtype.names or ():
        values = table[name].reshape(len(table), -1)
        header += [name] if values.shape[1] == 1 else [f"{name}_{part}" for part in range(values.shape[1])]
        columns += [["" if value is None else value for value in column] for column in values.T.tolist()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _block(block) -> dict[str, Any]:
    names = ("name", "cell", "rotation", "flags", "waypoint", "position", "rotation_euler")
    return {name: getattr(block, name) for name in names}


def _map_of(file: str) -> Map:
    content = read(file)
    map_ = content if isinstance(content, Map) else content.map if isinstance(content, Replay) else None
    if map_ is None:
        raise GbxError(f"{file}: holds no map; give a map, or a replay with its map inside")
    return map_


def _ghost_of(file: str, number: int) -> Ghost:
    ghosts = ghosts_of(read(file))
    if not ghosts:
        raise GbxError(f"{file}: holds no run; give a ghost, a replay, or a map with its author's run")
    if not 0 <= number < len(ghosts):
        raise GbxError(f"{file}: holds {len(ghosts)} runs; --ghost takes 0 to {len(ghosts) - 1}")
    return ghosts[number]


def _with_progress(files: list[Path]) -> Iterator[Path]:
    """The files one by one, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(files, "reading", console=console, transient=True, disable=not console.is_terminal)


def _print_json(rows: list[dict[str, Any]]) -> None:
    print(json.dumps(rows, indent=1, ensure_ascii=False))


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*rows[0], box=None)
    for row in rows:
        table.add_row(*("-" if value is None else escape(str(value)) for value in row.values()))
    # Into a file or a pipe, rows folded to 80 columns would be unreadable.
    Console(width=None if sys.stdout.isatty() else 240).print(table)
