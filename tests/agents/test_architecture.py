"""The agents see of tmenv what any user sees, nothing more."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "agents" / "tmenv_agents"
PUBLIC = {"tmenv", "tmenv.track", "tmenv.render", "tmenv.errors"}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path):
    """Every module of tmenv that a file imports; ``from tmenv import x`` counts as ``tmenv.x``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "tmenv":
            yield from (f"tmenv.{name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_public_names_of_tmenv_are_imported(path):
    ours = {name for name in imported(path) if name.split(".")[0] == "tmenv"}
    assert ours <= PUBLIC


def test_there_is_something_to_check():
    assert len(FILES) > 10
