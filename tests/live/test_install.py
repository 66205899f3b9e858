"""``tmenv plugin install``: finds the folder, swaps the plugin in whole, and touches nothing that is not ours."""

from pathlib import Path

import pytest

from tmenv import cli
from tmenv.live.install import PLUGINS

NAMES = {"tm2020": "TMEnv", "tmnf": "TMEnvLink.as"}
HOMES = {
    "tm2020": [
        "OpenplanetNext",
        ".steam/steam/steamapps/compatdata/2225070/pfx/drive_c/users/steamuser/OpenplanetNext",
    ],
    "tmnf": ["Documents/TMInterface", ".wine/drive_c/users/me/Documents/TMInterface"],
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def installed(game: str, root: Path) -> dict[str, bytes]:
    """Files of the plugin that were put below ``root``."""
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


@pytest.mark.parametrize(("game", "place"), [(game, place) for game in HOMES for place in HOMES[game]])
def test_the_plugin_goes_where_the_game_looks(game: str, place: str, home: Path):
    (home / place).mkdir(parents=True)
    assert cli.main(["plugin", "install", game]) == 0
    assert (home / place / "Plugins" / NAMES[game]).exists()


@pytest.mark.parametrize("game", NAMES)
def test_installing_again_brings_it_up_to_date(game: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["plugin", "install", game, "--path", str(tmp_path)]) == 0
    before = installed(game, tmp_path)
    file = next(file for file in tmp_path.rglob("*") if file.is_file() and file.suffix == ".as")
    file.write_bytes(file.read_bytes() + b"// an older version\n")
    if game == "tm2020":
        (tmp_path / "TMEnv" / "Gone.as").write_bytes(b"// a file of an older version\n")
    assert cli.main(["plugin", "install", game, "--path", str(tmp_path)]) == 0
    assert installed(game, tmp_path) == before
    assert f"installed {tmp_path / NAMES[game]}" in capsys.readouterr().out


@pytest.mark.parametrize("game", NAMES)
def test_what_is_not_ours_stays(game: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    foreign = tmp_path / NAMES[game]
    if game == "tm2020":
        foreign.mkdir()
        foreign = foreign / "info.toml"
    foreign.write_text("somebody else's")
    assert cli.main(["plugin", "install", game, "--path", str(tmp_path)]) == 1
    assert "is not ours" in capsys.readouterr().err
    assert foreign.read_text() == "somebody else's"


@pytest.mark.parametrize("game", NAMES)
def test_a_missing_host_is_named(game: str, home: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["plugin", "install", game]) == 1
    assert f"{PLUGINS[game].host} is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("game", NAMES)
def test_two_hosts_are_both_named(game: str, home: Path, capsys: pytest.CaptureFixture[str]):
    for place in HOMES[game]:
        (home / place).mkdir(parents=True)
    assert cli.main(["plugin", "install", game]) == 1
    errors = capsys.readouterr().err
    assert all(str(home / place) in errors for place in HOMES[game])


def test_a_path_that_is_no_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["plugin", "install", "tmnf", "--path", str(tmp_path / "absent")]) == 1
    assert "is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("broken", ["shutil.copytree", "os.replace"])
def test_a_copy_that_fails_leaves_the_old_plugin(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cli.main(["plugin", "install", "tm2020", "--path", str(tmp_path)])
    before = installed("tm2020", tmp_path)

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(broken, full)
    assert cli.main(["plugin", "install", "tm2020", "--path", str(tmp_path)]) == 1
    assert installed("tm2020", tmp_path) == before
