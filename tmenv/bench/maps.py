"""What a map costs: steps per second on it, beside a flat built-in track, everything measured in turns."""

from collections.abc import Iterator

from tmenv.bench.drivers import Mixed, Race
from tmenv.bench.figure import Figure
from tmenv.bench.turns import in_turns, vector_case
from tmenv.track import load

KINDS = ("Lidar", "State")
NUM_ENVS = 1024


def map_figures(file: str, flat: str, seconds: float) -> Iterator[Figure]:
    """Steps per second on ``file`` and on a flat track, and their ratio, for both observations and ways of driving.

    Args:
        file: a map or a track, as for ``tmenv.track.load``.
        flat: ending of the name of the flat track; the game of ``file`` is the rest.
        seconds: time budget of each figure of steps per second.
    """
    game = load(file).game
    names = file, f"{game.lower()}-{flat}"
    for kind in KINDS:
        for way in ("mixed", "race"):
            env_id = f"tmenv/{game}-{kind}-v0"
            cases = []
            for name in names:
                driver = Mixed(NUM_ENVS) if way == "mixed" else Race(load(name).route)
                cases.append(vector_case(env_id, name, driver, NUM_ENVS))
            rates = in_turns(cases, seconds)
            yield from (case.figure(rate) for case, rate in zip(cases, rates, strict=True))
            yield Figure(f"{env_id}, this map : {names[1]}", "ratio of steps", rates[0] / rates[1], "1", regime=way)
