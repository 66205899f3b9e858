"""Maps to files: a TMNF map from nothing, or either game's map into a file that the game wrote."""

import os

from tmenv.errors import GbxError
from tmenv.files import write_whole
from tmenv.gbx.container import Source
from tmenv.gbx.map import Map
from tmenv.gbx.map_header_writer import medal_times
from tmenv.gbx.new_map import new_tmnf_map
from tmenv.gbx.splice import splice_map
from tmenv.gbx.writer import MAX_ID_BYTES, encode, errors_about, is_whole


def write_map(map_: Map, path: str | os.PathLike[str], *, template: Source | None = None) -> None:
    """Write a map into a file, whole or not at all.

    Args:
        map_: the map; see ``map_to_bytes``.
        path: file to write, usually ``.Challenge.Gbx`` (TMNF) or ``.Map.Gbx`` (TM2020).
        template: see ``map_to_bytes``.

    Raises:
        GbxError: as ``map_to_bytes``.
        OutputError: the file cannot be written.
    """
    write_whole(path, map_to_bytes(map_, template=template))


def map_to_bytes(map_: Map, *, template: Source | None = None) -> bytes:
    """A map as the bytes of a file, which ``read_map`` reads as an equal map.

    Without ``template``, TMNF only: everything that ``Map`` holds is written. What it does not hold is as in a plain
    new map: no media tracker clips, no password, type Race, no custom pictures (mod), no author's price.

    With ``template``, a file of the same game: identity, medal times, laps, blocks and free blocks' poses become the
    map's; everything else stays as the template has it. So must be, in the map: size and vehicle; of TM2020 also
    author and decoration (the lightmap belongs to them); items, comments, thumbnail, type, title, number of
    checkpoints and validation ghost must be the template's or empty. The TM2020 template's lightmap and its
    baked blocks (the game's own filling) stay; the game is expected, but not known, to renew them.

    Args:
        map_: the map to write.
        template: path or bytes of a map file; needed for TM2020.

    Raises:
        GbxError: a field or block cannot be written, or the template does not go with the map.
    """
    check_map(map_)
    if template is not None:
        return splice_map(map_, template)
    if map_.game != "TMNF":
        raise GbxError(
            f"map {map_.name!r}: a {map_.game} map can only be written into an existing one; give template=, any map "
            "saved by the game with the same decoration"
        )
    if map_.environment != "Stadium":
        raise GbxError(
            f"map {map_.name!r}: a map of environment {map_.environment!r} can only be written into an existing one; "
            "give template=, any map of that environment"
        )
    return new_tmnf_map(map_)


def check_map(map_: Map) -> None:
    """Refuse fields of a map that no file can hold.

    Raises:
        GbxError: names the field and the remedy.
    """
    if map_.game not in ("TMNF", "TM2020"):
        raise GbxError(f"map {map_.name!r}: game {map_.game!r}; give 'TMNF' or 'TM2020'")
    for field in ("uid", "decoration"):
        if not getattr(map_, field):
            raise GbxError(f"map {map_.name!r}: {field} is empty; give one (new_uid() makes uids)")
    with errors_about(f"map {map_.name!r}"):
        for text in (map_.name, map_.uid, map_.author_login, map_.decoration, map_.vehicle):
            encode(text, MAX_ID_BYTES)
        encode(map_.comments, keep="\n")
        medal_times(map_)
        if not is_whole(map_.laps) or not 1 <= map_.laps < 2**31:
            raise GbxError(f"laps {map_.laps!r}; give a positive whole number")
        if len(map_.size) != 3 or not all(is_whole(size) and 1 <= size <= 255 for size in map_.size):
            raise GbxError(f"size {map_.size}; give three numbers from 1 to 255, of TMNF (32, 32, 32)")
        if map_.game == "TMNF" and (map_.items or map_.checkpoint_count is not None or map_.map_type or map_.title):
            raise GbxError("TMNF maps have no items, checkpoint_count, map_type or title; leave them out")
