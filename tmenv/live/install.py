"""The verb ``plugin``: puts our plugins where the games look for them."""

import glob
import os
import shutil
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from tmenv.errors import LiveError

_SOURCES = Path(__file__).parent / "plugins"


class Plugin(NamedTuple):
    """What is installed, and where the game's host keeps plugins.

    ``name`` is a folder or a file of ``plugins``; ``mark`` is a line in it that says it is ours; ``homes`` are
    patterns of the host's own folder, below the user's; ``plugins`` is the folder in it.
    """

    name: str
    mark: tuple[str, str]
    host: str
    homes: tuple[str, ...]
    plugins: str
    then: str


_STEAM = (".steam/steam", ".local/share/Steam", ".var/app/com.valvesoftware.Steam/data/Steam")
_PREFIXES = tuple(f"{steam}/steamapps/compatdata/*/pfx/drive_c/users/steamuser" for steam in _STEAM)
_USERS = ("", *_PREFIXES, ".wine/drive_c/users/*")

PLUGINS = {
    "tm2020": Plugin(
        "TMEnv",
        ("info.toml", 'name = "TMEnv"'),
        "Openplanet",
        tuple(os.path.join(user, "OpenplanetNext") for user in _USERS),
        "Plugins",
        "In Openplanet choose Developer > Signature mode > Developer (it needs Club access), then load TMEnv.",
    ),
    "tmnf": Plugin(
        "TMEnvLink.as",
        ("", "// TMEnvLink:"),
        "TMInterface",
        tuple(os.path.join(user, "Documents", "TMInterface") for user in _USERS),
        "Plugins",
        'Start the game through TMLoader with /configstring="set custom_port 8478".',
    ),
}


def install(game: Literal["tm2020", "tmnf"], /, *, path: Path | None = None) -> None:
    """Install our plugin for a game, or bring it up to date.

    Args:
        game: tm2020 (an Openplanet plugin) or tmnf (a TMInterface plugin).
        path: the folder of plugins; by default the one below your home folder or its Wine and Proton prefixes.
    """
    plugin = PLUGINS[game]
    folder = plugins_folder(plugin) if path is None else path
    if not folder.is_dir():
        raise LiveError(f"{folder} is not a folder; give --path the plugins folder of {plugin.host}")
    target = folder / plugin.name
    try:
        put(_SOURCES / plugin.name, target, plugin)
    except OSError as error:
        raise LiveError(f"cannot write {target}: {error.strerror or error}; close the game, or check rights") from None
    print(f"installed {target}\n{plugin.then}")


VERBS = {"install": install}


def plugins_folder(plugin: Plugin) -> Path:
    """The one folder of plugins of a game on this computer; it is made if its host is there without one.

    Raises:
        LiveError: the host is not installed, or more than once.
    """
    home = Path.home()
    found = {Path(match).resolve() for pattern in plugin.homes for match in glob.glob(str(home / pattern))}
    if not found:
        raise LiveError(
            f"{plugin.host} is not installed below {home} (looked for {plugin.homes[0]}, also in Wine and Proton "
            "prefixes). Install it and start the game once, or name its plugins folder with --path."
        )
    if len(found) > 1:
        listing = ", ".join(str(place / plugin.plugins) for place in sorted(found))
        raise LiveError(f"{plugin.host} is there more than once; name one folder with --path: {listing}")
    folder = found.pop() / plugin.plugins
    folder.mkdir(exist_ok=True)
    return folder


def put(source: Path, target: Path, plugin: Plugin) -> None:
    """Copy a plugin beside its place, then swap it in: a half-written one is never seen.

    Raises:
        LiveError: something that is not ours lies there.
    """
    if target.exists() and not is_ours(target, plugin):
        raise LiveError(f"{target} is not ours; move it away first")
    with tempfile.TemporaryDirectory(prefix=".tmenv-", dir=target.parent) as scratch:
        fresh, old = Path(scratch) / source.name, Path(scratch) / "old"
        if source.is_file():
            shutil.copyfile(source, fresh)
        else:
            shutil.copytree(source, fresh)
        if target.is_dir():  # a folder cannot be replaced by another in one go
            target.rename(old)
        try:
            os.replace(fresh, target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise


def is_ours(target: Path, plugin: Plugin) -> bool:
    """Does the plugin that lies there bear our mark?"""
    file, line = plugin.mark
    marked = target / file if file else target
    return marked.is_file() and line in marked.read_text(encoding="utf-8", errors="replace")
