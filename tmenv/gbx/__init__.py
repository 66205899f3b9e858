"""Files of the games (``.Gbx``): bytes to Python and back.

``read_map`` reads maps of TrackMania (2020) and TrackMania Nations Forever. Every failure is a ``GbxError``.
"""

from tmenv.gbx.blocks import Block
from tmenv.gbx.ghost import Ghost
from tmenv.gbx.header import Header, read_header
from tmenv.gbx.items import Item
from tmenv.gbx.map import Map, read_map
from tmenv.gbx.map_writer import map_to_bytes, write_map
from tmenv.gbx.skins import FileReference, Skin
from tmenv.gbx.uid import new_uid

__all__ = [
    "Block",
    "FileReference",
    "Ghost",
    "Header",
    "Item",
    "Map",
    "Skin",
    "map_to_bytes",
    "new_uid",
    "read_header",
    "read_map",
    "write_map",
]
