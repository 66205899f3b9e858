"""dev.py without its network part: when it installs, what it hands on, how it fails."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture
def dev(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The module dev.py, on an empty project in a temporary folder."""
    spec = importlib.util.spec_from_file_location("dev_under_test", root / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in module.INPUTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("torch==1.0\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(module, "PIP", Path(sys.executable))
    monkeypatch.setattr(module, "STAMP", tmp_path / "stamp")
    return module


def test_installs_once_until_an_input_changes(dev, monkeypatch: pytest.MonkeyPatch):
    commands = []
    monkeypatch.setattr(dev, "must", commands.append)
    dev.setup()
    dev.setup()
    assert len(commands) == 1
    (dev.ROOT / "agents" / "pyproject.toml").write_text("changed\n")
    dev.setup()
    assert len(commands) == 2
    assert commands[-1][1:4] == ["-m", "pip", "install"]


def test_a_failed_install_is_tried_again(dev, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev, "run", lambda _: 3)
    with pytest.raises(dev.DevError, match="exit code 3"):
        dev.setup()
    assert not dev.is_ready()


def test_line_endings_do_not_cause_an_install(dev):
    before = dev.fingerprint()
    (dev.ROOT / "pyproject.toml").write_bytes(b"torch==1.0\r\n")
    assert dev.fingerprint() == before


def test_old_python_is_refused_with_its_version(dev):
    with pytest.raises(dev.DevError, match=r"needs Python 3\.11 or newer.*3\.10\.4"):
        dev.check_python((3, 10, 4))


def test_missing_venv_module_names_the_package(dev, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
    with pytest.raises(dev.DevError, match=r"lacks ensurepip[\s\S]*apt install python3\.\d+-venv"):
        dev.check_venv_modules()


def test_run_passes_the_exit_code_and_prints_the_command(dev, capfd: pytest.CaptureFixture[str]):
    assert dev.run([sys.executable, "-c", "print('out'); raise SystemExit(5)"]) == 5
    printed = capfd.readouterr().out
    assert printed.startswith("$ ")
    assert "out" in printed


def test_lint_runs_every_tool_and_returns_the_first_failure(dev, monkeypatch: pytest.MonkeyPatch):
    commands = []

    def fail_from_second(command):
        commands.append(command)
        return len(commands) - 1

    monkeypatch.setattr(dev, "run", fail_from_second)
    assert dev.lint([]) == 1
    assert len(commands) == 3


@pytest.mark.parametrize(("given", "added"), [(None, {"OMP_NUM_THREADS": "1"}), ("7", {})])
def test_test_limits_threads_but_leaves_the_users_own(dev, monkeypatch: pytest.MonkeyPatch, given, added):
    handed, before = [], []
    monkeypatch.setattr(dev, "become", lambda command, environment: handed.append(environment) or 0)
    monkeypatch.setattr(dev, "must", before.append)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if given:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert dev.test([]) == 0
    assert handed == [added]
    assert [command[-1] for command in before] == ["precompile"]


def call(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "dev.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "shared_out"),
    [
        ([], True),
        (["tests"], True),
        ([__file__], False),
        ([f"{__file__}::test_x", "-q"], False),
        ([__file__, "tests"], True),
    ],
)
def test_only_a_single_file_is_tested_without_workers(root: Path, dev, monkeypatch, arguments, shared_out):
    handed, before = [], []
    monkeypatch.chdir(root)
    monkeypatch.setattr(dev, "must", before.append)
    monkeypatch.setattr(dev, "become", lambda command, environment: handed.extend(command) or 0)
    assert dev.test(arguments) == 0
    assert ("-n" in handed) == shared_out
    assert len(before) == shared_out  # kernels are compiled ahead for workers only
    assert [part for part in handed if part in arguments] == arguments


def test_help_names_every_command(root: Path):
    done = call(root)
    assert done.returncode == 0
    assert all(f"dev.py {verb}" in done.stdout for verb in ("demo", "test", "lint", "setup"))


def test_unknown_command_is_one_line(root: Path):
    done = call(root, "tset")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["dev.py: unknown command 'tset'; choose one of: demo, test, lint, setup."]


CHILD = """
import sys, time
print("started", flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.5)
    print("results written", flush=True)
    sys.exit(7)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
@pytest.mark.parametrize("hand_over", ["run(command)", "become(command, {})"])
def test_an_interrupted_child_finishes_its_work(root: Path, tmp_path: Path, hand_over: str):
    (tmp_path / "child.py").write_text(CHILD)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import dev; command = [sys.executable, sys.argv[2]]; "
    command = [sys.executable, "-c", f"{code}sys.exit(dev.{hand_over})", str(root), str(tmp_path / "child.py")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    while process.stdout.readline() != "started\n":
        pass
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does at Ctrl+C
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, errors) == (7, "results written\n", "")
