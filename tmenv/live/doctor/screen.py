"""Checks of the game's process and window, and of pictures of it."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from tmenv.errors import LiveError
from tmenv.live.capture import Capture
from tmenv.live.doctor.faults import BrokenError
from tmenv.live.doctor.walk import Link, Patient
from tmenv.live.window import TARGETS, find_window

_LEAST = (256, 128)  # the smallest that tmrl's competition allows
_GRABS = 20
_OLD_S = 0.05
"""A picture that takes a whole step of 20 Hz is of no use."""
_LEAST_SPREAD = 1.0
"""Standard deviation of brightness, 0 .. 255, below which there is nothing in a picture."""


def process(patient: Patient) -> str:
    """Does the game run, and may we talk to it?"""
    import psutil

    running = list(_processes(patient.title))
    if not running:
        raise BrokenError("process", f"no process {TARGETS[patient.title].program}, and no stand-in")
    try:
        running[0].cwd()
    except psutil.AccessDenied:
        raise BrokenError("rights", f"process {running[0].pid} does not let us look at it") from None
    except psutil.Error:
        raise BrokenError("process", f"process {running[0].pid} has just ended") from None
    return f"{running[0].name()}, process {running[0].pid}"


def _processes(game: str) -> Iterator:
    """Processes of the game, or of a stand-in."""
    import psutil

    program = TARGETS[game].program.lower()
    for each in psutil.process_iter(["name", "cmdline"]):
        command = each.info["cmdline"] or []
        stand_in = any(pair == ("game", game) for pair in pairwise(command))
        if (each.info["name"] or "").lower() == program or stand_in:
            yield each


def window(patient: Patient) -> str:
    """Is the game's window there, open, and of a good size?"""
    options = patient.options
    try:
        found = patient.window = find_window(patient.title, options.window)
        patient.opened.callback(found.close)
        if found.minimised():
            raise BrokenError("minimised", f"{found.title!r} is an icon")
        area = found.area()
    except LiveError as error:
        raise BrokenError("window", error) from None
    right = area[2:] == options.size if options.size else all(np.array(area[2:]) >= _LEAST)
    if not right:
        raise BrokenError("small", f"{found.title!r} is {area.width} x {area.height} pixels")
    return f"{found.title!r} ({found.program or 'unknown program'}), {area.width} x {area.height} at {area[:2]}"


def capture(patient: Patient) -> str:
    """Can it be captured, in time, and is there something in the picture?"""
    try:
        patient.capture = patient.opened.enter_context(Capture(find_window(patient.title, patient.options.window)))
        pictures, ages = [], []
        for _ in range(_GRABS):
            pictures.append(patient.capture.grab())
            ages.append(pictures[-1].age_s)
    except LiveError as error:
        raise BrokenError("capture", error) from None
    seen = f"pictures are {1000.0 * float(np.median(ages)):.1f} ms old when they arrive"
    if pictures[-1].pixels[..., :3].std() < _LEAST_SPREAD:
        raise BrokenError("uniform", f"every pixel is {pictures[-1].pixels[0, 0, 2::-1].tolist()}")
    if np.median(ages) > _OLD_S:
        raise BrokenError("slow", seen)
    return seen


def motion(patient: Patient) -> str:
    """Did the picture change while the car drove?"""
    try:
        now = patient.capture.grab()
    except LiveError as error:
        raise BrokenError("capture", error) from None
    if now.still_s > 0.0:  # the last one before was taken when the car stood
        raise BrokenError("still", f"nothing changed for {now.still_s:.1f} s, and the car drove")
    return "the picture changed while the car drove"


PROCESS, WINDOW = Link("process", process, ("packages",)), Link("window", window, ("screen",))
CAPTURE = Link("capture", capture, ("window",))
MOTION = Link("motion", motion, ("capture", "throttle"))
