"""The stand-in games as their users start them."""

import subprocess
import sys


class Verb:
    """``tmenv game ...`` in a process of its own."""

    def __init__(self, *arguments: str):
        command = [sys.executable, "-u", "-m", "tmenv", "game", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> "Verb":
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1].split()[0])
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
