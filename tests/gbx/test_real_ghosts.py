"""Ghosts and replays that the games wrote, read in place: figures of the manifest, and physics."""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tmenv.gbx import Ghost, Map, Replay, read
from tmenv.gbx.archive import Reader
from tmenv.gbx.samples import decompress_zlib
from tmenv.gbx.samples_tm2020 import read_entities
from tmenv.gbx.samples_tmnf import _read_rows

NEVER_STEERED = {"TestBlocks.Replay.Gbx", "TestPlatforms.Replay.Gbx"}
"""Runs of 1.5 s straight ahead: steering correlates with nothing."""

ANOTHER_RUN = {"p00124_19596.Ghost.Gbx"}
"""Ghosts whose steering agrees with their inputs in less than 95 % of the samples (93.6 %): written by a program."""

BINARY_ALIGNMENT = {"252289_tas_twoinputs_3848.Ghost.Gbx", "279218_KEYBOARD_5352_11events.Ghost.Gbx"}
"""Ghosts of so few key strokes that either alignment fits."""


class Recorded(NamedTuple):
    name: str
    content: str
    file: Map | Replay | Ghost
    ghost: Ghost


@pytest.fixture(scope="module")
def recorded(data_dir: Path) -> list[Recorded]:
    return list(_recorded(data_dir))


def _recorded(data_dir: Path) -> Iterator[Recorded]:
    with (data_dir / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["path"].startswith("tmnf_maps")]
    for row in rows:
        read_file = read(data_dir / row["path"])
        ghosts = (read_file,) if isinstance(read_file, Ghost) else ()
        if isinstance(read_file, Replay):
            ghosts = read_file.ghosts
        elif isinstance(read_file, Map) and read_file.validation_ghost:
            ghosts = (read_file.validation_ghost,)
        for ghost in ghosts:
            yield Recorded(Path(row["path"]).name, row["content"], read_file, ghost)


def test_every_file_has_its_ghost(recorded):
    kinds = [type(one.file).__name__ for one in recorded]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"Map": 6, "Replay": 26, "Ghost": 126}


CONTENT = re.compile(
    r"ghost time=(?P<time>\d+)ms inputs=(?P<inputs>.*?) samples=(?P<samples>\d+)@(?P<period>\w+?)ms v\w+"
    r"(?: entrec=(?P<record>\[.*\]))?(?: embedded_map=(?P<map>\d+)B)?"
)


def test_ghosts_agree_with_the_manifest(recorded):
    for name, content, file, ghost in recorded:
        if isinstance(file, Map):
            continue
        stated = CONTENT.fullmatch(content)
        assert stated, name
        assert ghost.race_time_ms == int(stated["time"]), name
        embedded = len(file._map_file) if isinstance(file, Replay) else 0
        assert embedded == int(stated["map"] or 0), name
        check = _check_tm2020 if ghost.game == "TM2020" else _check_tmnf
        check(name, ghost, stated)


def _check_tm2020(name: str, ghost: Ghost, stated: re.Match[str]) -> None:
    ((_, ticks, start_ms),) = ast.literal_eval(stated["inputs"])
    assert (len(ghost.inputs), ghost.start_offset_ms) == (ticks, start_ms), name
    entities, _ = read_entities(ghost._record, name)
    # The manifest states the first interval of an entity.
    read_record = [
        (f"{entity.class_id:08X}", len(entity.times_ms), entity.sample_bytes, _first_interval(entity.times_ms))
        for entity in entities
    ]
    version = int.from_bytes(ghost._record[:4], "little")
    assert (version, read_record) == ast.literal_eval(stated["record"])[0], name


def _first_interval(times_ms: np.ndarray) -> int:
    return int(times_ms[1] - times_ms[0]) if len(times_ms) > 1 else 0


def _check_tmnf(name: str, ghost: Ghost, stated: re.Match[str]) -> None:
    rows, period_ms = _read_rows(Reader(decompress_zlib(Reader(ghost._record, name)), name))
    assert (len(rows), period_ms) == (int(stated["samples"]), int(stated["period"])), name
    assert len(ghost.events) == int(stated["inputs"]), name


def test_speeds_agree_with_positions(recorded):
    for name, _, _, ghost in recorded:
        assert _velocity_error(ghost.samples) < 1.6, name


def test_steering_agrees_with_inputs(recorded):
    for name, _, _, ghost in recorded:
        if name in NEVER_STEERED:
            assert not ghost.inputs["steer"].any(), name
        else:
            assert _steer_correlation(ghost) > 0.93, name


def test_samples_belong_to_their_inputs(recorded):
    unknown = {name for name, _, _, ghost in recorded if ghost.tape_offset_ms is None}
    assert unknown == NEVER_STEERED | ANOTHER_RUN | BINARY_ALIGNMENT


def test_tmnf_pedals_of_samples_are_those_of_the_derived_inputs(recorded):
    """Steps of the samples and inputs of 11 replays, keyboard and analog; Lavender Town respawns 209 times."""
    for name, _, _, ghost in recorded:
        if ghost.game == "TMNF":
            rows = np.rint(ghost.samples.data["time_s"][1:] * 100).astype(int) - 1
            for pedal in ("gas", "brake"):
                agree = ghost.inputs[pedal][rows] == (ghost.samples.data[pedal][1:] > 0.5)
                assert agree.mean() > 0.999, (name, pedal)


def _velocity_error(samples: np.ma.MaskedArray) -> float:
    """Median difference between differentiated positions and stored velocities, m/s."""
    steps = np.diff(samples.data["time_s"])[:, None]
    moved = np.diff(samples.data["position"].astype(float), axis=0)
    stored = (samples.data["velocity"][1:] + samples.data["velocity"][:-1]) / 2
    forward = steps[:, 0] > 0
    return float(np.median(np.linalg.norm(moved[forward] / steps[forward] - stored[forward], axis=1)))


def _steer_correlation(ghost: Ghost) -> float:
    times_ms = np.rint(ghost.samples.data["time_s"] * 1000).astype(int) - (ghost.tape_offset_ms or 0) - 10
    tick = (times_ms - ghost.start_offset_ms) // 10
    known = (tick >= 0) & (tick < len(ghost.inputs))
    return float(np.corrcoef(ghost.samples.data["steer"][known], ghost.inputs["steer"][tick[known]])[0, 1])


SPAWN = {
    "StadiumRoadMain": (16, 2.21, 11.2),
    "RoadTech": (16, 2.0, 16),
    "PlatformTech": (16, 2.0, 16),
    "RoadDirt": (16, 0.5, 16),
    "RoadBump": (16, 4.5, 17.3),
}
"""Where a car starts on a start block, metres in the block."""

UNDER_WATER = "Spring 2023 - 15 (Underwater)"
"""A map whose start is under water, which lifts the car by 0.09 m."""


def test_runs_begin_on_their_start_block(recorded):
    checked = 0
    for name, _, file, ghost in recorded:
        track = _map_of(file)
        if track is None or track.environment != "Stadium":
            continue
        gaps = [np.abs(ghost.samples["position"][0] - start).max() for start in _starts(track)]
        assert min(gaps) < (0.1 if track.plain_name == UNDER_WATER else 0.02), (name, min(gaps))
        checked += 1
    assert checked == 29


def _map_of(file: Map | Replay | Ghost) -> Map | None:
    return file.map if isinstance(file, Replay) else file if isinstance(file, Map) else None


def _starts(track: Map) -> list[np.ndarray]:
    """Start positions on a map."""
    starts = []
    for block in track.blocks:
        family = next((family for family in SPAWN if block.name.startswith(family)), None)
        if family and block.name.endswith(("Start", "StartLine")):
            x, y, z = SPAWN[family]
            x, z = ((x, z), (32 - z, x), (32 - x, 32 - z), (z, 32 - x))[block.rotation]
            starts.append(np.multiply(block.cell, (32, 8, 32)) + np.array([x, y, z]))
    return starts


SPOT_VALUES = {
    "B13-Obstacle_6.Replay.Gbx": (24940, (8020, 14680, 20950, 24940), 250, 322),
    "mydli_mydli.Replay.Gbx": (20140, (7690, 14420, 20140), 202, 59),
    "Lavender_Town.Replay.Gbx": (2599880, None, 25999, 51951),
    "TestCurves.Replay.Gbx": (18747, None, 375, None),
}
"""Race time, checkpoints, samples within the race, events."""


@pytest.mark.parametrize("name", SPOT_VALUES)
def test_spot_values(recorded, name):
    (ghost,) = [one.ghost for one in recorded if one.name == name]
    race_time_ms, checkpoints, samples, events = SPOT_VALUES[name]
    assert (ghost.race_time_ms, len(ghost.samples)) == (race_time_ms, samples)
    assert checkpoints in (None, ghost.checkpoint_times_ms)
    assert events in (None, len(ghost.events))


def test_spot_values_of_single_samples(recorded):
    ghosts = {one.name: one.ghost for one in recorded}
    obstacle, curves = ghosts["B13-Obstacle_6.Replay.Gbx"], ghosts["TestCurves.Replay.Gbx"]
    np.testing.assert_allclose(obstacle.samples["position"][0], (363.2, 10.21, 624.0), atol=1e-3)
    np.testing.assert_allclose(obstacle.samples["position"][100], (766.5, 87.671, 642.899), atol=1e-3)
    assert obstacle.samples["forward_speed"][100] == pytest.approx(107.301, abs=1e-3)
    assert (obstacle.events["name"] == "Steer").sum() == 317
    first = ghosts["mydli_mydli.Replay.Gbx"].events[:3][["time_ms", "name"]].tolist()
    assert first == [(0, "_FakeIsRaceRunning"), (10, "Accelerate"), (350, "SteerRight")]
    respawns = ghosts["Lavender_Town.Replay.Gbx"]
    assert (respawns.events["name"] == "Respawn").sum() == 419
    # Half of them press the key, the others let it go.
    assert respawns.inputs["respawn"].sum() == respawns.respawns == 209
    assert (len(curves.inputs), curves.start_offset_ms) == (2175, 0)
    np.testing.assert_allclose(curves.samples["position"][0], (880.0, 10.002, 624.0), atol=1e-3)


def test_no_name_of_a_driver_is_shown(recorded):
    for name, _, file, ghost in recorded:
        driver = ghost.driver()
        shown = repr((file, ghost, driver))
        assert driver.login not in shown, "a login"
        assert f"'{driver.nickname}'" not in shown, name
