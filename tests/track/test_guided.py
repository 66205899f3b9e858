"""Routes that are lines: over the surfaces, along recorded runs, and roads laid under recorded runs."""

from dataclasses import replace

import numpy as np
import pytest

from tests.track.runs import run_along
from tests.track.test_build import straight_map
from tmenv.engine.params import load_parameters
from tmenv.engine.simulator import Simulator, constant_controls
from tmenv.errors import TrackError
from tmenv.gbx import write_map
from tmenv.track import Track, build, load
from tmenv.track.recording import recording_of


@pytest.fixture(scope="module")
def hairpins() -> Track:
    return load("tmnf-hairpins")


def test_a_recorded_run_tells_the_route(tmp_path):
    whole = build(straight_map())
    run = run_along(whole, whole.length_m - 2.0, aside=3.0)
    track = build(straight_map(), route=recording_of(run))
    assert (track.route_from, track.checkpoints) == ("recording", 1)
    assert track.length_m == pytest.approx(whole.length_m, abs=1.0)
    assert track.waypoints["s"].tolist() == pytest.approx(whole.waypoints["s"].tolist(), abs=1.0)
    middle = track.length_m / 2
    assert np.allclose(track.position(middle), whole.position(middle, 3.0), atol=0.1)
    assert track.local_coordinates(*whole.position(middle, 5.0)) == pytest.approx((middle, 2.0), abs=0.1)
    assert track.heading_at(middle) == pytest.approx(whole.heading_at(middle), abs=1e-3)
    assert 20.0 < track.width_at(middle) < 26.0


def test_a_run_that_stops_early_is_no_route():
    whole = build(straight_map())
    with pytest.raises(TrackError, match=r"does not finish .* passes 0 of 1 checkpoints"):
        build(straight_map(), route=recording_of(run_along(whole, 40.0)))


def test_a_car_that_was_put_back_continues_from_there():
    whole = build(straight_map())
    run = run_along(whole, whole.length_m - 2.0)
    again = np.concatenate([run[:20], run[8:]])
    again["time_s"] = 0.1 * np.arange(len(again))
    kept = recording_of(again).samples
    assert np.array_equal(kept["position"][:8], run["position"][:8])
    assert np.array_equal(kept["position"][-24:], run["position"][8:])
    assert len(kept) <= len(run) + 1  # where it was put back counts twice


def test_arrays_of_other_columns_and_parked_cars_are_no_routes():
    with pytest.raises(TrackError, match=r"dtype tmenv.gbx.SAMPLE"):
        recording_of(np.zeros((4, 3)))
    with pytest.raises(TrackError, match="no motion"):
        recording_of(run_along(build(straight_map()), 40.0)[:1])


def test_only_maps_take_a_route(tmp_path):
    run = run_along(build(straight_map()), 100.0)
    with pytest.raises(TrackError, match="has its route already"):
        load("random:1", "TMNF", route=run)
    write_map(replace(straight_map(), uid="any"), tmp_path / "a.Challenge.Gbx")
    with pytest.raises(TrackError, match="holds no recorded run"):
        load(f"{tmp_path}/a.Challenge.Gbx?route={tmp_path}/a.Challenge.Gbx")


def test_saved_tracks_remember_where_the_route_is_from(tmp_path):
    track = build(straight_map(drop=(1, 2, 3)))
    track.save(tmp_path / "a.npz")
    back = load(tmp_path / "a.npz")
    assert (back.route_from, back.approximate) == ("surfaces", False)
    assert back.position(50.0) == track.position(50.0)


def test_a_road_laid_under_a_run_lies_under_it(hairpins):
    run = run_along(hairpins, hairpins.length_m - 2.0)
    track = Track.from_ghost(run, width=12.0)
    assert (track.approximate, track.route_from, track.checkpoints) == (True, "recording", 0)
    assert track.length_m == pytest.approx(hairpins.length_m, rel=0.02)
    for aside in (-5.0, 0.0, 5.0):
        s = np.arange(10.0, hairpins.length_m - 10.0, 3.0)
        points = np.array([hairpins.position(at, aside) for at in s]) + np.array([0.0, 0.3, 0.0])
        assert np.abs(track.surface(points).distance - 0.32).max() < 0.05


def test_a_car_drives_on_a_laid_road(hairpins):
    track = Track.from_ghost(run_along(hairpins, hairpins.length_m - 2.0), width=12.0)
    simulator = Simulator(track, load_parameters("TMNF"))
    simulator.spawn(30.0, speed=20.0)
    simulator.drive(constant_controls(1, 100, 0.0, False, False))
    car = simulator.cars[0]
    assert car["contact"].all()
    assert 40.0 < car["progress"] < 50.0


def test_laid_roads_have_gaps_where_the_run_flew(hairpins):
    run = run_along(hairpins, 200.0)
    run["on_ground"][20:30] = False
    track = Track.from_ghost(run)
    assert np.isinf(track.surface(run["position"][25:26]).distance).all()
    assert np.isfinite(track.surface(run["position"][[15, 35]]).distance).all()


def test_no_road_is_laid_on_walls_or_wider_than_a_field(hairpins):
    run = run_along(hairpins, 200.0)
    with pytest.raises(TrackError, match="2 to 100 m wide"):
        Track.from_ghost(run, width=1.0)
    run["rotation"][20] = (0.0, 0.0, 1.0, 0.0)
    with pytest.raises(TrackError, match=r"on a wall or in a loop 2\.0 s after"):
        Track.from_ghost(run)
