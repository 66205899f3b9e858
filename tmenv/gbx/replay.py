"""Replays: runs together with the map that they were driven on."""

from dataclasses import dataclass, field
from functools import cached_property

from tmenv.errors import GbxError
from tmenv.gbx.archive import Reader
from tmenv.gbx.classes import GHOST, REPLAY, describe_class
from tmenv.gbx.container import Container, Source, read_container, take_apart
from tmenv.gbx.ghost import Ghost, ghost_of
from tmenv.gbx.ghost_chunks import GHOST_LAYOUTS
from tmenv.gbx.header import parse_header, refuse_other_games
from tmenv.gbx.map import Map, parse_map
from tmenv.gbx.nodes import Layouts, Properties, read_node, read_reference

_GHOSTS_CHUNK = 0x03093014


@dataclass(frozen=True)
class Replay:
    """A replay.

    Attributes:
        game: ``"TMNF"`` or ``"TM2020"``.
        race_time_ms: the run's time, milliseconds; None if it was not finished.
        ghosts: the runs in it.
        player_login: login of who saved it; not shown by ``repr``.
    """

    game: str
    race_time_ms: int | None
    ghosts: tuple[Ghost, ...]
    player_login: str = field(repr=False)
    _map_file: bytes = field(repr=False)
    _source: str = field(repr=False, compare=False)

    @cached_property
    def map(self) -> Map | None:
        """The map that the replay holds, parsed on first use; None if it holds none.

        Raises:
            GbxError: the map is damaged, or of another game.
        """
        return parse_map(take_apart(self._map_file, f"{self._source} (map)")) if self._map_file else None


def read_replay(source: Source) -> Replay:
    """Read a replay of either game.

    Args:
        source: path of a ``.Replay.Gbx`` file, or its bytes.

    Raises:
        GbxError: the file is missing, damaged, or not a replay.
    """
    return parse_replay(read_container(source))


def parse_replay(container: Container) -> Replay:
    """The replay in a container; see ``read_replay``."""
    if container.class_id != REPLAY:
        kind = describe_class(container.class_id)
        raise GbxError(f"{container.source}: this is {kind}, not a replay; give a .Replay.Gbx file")
    header = parse_header(container)
    refuse_other_games(header, container.source)
    # What follows the ghosts (camera clips) is of use to nobody here.
    reader = Reader(container.body, f"{container.source} (body)")
    found = read_node(reader, _LAYOUTS, {}, stop_after=_GHOSTS_CHUNK)
    ghosts = tuple(ghost_of(node, f"{container.source} (ghost)") for node in found.get("ghosts", ()))
    race_time_ms = header.race_time_ms
    if race_time_ms is None and ghosts:
        race_time_ms = ghosts[0].race_time_ms
    return Replay(
        game=header.game or (ghosts[0].game if ghosts else "TMNF"),
        race_time_ms=race_time_ms,
        ghosts=ghosts,
        player_login=header.login,
        _map_file=found.get("map", b""),
        _source=container.source,
    )


def _map(reader: Reader, replay: Properties) -> None:
    replay["map"] = reader.bytes(reader.u32(), "a map")


def _ghosts(reader: Reader, replay: Properties) -> None:
    reader.skip(4)
    nodes = (read_reference(reader, GHOST_LAYOUTS) for _ in range(reader.count(4, "ghosts")))
    replay["ghosts"] = [node for node in nodes if node is not None and node["class_id"] == GHOST]


_LAYOUTS: Layouts = {0x03093002: _map, _GHOSTS_CHUNK: _ghosts}
