"""Pages, videos and plots of laps: they are whole, they show the lap, and a failed one leaves the old file."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.render.test_laps import TRACK, drive
from tmenv import cli
from tmenv.errors import ConfigError, LapError, OutputError
from tmenv.files import replacing
from tmenv.render.html import page_data, write_page
from tmenv.render.laps import Lap, lap_of
from tmenv.render.plots import time_lost, write_plot
from tmenv.render.video import clock, film, frame_times, write_video
from tmenv.track import load


@pytest.fixture(scope="module")
def laps() -> list[Lap]:
    track = load(TRACK)
    slow = drive(60, 20.0) | {"gear": np.ones(60, np.int32), "steer": np.linspace(-1, 1, 60)}
    return [lap_of("fast </script>", track, drive(40, 30.0)), lap_of("slow", track, slow)]


@pytest.fixture
def lap_file(tmp_path: Path) -> Path:
    np.savez(tmp_path / "lap.npz", **drive(30), track=np.array(TRACK))
    return tmp_path / "lap.npz"


def test_a_page_is_whole_and_asks_nothing_of_the_network(laps, tmp_path):
    write_page(tmp_path / "race.html", laps, title="a <race>")
    page = (tmp_path / "race.html").read_text(encoding="utf-8")
    assert "<title>a &lt;race&gt;</title>" in page
    assert not re.findall(r"https?:|src=|@import|url\(", page)
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', page, re.S).group(1))
    assert [lap["name"] for lap in data["laps"]] == ["fast </script>", "slow"]
    assert data["laps"][0]["gear"] is None
    assert len(data["cars"]) == 2


def test_page_data_holds_the_faces_near_the_eye(laps):
    data = page_data(laps[:1])
    low, high = np.array(data["bounds"]["low"]), np.array(data["bounds"]["high"])
    for point in laps[0].position:
        assert (low <= point + 1e-3).all()
        assert (point - 1e-3 <= high).all()


def test_a_lap_needs_a_driver(tmp_path):
    for write in (write_page, write_video, write_plot):
        with pytest.raises(LapError, match="no lap"):
            write(tmp_path / "none", [])
    assert list(tmp_path.iterdir()) == []


def test_the_page_works_in_a_browser(laps, tmp_path):
    """The race appears, the play button moves the cars, nothing is asked of the network, no error is logged."""
    from playwright import sync_api as playwright

    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser_path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium is installed")
        pytest.skip("no Chromium is installed")
    write_page(tmp_path / "race.html", laps)
    options = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path, args=options)
        page = browser.new_page(viewport={"width": 400, "height": 300})
        logged, asked = [], []
        page.on("console", lambda message: logged.append(message.text))
        page.on("pageerror", lambda error: logged.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "race.html").as_uri())
        wait_until(page, "laps.every((lap) => lap.now)")
        before = page.evaluate("laps.map((lap) => lap.now.position)")
        standing = page.locator("canvas").screenshot()
        page.click("#play")
        wait_until(page, "state.time > 0.5")
        page.click("#play")
        after = page.evaluate("laps.map((lap) => lap.now.position)")
        moving = page.locator("canvas").screenshot()
        page.evaluate("element('scrub').value = 1; element('scrub').oninput({ target: element('scrub') })")
        wait_until(page, "element('clock').textContent == '0:01.000'")
        pixels = page.evaluate(PIXELS)
        hidden = page.evaluate("element('trouble').hidden")
        browser.close()
    assert logged == []
    assert [Path(url).name for url in asked] == ["race.html"]
    assert hidden
    assert np.linalg.norm(np.subtract(after, before), axis=1).min() > 2.0
    assert standing != moving
    road = (np.ptp(pixels, axis=1) < 16) & (np.mean(pixels, axis=1) > 100) & (np.mean(pixels, axis=1) < 190)
    assert road.mean() > 0.2


def wait_until(page, condition: str) -> None:
    """Ask again and again: the page forbids the eval that Playwright's own waiting needs."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


PIXELS = """() => new Promise((done) => requestAnimationFrame(() => {
  frame(performance.now());
  const bytes = new Uint8Array(4 * 100 * 60);
  gl.readPixels(150, 0, 100, 60, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
  done(Array.from({ length: 6000 }, (_, i) => Array.from(bytes.subarray(4 * i, 4 * i + 3))));
}))"""


def test_a_video_has_the_lap_from_start_to_end(laps, tmp_path):
    import av

    write_video(tmp_path / "lap.mp4", laps, size=(320, 180), fps=20)
    with av.open(str(tmp_path / "lap.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == len(frame_times(laps[0], 20))
    assert frames[0].shape == (180, 320, 3)
    sky, road = frames[20][5].mean(axis=0), frames[20][140, :100].mean(axis=0)
    assert sky[2] > sky[0] + 40
    assert np.ptp(road) < 25


def test_the_followed_car_hides_in_its_cockpit(laps):
    chase, cockpit = (next(film(laps[:1], camera, (160, 90), 10)) for camera in ("chase", "cockpit"))
    blue = [
        ((picture[..., 2] > picture[..., 0] + 60) & (picture[..., 1] < 120))[45:75].sum()
        for picture in (chase, cockpit)
    ]
    assert blue[0] > 20
    assert blue[1] == 0


def test_clock_reads_like_the_games():
    assert [clock(seconds) for seconds in (0.0, 61.1235, 599.9996)] == ["0:00.000", "1:01.124", "10:00.000"]


@pytest.mark.parametrize(
    ("name", "kwargs"), [("lap.avi", {}), ("lap.mp4", {"size": (321, 180)}), ("lap.mp4", {"fps": 0})]
)
def test_impossible_videos_are_refused(laps, tmp_path, name, kwargs):
    with pytest.raises(ConfigError):
        write_video(tmp_path / name, laps, **kwargs)
    assert list(tmp_path.iterdir()) == []


def test_time_lost_grows_with_the_distance(laps):
    metres, seconds = time_lost(laps[1], laps[0])
    assert seconds[-1] == pytest.approx(metres[-1] / 20.0 - metres[-1] / 30.0, abs=0.05)
    assert (np.diff(seconds) > -0.02).all()
    assert np.abs(time_lost(laps[0], laps[0])[1]).max() == 0.0


def test_a_plot_is_a_picture(laps, tmp_path):
    write_plot(tmp_path / "laps.png", laps)
    assert (tmp_path / "laps.png").read_bytes().startswith(b"\x89PNG")
    write_plot(tmp_path / "one.svg", laps[:1])
    assert "<svg" in (tmp_path / "one.svg").read_text()
    with pytest.raises(ConfigError, match=r"\.png"):
        write_plot(tmp_path / "laps.txt", laps)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_text(str(1 / 0))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError, match="cannot be written"), replacing(tmp_path / "no" / "file.txt"):
        pass


@pytest.mark.parametrize(("verb", "name"), [("view", "x.html"), ("plot", "x.png")])
def test_the_verbs_write_their_files(lap_file, tmp_path, capsys, verb, name):
    assert cli.main([verb, str(lap_file), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / name).stat().st_size > 1000
    assert name in capsys.readouterr().out


def test_the_verbs_name_what_is_wrong(tmp_path, capsys):
    assert cli.main(["view", str(tmp_path / "none.npz")]) == 1
    assert "no lap file" in capsys.readouterr().err


def test_against_adds_cars(lap_file, tmp_path):
    out = tmp_path / "race.html"
    assert cli.main(["view", str(lap_file), "--against", str(lap_file), str(lap_file), "--out", str(out)]) == 0
    assert out.read_text().count('"position":') == 3
