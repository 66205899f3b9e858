"""Writing a file so that a reader sees the old one or the new one, never half."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tmenv_agents.errors import OptionError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside ``path`` to write to, with the same suffix; it replaces ``path`` when the block ends well.

    Raises:
        OptionError: the folder does not exist or cannot be written.
    """
    unfinished = path.with_name(f".{path.stem}-{os.getpid()}.part{path.suffix}")
    try:
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        raise OptionError(f"cannot write {path}: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
