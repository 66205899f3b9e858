"""How fast files are read, ours beside the readers of others, in one run.

    python -m tests.gbx.judge_speed FOLDER

``FOLDER`` has the subfolders tmnf_maps, tmnf_replays, tm2020_maps and tm2020_ghosts. For every file the median of
``ROUNDS`` rounds, all readers in turn; for every folder the median over its files, ms. Everything is decoded: blocks,
inputs, samples, and the map in a replay. The npm package decodes no samples and no map in a replay, and fails on
TM2020 ghosts; pygbx reads TMNF only.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.gbx.judges import ask_npm, npm_modules
from tmenv.errors import GbxError
from tmenv.gbx import Ghost, Map, Replay, read

ROUNDS = 5
FOLDERS = ("tmnf_maps", "tmnf_replays", "tm2020_maps", "tm2020_ghosts")


def read_all(data: bytes) -> None:
    """Read a file with everything that is decoded only on use."""
    found = read(data)
    if isinstance(found, Replay):
        _ = found.map
    ghosts = found.ghosts if isinstance(found, Replay) else [found] if isinstance(found, Ghost) else []
    if isinstance(found, Map) and found.validation_ghost is not None:
        ghosts = [found.validation_ghost]
    for ghost in ghosts:
        _ = ghost.samples, ghost.inputs


def pygbx_all(data: bytes) -> None:
    from pygbx import Gbx

    Gbx(data)


def timed(reader: Callable[[bytes], None], data: bytes) -> float:
    start = time.perf_counter()
    reader(data)
    return time.perf_counter() - start


def rows(folder: Path, modules: Path) -> list[tuple[str, int, float, float | None, float | None, int]]:
    """Folder, files, median seconds of ours, pygbx and npm, and the files that npm reads."""
    table = []
    for name in FOLDERS:
        files = sorted((folder / name).glob("*.Gbx"))
        ours, theirs = [], []
        for file in files:
            data = file.read_bytes()
            try:
                own, other = [], []
                for _ in range(ROUNDS):
                    own.append(timed(read_all, data))
                    if name.startswith("tmnf"):
                        other.append(timed(pygbx_all, data))
            except GbxError:
                continue
            ours.append(median(own))
            theirs += [median(other)] if other else []
        npm = [judged["seconds"] for judged in ask_npm(modules, files, ROUNDS) if "error" not in judged]
        table.append(
            (name, len(ours), median(ours), median(theirs) if theirs else None, median(npm) if npm else None, len(npm))
        )
    return table


def main(folder: Path) -> None:
    modules = npm_modules(Path(__file__).parents[2])
    print("median ms per file | files | tmenv | pygbx | npm gbx (files it reads)")
    for name, files, ours, pygbx, npm, read_by_npm in rows(folder, modules):
        cells = [f"{1000 * value:.2f}" if value is not None else "-" for value in (ours, pygbx, npm)]
        print(f"{name} | {files} | {cells[0]} | {cells[1]} | {cells[2]} ({read_by_npm})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
