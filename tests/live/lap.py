"""A policy that was trained in the simulator drives the running game: python -m tests.live.lap GAME CHECKPOINT TRACK

GAME is TM2020 or TMNF, CHECKPOINT a file of ``python -m tmenv_agents.ppo --env-id tmenv:tmenv/GAME-Lidar-v0``. Prints
what ``python -m tmenv_agents.drive --live`` does on a stand-in that plays in a process of its own: the greedy lap in
the simulator, then laps in the stand-in, and the difference.
"""

import json
import sys

from tests.live.scripted import free_port
from tests.live.verb import Verb
from tmenv_agents import drive


def main(game: str, checkpoint: str, track: str) -> int:
    """Compare the laps."""
    pads = ["--controls", "channel", "--controls-port", str(free_port())] if game == "TM2020" else []
    with Verb(game.lower(), "--track", track, "--port", "0", *pads) as stand_in:
        live = {"port": stand_in.port} | ({"controls": f"channel:{pads[-1]}"} if pads else {})
        return drive.main([checkpoint, "--track", track, "--live", json.dumps(live)])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
