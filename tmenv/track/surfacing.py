"""What lies on a patch once its plan is drawn: its height and its materials, from the words of the catalogue."""

from typing import Any

import numpy as np

from tmenv.constants import Effect
from tmenv.track import catalogue
from tmenv.track.tables import FLAT, NO_LINK, PLANE, PROFILE, WALL_LEFT, WALL_RIGHT

_EFFECTS = {
    "turbo": Effect.TURBO,
    "turbo_2": Effect.TURBO_2,
    "roulette": Effect.ROULETTE,
    "free_wheel": Effect.FREE_WHEEL,
}


def set_height(out: np.void, spec: dict[str, Any], u: tuple[float, float] = (0.0, 1.0)) -> None:
    """Height of a patch whose plan is set.

    ``spec`` holds one of ``profile`` (a name; ``"-name"`` for its mirror image), ``plane`` (height at the corner of
    the block, dy/dx, dy/dz) and ``height``. ``u`` is the part of the profile that the patch covers.
    """
    out["profile"] = -1
    if "profile" in spec:
        start, end = u
        out["surface"], out["profile"] = PROFILE, catalogue.profile_number(spec["profile"])
        out["u_start"], out["u_per_m"] = start, (end - start) / out["length"]
    elif "plane" in spec:
        out["surface"] = PLANE
        set_foot(out, spec["plane"])
    else:
        out["surface"], out["y0"] = FLAT, spec["height"]


def set_foot(out: np.void, foot: float | list[float]) -> None:
    """Height of a plane: a number, or its height at the corner of the block and its slopes along x and z."""
    out["y0"], out["slope_x"], out["slope_z"] = foot if isinstance(foot, list) else (foot, 0.0, 0.0)


def set_section(out: np.void, name: str, on_ground: bool) -> None:
    """Borders, walls, materials and effect of a road."""
    section = catalogue.section(name)
    out["border_left"] = out["border_right"] = section["half_width"]
    out["walls"] = WALL_LEFT | WALL_RIGHT if section["walls"] else 0
    out["wall_height"] = section["wall_height"]
    set_materials(out, name, on_ground)


def set_materials(out: np.void, name: str, on_ground: bool) -> None:
    """Materials and effect of a patch; also marks everything that a block leaves open."""
    section = catalogue.section(name)
    materials = section.get("ground_materials", section["materials"]) if on_ground else section["materials"]
    out["strip_edge_0"], out["strip_edge_1"] = section["edges"]
    out["strip_material_0"], out["strip_material_1"], out["strip_material_2"] = materials
    out["effect"] = _EFFECTS.get(section.get("effect", ""), Effect.NONE)
    out["before"] = out["after"] = NO_LINK
    out["block"] = out["opening"] = out["nodes"] = -1
