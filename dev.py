"""One command for each thing to do with a checkout. Needs only Python 3.11 or newer, on Windows or Linux.

    python dev.py demo [arguments]    watch an agent learn to drive (arguments: python dev.py demo --help)
    python dev.py test [arguments]    run the tests (arguments go to pytest)
    python dev.py lint                ruff check, ruff format --check, pyright
    python dev.py setup               only make the environment

Each of them first makes `.venv` and installs the project with its development tools into it, once: the next
call starts at once, until a file that says what to install changes. Every command is printed before it runs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
PIP = VENV / ("Scripts/pip.exe" if WINDOWS else "bin/pip")
STAMP = VENV / "dev-stamp.txt"
INPUTS = ("pyproject.toml", "constraints-dev.txt", "agents/pyproject.toml")
INSTALL = ("-c", "constraints-dev.txt", "-e", ".[dev,plot,video,calibrate,live,sb3,bench]", "-e", "agents")
OLDEST = (3, 11)
INTERRUPTED = 130


class DevError(Exception):
    """Something the person at the keyboard has to mend; the message says how."""


def check_python(version: tuple[int, int, int] = sys.version_info[:3]) -> None:
    if version[:2] < OLDEST:
        found = ".".join(str(part) for part in version)
        raise DevError(f"tmenv needs Python 3.11 or newer, and this is Python {found} ({sys.executable}).")


def check_venv_modules() -> None:
    """Debian and Ubuntu ship Python without the parts that `python -m venv` needs."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise DevError(
            f"this Python ({sys.executable}) cannot make a virtual environment: it lacks {' and '.join(missing)}.\n"
            f"On Debian or Ubuntu: sudo apt install {package} (or python3-venv), then run the same command again."
        )


def announce(command: list[str]) -> None:
    shown = subprocess.list2cmdline(command) if WINDOWS else shlex.join(command)
    print(f"$ {shown}", flush=True)


def run(command: list[str]) -> int:
    """Run a command to its end and return its exit code.

    A terminal sends Ctrl+C to the child too, so here it only must not end this process before the child.
    """
    announce(command)
    child = subprocess.Popen(command, cwd=ROOT)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def become(command: list[str], environment: dict[str, str]) -> int:
    """Hand over to a last command; signals and the exit code are then the command's own.

    Windows has no exec, but there Ctrl+C reaches every process of the console, as `run` expects.
    """
    os.environ.update(environment)
    if not WINDOWS:
        announce(command)
        os.chdir(ROOT)
        os.execv(command[0], command)
    return run(command)


def fingerprint() -> str:
    """Hash of the files that decide what is installed; line endings do not count."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def is_ready() -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint()


def must(command: list[str]) -> None:
    code = run(command)
    if code:
        raise DevError(f"that command failed with exit code {code}; its own message is above.")


def setup() -> None:
    if is_ready():
        return
    check_venv_modules()
    if not (PYTHON.exists() and PIP.exists()):
        must([sys.executable, "-m", "venv", str(VENV)])
    must([str(PYTHON), "-m", "pip", "install", *INSTALL])
    STAMP.write_text(fingerprint(), encoding="utf-8")


def demo(arguments: list[str]) -> int:
    return become([str(PYTHON), "-m", "tmenv_agents.demo", *arguments], {})


def test(arguments: list[str]) -> int:
    """pytest, one worker per core; a worker's PyTorch with threads of its own would only fight the others for cores.

    A single file goes without workers: to start them takes longer than most files do.
    """
    paths = [path for path in (Path(argument.split("::")[0]) for argument in arguments) if path.exists()]
    workers = [] if len(paths) == 1 and paths[0].is_file() else ["-n", "auto"]
    if workers:
        must([str(PYTHON), "-m", "tmenv", "precompile"])  # once, not once per worker
    unset = {} if "OMP_NUM_THREADS" in os.environ else {"OMP_NUM_THREADS": "1"}
    return become([str(PYTHON), "-m", "pytest", *workers, *arguments], unset)


def lint(arguments: list[str]) -> int:
    """All three run, so that one call shows everything; the first failure's code is returned.

    pyright is told its project file, because it would prefer one that lies in a folder above the checkout.
    """
    if arguments:
        raise DevError("lint takes no arguments.")
    tools = (["ruff", "check"], ["ruff", "format", "--check"], ["pyright", "--project", "pyproject.toml"])
    codes = [run([str(PYTHON), "-m", *tool]) for tool in tools]
    return next((code for code in codes if code), 0)


VERBS = {"demo": demo, "test": test, "lint": lint}


def main(argv: list[str]) -> int:
    check_python()
    verb, arguments = (argv[0], argv[1:]) if argv else ("--help", [])
    if verb in ("-h", "--help", "help"):
        print((__doc__ or "").strip())
        return 0
    if verb == "setup":
        setup()
        return 0
    if verb not in VERBS:
        raise DevError(f"unknown command {verb!r}; choose one of: {', '.join([*VERBS, 'setup'])}.")
    setup()
    return VERBS[verb](arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DevError as error:
        sys.exit(f"dev.py: {error}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
