"""Files of the games (``.Gbx``): bytes to Python.

``read_map`` reads maps of TrackMania (2020) and TrackMania Nations Forever. Every failure is a ``GbxError``.
"""

from tmenv.gbx.blocks import Block
from tmenv.gbx.ghost import Ghost
from tmenv.gbx.map import Map, read_map

__all__ = ["Block", "Ghost", "Map", "read_map"]
