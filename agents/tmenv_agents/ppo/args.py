"""Every option of the PPO trainer: this dataclass is the command line and its documentation."""

import dataclasses
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tmenv_agents.errors import OptionError

DEFAULT_MINUTES = 10.0


def json_object(name: str, text: str) -> dict[str, Any]:
    """What an option called ``name`` says; ``OptionError`` if that is no JSON object."""
    try:
        read = json.loads(text)
    except json.JSONDecodeError as error:
        raise OptionError(f"{name} is not JSON ({error}): {text!r}") from error
    if not isinstance(read, dict):
        raise OptionError(f"{name} must be a JSON object, not {text!r}")
    return read


@dataclass
class Args:
    """Train a driver with PPO on many simulated cars at once."""

    env_id: str = "tmenv:tmenv/TM2020-State-v0"
    """Gymnasium id of an environment with a flat observation, or an image beside one."""
    track: str | None = None
    """Track: library name, "random:<seed>" or path of a map or replay; none: the environment's own default."""
    action: Literal["keys", "steer_throttle", "gas_brake_steer"] = "keys"
    """What the policy decides each step; "keys" is one of 12 key combinations and learns fastest."""
    reward: str = "progress"
    """Name of the environment's reward."""
    max_episode_steps: int | None = None
    """Time limit of an episode in steps of 50 ms; none: the environment's own."""
    env_json: str = "{}"
    """Further keyword arguments of the environment as a JSON object, such as '{"history": 2}'."""

    total_steps: int | None = None
    """Stop after this many environment steps, counted over all cars and from the very start when resumed."""
    minutes: float | None = None
    """Stop after this many minutes, counted likewise; with no budget at all: 10 minutes."""
    seed: int = 0
    """Seed of everything random. With a budget in steps, one seed gives one result on one machine."""
    threads: int = 2
    """CPU threads of torch. The networks are small: more than two gain little."""

    num_envs: int = 256
    """Cars that drive at once."""
    rollout_steps: int = 64
    """Steps each car drives between two updates."""
    epochs: int = 4
    """Passes over the collected steps in one update."""
    minibatches: int = 4
    """Gradient steps in one pass. Few and large ones keep the CPU busy."""
    learning_rate: float = 2e-3
    """Adam's step size at the start; falls linearly to 0 over the budget."""
    gamma: float = 0.99
    """Discount of one step of 50 ms: 0.99 looks 5 s ahead, about as far as the road is seen."""
    gae_lambda: float = 0.98
    """Weight of longer returns in the advantage estimate."""
    clip: float = 0.2
    """How far, as a ratio of probabilities, one update may move the policy."""
    entropy_coef: float = 0.01
    """Pay for undecided policies at the start; falls linearly to 0 over the budget."""
    value_coef: float = 0.5
    """Weight of the value error (in standard deviations of the return) in the loss."""
    max_grad_norm: float = 0.5
    """Longer gradients are scaled down to this norm."""
    hidden: tuple[int, ...] = (128, 128)
    """Widths of the hidden layers, which policy and value share."""

    eval_laps: int = 8
    """Greedy laps, and as many sampled ones, in one evaluation."""
    eval_share: float = 0.1
    """About this share of the time goes into evaluation laps; the schedule depends on steps alone."""
    out: Path = Path("runs")
    """Folder that holds the folders of runs."""
    name: str = ""
    """Name of this run's folder; empty: made from track, seed and time, or the resumed run's own."""
    resume: Path | None = None
    """Checkpoint to go on from. On the command line its options are the defaults of all the others."""
    quiet: bool = False
    """Print nothing while training."""

    def environment_kwargs(self) -> dict[str, Any]:
        """Keyword arguments for ``gym.make_vec`` besides the id, the number of cars and the autoreset mode."""
        further = json_object("env_json", self.env_json)
        optional = {"track": self.track, "max_episode_steps": self.max_episode_steps}
        chosen = {key: value for key, value in optional.items() if value is not None}
        return {"action": self.action, "reward": self.reward} | chosen | further

    def folder(self) -> Path:
        """Where this run writes."""
        if self.name:
            return self.out / self.name
        if self.resume is not None:
            return self.resume.parent
        track = Path(self.track or self.env_id.rpartition("/")[2]).name.split(".")[0].replace(":", "-")
        return self.out / f"ppo-{track}-seed{self.seed}-{time.strftime('%Y%m%d-%H%M%S')}"

    def spent(self, steps: int, seconds: float) -> float:
        """Share of the budget that is used up, 0 to 1 (and beyond), of whichever limit is nearer."""
        minutes = DEFAULT_MINUTES if self.minutes is None and self.total_steps is None else self.minutes
        by_steps = steps / self.total_steps if self.total_steps else 0.0
        by_time = seconds / (60.0 * minutes) if minutes else 0.0
        return max(by_steps, by_time)

    def check(self) -> None:
        """Raise ``OptionError`` for the first option that is out of range."""
        counts = ("num_envs", "rollout_steps", "epochs", "minibatches", "eval_laps", "threads")
        budgets = ("total_steps", "minutes", "max_episode_steps")
        above_zero = [*counts, *(name for name in budgets if getattr(self, name) is not None), "learning_rate"]
        for name in above_zero:
            if getattr(self, name) <= 0:
                raise OptionError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("gamma", "gae_lambda", "eval_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        if self.minibatches > self.num_envs * self.rollout_steps:
            raise OptionError("more minibatches than steps in a rollout (num_envs x rollout_steps)")
        if not self.hidden or min(self.hidden) <= 0:
            raise OptionError(f"hidden must name at least one layer, each wider than 0, not {self.hidden}")

    def plain(self) -> dict[str, Any]:
        """The options as strings, numbers and lists, for a checkpoint."""
        values = dataclasses.asdict(self)
        return {
            key: str(v) if isinstance(v, Path) else list(v) if isinstance(v, tuple) else v for key, v in values.items()
        }

    @staticmethod
    def from_plain(values: dict[str, Any]) -> "Args":
        """The opposite of ``plain``."""
        paths = {key: Path(values[key]) for key in ("out", "resume") if values.get(key) is not None}
        return Args(**{**values, **paths, "hidden": tuple(values["hidden"])})
