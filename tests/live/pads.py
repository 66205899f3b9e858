"""A virtual pad that is none: in place of vgamepad, where there is no driver."""

import sys
from types import ModuleType
from typing import Any

import pytest


class FakePad:
    """Remembers what ``update`` would have sent: steer, gas, brake, buttons."""

    def __init__(self):
        self.sent: list[tuple[float, float, float, int]] = []
        self.reset()

    def left_joystick_float(self, x_value_float: float, y_value_float: float) -> None:
        assert y_value_float == 0.0
        self._steer = x_value_float

    def right_trigger_float(self, value_float: float) -> None:
        self._gas = value_float

    def left_trigger_float(self, value_float: float) -> None:
        self._brake = value_float

    def press_button(self, button: int) -> None:
        self._buttons |= button

    def release_button(self, button: int) -> None:
        self._buttons &= ~button

    def reset(self) -> None:
        self._steer = self._gas = self._brake = 0.0
        self._buttons = 0

    def update(self) -> None:
        self.sent.append((self._steer, self._gas, self._brake, self._buttons))


def install(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    """Have ``import vgamepad`` give a module whose pad ``make`` makes."""
    module = ModuleType("vgamepad")
    module.VX360Gamepad = make  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "vgamepad", module)
