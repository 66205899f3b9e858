"""Every example runs, in a small form, as a program of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

TINY = {
    "01_drive.py": (["--steps", "40"], "progress"),
    "02_vector.py": (["--num-envs", "4", "--steps", "20"], "steps/s"),
    "03_sb3.py": (["--steps", "1"], "total_timesteps"),
}
"""Example -> arguments that make it short, and a word it must print."""

MOST_LINES = 60


def examples(root: Path) -> list[Path]:
    return sorted((root / "examples").glob("*.py"))


def test_every_example_is_run(root: Path):
    assert [file.name for file in examples(root)] == sorted(TINY)


@pytest.mark.parametrize("name", TINY)
def test_example_runs(root: Path, name: str):
    arguments, expected = TINY[name]
    command = [sys.executable, "-W", "error", str(root / "examples" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_examples_are_short(root: Path):
    assert all(len(file.read_text(encoding="utf-8").splitlines()) < MOST_LINES for file in examples(root))
