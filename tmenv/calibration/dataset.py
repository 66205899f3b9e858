"""A folder of files becomes runs: read, checked, cached, and freed of what was driven twice."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from tmenv.calibration import ghosts, tmnf_runs
from tmenv.calibration.recorded import RUN, SAMPLE, TAPE, Part, Runs, join
from tmenv.engine.compile import cache_folder
from tmenv.errors import ConfigError, GbxError
from tmenv.files import replacing

_READERS = ("calibration/ghosts.py", "calibration/recorded.py", "calibration/tmnf_runs.py", "gbx/*.py")
_SAME_M, _SAME_SHARE = 0.05, 0.9
"""Two runs drove the same where they are this close at the same time; a run that did so nearly always is left out."""


def read_dataset(
    folder: str | Path, game: str, show: Callable[[Iterable[Any], str], Iterable[Any]] | None = None
) -> Runs:
    """All runs of ``game`` in the files below a folder; ``show`` may wrap the list of files in a progress bar.

    Decoded files are cached by their content, so that a second call takes seconds.

    Raises:
        ConfigError: there is no such folder, or it holds no usable run of the game.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ConfigError(f"{root}: no such folder of recorded runs")
    files = sorted([*root.rglob("*.npz"), *root.rglob("*.Gbx"), *root.rglob("*.gbx")])
    parts: list[Part] = []
    maps: dict[tuple[str, str], int] = {}
    sources: list[tuple[str, str]] = []
    rejected: dict[str, int] = {}
    for file in files if show is None else show(files, "reading"):
        entry = _read_cached(file)
        if entry["game"] != game:
            continue
        for reason, count in entry["rejected"].items():
            rejected[reason] = rejected.get(reason, 0) + count
        for fields, samples, tape in entry["parts"]:
            place = maps.setdefault(_map_of(root, file, entry["map"], samples), len(maps))
            parts.append((fields | {"map": place, "source": len(sources)}, samples, tape))
        if entry["parts"]:
            sources.append((file.relative_to(root).as_posix(), entry["sha256"]))
    parts, repeated = _without_repeats(parts)
    if repeated:
        rejected["drove the same as another run"] = repeated
    if not parts:
        raise ConfigError(f"{root}: no usable run of {game} among {len(files)} files ({rejected or 'nothing read'})")
    return join(game, parts, maps=tuple(maps), sources=tuple(sources), rejected=rejected)


def _map_of(root: Path, file: Path, holds_map: bool, samples: np.ndarray) -> tuple[str, str]:
    """(name, path) of the map of a run: in its own file, beside it by name, or unknown, told apart by the start."""
    if holds_map:
        return file.name.split(".")[0], str(file)
    stem = file.name.split(".")[0]
    beside = sorted([*root.rglob(f"{stem}.Challenge.Gbx"), *root.rglob(f"{stem}.Map.Gbx")])
    if beside:
        return stem, str(beside[0])
    return "unknown " + " ".join(f"{value:.0f}" for value in samples["position"][0]), ""


def _without_repeats(parts: list[Part]) -> tuple[list[Part], int]:
    """Mark samples where an earlier run of the map drove the same; leave out runs that nearly always did."""
    kept: dict[int, list[np.ndarray]] = {}
    result, repeated = [], 0
    for fields, samples, tape in parts:
        others = kept.setdefault(fields["map"], [])
        same = np.zeros(len(samples), bool)
        for other in others:
            count = min(len(samples), len(other))
            shift = samples["position"][:count] - other["position"][:count]
            same[:count] |= (np.linalg.norm(shift, axis=1) < _SAME_M) & (samples["time_ms"][0] == other["time_ms"][0])
        if same.mean() > _SAME_SHARE:
            repeated += 1
            continue
        marked = samples.copy()
        marked["repeated"] = same
        others.append(marked)
        result.append((fields, marked, tape))
    return result, repeated


def _read_cached(file: Path) -> dict[str, Any]:
    """What a file holds, from the cache if it was read before: game, runs, reasons, does it hold their map, sha256."""
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    place = cache_folder().parent / "runs" / f"{sha256[:32]}-{_readers_hash()}.npz"
    if place.is_file():
        return _load(place) | {"sha256": sha256}
    entry = _read(file)
    _save(place, entry)
    return entry | {"sha256": sha256}


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.suffix == ".npz":
            if not tmnf_runs.is_run_file(file):
                return {"game": "", "parts": [], "rejected": {}, "map": False}
            parts, rejected = tmnf_runs.read_runs(file)
            return {"game": "TMNF", "parts": parts, "rejected": rejected, "map": False}
        game, parts, rejected, with_map = ghosts.read_recorded(file)
        return {"game": game, "parts": parts, "rejected": rejected, "map": with_map}
    except GbxError as error:
        game = "TMNF" if "tmnf" in file.as_posix().lower() else "TM2020"
        reason = "another environment" if "environment" in str(error) else "unreadable file"
        return {"game": game, "parts": [], "rejected": {reason: 1}, "map": False}


def _readers_hash() -> str:
    """Hash of the code that reads files: another reader must not find the entries of an older one."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for pattern in _READERS:
        for source in sorted(root.glob(pattern)):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _save(place: Path, entry: dict[str, Any]) -> None:
    joined = join("", entry["parts"], maps=(), sources=(), rejected={})
    place.parent.mkdir(parents=True, exist_ok=True)
    with replacing(place) as temporary:
        np.savez_compressed(
            temporary,
            runs=joined.runs,
            samples=joined.samples,
            tape=joined.tape,
            game=entry["game"],
            reasons=np.array(list(entry["rejected"]), "U200"),
            counts=np.array(list(entry["rejected"].values()), np.int64),
            map=entry["map"],
        )


def _load(place: Path) -> dict[str, Any]:
    with np.load(place, allow_pickle=False) as data:
        runs = Runs("", data["runs"].astype(RUN), data["samples"].astype(SAMPLE), data["tape"].astype(TAPE), (), (), {})
        parts = [
            ({"driver": int(row["driver"]), "period_ms": int(row["period_ms"])}, runs.samples_of(i), runs.tape_of(i))
            for i, row in enumerate(runs.runs)
        ]
        rejected = dict(zip(data["reasons"].tolist(), data["counts"].tolist(), strict=True))
        return {"game": str(data["game"]), "parts": parts, "rejected": rejected, "map": bool(data["map"])}
