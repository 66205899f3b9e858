"""Small tracks for the tests of the engine and the envs."""

from functools import cache

from tmenv.track import Track, build
from tmenv.track.blocklist import make_block, make_map
from tmenv.track.turtle import Cursor, lay


@cache
def road(game: str, *words: str) -> Track:
    """The track that the turtle's ``words`` lay, such as ``"start", "curve2 left", "finish"``."""
    return build(make_map(f"{game} {' '.join(words)}", game, lay(game, list(words), Cursor(20, 20, 0))))


@cache
def crossing() -> Track:
    """A straight TMNF road over a crossroads with two short side arms."""
    column = [("StartLine", 10), ("#5", 12), ("FinishLine", 13)]
    blocks = [make_block("TMNF", f"StadiumRoadMain{key}", (10, 1, z), 0) for key, z in column]
    arms = [make_block("TMNF", "StadiumRoadMain#3", (x, 1, 12), 1) for x in (9, 11)]
    middle = make_block("TMNF", "StadiumRoadMain#3", (10, 1, 11), 0)
    return build(make_map("crossing", "TMNF", [*blocks, *arms, middle]))
