"""The virtual pad: what is sent to the driver, and what is said when there is none."""

import sys

import pytest

from tests.live import pads
from tests.live.pads import FakePad
from tmenv.errors import LiveError
from tmenv.live.controls import Guard, open_pad
from tmenv.live.gamepad import CAUSES, Gamepad, PadMissingError, cause_of

NEUTRAL = (0.0, 0.0, 0.0, 0)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePad:
    fake = FakePad()
    pads.install(monkeypatch, lambda: fake)
    return fake


def test_sticks_and_triggers_are_sent(fake: FakePad):
    pad = open_pad("gamepad")
    pad.apply(-0.5, 1.0, 0.25)
    pad.neutral()
    assert fake.sent == [NEUTRAL, (-0.5, 1.0, 0.25, 0), NEUTRAL]


def test_the_restart_button_is_pressed_and_released_with_nothing_else(fake: FakePad):
    pad = Gamepad()
    pad.apply(1.0, 1.0, 0.0)
    pad.restart()
    assert fake.sent[-2:] == [(0.0, 0.0, 0.0, 0x2000), NEUTRAL]


def test_closing_lets_go_and_then_nothing_is_sent(fake: FakePad):
    pad = Gamepad()
    pad.apply(1.0, 1.0, 0.0)
    pad.close()
    pad.close()
    assert fake.sent[-1] == NEUTRAL
    with pytest.raises(LiveError, match="unplugged"):
        pad.apply(0.0, 1.0, 0.0)


def drive_into_an_exception(error: BaseException) -> None:
    guard = Guard(Gamepad())
    try:
        guard.apply(0.0, 1.0, 0.0)
        raise error
    finally:
        guard.close()


@pytest.mark.parametrize("error", [ZeroDivisionError("in the policy"), KeyboardInterrupt()])
def test_an_exception_or_ctrl_c_lets_go(fake: FakePad, error: BaseException):
    with pytest.raises(type(error)):
        drive_into_an_exception(error)
    assert fake.sent == [NEUTRAL, (0.0, 1.0, 0.0, 0), NEUTRAL, NEUTRAL]


MISSING = {
    "package": ModuleNotFoundError("No module named 'vgamepad'"),
    "device": FileNotFoundError(2, "No such file or directory", "/dev/uinput"),
    "permission": PermissionError(13, "Permission denied", "/dev/uinput"),
    "driver": RuntimeError("Error: VIGEM_ERROR_BUS_NOT_FOUND"),
    "other": RuntimeError("it has no name"),
}
REMEDIES = {
    "package": r"pip install 'tmenv\[gamepad\]'",
    "device": "modprobe uinput",
    "permission": "50-uinput.rules",
    "driver": "install it",
    "other": "cannot be plugged in",
}


@pytest.mark.parametrize("cause", MISSING)
def test_a_missing_driver_is_named_with_its_remedy(cause: str, monkeypatch: pytest.MonkeyPatch):
    def fail() -> None:
        raise MISSING[cause]

    pads.install(monkeypatch, fail)
    with pytest.raises(PadMissingError, match=f'{REMEDIES[cause]}.*controls="keyboard"') as caught:
        Gamepad()
    assert caught.value.cause == cause


@pytest.mark.skipif(sys.platform != "linux", reason="libevdev is Linux's")
def test_a_missing_system_library_is_named():
    error = OSError("libevdev.so.2: cannot open shared object file: No such file or directory")
    assert "apt install libevdev2" in CAUSES[cause_of(error)]


def test_vgamepad_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "vgamepad", None)
    with pytest.raises(PadMissingError, match="needs vgamepad"):
        Gamepad()
