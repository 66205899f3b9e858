"""The settings of an environment, checked once: plain values in, kernel record and spaces out."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from tmenv.constants import CAMERAS, GAMES, TICK_S
from tmenv.errors import ConfigError
from tmenv.task.actions import ACTION_COLUMNS, action_kind, action_space
from tmenv.task.observations import KERNEL_OBSERVATION, Group, flat_space, observation_groups
from tmenv.task.rewards import reward_weights
from tmenv.task.tables import TASK
from tmenv.task.terminations import limits_of

ACTION_DELAY = {"TM2020": 1, "TMNF": 0}
"""Steps an action waits by default: the live TM2020 runs on while the agent thinks, TMNF waits for it."""

IMAGE_OBSERVATIONS = ("pixels", "pixels_state")
"""Observations with an image beside their numbers."""
VISUALS = ("plain", "randomized")
LARGEST_IMAGE_SIDE = 1024
PHYSICS = ("nominal", "randomized")
"""The car as fitted, or another one at each reset within what the fit leaves open."""

_MOST_HISTORY = 64


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """Everything that defines a task besides its tracks. Times in seconds; see the env docstrings.

    ``image_size`` is height and width in pixels.
    """

    game: str
    observation: str = "lidar"
    action: str = "steer_throttle"
    reward: str | dict[str, float] = "progress"
    termination: str | dict[str, float | bool] = "standard"
    frame_skip: int = 5
    history: int = 4
    action_history: int = 2
    action_delay: int | None = None
    latency: float = 0.0
    physics: str = "nominal"
    max_episode_steps: int = 6000
    image_size: tuple[int, int] = (64, 64)
    gray: bool = True
    camera: str = "chase"
    visuals: str = "plain"

    def __post_init__(self) -> None:
        if self.game not in GAMES:
            raise ConfigError(f"unknown game {self.game!r}; choose one of {', '.join(GAMES)}")
        for name, low, high in (
            ("frame_skip", 1, 100),
            ("history", 1, _MOST_HISTORY),
            ("action_history", 0, _MOST_HISTORY),
            ("max_episode_steps", 1, 10**8),
        ):
            _check_integer(name, getattr(self, name), low, high)
        if self.action_delay is not None:
            _check_integer("action_delay", self.action_delay, 0, 1)
        if not 0.0 <= float(self.latency) <= self.dt:
            raise ConfigError(f"latency must lie between 0 and one step ({self.dt} s), not {self.latency!r}")
        if self.physics not in PHYSICS:
            raise ConfigError(f"unknown physics {self.physics!r}; choose one of {', '.join(PHYSICS)}")
        if self.action not in ACTION_COLUMNS:
            raise ConfigError(f"unknown action {self.action!r}; choose one of {', '.join(ACTION_COLUMNS)}")
        if self.camera not in CAMERAS:
            raise ConfigError(f"unknown camera {self.camera!r}; choose one of {', '.join(CAMERAS)}")
        self.record()
        self._check_image()

    def _check_image(self) -> None:
        if not self.has_image:
            settings = TaskSpec.__dataclass_fields__
            for name in ("image_size", "gray", "visuals"):
                if getattr(self, name) != settings[name].default:
                    names = " or ".join(map(repr, IMAGE_OBSERVATIONS))
                    raise ConfigError(f"{name} is for images: it needs observation={names}, not {self.observation!r}")
            return
        if self.visuals not in VISUALS:
            raise ConfigError(f"unknown visuals {self.visuals!r}; choose one of {', '.join(VISUALS)}")
        if not isinstance(self.gray, bool):
            raise ConfigError(f"gray must be True or False, not {self.gray!r}")
        if not isinstance(self.image_size, tuple | list) or len(self.image_size) != 2:
            raise ConfigError(f"image_size must be height and width, such as (64, 64), not {self.image_size!r}")
        for side in self.image_size:
            _check_integer("each side of image_size", side, 1, LARGEST_IMAGE_SIDE)

    @property
    def has_image(self) -> bool:
        """Whether the observation holds an image beside its numbers."""
        return self.observation in IMAGE_OBSERVATIONS

    @property
    def is_drawn(self) -> bool:
        """Whether some of the observation is made from pictures."""
        return self.has_image or self.observation == "tmrl_lidar"

    @property
    def image_channels(self) -> int:
        """Channels of one picture."""
        return 1 if self.gray else 3

    def image_space(self) -> spaces.Box:
        """Space of the image: channels of the oldest picture first, then rows and columns."""
        return spaces.Box(0, 255, (self.history * self.image_channels, *self.image_size), np.uint8)

    @property
    def sim_dt(self) -> float:
        """Seconds of one physics tick."""
        return TICK_S

    @property
    def dt(self) -> float:
        """Seconds of one env step."""
        return self.frame_skip * TICK_S

    @property
    def delay_steps(self) -> int:
        """Steps an action waits before it takes effect."""
        return ACTION_DELAY[self.game] if self.action_delay is None else self.action_delay

    @property
    def action_columns(self) -> int:
        """Numbers in one action row of the kernel."""
        return len(ACTION_COLUMNS[self.action])

    def groups(self) -> tuple[Group, ...]:
        """Layout of the flat observation."""
        return observation_groups(self.observation, self.history, self.action, self.action_history)

    def observation_space(self) -> spaces.Box:
        """Space of the observation's numbers as one vector."""
        return flat_space(self.groups())

    def action_space(self) -> spaces.Box | spaces.Discrete:
        """The action space of one env."""
        return action_space(self.action)

    def record(self) -> np.ndarray:
        """The kernel's view of this task: ``TASK`` array of shape (1,)."""
        limits = limits_of(self.termination)
        record = np.zeros(1, TASK)
        values: dict[str, Any] = {
            "observation_size": sum(len(group.entries) for group in self.groups()),
            "observation": KERNEL_OBSERVATION[self.observation],
            "history": self.history,
            "action": action_kind(self.action),
            "action_columns": self.action_columns,
            "action_history": self.action_history,
            "action_delay": self.delay_steps,
            "latency_ticks": round(self.latency / TICK_S),
            "frame_skip": self.frame_skip,
            "max_steps": self.max_episode_steps,
            "idle_steps": self._steps(limits.no_progress_s),
            "idle_grace": self._steps(limits.grace_s),
            "idle_terminates": limits.no_progress_terminates,
            "off_track_steps": self._steps(limits.off_track_s),
            "flipped_steps": self._steps(limits.flipped_s),
            "weights": reward_weights(self.reward),
        }
        for name, value in values.items():
            record[name] = value
        return record

    def _steps(self, seconds: float) -> int:
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ConfigError(f"a limit of {seconds!r} s is not a time; give seconds >= 0, 0 switches it off")
        return math.ceil(seconds / self.dt - 1e-9)


def _check_integer(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise ConfigError(f"{name} must be an integer between {low} and {high}, not {value!r}")
