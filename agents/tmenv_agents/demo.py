"""``python -m tmenv_agents.demo``: train a driver on a track, then show its best lap beside the author's time.

Writes ``policy.pt``, ``lap.npz``, ``line.png``, ``curve.png`` and ``result.json``, then ``lap.html``, a 3D replay for
any browser, and ``lap.mp4``. Ctrl+C ends the training early and keeps everything learned so far.
"""

import contextlib
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from tmenv.errors import TmenvError
from tmenv.render import html, laps, video
from tmenv.track import Track
from tmenv_agents import plots, tracks
from tmenv_agents.files import replacing
from tmenv_agents.interrupt import undisturbed
from tmenv_agents.ppo import Args, Result, checkpoint, train
from tmenv_agents.ppo.display import lap_text
from tmenv_agents.ppo.environment import make_envs
from tmenv_agents.ppo.evaluate import Evaluation, Lap, drive_laps
from tmenv_agents.ppo.run import lap_ms
from tmenv_agents.record import save_lap

FINAL_LAPS = 20
"""Greedy laps, and as many sampled ones."""
FINAL_LATENCY_S = 0.01
"""The simulator would repeat a greedy lap exactly: in the last laps each action comes up to this late, at random."""
VIDEO_SIZE = (640, 360)


@dataclass
class DemoArgs:
    """Train on the simulator and show the best lap."""

    track: str = "tm2020-first-drive"
    """Track: a library name, "random:<seed>", or the path of a .Map.Gbx or .Challenge.Gbx file."""
    minutes: float = 5.0
    """How long to train; Ctrl+C ends it earlier and keeps the best driver."""
    observation: Literal["State", "Lidar", "Pixels"] = "State"
    """What the driver sees: the car and the road ahead in figures, LIDAR rays, or pictures (learns much slower)."""
    seed: int = 0
    """Seed of everything random."""
    out: Path = Path("runs/demo")
    """Folder for the results."""


def env_id(args: DemoArgs, track: Track) -> str:
    """The environment for the game that the track is of."""
    return f"tmenv:tmenv/{track.game}-{args.observation}-v0"


def main(argv: list[str] | None = None) -> int:
    """Run the demo as the command line says; returns the exit status."""
    try:
        run(tyro.cli(DemoArgs, args=sys.argv[1:] if argv is None else argv, prog="python -m tmenv_agents.demo"))
    except TmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before training began: there is nothing to keep
        return 130
    return 0


def run(args: DemoArgs) -> None:
    """Train, drive the final laps, write the results."""
    track = tracks.load(args.track)
    options = Args(
        env_id=env_id(args, track), track=args.track, minutes=args.minutes, seed=args.seed, out=args.out.parent,
        name=args.out.name,
    )  # fmt: skip
    print(f"Training on {args.track} for {args.minutes:g} minutes; Ctrl+C ends it early and keeps the best driver.")
    result = train(options, track.author_time_s)
    final = final_laps(options, result)
    with undisturbed():
        lap = result.lap or (final and final.lap)
        summary = summarise(args, track, result, final, lap)
        write(options, track, result, lap, summary)
    print(report(summary))
    if lap is not None:
        show(result.folder / "lap.npz")


def show(lap_file: Path) -> None:
    """Write the replay and the video of a lap beside it; Ctrl+C while they are drawn loses only them."""
    lap = laps.read_lap(lap_file)
    html.write_page(lap_file.with_suffix(".html"), [lap])
    print(f"{lap_file.with_suffix('.html')} replays it in a browser; drawing the video ...", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        video.write_video(lap_file.with_suffix(".mp4"), [lap], size=VIDEO_SIZE)


def final_laps(options: Args, result: Result) -> Evaluation | None:
    """``FINAL_LAPS`` greedy and as many sampled laps of the best policy; None if Ctrl+C cuts them short."""
    greedy = np.arange(2 * FINAL_LAPS) < FINAL_LAPS
    disturbed = replace(options, env_json=json.dumps(json.loads(options.env_json) | {"latency": FINAL_LATENCY_S}))
    try:
        with contextlib.closing(make_envs(disturbed, len(greedy))) as envs:
            return drive_laps(envs, result.policy, greedy, seed=options.seed)
    except KeyboardInterrupt:
        return None


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000.0


def summarise(
    args: DemoArgs, track: Track, result: Result, final: Evaluation | None, lap: Lap | None
) -> dict[str, Any]:
    """The content of ``result.json``: times in seconds, None where there is none."""
    times = final.times_ms() if final else np.zeros(0, np.int64)
    return {
        "track": args.track,
        "folder": str(args.out),
        "env_id": env_id(args, track),
        "seed": args.seed,
        "minutes": round(result.seconds / 60.0, 3),
        "steps": result.steps,
        "interrupted": result.interrupted,
        "author_time_s": track.author_time_s,
        "best_lap_s": _seconds(lap_ms(lap)),
        "best_lap_is_greedy": lap.greedy if lap else None,
        "best_training_lap_s": _seconds(result.training_lap_ms),
        "final_laps": FINAL_LAPS if final else 0,
        "finish_rate": final.finish_rate() if final else None,
        "sampled_finish_rate": final.finish_rate(greedy=False) if final else None,
        "median_final_lap_s": _seconds(float(np.median(times))) if len(times) else None,
        "furthest_progress": float(lap.progress.max()) if lap else None,
    }


def write(options: Args, track: Track, result: Result, lap: Lap | None, summary: dict[str, Any]) -> None:
    """Write all files of the demo into the run's folder."""
    out = result.folder
    checkpoint.save(out / "policy.pt", checkpoint.policy_content(result.policy) | {"args": options.plain()})
    with replacing(out / "result.json") as file:
        file.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    plots.plot_curve(out / "curve.png", result.rows, track.author_time_s)
    if lap is None:
        return
    save_lap(out / "lap.npz", lap, track=options.track, game=track.game, action=options.action)
    how = lap_text(lap_ms(lap)) if lap.finished else f"not finished, {100 * lap.progress.max():.0f} % of the track"
    plots.plot_line(out / "line.png", track, lap, f"{Path(options.track or '').name}: {how}")


def report(summary: dict[str, Any]) -> str:
    """The last lines that the demo prints."""
    best, author, rate = (summary[key] for key in ("best_lap_s", "author_time_s", "finish_rate"))
    lap = f"best clean lap {best:.3f} s" if best is not None else "no clean lap yet"
    if best is None and summary["furthest_progress"] is not None:
        lap += f" (furthest: {100 * summary['furthest_progress']:.0f} % of the track)"
    beside = f", author {author:.3f} s" if author is not None else ""
    if rate is not None:
        sampled = summary["sampled_finish_rate"]
        finishes = f"; {round(rate * FINAL_LAPS)} of {FINAL_LAPS} greedy laps finish, and "
        finishes += f"{round(sampled * FINAL_LAPS)} of {FINAL_LAPS} sampled ones (random delays up to "
        finishes += f"{1000 * FINAL_LATENCY_S:.0f} ms)"
    else:
        finishes = ""
    return f"{lap}{beside}{finishes}\n{summary['steps']} steps in {summary['minutes']:.1f} min; see {summary['folder']}"


if __name__ == "__main__":
    sys.exit(main())
