"""The environment ids: one table, registered once, plain JSON."""

from typing import Any

import gymnasium as gym

IDS: dict[str, dict[str, Any]] = {
    "tmenv/TM2020-Lidar-v0": {"game": "TM2020", "observation": "lidar"},
    "tmenv/TM2020-Pixels-v0": {"game": "TM2020", "observation": "pixels"},
    "tmenv/TM2020-State-v0": {"game": "TM2020", "observation": "state"},
    "tmenv/TMNF-Lidar-v0": {"game": "TMNF", "observation": "lidar"},
    "tmenv/TMNF-Pixels-v0": {"game": "TMNF", "observation": "pixels_state", "image_size": [120, 160], "history": 1},
    "tmenv/TMNF-State-v0": {"game": "TMNF", "observation": "state"},
}
"""Id -> settings. Everywhere also as ``tmenv:<id>``, which imports the package first (workers need that)."""


def register_all() -> None:
    """Register the ids that are not registered yet."""
    for env_id, settings in IDS.items():
        if env_id in gym.registry:
            continue
        gym.register(
            env_id,
            entry_point=f"tmenv.manual:{class_name(env_id)}",
            vector_entry_point="tmenv.vector:TrackmaniaVectorEnv",
            disable_env_checker=True,
            order_enforce=False,  # the env sees to it itself: a wrapper would take a sixteenth of a step
            kwargs=dict(settings),
        )


def class_name(env_id: str) -> str:
    """Name of the class whose docstring is the id's manual page."""
    _, _, name = env_id.rpartition("/")
    return name.removesuffix("-v0").replace("-", "")
