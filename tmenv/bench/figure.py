"""One measured number, with what it depends on beside it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A median, and the conditions it holds for.

    Attributes:
        name: what was measured, an environment id or a package.
        metric: what was counted.
        value: the median; None where the thing measured is not installed.
        unit: of ``value``.
        num_envs: environments stepped by one call.
        threads: threads that stepped them.
        regime: how they were driven (``tmenv.bench.drivers``).
        mean_speed_mps: mean speed of the cars while measured; faster cars cost more sub-steps.
        mean_substeps: mean physics sub-steps per 10 ms tick; None where the environment has no such thing.
        times_car_racing: steps in the time of one step of CarRacing-v3, which was measured in turns with them; it
            depends less on the machine than ``value`` does. None where CarRacing is not installed or not asked for.
    """

    name: str
    metric: str
    value: float | None
    unit: str
    num_envs: int | None = None
    threads: int | None = None
    regime: str | None = None
    mean_speed_mps: float | None = None
    mean_substeps: float | None = None
    times_car_racing: float | None = None
