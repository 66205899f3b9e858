"""Checks of this computer: packages, timer, screen, rights, and what presses the buttons."""

import importlib.metadata
import importlib.util
import os
import sys
import time

import numpy as np

from tmenv.errors import LiveError
from tmenv.live.doctor.faults import BrokenError, SkippedError
from tmenv.live.doctor.walk import Link, Patient
from tmenv.live.gamepad import Gamepad, PadMissingError
from tmenv.live.keyboard import pynput_keyboard

_PACKAGES = ("mss", "psutil", *(("python-xlib",) if sys.platform == "linux" else ()))
_UINPUT = "/dev/uinput"
_SLEEP_S, _SLEEPS = 0.001, 100
_COARSE_S = 0.008
"""A step of 50 ms that ends this much late is a sixth too long; Windows' coarse timer gives 15.6 ms."""


def packages(_: Patient) -> str:
    """Are the packages of the extra ``live`` installed?"""
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        raise BrokenError("package", f"not installed: {', '.join(missing)}")
    return ", ".join(found)


def timer(_: Patient) -> str:
    """Does a short sleep end when it should?"""
    late = []
    for _repeat in range(_SLEEPS):
        started = time.perf_counter()
        time.sleep(_SLEEP_S)
        late.append(time.perf_counter() - started - _SLEEP_S)
    usual = float(np.median(late))
    seen = f"a sleep of 1 ms usually ends {1000.0 * usual:.2f} ms late"
    if usual > _COARSE_S:
        raise BrokenError("timer", seen)
    return seen


def screen(_: Patient) -> str:
    """Is there a screen?"""
    if os.name == "nt":
        return "the Windows desktop"
    from tmenv.live import x11

    try:
        display = x11.connect()
    except LiveError as error:
        raise BrokenError("display", error) from None
    size = display.screen()
    display.close()
    return f"{os.environ.get('DISPLAY', '')}, {size.width_in_pixels} x {size.height_in_pixels} pixels"


def permissions(patient: Patient) -> str:
    """May we make a virtual pad?"""
    if sys.platform != "linux" or patient.options.controls != "gamepad":
        raise SkippedError("only a gamepad on Linux needs rights of its own")
    if not os.path.exists(_UINPUT):
        raise BrokenError("pad_device", f"{_UINPUT} does not exist")
    if not os.access(_UINPUT, os.W_OK):
        raise BrokenError("pad_permission", f"{_UINPUT} is there, and user {os.getuid()} may not write to it")
    return f"{_UINPUT} may be written"


def controls(patient: Patient) -> str:
    """Can the buttons be pressed?"""
    wanted = patient.options.controls
    if wanted == "gamepad":
        try:
            Gamepad().close()
        except PadMissingError as error:
            raise BrokenError(f"pad_{error.cause}", error) from None
        return "a virtual Xbox 360 pad was plugged in and out"
    if wanted == "keyboard":
        if importlib.util.find_spec("pynput") is None:
            raise BrokenError("package", "not installed: pynput")
        try:
            pynput_keyboard()
        except LiveError as error:
            raise BrokenError("display", error) from None
        return "keys"
    return f"{wanted}: nothing to check"


LINKS = (
    Link("packages", packages),
    Link("timer", timer),
    Link("screen", screen, ("packages",)),
    Link("permissions", permissions),
    Link("controls", controls),
)
