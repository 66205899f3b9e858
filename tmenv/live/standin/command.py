"""The verb ``game``: the stand-in game in a process of its own."""

import logging
from typing import Literal

from tmenv.live.standin import controls as inputs
from tmenv.live.standin.controls import ChannelControls, Controls, NoControls
from tmenv.live.standin.tm2020 import StandInTM2020
from tmenv.live.standin.tmnf import StandInTMNF
from tmenv.live.tmnf import messages
from tmenv.live.wire import HOST

TelemetryPlugin = Literal["framed", "tmrl", "tmrl9", "tqc", "two-player", "connect"]


def tm2020(
    track: str = "tm2020-first-drive",
    port: int | None = None,
    plugin: TelemetryPlugin = "framed",
    controls: Literal["none", "channel"] = "none",
    controls_port: int = inputs.PORT,
    fps: float = 60.0,
) -> None:
    """Play TM2020's part until Ctrl+C: a race in real time on the simulator, told of by a plugin.

    Args:
        track: name of a built-in track, random:<seed>, or a file (.Map.Gbx, .json, .npz).
        port: where the plugin listens; by default where the real one does (9010 framed, 9000 the others); 0: any.
        plugin: our protocol (framed) or the bare floats of another plugin.
        controls: what drives the car: nothing, or a program that connects to the controls' port.
        controls_port: where --controls channel listens.
        fps: rendered frames, and so packets, per second.
    """
    driver: Controls = ChannelControls(controls_port) if controls == "channel" else NoControls()
    game = StandInTM2020(track, plugin, port, driver, fps)
    print(f"stand-in TM2020 on {game.race.track.name}, plugin {plugin} at {HOST}:{game.port} (Ctrl+C ends it)")
    game.run()


def tmnf(
    track: str = "tmnf-first-drive", port: int = messages.PORT, plugin: Literal["tmenv", "linesight"] = "tmenv"
) -> None:
    """Play TMNF's part until Ctrl+C: a race on the simulator in lock-step with a client of the TMInterface link.

    Args:
        track: name of a built-in track, random:<seed>, or a file (.Challenge.Gbx, .json, .npz).
        port: where the plugin listens; 0: any.
        plugin: ours, or one without our extensions (linesight).
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    game = StandInTMNF(track, plugin, port)
    print(f"stand-in TMNF on {game.race.track.name}, plugin {plugin} at {HOST}:{game.port} (Ctrl+C ends it)")
    game.run()


VERBS = {"tm2020": tm2020, "tmnf": tmnf}
