"""A policy that was trained in the simulator drives the running game: python -m tests.live.lap GAME CHECKPOINT TRACK

GAME is TM2020 or TMNF, CHECKPOINT a file of ``python -m tmenv_agents.ppo --env-id tmenv:tmenv/GAME-Lidar-v0``. Prints
the greedy lap in the simulator, then in the stand-in, which plays in a process of its own, and the difference.
"""

import sys

import gymnasium as gym

import tmenv  # noqa: F401  (registers the ids)
from tests.live.scripted import free_port
from tests.live.verb import Verb
from tmenv_agents.ppo.checkpoint import load_policy
from tmenv_agents.ppo.network import Policy

LAPS = 3


def lap(env: gym.Env, policy: Policy) -> dict:
    """The last info of a greedy lap from the line."""
    observation, info = env.reset(seed=0)
    over = False
    while not over:
        action = policy.act(observation[None])[0]
        observation, _, terminated, truncated, info = env.step(action)
        over = terminated or truncated
    return info


def describe(where: str, info: dict) -> float:
    """Print a lap; returns its seconds."""
    seconds = info["race_time_ms"] / 1000.0
    print(f"{where}: {info['outcome']}, {seconds:.3f} s, progress {info['progress']:.4f}", flush=True)
    return seconds


def main(game: str, checkpoint: str, track: str) -> None:
    """Compare the laps."""
    policy = load_policy(checkpoint)
    env_id, pad_port = f"tmenv/{game}-Lidar-v0", free_port()
    settings = {"track": track, "action": "keys" if policy.shape.discrete else "steer_throttle"}
    simulated = describe("simulator", lap(gym.make(env_id, **settings), policy))
    arguments = [game.lower(), "--track", track, "--port", "0"]
    if game == "TM2020":
        arguments += ["--controls", "channel", "--controls-port", str(pad_port)]
    with Verb(*arguments) as stand_in:
        live = {"port": stand_in.port} | ({"controls": f"channel:{pad_port}"} if game == "TM2020" else {})
        env = gym.make(env_id, backend="live", live=live, **settings)
        for _ in range(LAPS):
            info = lap(env, policy)
            seconds = describe("stand-in ", info)
            print(f"    {100.0 * (seconds / simulated - 1.0):+.2f} % {info['live']}", flush=True)
        env.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
