"""``write_video``: a lap as MP4, with time, speed, inputs and LIDAR rays over the picture."""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from tmenv.errors import ConfigError, LapError
from tmenv.files import replacing
from tmenv.render.cameras import make_rigs
from tmenv.render.colours import plain_look
from tmenv.render.laps import Lap, state_at
from tmenv.render.rays import rays_along
from tmenv.render.renderer import Renderer
from tmenv.render.scenery import Scenery
from tmenv.render.tables import POSE, VIEW, Paint

_SUPERSAMPLING = 2
"""Frames are drawn this many times larger and averaged: smooth edges."""

_NEAREST_M = 0.3
"""Ends of rays that are less far ahead of the camera are not drawn."""

_TAIL_S = 0.5
"""The last picture stays for so long."""


def write_video(
    path: str | os.PathLike[str],
    laps: Sequence[Lap],
    camera: str = "chase",
    size: tuple[int, int] = (960, 540),
    fps: int = 30,
) -> None:
    """Write an H.264 video of the first lap, the others driving along.

    Args:
        path: ends in ``.mp4``; replaced only once the new one is complete.
        laps: at least one, the first is followed.
        camera: as ``make_rigs`` takes it.
        size: width and height in pixels, both even.
        fps: pictures per second, 1 to 240.

    Raises:
        LapError: no lap.
        ConfigError: another kind of file, an odd size, or an impossible rate; or PyAV or Pillow is not installed.
        OutputError: the file cannot be written.
    """
    if not laps:
        raise LapError("there is no lap to film")
    if os.path.splitext(path)[1].lower() != ".mp4":
        raise ConfigError(f"{os.fspath(path)!r}: a video is written as .mp4")
    if size[0] % 2 or size[1] % 2 or not 1 <= fps <= 240:
        raise ConfigError(f"a video has an even size and 1 to 240 pictures a second, not {size} and {fps}")
    av = _library("av")
    pictures = film(laps, camera, size, fps)
    with replacing(path) as temporary, av.open(str(temporary), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, fps)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _library(name: str):
    try:
        return __import__(name)
    except ImportError as error:
        raise ConfigError(f'videos need the extra "video": pip install "tmenv[video]" ({error})') from error


def film(laps: Sequence[Lap], camera: str, size: tuple[int, int], fps: int) -> Iterator[np.ndarray]:
    """The pictures of a video, uint8 (height, width, 3), one after the other."""
    _library("PIL")
    width, height = size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING
    scenery = Scenery()
    scenery.add(laps[0].track)
    renderer = Renderer(scenery, width, height, gray=False, threads=1)
    rigs, looks, views = make_rigs(camera), plain_look(), np.zeros(1, VIEW)
    out = np.zeros((1, height, width, 3), np.uint8)
    write = overlay(size)
    times = frame_times(laps[0], fps)
    rays = rays_along(laps[0].track, np.concatenate([_poses(laps[:1], time) for time in times]))
    for time, ray in zip(times, rays, strict=True):
        poses = _poses(laps, time)
        renderer.place(rigs, poses[:1], views)
        first = 0 if rigs["shows_car"][0] else 1
        views["car_at"], views["car_count"] = first, len(poses) - first
        renderer.draw(views, poses, looks, out)
        yield write(out[0], laps[0], time, _on_picture(views[0], ray, (width, height)))


def _on_picture(shot: np.void, ray: np.void, size: tuple[int, int]) -> np.ndarray:
    """Lines (n, 4) of a drawn picture, pixels: x and y of their start, then of their end, where the rays are seen."""
    points = np.concatenate([ray["start"][None], ray["ends"]]).astype(np.float64) - shot["eye"]
    ahead = points @ shot["forward"]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = size[0] / 2 + shot["focal_x"] * (points @ shot["right"]) / ahead
        y = size[1] / 2 - shot["focal_y"] * (points @ shot["up"]) / ahead
    ends = np.stack([x, y], axis=1)
    seen = (ahead[1:] > _NEAREST_M) & (ahead[0] > _NEAREST_M)
    return np.concatenate([np.broadcast_to(ends[0], (int(seen.sum()), 2)), ends[1:][seen]], axis=1)


def frame_times(lap: Lap, fps: int) -> np.ndarray:
    """Race times of the pictures: the whole lap, and its end held for a moment."""
    count = math.ceil((lap.time_s[-1] - lap.time_s[0] + _TAIL_S) * fps)
    return np.minimum(lap.time_s[0] + np.arange(count) / fps, lap.time_s[-1])


def _poses(laps: Sequence[Lap], time: float) -> np.ndarray:
    poses = np.zeros(len(laps), POSE)
    for number, lap in enumerate(laps):
        position, rotation = state_at(lap, np.array([time]))
        poses[number]["position"], poses[number]["rotation"] = position[0], rotation[0]
        poses[number]["paint"] = number % Paint.CARS
    return poses


def overlay(size: tuple[int, int]) -> Callable[[np.ndarray, Lap, float, np.ndarray], np.ndarray]:
    """A function that shrinks a picture to ``size`` and writes rays, time, speed, gear and inputs of a lap on it."""
    from PIL import Image, ImageDraw, ImageFont

    unit = size[1] / 540.0
    large, small = (ImageFont.load_default(points * unit) for points in (34, 18))

    def write(picture: np.ndarray, lap: Lap, time: float, rays: np.ndarray) -> np.ndarray:
        image = Image.fromarray(picture).reduce(_SUPERSAMPLING)
        pen = ImageDraw.Draw(image, "RGBA")
        for line in (rays / _SUPERSAMPLING).tolist():
            pen.line(line, fill=(90, 220, 255, 110), width=max(1, round(1.5 * unit)))
        row = max(0, int(np.searchsorted(lap.time_s, time, side="right")) - 1)
        left, right, bottom = 24 * unit, size[0] - 24 * unit, size[1] - 24 * unit
        pen.rectangle((0, size[1] - 84 * unit, size[0], size[1]), fill=(12, 14, 20, 150))
        pen.text((left, bottom), clock(time), font=large, anchor="ls")
        pen.text((right, bottom), f"{lap.speed_kmh[row]:.0f} km/h", font=large, anchor="rs")
        if lap.gear is not None:
            pen.text((right, bottom - 36 * unit), f"gear {lap.gear[row]}", font=small, anchor="rs")
        _draw_inputs(pen, size[0] / 2, bottom, unit, lap, row)
        return np.asarray(image)

    return write


def _draw_inputs(pen, middle: float, bottom: float, unit: float, lap: Lap, row: int) -> None:
    """A steering bar from the middle to either side, brake and gas as lamps at its ends."""
    reach, top = 120 * unit, bottom - 24 * unit
    pen.rectangle((middle - reach, top, middle + reach, bottom), outline=(230, 232, 238, 160))
    ends = sorted((middle, middle + float(np.clip(lap.steer[row], -1.0, 1.0)) * reach))
    pen.rectangle((ends[0], top, ends[1], bottom), fill=(236, 238, 244, 230))
    for on, x, colour in ((lap.brake[row], -1, (255, 80, 70)), (lap.gas[row], 1, (55, 208, 106))):
        near, far = sorted((middle + x * (reach + 10 * unit), middle + x * (reach + 40 * unit)))
        pen.rectangle((near, top, far, bottom), fill=(*colour, 240 if on else 50))


def clock(seconds: float) -> str:
    """A race time as m:ss.mmm."""
    ms = round(1000.0 * seconds)
    return f"{ms // 60000}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
