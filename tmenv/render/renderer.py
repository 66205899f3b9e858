"""``Renderer``: pictures of many cars at once, into an array of the caller's."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from tmenv.engine.compile import bind
from tmenv.errors import ConfigError
from tmenv.render.cameras import PLACE, mount_all, place_all
from tmenv.render.raster import ALL_DRAWN, HEADER, draw_range, scratch_words
from tmenv.render.rays import scan_way
from tmenv.render.scenery import Scenery
from tmenv.render.tables import LOOK, POSE, RIG, VIEW

LARGEST_SIDE = 4096
_VIEWS_PER_THREAD = 8
"""Below this many views a thread costs more than it saves."""


class Renderer:
    """Draws views of a ``Scenery`` in one size, gray or RGB.

    The picture of a view depends on nothing but that view: not on the other views, their number or the threads.

    Args:
        scenery: the tracks; may grow afterwards.
        width: pixels, 1 to 4096.
        height: likewise.
        gray: pictures (n, height, width) instead of (n, height, width, 3) red, green, blue.
        threads: worker threads; few views use fewer.

    Raises:
        ConfigError: a size out of range.
    """

    def __init__(self, scenery: Scenery, width: int, height: int, gray: bool = True, threads: int = 1):
        if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
            raise ConfigError(f"a picture is 1 to {LARGEST_SIDE} pixels wide and high, not {width} x {height}")
        self.scenery, self.width, self.height, self.gray = scenery, width, height, gray
        self.frame_shape = (height, width) if gray else (height, width, 3)
        words = scratch_words(width, height)
        self._scratch = np.zeros((threads, words), np.uint32)
        self._header, self._place_header = np.zeros(1, HEADER), np.zeros(1, PLACE)
        fields = {"width": width, "height": height, "channels": 1 if gray else 3}
        for name, value in fields.items():
            self._header[name] = value
        self._header["scratch"], self._header["scratch_size"] = self._scratch.ctypes.data, words
        self._place_header["width"], self._place_header["height"] = width, height
        self._draw, self._place = bind(draw_range), bind(place_all)
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None
        self._threads = threads
        # The tables of the last calls: an env gives the same ones each time, and asking numpy for addresses is slow.
        self._placed: tuple[np.ndarray | None, ...] = (None,) * 3
        self._drawn: tuple[np.ndarray | None, ...] = (None,) * 4
        self._layout = -1
        self._ranges: list[tuple[int, int]] = []

    def place(self, rigs: np.ndarray, poses: np.ndarray, views: np.ndarray) -> None:
        """Point views from cars: eye, axes and focal lengths of ``views``, and the car that each of them shows.

        ``scene``, ``look`` and ``noise_seed`` are the caller's to set.

        Args:
            rigs: ``RIG`` (1,) for all, or (n,).
            poses: ``POSE`` (n,).
            views: ``VIEW`` (n,), written.

        Raises:
            ConfigError: the lengths do not fit.
        """
        before = self._placed
        if rigs is not before[0] or poses is not before[1] or views is not before[2]:
            self._fill_place_header(rigs, poses, views)
            self._placed = (rigs, poses, views)
        self._place(self._place_header)

    def _fill_place_header(self, rigs: np.ndarray, poses: np.ndarray, views: np.ndarray) -> None:
        _check("rigs", rigs, RIG, (1, len(poses)))
        _check("poses", poses, POSE, (len(poses),))
        _check("views", views, VIEW, (len(poses),))
        header = self._place_header
        header["rigs"], header["rigs_count"] = rigs.ctypes.data, len(rigs)
        header["poses"], header["views"], header["count"] = poses.ctypes.data, views.ctypes.data, len(poses)

    def draw(self, views: np.ndarray, poses: np.ndarray, looks: np.ndarray, out: np.ndarray) -> None:
        """Draw every view into ``out``.

        Args:
            views: ``VIEW`` (n,).
            poses: ``POSE`` (m,), the cars that views show.
            looks: ``LOOK`` (k,), colours and light that views choose from.
            out: uint8 (n, height, width), with a last axis of 3 for RGB; contiguous; written.

        Raises:
            ConfigError: a wrong shape or type, or a view that names a track, a look or a car that does not exist.
        """
        before = self._drawn
        if (
            views is not before[0]
            or poses is not before[1]
            or looks is not before[2]
            or out is not before[3]
            or self.scenery.layout != self._layout
        ):
            self._fill_header(views, poses, looks, out)
            self._drawn, self._layout = (views, poses, looks, out), self.scenery.layout
        ranges = self._ranges
        number = self._draw(self._header, *ranges[0], 0) if len(ranges) == 1 else self._draw_shared(ranges)
        if number != ALL_DRAWN:
            self._complain(number, views[number], len(poses), len(looks))

    def _fill_header(self, views: np.ndarray, poses: np.ndarray, looks: np.ndarray, out: np.ndarray) -> None:
        _check("views", views, VIEW, (len(views),))
        _check("poses", poses, POSE, (len(poses),))
        _check("looks", looks, LOOK, (len(looks),))
        self._check_out(out, len(views))
        header = self._header
        self.scenery.fill_header(header)
        for name, table in (("views", views), ("poses", poses), ("looks", looks)):
            header[name], header[f"{name}_count"] = table.ctypes.data, len(table)
        header["pixels"] = out.ctypes.data
        self._ranges = _split(len(views), self._threads)

    def _draw_shared(self, ranges: list[tuple[int, int]]) -> int:
        """Draw with a thread for each range; returns ``ALL_DRAWN`` or a view that cannot be drawn."""
        assert self._pool is not None  # one thread has one range
        submit, header = self._pool.submit, self._header
        others = [submit(self._draw, header, *part, worker) for worker, part in enumerate(ranges[1:], 1)]
        bad = [self._draw(header, *ranges[0], 0), *(other.result() for other in others)]
        return next((number for number in bad if number != ALL_DRAWN), ALL_DRAWN)

    def _check_out(self, out: np.ndarray, count: int) -> None:
        shape = (count, *self.frame_shape)
        if out.shape != shape or out.dtype != np.uint8 or not out.flags.c_contiguous or not out.flags.writeable:
            raise ConfigError(f"out must be a contiguous uint8 array of shape {shape}, not {out.dtype} {out.shape}")

    def _complain(self, number: int, shot, poses: int, looks: int) -> None:
        cars = f"{shot['car_at']} to {shot['car_at'] + shot['car_count']}"
        raise ConfigError(
            f"view {number} cannot be drawn: track {shot['scene']} of {len(self.scenery)}, "
            f"look {shot['look']} of {looks}, cars {cars} of {poses}, eye at {shot['eye'].tolist()}"
        )

    def close(self) -> None:
        """Stop the worker threads; harmless when called twice."""
        if self._pool is not None:
            self._pool.shutdown()


def _check(name: str, table: np.ndarray, dtype: np.dtype, lengths: tuple[int, ...]) -> None:
    if table.dtype != dtype or table.ndim != 1 or len(table) not in lengths or not table.flags.c_contiguous:
        raise ConfigError(f"{name} must be a contiguous table of {' or '.join(map(str, lengths))} rows of its dtype")


def _split(count: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of views for the threads: as many as pay off."""
    parts = max(1, min(threads, count // _VIEWS_PER_THREAD))
    borders = [count * part // parts for part in range(parts + 1)]
    return list(pairwise(borders))


def compile_kernels() -> None:
    """Compile every kernel of this package into the cache."""
    for kernel in (draw_range, place_all, mount_all, scan_way):
        bind(kernel)
