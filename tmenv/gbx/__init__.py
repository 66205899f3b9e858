"""Files of the games (``.Gbx``): bytes to Python and back.

``read`` reads whatever a file is: a map, a replay or a ghost of TrackMania (2020) or TrackMania Nations Forever;
``read_header`` only what stands in its first 64 kB. ``write_map`` writes maps,
``replay_to_script`` inputs. Every failure is a ``GbxError``.
"""

from tmenv.gbx.blocks import Block
from tmenv.gbx.ghost import Driver, Ghost, read_ghost
from tmenv.gbx.header import Header, read_header
from tmenv.gbx.inputs import EVENT, INPUT
from tmenv.gbx.items import Item
from tmenv.gbx.map import Map, read_map
from tmenv.gbx.map_writer import map_to_bytes, write_map
from tmenv.gbx.read import read
from tmenv.gbx.replay import Replay, read_replay
from tmenv.gbx.samples import SAMPLE
from tmenv.gbx.script import replay_to_script, script_to_events, script_to_inputs
from tmenv.gbx.skins import FileReference, Skin
from tmenv.gbx.uid import new_uid

__all__ = [
    "EVENT",
    "INPUT",
    "SAMPLE",
    "Block",
    "Driver",
    "FileReference",
    "Ghost",
    "Header",
    "Item",
    "Map",
    "Replay",
    "Skin",
    "map_to_bytes",
    "new_uid",
    "read",
    "read_ghost",
    "read_header",
    "read_map",
    "read_replay",
    "replay_to_script",
    "script_to_events",
    "script_to_inputs",
    "write_map",
]
