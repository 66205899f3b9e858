"""Fixtures that every test may use."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir(root: Path) -> Path:
    """The folder of real sample files, beside the repository or where TMENV_TEST_DATA says."""
    folder = Path(os.environ.get("TMENV_TEST_DATA") or root.parent / "shared" / "data")
    if not folder.is_dir():
        message = f"no sample files in {folder}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl+C works in the tests and in the processes they start, even where the runner itself ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
