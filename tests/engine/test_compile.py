"""The kernel cache notices every edit."""

import shutil
from pathlib import Path

import tmenv
from tmenv.engine import compile as kernels

PACKAGE = Path(tmenv.__file__).parent


def copy_of_sources(folder: Path) -> Path:
    """The package's sources in a folder of their own."""
    return shutil.copytree(PACKAGE, folder / "tmenv", ignore=shutil.ignore_patterns("__pycache__"))


def test_editing_a_callee_changes_the_cache(tmp_path):
    copy = copy_of_sources(tmp_path)
    before = kernels.source_hash(copy)
    assert before == kernels.source_hash()
    callee = copy / "engine" / "vectors.py"
    callee.write_text(callee.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    assert kernels.source_hash(copy) != before


def test_every_file_with_device_code_is_hashed(tmp_path):
    copy = copy_of_sources(tmp_path)
    users = [file for file in copy.rglob("*.py") if "engine.compile import" in file.read_text(encoding="utf-8")]
    assert len(users) > 10
    for file in users:
        before = kernels.source_hash(copy)
        file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        outside_kernels = file.parent.name not in ("engine", "task")
        assert (kernels.source_hash(copy) == before) == outside_kernels
        if outside_kernels and file.parent.name != "render":  # which has a hash of its own, tested beside it
            assert "@device" not in file.read_text(encoding="utf-8")


def test_old_caches_are_dropped_and_the_newest_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for number in range(12):
        (tmp_path / f"tmenv-{number:02d}").mkdir()
    (tmp_path / "another-package").mkdir()
    kernels.cache_folder()
    assert len(list(tmp_path.glob("tmenv-*"))) < 8
    assert (tmp_path / "another-package").exists()
