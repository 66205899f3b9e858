"""A host for the games' plugins around a real AngelScript engine: built once, run as a process."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.live.absent import absent
from tests.live.scripted import free_port

HERE = Path(__file__).parent
PLUGINS = Path(__file__).resolve().parents[3] / "tmenv" / "live" / "plugins"
HEADER = Path("/usr/include/angelscript.h")
_BUILD = ("g++", "-std=c++17", "-O0", "-DAS_USE_NAMESPACE")
_LIBRARIES = ("-langelscript-addon", "-langelscript")
_BUILD_S, _START_S = 300.0, 20.0


def host_program(name: str) -> Path:
    """The compiled harness ``name`` (openplanet or tminterface), built if its sources have changed.

    Skips the test where there is no compiler or no AngelScript; fails it where CI=true.
    """
    if shutil.which("g++") is None or not HEADER.exists():
        absent("no AngelScript engine: apt-get install angelscript-dev g++")
    sources = [HERE / f"{part}.cpp" for part in ("harness", "socket", name)]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in [HERE / "harness.hpp", *sources]))
    program = Path(tempfile.gettempdir()) / f"tmenv-{name}-{os.getuid()}-{digest.hexdigest()[:16]}"
    if not program.exists():
        build(sources, program)
    return program


def build(sources: list[Path], program: Path) -> None:
    """Compile beside the program's place, then move it there: workers may build at the same time."""
    fresh = program.with_suffix(f".{os.getpid()}")
    command = [*_BUILD, "-o", str(fresh), *map(str, sources), *_LIBRARIES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_S, check=False)
    assert done.returncode == 0, done.stderr
    os.replace(fresh, program)


class PluginHost:
    """A plugin that runs in a game that does not exist. A context manager.

    Attributes:
        port: where the plugin listens.
        process: of the harness; its standard input is the game's remote control.
    """

    def __init__(self, program: str, files: list[Path], port: int | None = None):
        self.port = free_port() if port is None else port
        command = [host_program(program), HERE / f"{program}.api", str(self.port), *files]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1)

    def __enter__(self) -> "PluginHost":
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline()
        return self

    def tell(self, line: str) -> str:
        """Change the game's world; returns what it answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> tuple[int, str, str]:
        """Leave the game: exit code, and what was printed."""
        out, errors = self.process.communicate(timeout=_START_S)
        return self.process.returncode, out, errors

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def openplanet(port: int | None = None) -> PluginHost:
    """Our Openplanet plugin."""
    return PluginHost("openplanet", sorted((PLUGINS / "TMEnv").glob("*.as")), port)


def tminterface(port: int | None = None) -> PluginHost:
    """Our TMInterface plugin."""
    return PluginHost("tminterface", [PLUGINS / "TMEnvLink.as"], port)


def compiler_output(program: str, files: list[Path], api: Path | None = None) -> tuple[int, str]:
    """Exit code and messages of starting a plugin, with a list of signatures, and ending it at once."""
    command = [host_program(program), api or HERE / f"{program}.api", str(free_port()), *files]
    done = subprocess.run(command, input="quit\n", capture_output=True, text=True, timeout=_START_S, check=False)
    return done.returncode, done.stderr
