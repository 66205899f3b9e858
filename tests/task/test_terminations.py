"""Which ground counts as off the track."""

import numba
import numpy as np
import pytest

from tests.engine.driving import Drive
from tests.engine.scenes import deck, scene
from tmenv.constants import Material
from tmenv.engine.compile import view
from tmenv.engine.state import CAR
from tmenv.engine.world import open_world
from tmenv.task.tables import EPISODE, TASK
from tmenv.task.terminations import judge


@numba.njit
def judged(headers, episodes, tasks):
    """The engine's judgement of the first car."""
    header = headers[0]
    return judge(open_world(header), view(header.cars, header.cars_count, CAR)[0], episodes[0], tasks[0])


@pytest.mark.parametrize(("material", "counted"), [(Material.GRASS, 3), (Material.DIRT, 0)])
def test_only_the_ground_around_the_track_is_off_it(material: int, counted: int):
    track = scene(deck(border_left=5.0, border_right=5.0), ground_y=-2.0)
    track.ground_material = Material.GRASS
    track.cell_ground_material[:] = material
    drive = Drive("TMNF", track=track).place((12.0, -1.98, 0.0)).go(50)
    assert drive.car["contact"].sum() == 4
    episode, task = np.zeros(1, EPISODE), np.zeros(1, TASK)
    task["max_steps"] = 1000
    for _ in range(3):
        judged(drive.simulator._filled_header(), episode, task)
    assert episode["off_track"][0] == counted
