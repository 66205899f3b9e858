"""Fixtures for the tests that ask other people's readers."""

import importlib
import os
import shutil
from pathlib import Path

import pytest

from tests.gbx.judges import MODULES, npm_modules


def missing(what: str) -> None:
    """Skip the test, or fail it where everything must be there."""
    message = f"{what} is not installed; .ci/run installs the judges"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def need(package: str) -> None:
    """The test needs a Python package that is no part of the project."""
    try:
        importlib.import_module(package)
    except ImportError:
        missing(package)


@pytest.fixture(scope="session")
def pygbx() -> None:
    need("pygbx")


@pytest.fixture(scope="session")
def tminterface() -> None:
    need("tminterface")


@pytest.fixture(scope="session")
def npm(root: Path) -> Path:
    """The folder of the npm package."""
    modules = npm_modules(root)
    if shutil.which("node") is None or not (modules / "gbx").is_dir():
        missing(f"the npm package gbx ({modules}; {MODULES} names another folder)")
    return modules
