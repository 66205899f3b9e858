"""How kernels are compiled and cached.

``@device`` functions are plain scalar code, inlined into the ``@entry`` kernel that calls them; ``@entry``
kernels are compiled once and cached on disk. Three rules keep them fast (measured on this code):

* arrays reach device functions as *borrowed views* made from addresses (``view``), so that numba emits no
  reference counting: 4 times faster than passing the arrays themselves;
* every number is float32, so constants are written ``np.float32(...)``;
* no ``fastmath``: the same seed gives the same bits for any batch size and thread count.

numba does not notice an edited callee in another file, so the cache folder carries a hash of all kernel sources.
"""

import gc
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import carray, types  # pyright: ignore[reportPrivateImportUsage]
from numba.core import cgutils
from numba.extending import intrinsic

from tmenv.engine.fuse import FusingCompiler

_ENTRY_OPTIONS = {"error_model": "numpy", "fastmath": False, "nogil": True, "pipeline_class": FusingCompiler}
# no Python calls a device function, so it needs no wrappers: they would take half of the compile time
_RARE_OPTIONS = {**_ENTRY_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_DEVICE_OPTIONS = {**_RARE_OPTIONS, "forceinline": True}
_KERNEL_PACKAGES = ("engine", "task")
_KEPT_CACHES = 8
_SIGNATURE = "entry_signature"
SCRATCH = 32
"""Items of a scratch array."""


def device(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call: inlined, never cached on its own."""
    return numba.njit(**_DEVICE_OPTIONS)(function)


def rare(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels seldom call: a real call, so that its body does not crowd the usual path."""
    return numba.njit(**_RARE_OPTIONS)(function)


def entry(*signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a kernel that Python calls, cached on disk by the hash of all kernel sources.

    Compilation happens at ``bind`` (or the first call), not at import.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
        numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]
        try:
            kernel = numba.njit(cache=True, **_ENTRY_OPTIONS)(function)
        finally:
            numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
        setattr(kernel, _SIGNATURE, signature)
        return kernel

    return decorate


def bind(kernel: Any) -> Callable[..., Any]:
    """Compiled entry point of a kernel: skips numba's dispatch on argument types (0.3 us a call)."""
    signature = tuple(getattr(kernel, _SIGNATURE))
    with _no_garbage_collection():
        kernel.compile(signature)
    return kernel.overloads[signature].entry_point


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Compiling makes millions of small objects that live on: looking for garbage among them takes 7 % of it."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def source_hash(root: Path | None = None) -> str:
    """Hash of every file that may hold kernel code below ``root`` (default: this package)."""
    root = root or Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__} {sys.version_info[:2]}".encode())
    files = [root / "constants.py", root / "track" / "tables.py"]
    files += [file for package in _KERNEL_PACKAGES for file in (root / package).glob("*.py")]
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Folder of the compiled kernels: ``NUMBA_CACHE_DIR`` or the user's cache folder, then the source hash."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    base = Path(given) if given else _user_cache() / "tmenv"
    folder = base / f"tmenv-{source_hash()}"
    if not folder.exists():
        _drop_old_caches(base)
    return folder


def _user_cache() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))


def _drop_old_caches(base: Path) -> None:
    """Keep only the newest caches, so that editing kernels does not fill the disk."""
    if not base.is_dir():
        return
    folders = sorted(base.glob("tmenv-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in folders[: max(0, len(folders) - _KEPT_CACHES + 1)]:
        shutil.rmtree(folder, ignore_errors=True)


@intrinsic
def _pointer(typing_context, address):
    """Turn an int64 address into a void pointer."""

    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


@intrinsic
def _copy(typing_context, source, target, count):
    """Copy ``count`` bytes between two int64 addresses."""

    def generate(context, builder, signature, arguments):
        pointer = context.get_value_type(types.voidptr)
        source, target = (builder.inttoptr(address, pointer) for address in arguments[:2])
        cgutils.raw_memcpy(builder, target, source, arguments[2], 1)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64, types.int64), generate


def _atomic(operation):
    """An intrinsic that does something to the int64 at an address, undisturbed by other threads."""

    def intrinsic_of(typing_context, address, number):
        def generate(context, builder, signature, arguments):
            pointer = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
            return builder.atomic_rmw(operation, pointer, arguments[1], "seq_cst")

        return types.int64(types.int64, types.int64), generate

    return intrinsic(intrinsic_of)


_add, _exchange = _atomic("add"), _atomic("xchg")


@intrinsic
def _stack_space(typing_context):
    """Void pointer to ``SCRATCH`` words on the kernel's stack."""

    def generate(context, builder, signature, arguments):
        with builder.goto_entry_block():
            return builder.bitcast(
                builder.alloca(ir.ArrayType(ir.IntType(32), SCRATCH)), context.get_value_type(types.voidptr)
            )

    return types.voidptr(), generate


@device
def scratch(dtype):
    """Array of ``SCRATCH`` items of a 4-byte ``dtype`` to work in, of undefined content; it costs nothing."""
    return carray(_stack_space(), (SCRATCH,), dtype)  # pyright: ignore[reportCallIssue]


@device
def view(address, count, dtype):
    """Borrowed 1-D array of ``count`` items of ``dtype`` at an address (no ownership, no reference counting)."""
    return carray(_pointer(address), (count,), dtype)  # pyright: ignore[reportCallIssue]


@device
def copy_bytes(source, target, count):
    """Copy ``count`` bytes from one int64 address to another; they do not overlap."""
    _copy(source, target, count)  # pyright: ignore[reportCallIssue]


@device
def fetch_add(address, number):
    """Add to the int64 at an address that threads share; returns what was there before.

    What a thread wrote before is seen by those that see the sum.
    """
    return _add(address, number)  # pyright: ignore[reportCallIssue]


@device
def exchange(address, number):
    """Replace the int64 at an address that threads share; returns what was there before, and is seen as ``fetch_add``
    is."""
    return _exchange(address, number)  # pyright: ignore[reportCallIssue]
