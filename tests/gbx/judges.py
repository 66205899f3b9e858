"""Readers of the games' files that others wrote, asked for what ours reads, too.

They are no part of tmenv: pygbx and tminterface come with the extra ``judges``, the npm package with ``.ci/run``.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULES = "TMENV_JUDGES"
"""Environment variable: folder ``node_modules`` with the npm package gbx; ``.judges/node_modules`` without."""


@dataclass(frozen=True)
class Judged:
    """What another reader found; None where it reads no such thing.

    Attributes:
        name: of a map.
        uid: of a map.
        times: bronze, silver, gold, author, ms; -1 for none.
        blocks: (name, rotation, x, y, z, flags) of every block, as stored.
        race_time: of a replay, ms.
        checkpoints: times, ms.
        events: (time as stored, ms; name; value as stored) of every input.
        positions: of the samples.
    """

    name: str | None = None
    uid: str | None = None
    times: list[int] | None = None
    blocks: list[tuple] | None = None
    race_time: int | None = None
    checkpoints: list[int] | None = None
    events: list[tuple[int, str, int]] | None = None
    positions: list[tuple[float, float, float]] | None = None


def ask_pygbx(data: bytes) -> Judged:
    """What pygbx reads from the bytes of a map or replay."""
    from pygbx import Gbx, GbxType

    read = Gbx(data)
    challenge = read.get_class_by_id(GbxType.CHALLENGE) or read.get_class_by_id(GbxType.CHALLENGE_OLD)
    if challenge is not None:
        return _pygbx_map(read, challenge)
    ghost = read.get_class_by_id(GbxType.CTN_GHOST) or read.get_class_by_id(GbxType.CTN_GHOST_OLD)
    return Judged(
        race_time=ghost.race_time,
        checkpoints=ghost.cp_times,
        events=[(e.time, e.event_name, e.enabled | e.flags << 16) for e in ghost.control_entries],
        positions=[tuple(record.position.as_array()) for record in ghost.records],
    )


def _pygbx_map(read: Any, challenge: Any) -> Judged:
    from pygbx import GbxType

    parameters = read.get_class_by_id(GbxType.CHALLENGE_PARAMS) or read.get_class_by_id(0x2400C000)
    times = [parameters.times[medal] for medal in ("bronze", "silver", "gold", "author")]
    blocks = [(b.name, b.rotation, *map(int, b.position.as_array()), b.flags) for b in challenge.blocks]
    return Judged(name=challenge.map_name, uid=challenge.map_uid, times=times, blocks=blocks)


def npm_modules(root: Path) -> Path:
    """Where the npm package should be."""
    return Path(os.environ.get(MODULES) or root / ".judges" / "node_modules")


def ask_npm(modules: Path, files: list[Path], rounds: int = 0) -> list[dict[str, Any]]:
    """What the npm package reads from each file: fields as in ``judge.mjs``, or ``error``."""
    script = Path(__file__).with_name("judge.mjs")
    command = ["node", str(script), str(modules), str(rounds), *map(str, files)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=500).stdout)
