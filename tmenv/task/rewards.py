"""Rewards: a weighted sum of five terms; a preset is a row of weights."""

from tmenv.errors import ConfigError
from tmenv.task.tables import TERMS

REWARDS: dict[str, dict[str, float]] = {
    # per metre of new progress; finishing pays; time costs
    "progress": {"progress": 0.1, "finish": 10.0, "time": -1.0},
    # tmrl: 1 per 10 m of new progress, 100 at the finish
    "tmrl": {"progress": 0.1, "finish": 100.0},
    # sparse: checkpoints and the finish, a small cost of time
    "checkpoint": {"checkpoint": 1.0, "finish": 10.0, "time": -0.1},
    # forward speed in m/s, nothing else
    "speed": {"speed": 0.01},
}
"""Preset name -> weight per term. Terms that a preset does not name weigh nothing but are still listed in ``info``."""


def reward_weights(reward: str | dict[str, float]) -> list[float]:
    """Weights in the order of ``TERMS`` of a preset name, or of a dict term -> weight.

    Raises:
        ConfigError: unknown preset or term.
    """
    if isinstance(reward, str):
        if reward not in REWARDS:
            raise ConfigError(
                f"unknown reward {reward!r}; choose one of {', '.join(REWARDS)}, or give a dict of weights"
            )
        reward = REWARDS[reward]
    unknown = set(reward) - set(TERMS)
    if unknown:
        raise ConfigError(f"unknown reward terms {', '.join(sorted(unknown))}; the terms are {', '.join(TERMS)}")
    return [float(reward.get(term, 0.0)) for term in TERMS]
