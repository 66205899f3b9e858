"""The cache of the renderer's kernels notices every edit, of its own files and of the engine's."""

import shutil
from pathlib import Path

import tmenv
from tmenv.engine import compile as engine_compile
from tmenv.render import compile as kernels

PACKAGE = Path(tmenv.__file__).parent


def test_editing_any_file_changes_the_cache(tmp_path):
    copy = shutil.copytree(PACKAGE / "render", tmp_path / "render", ignore=shutil.ignore_patterns("__pycache__"))
    assert kernels.source_hash(copy) == kernels.source_hash()
    users = [file for file in copy.rglob("*.py") if "engine.compile import" in file.read_text(encoding="utf-8")]
    assert len(users) > 4
    for file in users:
        before = kernels.source_hash(copy)
        file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        assert kernels.source_hash(copy) != before


def test_the_cache_lies_in_the_engines(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert kernels.cache_folder().parent == engine_compile.cache_folder()


def test_old_caches_are_dropped_and_the_newest_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    base = engine_compile.cache_folder()
    for number in range(9):
        (base / f"render-{number}").mkdir(parents=True)
    (base / "simulator").mkdir()
    kernels.cache_folder()
    assert len(list(base.glob("render-*"))) < 5
    assert (base / "simulator").exists()
