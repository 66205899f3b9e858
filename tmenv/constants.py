"""Units and game constants that more than one package needs.

Lengths are metres, times seconds, speeds m/s, angles radians, unless a name says otherwise
(``_ms`` milliseconds, ``_kmh`` km/h). World frame as in the games: right-handed, Y up; the car's
axes are +x left, +y up, +z forward. Constants of one game's physics live in
``tmenv/engine/params/*.json``, geometry of one block in ``tmenv/track/catalogue``.
"""

TICK_S = 0.010
"""Physics tick of both games, seconds (measured on replays: inputs change on multiples of 10 ms)."""

TICK_MS = 10
"""The same tick in milliseconds, the unit of the games' files."""

CELL_M = 32.0
"""Edge of a block cell in plan, metres, both games (measured)."""

LEVEL_M = 8.0
"""Height of one block level, metres, both games (measured)."""

KMH_PER_MPS = 3.6
"""km/h in one m/s."""

GAMES = ("TM2020", "TMNF")
"""The games with an environment id: TrackMania (2020) and TrackMania Nations Forever."""

CAMERAS = ("chase", "cockpit", "top")
"""Cameras of pictures: behind the car (TM2020's camera 1), in it with the car hidden (its camera 3), above it."""


class Material:
    """Surface ids that wheel samples of the games' replays report (measured)."""

    CONCRETE = 0
    GRASS = 2
    METAL = 4
    DIRT = 6
    TURBO = 7
    RUBBER = 9
    ASPHALT = 16
    FREE_WHEEL = 29
    COUNT = 128
    """Size of tables indexed by material."""


class Effect:
    """What a block does to a car that touches its inner strip (our numbering)."""

    NONE = 0
    TURBO = 1
    FREE_WHEEL = 2
    TURBO_2 = 3
    ROULETTE = 4
