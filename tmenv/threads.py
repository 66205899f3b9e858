"""How many worker threads a batch may use."""

import os

from tmenv.errors import ConfigError


def thread_count(threads: int | str) -> int:
    """``threads`` itself, or the number of cores this process may use for ``"auto"``.

    Raises:
        ConfigError: not a positive integer and not ``"auto"``.
    """
    if threads == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ConfigError(f'threads must be a positive integer or "auto", not {threads!r}')
    return threads
