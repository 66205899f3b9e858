"""Looks: the colours and the light of a picture."""

import numpy as np

from tmenv.render.tables import LOOK, Paint

_PLAIN = {
    Paint.ROAD: (146, 146, 152),
    Paint.KERB: (190, 44, 36),
    Paint.KERB_ALTERNATE: (224, 222, 216),
    Paint.METAL: (112, 116, 126),
    Paint.CONCRETE: (172, 168, 158),
    Paint.GRASS: (62, 112, 46),
    Paint.DIRT: (140, 96, 56),
    Paint.TURBO: (240, 196, 40),
    Paint.FREE_WHEEL: (208, 84, 200),
    Paint.WALL: (206, 208, 214),
    Paint.WALL_TOP: (238, 240, 244),
    Paint.UNDERSIDE: (70, 70, 76),
    Paint.CHECKPOINT: (40, 150, 226),
    Paint.FINISH: (206, 36, 36),
    Paint.FINISH_ALTERNATE: (244, 244, 244),
    Paint.GATE_POST: (58, 60, 70),
    Paint.CAR: (36, 92, 214),
    Paint.CAR + 1: (222, 62, 44),
    Paint.CAR + 2: (44, 170, 92),
    Paint.CAR + 3: (240, 170, 30),
    Paint.CAR_GLASS: (28, 34, 46),
    Paint.CAR_TYRE: (26, 26, 28),
    Paint.CAR_TRIM: (222, 224, 230),
    Paint.SKY_HIGH: (78, 138, 214),
    Paint.SKY_LOW: (196, 220, 240),
    Paint.GROUND: (58, 106, 42),
    Paint.GROUND_ALTERNATE: (68, 120, 50),
    Paint.ICE: (196, 222, 236),
    Paint.WOOD: (158, 122, 80),
}
"""Our choice: road, kerb, grass, dirt, wall, turbo and gates differ in gray as well as in colour."""

_BORDER_PAINTS = (Paint.KERB, Paint.KERB_ALTERNATE, Paint.WALL, Paint.WALL_TOP)
_BORDER_COLOUR = (14, 14, 16)
_DIM_PAINTS_LEAST = 90.0


def plain_look(count: int = 1) -> np.ndarray:
    """``LOOK`` (count,) of a clear day."""
    looks = np.zeros(count, LOOK)
    for paint, colour in _PLAIN.items():
        looks["colours"][:, paint] = colour
    looks["sun"] = _unit(np.array([0.45, 0.8, -0.4]))
    looks["ambient"], looks["diffuse"] = 0.62, 0.46
    return looks


def dark_border_look(count: int = 1) -> np.ndarray:
    """``LOOK`` (count,) for ``tmrl_lidar``: kerbs and walls are black in every light, nothing else is."""
    looks = plain_look(count)
    looks["colours"] = np.maximum(looks["colours"], _DIM_PAINTS_LEAST)
    looks["colours"][:, _BORDER_PAINTS] = _BORDER_COLOUR
    return looks


def random_look(seeds) -> np.ndarray:
    """``LOOK`` (n,), one per seed: other colours, sun and brightness, and some noise; each seed gives the same look.

    Args:
        seeds: whole numbers of at least 0, (n,).
    """
    looks = plain_look(len(seeds))
    for look, seed in zip(looks, seeds, strict=True):
        random = np.random.Generator(np.random.PCG64(int(seed)))
        tint = random.uniform(0.85, 1.15, (Paint.COUNT, 3)) * random.uniform(0.8, 1.2, (Paint.COUNT, 1))
        look["colours"] = np.clip(look["colours"] * tint, 0.0, 255.0)
        azimuth, height = random.uniform(0.0, 2.0 * np.pi), random.uniform(0.4, 1.4)
        look["sun"] = np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)
        look["ambient"], look["diffuse"] = random.uniform(0.45, 0.75), random.uniform(0.2, 0.55)
        look["noise"] = random.uniform(0.0, 8.0)
    return looks


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
