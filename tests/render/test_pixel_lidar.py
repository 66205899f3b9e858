"""LIDAR from pixels: tmrl's algorithm, restated here step by step, gives the same numbers."""

import math

import gymnasium as gym
import numpy as np
import pytest

import tmenv
from tests.render.scenes import poses_at, shoot
from tmenv.errors import ConfigError
from tmenv.render.pixel_lidar import BLACK_BELOW_NARROW, FIRST_STEP, TMRL_HEIGHT, TMRL_WIDTH, tmrl_lidar, tmrl_view
from tmenv.track import load

gym.register_envs(tmenv)

COUNTS_958 = [458, 466, 489, 532, 604, 551, 485, 446, 424, 418, 424, 446, 485, 551, 604, 532, 489, 466, 459]
COUNTS_256 = [107, 109, 116, 127, 146, 128, 111, 101, 95, 94, 95, 101, 111, 128, 146, 127, 116, 109, 108]


def restated(image: np.ndarray, threshold: int = 55) -> list[float]:
    """The published algorithm, one pixel at a time."""
    height, width = image.shape[:2]
    dark = (image < threshold).all(axis=2).tolist()
    distances = []
    for k in range(19):
        angle = math.radians(90 + 10 * k)
        index, distance, found = 0, 20, None
        while True:
            row = int(44 * height // 49 + distance * math.cos(angle))
            column = int(width // 2 + distance * math.sin(angle))
            if row <= 0 or column <= 0 or column >= width - 1:
                break
            if dark[row][column]:
                found = index
                break
            index, distance = index + 1, distance + 1
        distances.append(float(index - 1 if found is None else found))
    return distances


def random_image(random: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Bright noise with a random share of dark pixels: rays end anywhere."""
    image = random.integers(56, 256, (height, width, 3), dtype=np.uint8)
    share = 10.0 ** random.uniform(-4.0, -1.0)
    image[random.random((height, width)) < share] = random.integers(0, 70, 3)
    return image


def test_equals_the_published_algorithm_on_a_thousand_images():
    random = np.random.default_rng(0)
    for number in range(1000):
        height, width = (TMRL_HEIGHT, TMRL_WIDTH) if number % 25 == 0 else (128, 256)
        image = random_image(random, height, width)
        assert tmrl_lidar(image).tolist() == restated(image), number


@pytest.mark.parametrize(("size", "counts"), [((488, 958), COUNTS_958), ((128, 256), COUNTS_256)])
def test_rays_without_a_border_reach_the_edge(size, counts):
    image = np.full((*size, 3), 200, np.uint8)
    assert tmrl_lidar(image).tolist() == [count - 1 for count in counts]


def test_the_threshold_counts_every_channel():
    image = np.full((128, 256, 3), 200, np.uint8)
    image[:90] = 54, 54, 55
    assert tmrl_lidar(image)[9] == COUNTS_256[9] - 1
    assert tmrl_lidar(image, BLACK_BELOW_NARROW)[9] < 10


def test_wrong_images_are_named():
    with pytest.raises(ConfigError, match="uint8"):
        tmrl_lidar(np.zeros((128, 256, 3)))
    with pytest.raises(ConfigError, match="height, width, channels"):
        tmrl_lidar(np.zeros((128, 256), np.uint8))
    with pytest.raises(ConfigError, match="too small"):
        tmrl_lidar(np.zeros((20, 20, 3), np.uint8))


def test_rays_on_our_own_view_end_at_the_road_borders():
    """On a straight the fan is symmetric; nearer to the left border, left rays are shorter and right ones longer."""
    track = load("tm2020-grand-circuit")
    rigs, looks = tmrl_view()
    fans = []
    for lateral in (0.0, 6.0):
        poses = poses_at(track, [30.0], lateral)
        (picture,), _ = shoot(track, poses, size=(TMRL_WIDTH, TMRL_HEIGHT), gray=False, rigs=rigs, looks=looks)
        fans.append(tmrl_lidar(picture))
    middle, left = fans
    assert middle[:9] == pytest.approx(middle[:9:-1], abs=4.0)
    border = slice(3, 16)  # the outermost rays leave the picture on the road
    assert (middle[border] + FIRST_STEP < np.array(COUNTS_958[border])).all()
    assert (left[12:16] < middle[12:16] - 5.0).all()
    assert (left[4:7] > middle[4:7] + 3.0).all()


def test_the_table_in_the_docs_is_what_both_lidars_measure(root):
    """In the middle of the grand circuit's first straight; the docs show the right half, from ahead to the right."""
    track = load("tm2020-grand-circuit")
    rigs, looks = tmrl_view()
    (picture,), views = shoot(track, poses_at(track, [30.0]), size=(958, 488), gray=False, rigs=rigs, looks=looks)
    fan = tmrl_lidar(picture)
    env = gym.make("tmenv/TM2020-Lidar-v0", track="tm2020-grand-circuit", history=1)
    metres = env.reset(seed=0, options={"start": 30.0})[0][1:20]
    shown = rows_of((root / "docs" / "pictures.md").read_text(encoding="utf-8"))
    assert shown["`tmrl_lidar`, pixels"] == pytest.approx(fan[9::-1], abs=2.0)
    assert shown["`lidar`, m from the nose"] == pytest.approx(metres[9::-1], abs=0.51)
    places = [place_of(views[0], ray, 20 + fan[ray], track.position(30.0)[1]) for ray in range(8, 2, -1)]
    assert shown["the place that this pixel shows, m from the eye"] == pytest.approx(places, rel=0.05)


def rows_of(page: str) -> dict[str, list[float]]:
    """Rows of the tables of a page by their first cell: the numbers that the other cells begin with."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")]
    return {row[0]: [float(cell.split()[0]) for cell in row[1:] if cell[:1].isdigit()] for row in cells}


def place_of(view: np.void, ray: int, distance: float, height: float) -> float:
    """How far from the eye the pixel of a ray shows the ground at a height, m."""
    angle = math.radians(90 + 10 * ray)
    right = distance * math.sin(angle) / view["focal_x"]
    down = (44 * TMRL_HEIGHT // 49 + distance * math.cos(angle) - TMRL_HEIGHT / 2) / view["focal_y"]
    line = view["forward"] + right * view["right"] - down * view["up"]
    return float(np.linalg.norm(line * (view["eye"][1] - height) / line[1]))
