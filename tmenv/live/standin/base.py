"""What both stand-in games share: a loop that runs in the foreground or in a thread, and ends cleanly."""

import threading
from typing import Self


class StandIn:
    """A game that plays until it is closed: a context manager (in a thread), or ``run`` (in the foreground)."""

    def __init__(self, name: str):
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._name = name

    def run(self) -> None:
        """Play until ``close`` is called from elsewhere, or an exception (Ctrl+C) ends it; then release everything."""
        try:
            self._loop()
        finally:
            self._release()

    def close(self) -> None:
        """End the game; may be called twice."""
        self._stopping.set()
        if self._thread is None:
            self._release()
        else:
            self._thread.join()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.run, name=f"tmenv stand-in {self._name}", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _loop(self) -> None:
        """Play until ``self._stopping`` is set."""
        raise NotImplementedError

    def _release(self) -> None:
        """Close sockets; may be called twice."""
        raise NotImplementedError
