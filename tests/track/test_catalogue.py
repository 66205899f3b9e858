"""The block tables: every shape closes on its ports, every row says how sure we are."""

import numpy as np
import pytest

from tmenv.constants import GAMES
from tmenv.track import catalogue, ribbon
from tmenv.track.tables import WALL
from tmenv.track.template import template

EVERY = [(game, key) for game in GAMES for key in catalogue.block_names(game)]


@pytest.mark.parametrize(("game", "key"), EVERY)
def test_row_states_mark_and_source(game, key):
    row = catalogue.row(game, key)
    assert row["mark"] in ("M", "S", "A", "G")
    assert row["source"]
    assert catalogue.section(row["section"])["mark"] in ("M", "S", "A", "G")


@pytest.mark.parametrize(("game", "key"), EVERY)
@pytest.mark.parametrize("rotation", range(4))
def test_paths_run_from_port_to_port(game, key, rotation):
    made = template(game, key, rotation, True)
    for path in made.paths:
        for port_number, row, at, sign in ((path.entry, 0, 0.0, -1), (path.exit, -1, None, 1)):
            if port_number < 0:
                continue
            port, rows = made.ports[port_number], path.rows[[row]]
            x, z, hx, hz = ribbon.frame(rows, rows["length"] if at is None else at)
            outward = ((0, 1), (-1, 0), (0, -1), (1, 0))[port.side]
            assert np.allclose((x[0], z[0]), (16 * port.x, 16 * port.z), atol=1e-3)
            assert np.allclose((sign * hx[0], sign * hz[0]), outward, atol=1e-5)


@pytest.mark.parametrize(("game", "key"), EVERY)
def test_road_stays_in_the_block(game, key):
    for rotation in range(4):
        made = template(game, key, rotation, False)
        # A wall is also listed where a car may stand before it.
        cells = made.cells[made.patches["surface"][made.cells[:, 0]] != WALL, 1:]
        assert (cells >= 0).all()
        assert (cells[:, 0] < made.size[0]).all()
        assert (cells[:, 1] < made.size[2]).all()


def test_radii_of_the_curves():
    for n in range(1, 6):
        patch = template("TM2020", f"RoadTechCurve{n}", 0, False).patches[0]
        assert patch["radius"] == 32 * n - 16
        assert patch["turn"] == -1  # entered at the -x side it turns right


def test_chicane_sides():
    # Left enters at x = 16 and leaves at x = 48, towards +x, which is left of +z.
    left = template("TM2020", "RoadTechChicaneX2Left", 0, False).ports
    assert [(port.x, port.z) for port in left] == [(1, 0), (3, 4)]
    mirror = template("TMNF", "StadiumRoadMainGTDiag4x3Mirror", 0, False).ports
    assert [(port.x, port.z) for port in mirror] == [(5, 0), (1, 8)]


def test_start_line_profile_rises_behind_the_spawn():
    made = template("TMNF", "StadiumRoadMainStartLine", 0, True)
    ramp = made.patches[1:2]
    heights = ribbon.position(ramp, np.array([3.2, 12.0, 24.0]), 0.0, catalogue.profile_table())[1]
    assert np.allclose(heights, [1.98, 1.766, 1.328], atol=1e-3)


def test_shoulder_material_depends_on_the_ground():
    air, ground = (template("TMNF", "StadiumRoadMain#3", 0, flag).patches[0] for flag in (False, True))
    assert (air["strip_material_2"], ground["strip_material_2"]) == (4, 16)


def test_decoration():
    assert catalogue.is_decoration("TM2020", "TrackWallCurve1Pillar")
    assert catalogue.is_decoration("TMNF", "StadiumTubePillarCap")
    assert not catalogue.is_decoration("TMNF", "StadiumHolePillar")
    assert not any(catalogue.is_decoration(game, key.split("#")[0]) for game, key in EVERY)
