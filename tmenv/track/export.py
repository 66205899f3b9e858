"""A map made of nothing, into a file."""

from dataclasses import replace
from pathlib import Path

from tmenv.errors import TrackError
from tmenv.gbx import Map, read_map, write_map
from tmenv.track.blocklist import write_block_list


def export(map_: Map, out: str, template: str | None = None) -> None:
    """Write a map without items: ``.Gbx`` for the game, ``.json`` as a block list.

    Args:
        map_: with a uid, if it becomes a ``.Gbx`` file.
        out: file to write.
        template: a map file that the game saved: the new file has its surroundings, author and items. TM2020's game
            files can only be written so.

    Raises:
        TrackError: another kind of file, or TM2020 without a template.
        GbxError: the template cannot be read, or does not go with the map.
        OutputError: the file cannot be written.
    """
    suffix = Path(out).suffix.lower()
    if suffix == ".json":
        write_block_list(map_, out)
    elif suffix != ".gbx":
        raise TrackError(f"{out!r}: give a file that ends in .Gbx (for the game) or .json (a block list)")
    elif template is not None:
        own = {name: getattr(map_, name) for name in ("name", "uid", "blocks", "laps", "is_lap_race")}
        times = {
            f"{medal}_time_ms": getattr(map_, f"{medal}_time_ms") for medal in ("author", "gold", "silver", "bronze")
        }
        write_map(replace(read_map(template), **own, **times), out, template=template)
    elif map_.game == "TM2020":
        raise TrackError(
            f"{out!r}: a TM2020 map can only be written into one that the game saved; give --template FILE, best an "
            "empty map, or a .json file"
        )
    else:
        write_map(map_, out)
