"""``python -m tmenv_agents.drive POLICY``: a trained policy drives laps, in the simulator or in the running game.

With ``--live`` one lap is driven in the simulator first, for the comparison. Ctrl+C lets go of the car and keeps the
best lap so far.
"""

import contextlib
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
import tyro
from rich.console import Console

from tmenv.errors import TmenvError
from tmenv_agents.errors import OptionError
from tmenv_agents.interrupt import undisturbed
from tmenv_agents.ppo import Args, checkpoint
from tmenv_agents.ppo.args import json_object
from tmenv_agents.ppo.display import lap_text
from tmenv_agents.ppo.evaluate import Lap
from tmenv_agents.ppo.network import Policy
from tmenv_agents.ppo.run import lap_ms
from tmenv_agents.record import save_lap

SIMULATED = ("latency", "physics", "visuals")
"""Keyword arguments of which the running game has its own: with ``--live`` both go without."""
SHOW_EVERY = 10
"""Steps between two changes of the line that shows a lap being driven."""


@dataclass
class DriveArgs:
    """Drive laps with a trained policy."""

    policy: tyro.conf.Positional[Path]
    """File best.pt or last.pt of a run, or the demo's policy.pt."""
    track: str | None = None
    """Track: a library name, "random:<seed>" or a file, which a running game must have loaded; none: the one it was
    trained on."""
    live: str | None = None
    """Drive the running game, with these settings as a JSON object: '{}', '{"controls": "keyboard"}'."""
    env_json: str = "{}"
    """Further keyword arguments of the environment as a JSON object, such as '{"latency": 0.01}'."""
    laps: int = 3
    """Laps to drive. The simulator repeats a lap exactly unless the environment draws something at random."""
    seed: int = 0
    """Seed of the first lap; each further one has the next."""
    out: Path | None = None
    """File (.npz) for the best lap, which "tmenv view", "plot" and "video" show."""

    def settings(self, trained: Args) -> dict[str, Any]:
        """Keyword arguments for ``gym.make`` in the simulator."""
        chosen = {} if self.track is None else {"track": self.track}
        return trained.environment_kwargs() | chosen | json_object("env_json", self.env_json)

    def check(self) -> None:
        """Raise ``OptionError`` for the first option that cannot be."""
        if self.laps <= 0:
            raise OptionError(f"laps must be above 0, not {self.laps}")
        if self.out is not None and self.out.suffix != ".npz":
            raise OptionError(f"out must be the name of an .npz file, not {self.out}")
        if self.out is not None and not self.out.parent.is_dir():
            raise OptionError(f"there is no folder {self.out.parent} for {self.out.name}; make it first")


def main(argv: list[str] | None = None) -> int:
    """Drive as the command line says; returns the exit status."""
    try:
        run(tyro.cli(DriveArgs, args=sys.argv[1:] if argv is None else argv, prog="python -m tmenv_agents.drive"))
    except TmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def run(args: DriveArgs) -> None:
    """Drive and print the laps, save the best."""
    args.check()
    content = checkpoint.load(args.policy)
    trained = checkpoint.args_of(content, args.policy)
    policy, settings, best = checkpoint.policy_of(content, args.policy), args.settings(trained), None
    live = None if args.live is None else json_object("live", args.live)
    with one_thread():
        simulated = None
        if live is not None:
            settings = {key: value for key, value in settings.items() if key not in SIMULATED}
            with _made(trained.env_id, settings) as env:
                simulated, _ = drive_lap(env, policy, args.seed)
            print(describe("simulator", simulated))
            settings |= {"backend": "live", "live": live}
        try:
            with _made(trained.env_id, settings) as env:
                for number in range(args.laps):
                    lap, info = drive_lap(env, policy, args.seed + number)
                    best = lap if best is None else max(best, lap, key=rank)
                    print(describe(f"lap {number + 1}", lap, simulated) + _lateness(info), flush=True)
        finally:
            if args.out is not None and best is not None:
                with undisturbed():
                    _save(args.out, best, trained, settings)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread of torch for the block. More only wait for each other over one observation, and now and then for
    tens of milliseconds, which the running game does not wait for."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def _made(env_id: str, settings: dict[str, Any]) -> Iterator[gym.Env]:
    try:
        env = gym.make(env_id, **settings)
    except (gym.error.Error, ModuleNotFoundError) as error:
        raise OptionError(f"no environment {env_id!r}: {error}") from error
    with contextlib.closing(env):
        yield env


def drive_lap(env: gym.Env, policy: Policy, seed: int) -> tuple[Lap, dict[str, Any]]:
    """A greedy lap from the line, and the last ``info``."""
    policy.act(_batch(env.observation_space.sample()))  # torch's first call takes a quarter of a second
    rows: dict[str, list] = {key: [] for key in ("race_time_ms", "position", "speed_kmh", "progress")}
    seen, info = env.reset(seed=seed, options={"start": "line"})
    actions, over = [], False
    with Console().status("driving") as status:
        while not over:
            actions.append(policy.act(_batch(seen))[0])
            seen, _, terminated, truncated, info = env.step(actions[-1])
            over = terminated or truncated
            for key, column in rows.items():
                column.append(info[key])
            if len(actions) % SHOW_EVERY == 0:
                status.update(f"{lap_text(info['race_time_ms'])} s, {100.0 * info['progress']:.0f} %")
    return _lap(rows, actions, info), info


def _batch(seen: Any) -> Any:
    """An observation as a batch of one."""
    return {key: np.asarray(part)[None] for key, part in seen.items()} if isinstance(seen, dict) else seen[None]


def _lap(rows: dict[str, list], actions: list, info: dict[str, Any]) -> Lap:
    time_ms = np.array(rows["race_time_ms"])
    new = np.diff(time_ms, prepend=-math.inf) > 0  # a game that stalls tells a state twice
    return Lap(
        time_s=time_ms[new] / 1000.0,
        position=np.array(rows["position"], np.float32)[new],
        speed_kmh=np.array(rows["speed_kmh"], np.float32)[new],
        actions=np.array(actions)[new],
        progress=np.array(rows["progress"], np.float32)[new],
        finished=bool(info["finished"]),
        greedy=True,
    )


def rank(lap: Lap) -> tuple[bool, float]:
    """The larger the better: finished and fast, else far."""
    return lap.finished, -float(lap.time_s[-1]) if lap.finished else float(lap.progress.max())


def describe(name: str, lap: Lap, simulated: Lap | None = None) -> str:
    """A lap as a line of text, beside the simulator's if both finished."""
    text = f"{name}: "
    text += f"{lap_text(lap_ms(lap))} s" if lap.finished else f"not finished, {100.0 * lap.progress.max():.0f} %"
    if simulated is not None and simulated.finished and lap.finished:
        text += f", {100.0 * (lap.time_s[-1] / simulated.time_s[-1] - 1.0):+.2f} % of the simulator's time"
    return text


def _lateness(info: dict[str, Any]) -> str:
    late = info.get("live", {}).get("late")
    return "" if late is None else f"; late steps since the connection: {late}"


def _save(path: Path, lap: Lap, trained: Args, settings: dict[str, Any]) -> None:
    game = trained.env_id.rpartition("/")[2].partition("-")[0]
    save_lap(path, lap, track=settings.get("track"), game=game, action=settings["action"])
    print(f"{path} has the best lap: tmenv view, plot or video shows it")


if __name__ == "__main__":
    sys.exit(main())
