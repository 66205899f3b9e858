"""When an episode ends, besides the finish, a fall and the step limit."""

from dataclasses import dataclass, fields

import numpy as np

from tmenv.engine.compile import device
from tmenv.engine.contact import NO_PATCH
from tmenv.errors import ConfigError
from tmenv.task.tables import FELL, FINISHED, FLIPPED, NO_PROGRESS, OFF_TRACK, RUNNING, TIME_LIMIT

_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_ZERO = np.float32(0.0)


@dataclass(frozen=True)
class Limits:
    """Limits of an episode in seconds; 0 switches a limit off."""

    no_progress_s: float = 2.0
    """Without new progress for this long: ``no_progress``."""
    grace_s: float = 2.0
    """``no_progress`` cannot happen earlier than this."""
    no_progress_terminates: bool = False
    """``no_progress`` is a termination (tmrl) instead of a truncation."""
    off_track_s: float = 1.0
    """Driving on the open ground around the track, off every block, for this long: ``off_track``."""
    flipped_s: float = 1.0
    """Upside down without wheel contact for this long: ``flipped``."""


TERMINATIONS = {
    "standard": Limits(),
    # tmrl: more than 10 steps of 50 ms without progress, not before 70 steps
    "tmrl": Limits(no_progress_s=0.5, grace_s=3.5, no_progress_terminates=True, off_track_s=0.0, flipped_s=0.0),
    # only the finish, a fall and the step limit
    "finish": Limits(no_progress_s=0.0, off_track_s=0.0, flipped_s=0.0),
}


def limits_of(termination: str | dict[str, float | bool]) -> Limits:
    """The limits of a preset name, or of a dict that changes fields of ``Limits``.

    Raises:
        ConfigError: unknown preset or field.
    """
    if isinstance(termination, str):
        if termination not in TERMINATIONS:
            raise ConfigError(
                f"unknown termination {termination!r}; choose one of {', '.join(TERMINATIONS)}, or a dict of limits"
            )
        return TERMINATIONS[termination]
    known = {field.name for field in fields(Limits)}
    unknown = set(termination) - known
    if unknown:
        raise ConfigError(f"unknown limits {', '.join(sorted(unknown))}; the limits are {', '.join(sorted(known))}")
    return Limits(**termination)  # type: ignore[arg-type]


@device
def judge(world, car, episode, task):
    """The outcome after a step, from the counters of the episode, which it updates."""
    touching, on_ground = 0, 0
    outside = world.tracks[car.track].ground_material  # a cell with ground of its own is part of the track
    for wheel in range(4):
        touching += car.contact[wheel]
        off = car.patch[wheel] == NO_PATCH and car.material[wheel] == outside
        on_ground += car.contact[wheel] if off else 0
    episode.off_track = episode.off_track + 1 if touching > 0 and touching == on_ground else 0
    upright = _ONE - _TWO * (car.rotation[0] * car.rotation[0] + car.rotation[2] * car.rotation[2])
    episode.flipped = episode.flipped + 1 if touching == 0 and upright < _ZERO else 0
    if car.finished != 0:
        return FINISHED
    if car.position[1] < world.tracks[car.track].void_y:
        return FELL
    if task.flipped_steps > 0 and episode.flipped >= task.flipped_steps:
        return FLIPPED
    if task.off_track_steps > 0 and episode.off_track >= task.off_track_steps:
        return OFF_TRACK
    if task.idle_steps > 0 and episode.idle >= task.idle_steps and episode.steps >= task.idle_grace:
        return NO_PROGRESS
    return TIME_LIMIT if episode.steps >= task.max_steps else RUNNING
