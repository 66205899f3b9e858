"""Tests that need what is no part of the project."""

import importlib.util
import os
from typing import NoReturn

import pytest


def absent(message: str) -> NoReturn:
    """Skip the test, or fail it where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def need(package: str, remedy: str) -> None:
    """The test needs a Python package."""
    if importlib.util.find_spec(package) is None:
        absent(f"{package} is not installed: {remedy}")
