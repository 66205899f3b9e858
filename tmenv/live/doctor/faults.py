"""What can be wrong: every fault that the doctor knows, with its remedy. docs/live.md has a paragraph on each."""

from typing import NamedTuple

PAGE = "docs/live.md"


class Fault(NamedTuple):
    """A fault: the heading of its paragraph, and what to do."""

    title: str
    remedy: str


class BrokenError(Exception):
    """A check found a fault: its name in ``FAULTS``, and what was seen."""

    def __init__(self, fault: str, seen: object):
        self.fault = FAULTS[fault]
        super().__init__(str(seen))


class SkippedError(Exception):
    """A check has nothing to look at; says why."""


FAULTS = {
    "package": Fault("A Python package is missing", "pip install 'tmenv[live]', and for keys 'tmenv[keys]'"),
    "timer": Fault(
        "The system's timer is coarse",
        "close programs that use the processor; on Windows, plug in the power supply and choose high performance",
    ),
    "display": Fault("There is no screen", "run this on the desktop where the game is, under X11 or XWayland"),
    "pad_package": Fault("vgamepad is not installed", "pip install 'tmenv[gamepad]', or choose --controls keyboard"),
    "pad_library": Fault("The library libevdev is missing", "sudo apt install libevdev2"),
    "pad_device": Fault(
        "There is no /dev/uinput", "sudo modprobe uinput, outside of any container, or choose --controls keyboard"
    ),
    "pad_permission": Fault(
        "/dev/uinput may not be written", "install a udev rule for it, or for now: sudo chmod 0666 /dev/uinput"
    ),
    "pad_driver": Fault(
        "The ViGEmBus driver does not run", "install ViGEmBus and restart Windows, or choose --controls keyboard"
    ),
    "pad_other": Fault("The virtual pad cannot be plugged in", "choose --controls keyboard"),
    "process": Fault("The game does not run", "start the game, or the stand-in: tmenv game {game} --window"),
    "rights": Fault(
        "The game runs with more rights than Python", "start the game without administrator rights, or Python with them"
    ),
    "window": Fault(
        "The game has no window of that title", "play in windowed mode, or give the window's title with --window"
    ),
    "minimised": Fault("The game's window is minimised", "restore it, and leave it uncovered"),
    "small": Fault(
        "The game's window has the wrong size",
        "windowed mode; 958 x 488 for tmrl's LIDAR, 256 x 128 or more otherwise",
    ),
    "capture": Fault("The window cannot be captured", "move it wholly onto the screen; under Wayland, log in to X11"),
    "uniform": Fault("The picture has one colour only", "leave full screen, uncover the window; under Wayland, X11"),
    "slow": Fault("Pictures take too long", "make the window smaller, lower the game's settings, close other programs"),
    "still": Fault("The picture stands still", "uncover the window, and check with --window that it is the game's"),
    "port": Fault(
        "Nothing listens on the plugin's port",
        "install the plugin (tmenv plugin install {game}), load it in the game, and check --port",
    ),
    "silent": Fault(
        "The plugin is silent",
        "enter a race, close every other program that reads the plugin, and check that the port is the plugin's",
    ),
    "refused": Fault("The plugin refuses us", "close the other program that is connected, or update the plugin"),
    "alien": Fault(
        "The plugin sends what nobody understands",
        "check --port and --dialect, or install ours (tmenv plugin install {game})",
    ),
    "rate": Fault("Too few packets arrive", "lower the game's settings, close other programs, leave power saving"),
    "restart": Fault(
        "The race does not start again",
        "bind the restart to the pad's B or to Delete, close dialogues, click on it",
    ),
    "map": Fault("Another map is loaded", "load the track's map in the game, or give the map's file with --track"),
    "throttle": Fault(
        "The car does not answer the throttle",
        "click on the game, choose the pad in its settings, close dialogues",
    ),
    "frames": Fault("The plugin sends no pictures", "restore the game's window, and update the plugin"),
}
