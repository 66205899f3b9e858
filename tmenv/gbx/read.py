"""``read``: one word for every file of the games that tmenv understands."""

from tmenv.errors import GbxError
from tmenv.gbx.classes import GHOST, MAP, REPLAY, describe_class
from tmenv.gbx.container import Source, read_container
from tmenv.gbx.ghost import Ghost, parse_ghost
from tmenv.gbx.map import Map, parse_map
from tmenv.gbx.replay import Replay, parse_replay

_PARSERS = {MAP: parse_map, REPLAY: parse_replay, GHOST: parse_ghost}


def read(source: Source) -> Map | Replay | Ghost:
    """Read a map, replay or ghost, whichever it is.

    Args:
        source: path of a ``.Gbx`` file, or its bytes.

    Raises:
        GbxError: the file is missing, damaged, of an unsupported game, or none of the three.
    """
    container = read_container(source)
    if container.class_id not in _PARSERS:
        kind = describe_class(container.class_id)
        raise GbxError(f"{container.source}: this is {kind}; give a map, replay or ghost of TrackMania")
    return _PARSERS[container.class_id](container)
