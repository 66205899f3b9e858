"""Waypoints: what makes a TM2020 block or item a start, checkpoint or finish."""

from tmenv.gbx.archive import Reader
from tmenv.gbx.nodes import Layouts, Properties


def _waypoint(reader: Reader, waypoint: Properties) -> None:
    if reader.u32() != 2:
        reader.fail("version 2 of a waypoint", reader.position - 4)
    waypoint["tag"] = reader.string()
    waypoint["order"] = reader.u32()


WAYPOINT_LAYOUTS: Layouts = {0x0313B000: _waypoint}
"""Chunk 0313B001 is left out: it follows with other content."""
