"""The verb ``game``: the stand-in game in a process of its own."""

import logging
from typing import Literal

from tmenv.live.standin import controls as inputs
from tmenv.live.standin.base import StandIn
from tmenv.live.standin.controls import ChannelControls, Controls, NoControls
from tmenv.live.standin.painter import Camera, Painter
from tmenv.live.standin.tm2020 import StandInTM2020
from tmenv.live.standin.tmnf import StandInTMNF
from tmenv.live.standin.window import DEFAULT_SIZE, GameWindow
from tmenv.live.tmnf import messages
from tmenv.live.window import TARGETS
from tmenv.live.wire import HOST

TelemetryPlugin = Literal["framed", "tmrl", "tmrl9", "tqc", "two-player", "connect"]


def tm2020(
    track: str = "tm2020-first-drive",
    port: int | None = None,
    plugin: TelemetryPlugin = "framed",
    controls: Literal["none", "channel"] = "none",
    controls_port: int = inputs.PORT,
    fps: float = 60.0,
    window: bool = False,
    size: tuple[int, int] = DEFAULT_SIZE,
    camera: Camera = "chase",
) -> None:
    """Play TM2020's part until Ctrl+C: a race in real time on the simulator, told of by a plugin.

    Args:
        track: name of a built-in track, random:<seed>, or a file (.Map.Gbx, .json, .npz).
        port: where the plugin listens; by default where the real one does (9010 framed, 9000 the others); 0: any.
        plugin: our protocol (framed) or the bare floats of another plugin.
        controls: what drives the car besides the window: nothing, or a program that connects to the controls' port.
        controls_port: where --controls channel listens.
        fps: rendered frames, and so packets, per second.
        window: open a window with the game's title: arrow keys drive, Delete restarts, 1 and 3 choose the camera.
        size: width and height of the window in pixels.
        camera: behind the car, or in the cockpit with black borders along the road, for tmrl's LIDAR.
    """
    screen = GameWindow(TARGETS["tm2020"].titles[0], size, Painter(camera)) if window else None
    driver: Controls = ChannelControls(controls_port) if controls == "channel" else NoControls()
    game = StandInTM2020(track, plugin, port, driver, fps, screen)
    _play(game, f"TM2020 on {game.race.track.name}, plugin {plugin} at {HOST}:{game.port}")


def tmnf(
    track: str = "tmnf-first-drive",
    port: int = messages.PORT,
    plugin: Literal["tmenv", "linesight"] = "tmenv",
    window: bool = False,
    size: tuple[int, int] = DEFAULT_SIZE,
    camera: Camera = "chase",
) -> None:
    """Play TMNF's part until Ctrl+C: a race on the simulator in lock-step with a client of the TMInterface link.

    Args:
        track: name of a built-in track, random:<seed>, or a file (.Challenge.Gbx, .json, .npz).
        port: where the plugin listens; 0: any.
        plugin: ours, or one without our extensions (linesight).
        window: open a window with the game's title: arrow keys drive, Delete restarts, 1 and 3 choose the camera.
        size: width and height of the window in pixels; a client chooses the size of its frames.
        camera: behind the car, or in the cockpit with black borders along the road; of the window and the frames.
    """
    screen = GameWindow(TARGETS["tmnf"].titles[0], size, Painter(camera)) if window else None
    game = StandInTMNF(track, plugin, port, Painter(camera).bgra, screen)
    _play(game, f"TMNF on {game.race.track.name}, plugin {plugin} at {HOST}:{game.port}")


def _play(game: StandIn, what: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    print(f"stand-in {what} (Ctrl+C ends it)", flush=True)
    game.run()


VERBS = {"tm2020": tm2020, "tmnf": tmnf}
