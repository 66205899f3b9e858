"""``python -m tmenv_agents.ppo``: train a driver from the command line."""

import sys

import tyro

from tmenv.errors import TmenvError
from tmenv_agents.ppo import checkpoint
from tmenv_agents.ppo.args import Args
from tmenv_agents.ppo.display import lap_text
from tmenv_agents.ppo.train import train
from tmenv_agents.tracks import author_time_s


def parse(argv: list[str]) -> Args:
    """Read the command line; with ``--resume`` the checkpoint's options are the defaults."""
    args = tyro.cli(Args, args=argv, prog="python -m tmenv_agents.ppo")
    if args.resume is None:
        return args
    saved = checkpoint.args_of(checkpoint.load(args.resume), args.resume)
    saved.name = ""  # go on in the checkpoint's folder unless --name says otherwise
    return tyro.cli(Args, args=argv, default=saved, prog="python -m tmenv_agents.ppo")


def main(argv: list[str] | None = None) -> int:
    """Train as the command line says; returns the exit status."""
    try:
        args = parse(sys.argv[1:] if argv is None else argv)
        result = train(args, author_time_s(args.track))
    except TmenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before there was anything to keep
        return 130
    print(f"best lap {lap_text(result.best_lap_ms)}, in training {lap_text(result.training_lap_ms)}")
    print(f"{result.steps} steps in {result.seconds:.0f} s; policies in {result.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
