"""What the single and the vector env share: settings, ``info``, and the Dict form of observations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium import spaces

from tmenv.errors import ConfigError
from tmenv.task.batch import Batch, TrackName
from tmenv.task.observations import Group
from tmenv.task.results import Results
from tmenv.task.spec import TaskSpec
from tmenv.task.tables import OUTCOMES, TERMS

if TYPE_CHECKING:
    from tmenv.live.backend import Film
    from tmenv.pictures import Eyes

DEFAULT_TRACK = {"TM2020": "tm2020-first-drive", "TMNF": "tmnf-first-drive"}
"""Track of an env that was given none."""

BACKENDS = ("sim", "live")
"""What moves the car: our simulator, or the running game."""

METADATA: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}
"""What Gymnasium wants to know; ``gym.make(..., render_mode="human")`` shows the same pictures in a window."""


def make_spec(game: str, backend: str, render_mode: str | None, task: dict[str, Any]) -> TaskSpec:
    """Check the arguments that are not the track's.

    Raises:
        ConfigError: an unknown or impossible argument, naming it and what is possible.
    """
    if backend not in BACKENDS:
        raise ConfigError(f"unknown backend {backend!r}; choose one of {', '.join(BACKENDS)}")
    if render_mode not in (None, *METADATA["render_modes"]):
        raise ConfigError(
            f'render_mode must be None or "rgb_array", not {render_mode!r}; gym.make (of one env, not make_vec) '
            'turns "human" into a window'
        )
    known = set(TaskSpec.__dataclass_fields__) - {"game"}
    unknown = set(task) - known
    if unknown:
        raise ConfigError(
            f"unknown arguments {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}, track"
        )
    return TaskSpec(game=game, **task)


def make_batch(
    spec: TaskSpec,
    backend: str,
    live: dict[str, Any] | None,
    track: TrackName | Sequence[TrackName] | None,
    count: int,
    threads: int = 1,
) -> Batch:
    """The cars of an env: ``count`` simulated ones, or the one of a running game.

    Args:
        live: settings of the running game, ``backend="live"`` only; see ``tmenv.live.backend``.
        track: None is the game's default track.

    Raises:
        ConfigError: settings that the backend does not take.
        TrackError: a track that cannot be loaded.
    """
    chosen = DEFAULT_TRACK[spec.game] if track is None else track
    if backend == "sim":
        if live is not None:
            raise ConfigError('live is for backend="live" only; leave it out')
        return Batch(spec, chosen, count, threads)
    if count != 1:
        raise ConfigError(
            f'num_envs={count} with backend="live": a game drives one car; start one game per port and use '
            "gym.vector.AsyncVectorEnv over envs with a port each"
        )
    from tmenv.live.backend import opener  # sockets and the real-time clock are not for everyone
    from tmenv.task.outside import OutsideBatch

    return OutsideBatch(spec, chosen, opener(spec.game, spec.frame_skip, live or {}, _film_of(spec)))


def _film_of(spec: TaskSpec) -> "Film | None":
    """The pictures that are needed of a running game, if any."""
    if not spec.is_drawn:
        return None
    from tmenv.filmed import film_of

    return film_of(spec)


def eyes_of(batch: Batch, threads: int = 1) -> "Eyes | None":
    """Who draws what the observation shows; None if it is all numbers of the kernel's."""
    if not batch.spec.is_drawn:
        return None
    from tmenv.task.outside import OutsideBatch

    if isinstance(batch, OutsideBatch):
        from tmenv.filmed import open_film

        return open_film(batch)
    from tmenv.pictures import open_eyes  # the renderer is loaded by those who look

    return open_eyes(batch, threads)


OUTCOME_TEXTS = np.array(OUTCOMES)


def describe_infos(results: Results) -> dict[str, Any]:
    """``info`` of a vector env: arrays with a leading axis of N, views of the results."""
    info, terms = results.info, results.info["terms"]
    return {
        "race_time_ms": info["race_time_ms"],
        "progress_m": info["progress_m"],
        "progress": info["progress"],
        "checkpoints": info["checkpoints"],
        "lap": info["lap"],
        "position": info["position"],
        "speed_kmh": info["speed_kmh"],
        "finished": info["finished"] != 0,
        "outcome": _outcome_texts(results.outcomes),
        "reward_terms": {term: terms[:, column] for column, term in enumerate(TERMS)},
    }


def _outcome_texts(outcomes: np.ndarray) -> np.ndarray:
    """The text of each outcome; few cars have any, and blank texts come ten times faster."""
    texts = np.zeros(len(outcomes), OUTCOME_TEXTS.dtype)
    ended = outcomes.nonzero()[0]
    if len(ended):
        texts[ended] = OUTCOME_TEXTS[outcomes[ended]]
    return texts


def space_of(task: TaskSpec, flatten: bool) -> spaces.Space[Any]:
    """Space of what ``observed`` makes."""
    if flatten and not task.has_image:
        return task.observation_space()
    parts: dict[str, spaces.Space[Any]] = {"image": task.image_space()} if task.has_image else {}
    if flatten:
        return spaces.Dict({**parts, "telemetry": task.observation_space()})
    groups = {
        group.name: spaces.Box(np.float32(group.low), np.float32(group.high), group.shape) for group in task.groups()
    }
    return spaces.Dict({**parts, **groups})


def observed(numbers: np.ndarray, image: np.ndarray | None, groups: tuple[Group, ...] | None) -> Any:
    """The observation: the numbers alone, or a Dict of them and the image.

    Args:
        numbers: float32 (..., size).
        image: uint8 (..., channels, height, width), None where the observation has no image.
        groups: what the numbers are cut into; None: one vector.
    """
    if groups is None:
        return numbers if image is None else {"image": image, "telemetry": numbers}
    parts = split_groups(numbers, groups)
    return parts if image is None else {"image": image, **parts}


def split_groups(observation: np.ndarray, groups: tuple[Group, ...]) -> dict[str, np.ndarray]:
    """Cut the last axis of flat observations into groups: arrays of shape (..., *group.shape)."""
    parts, at = {}, 0
    for group in groups:
        size = len(group.entries)
        parts[group.name] = observation[..., at : at + size].reshape(*observation.shape[:-1], *group.shape)
        at += size
    return parts
