"""A virtual Xbox 360 pad: steering and pedals as fine as the game takes them. Through vgamepad, loaded only here."""

import sys
import time
from typing import Any

from tmenv.errors import LiveError

_BUTTON_B = 0x2000  # XUSB_GAMEPAD_B: the games' own binding for starting again (community)
_TAP_S = 0.1
"""How long tmrl holds the button (community)."""
_UDEV = """KERNEL=="uinput", TAG+="uaccess", OPTIONS+="static_node=uinput" """.strip()


class PadMissingError(LiveError):
    """No virtual pad can be plugged in.

    Attributes:
        cause: which of ``CAUSES`` it is.
    """

    def __init__(self, cause: str, detail: object):
        self.cause = cause
        super().__init__(f'{CAUSES[cause]} ({detail}). Without a pad: controls="keyboard".')


CAUSES = {
    "package": "a gamepad needs vgamepad: pip install 'tmenv[gamepad]' (on Windows this starts the installer of the "
    "ViGEmBus driver)",
    "library": "vgamepad needs the system's libevdev: sudo apt install libevdev2",
    "device": "this Linux has no /dev/uinput: sudo modprobe uinput; a container does not have it, run on the host",
    "permission": f"/dev/uinput may not be written: put the line {_UDEV} into /etc/udev/rules.d/50-uinput.rules and "
    "restart, or for now: sudo chmod 0666 /dev/uinput",
    "driver": "the ViGEmBus driver is missing or does not run: install it (ViGEmBus 1.17 or newer) and restart Windows",
    "other": "the virtual pad cannot be plugged in",
}
"""Why there is no pad, each with its remedy."""


class Gamepad:
    """A ``Pad`` that the game sees as an Xbox 360 pad. The system unplugs it when the process ends.

    Raises:
        PadMissingError: what lacks, and its remedy.
    """

    def __init__(self):
        self._pad: Any = _plug()
        self.neutral()

    def apply(self, steer: float, gas: float, brake: float) -> None:
        """See ``Pad``."""
        pad = self._plugged()
        pad.left_joystick_float(x_value_float=steer, y_value_float=0.0)
        pad.right_trigger_float(value_float=gas)
        pad.left_trigger_float(value_float=brake)
        pad.update()

    def neutral(self) -> None:
        """See ``Pad``."""
        pad = self._plugged()
        pad.reset()
        pad.update()

    def restart(self) -> None:
        """See ``Pad``."""
        pad = self._plugged()
        pad.reset()
        pad.press_button(button=_BUTTON_B)
        pad.update()
        time.sleep(_TAP_S)
        pad.release_button(button=_BUTTON_B)
        pad.update()

    def close(self) -> None:
        """See ``Pad``."""
        if self._pad is not None:
            self.neutral()
            self._pad = None  # vgamepad unplugs what nobody holds

    def _plugged(self) -> Any:
        if self._pad is None:
            raise LiveError("this gamepad is unplugged; make a new one")
        return self._pad


def _plug() -> Any:
    try:
        import vgamepad  # pyright: ignore[reportMissingImports]

        return vgamepad.VX360Gamepad()
    except Exception as error:  # the drivers' libraries raise whatever they like, at import too
        raise PadMissingError(cause_of(error), error) from None


def cause_of(error: Exception) -> str:
    """Which of ``CAUSES`` an exception of vgamepad means."""
    if isinstance(error, ModuleNotFoundError):
        return "package"
    if isinstance(error, PermissionError):
        return "permission"
    if isinstance(error, FileNotFoundError):
        return "device"
    if "VIGEM" in str(error).upper():
        return "driver"
    return "library" if sys.platform == "linux" and "evdev" in str(error) else "other"
