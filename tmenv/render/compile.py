"""``entry`` for the kernels of this package: like the engine's, cached under the hash of these sources as well."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import config, types
from numba.np.numpy_support import from_dtype

from tmenv.engine import compile as engine_compile

_KEPT_CACHES = 4


def header_type(dtype: np.dtype) -> types.Array:
    """numba's type of an array of one header record."""
    return types.Array(from_dtype(dtype), 1, "C")


def entry(*signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a kernel that Python calls; see ``tmenv.engine.compile.entry``."""

    def decorate(function: Callable[..., Any]) -> Any:
        kernel = engine_compile.entry(*signature)(function)
        before = config.CACHE_DIR  # type: ignore[attr-defined]
        config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]
        try:
            kernel.enable_caching()
        finally:
            config.CACHE_DIR = before  # type: ignore[attr-defined]
        return kernel

    return decorate


def cache_folder() -> Path:
    """A folder inside the engine's cache, named by the sources of this package."""
    base = engine_compile.cache_folder()
    folder = base / f"render-{source_hash()}"
    if not folder.exists() and base.is_dir():
        others = sorted(base.glob("render-*"), key=lambda other: other.stat().st_mtime)
        for old in others[: max(0, len(others) - _KEPT_CACHES + 1)]:
            shutil.rmtree(old, ignore_errors=True)
    return folder


def source_hash(folder: Path | None = None) -> str:
    """Hash of every file of this package (or of a copy of it)."""
    digest = hashlib.sha256()
    for file in sorted((folder or Path(__file__).resolve().parent).glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
