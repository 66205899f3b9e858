"""Writing a file so that it is whole or not there."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tmenv.errors import OutputError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new, empty file beside ``path`` to write to; it replaces ``path`` when the block ends well.

    Its name keeps the suffix, by which some writers choose the format.

    Raises:
        OutputError: the folder does not exist or cannot be written, or the disk is full.
    """
    target = Path(path)
    temporary = None
    try:
        temporary = target.with_name(f".{target.stem}-{secrets.token_hex(4)}{target.suffix}")
        temporary.touch(exist_ok=False)
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror}); choose a folder that exists and has room"
        ) from error
    except ValueError as error:
        if temporary is not None:
            raise
        raise OutputError(f"{str(target)!r}: cannot be written ({error}); give the name of a file") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` into the file ``path``, replacing what was there.

    Raises:
        OutputError: as ``replacing``.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)
