"""The shape of the code, as DESIGN section 1 draws it: imports point one way, files stay small, import is light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FREE = {"errors", "constants", "files"}
"""Modules that everything may import, and that import nothing else of tmenv."""

WORLD = {"gbx", "track"}
TASK = WORLD | {"engine", "task"}
FACE = TASK | {"threads", "pictures", "interface", "env", "vector", "manual", "registration"}

MAY_IMPORT = {
    "errors": set(),
    "constants": set(),
    "files": set(),
    "registration": set(),  # ids are strings: registering must load nothing
    "__init__": {"registration"},
    "gbx": set(),
    "track": {"gbx"},
    "engine": WORLD,
    "task": WORLD | {"engine"},
    "calibration": WORLD | {"engine"},
    "render": WORLD | {"engine"},
    "live": WORLD | {"engine", "render"},
    "threads": set(),
    "pictures": TASK | {"render"},  # loaded by those who look
    "filmed": TASK | {"render", "live"},  # likewise, in the running games
    "interface": TASK | {"live", "pictures", "filmed"},
    "env": TASK | {"interface", "pictures"},
    "vector": TASK | {"interface", "threads", "env", "pictures"},
    "manual": TASK | {"interface", "env", "registration"},  # one class and one docstring per id
    "interop": FACE,
    "bench": FACE | {"render", "__init__"},
    "cli": FACE | {"gbx", "interop", "bench", "calibration", "render", "live", "__init__"},
    "__main__": {"cli"},
}
"""Part of tmenv (package or module) -> the parts it may import, besides itself and the free ones."""

AGENTS_MAY_IMPORT = {"tmenv", "tmenv.errors", "tmenv.constants", "tmenv.gbx", "tmenv.track", "tmenv.render"}
"""The public face: agents are a distribution of their own."""

HEAVY = ("torch", "cv2", "mss", "pynput", "vgamepad", "matplotlib", "numba")
MAX_LINES = 400


def sources(folder: str) -> list[Path]:
    """All Python files below a folder of the checkout."""
    return sorted((ROOT / folder).rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """Dotted names that a file imports, anywhere in it: ``from a.b import c`` counts as ``a.b.c``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node, file)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def absolute(node: ast.ImportFrom, file: Path) -> str:
    """The module an import-from names, with leading dots resolved."""
    if not node.level:
        return node.module or ""
    package = file.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def part(dotted: str) -> str:
    """The part of tmenv that ``tmenv.<part>...`` names; names of the package itself come from its ``__init__``."""
    name = dotted.split(".")[1] if "." in dotted else "__init__"
    exists = (ROOT / "tmenv" / name).is_dir() or (ROOT / "tmenv" / f"{name}.py").is_file()
    return name if exists else "__init__"


def part_of_file(file: Path) -> str:
    """The part of tmenv that a file belongs to."""
    return file.relative_to(ROOT / "tmenv").parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", sources("tmenv"), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_imports_point_one_way(file: Path):
    here = part_of_file(file)
    assert here in MAY_IMPORT, f"new part {here!r}: give it a row in MAY_IMPORT, to the right of all it imports"
    used = {part(name) for name in imports(file) if name.split(".")[0] == "tmenv"}
    assert used <= MAY_IMPORT[here] | FREE | {here}


def test_the_arrows_have_no_cycle():
    settled: set[str] = set()
    waiting = dict(MAY_IMPORT)
    while waiting:
        free = {name for name, needs in waiting.items() if needs <= settled}
        assert free, f"these import each other: {sorted(waiting)}"
        settled |= free
        waiting = {name: needs for name, needs in waiting.items() if name not in free}


@pytest.mark.parametrize("file", sources("agents"), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_agents_use_public_names_only(file: Path):
    for dotted in imports(file):
        if dotted.split(".")[0] == "tmenv":
            module, _, name = dotted.rpartition(".")
            assert {dotted, module} & AGENTS_MAY_IMPORT, f"{dotted} is not public"
            assert not name.startswith("_"), f"{dotted} is private"


def test_import_is_light():
    code = f"import sys, tmenv; print(*sorted(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_command_line_is_light():
    code = "import sys, tmenv.cli; print(*sorted({'numba', 'numpy', 'tyro', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(done.stdout.split()) <= {"numpy"}  # Gymnasium, which the ids are registered with, loads numpy


@pytest.mark.parametrize("folder", ["tmenv", "agents"])
def test_files_stay_small(folder: str):
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in sources(folder)}
    assert {file: length for file, length in lengths.items() if length > MAX_LINES} == {}
