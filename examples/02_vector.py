"""Many cars in one call: random driving, and how many steps a second that is on this machine."""

import argparse
from time import perf_counter

import gymnasium as gym

import tmenv

gym.register_envs(tmenv)


def drive(num_envs: int, steps: int) -> None:
    """Step all cars with random actions; episodes that end begin again by themselves."""
    envs = gym.make_vec("tmenv/TM2020-State-v0", num_envs=num_envs, threads="auto", autoreset_mode="SameStep")
    envs.reset(seed=0)
    envs.action_space.seed(0)
    actions = [envs.action_space.sample() for _ in range(10)]  # drawn before the clock starts
    episodes, start = 0, perf_counter()
    for step in range(steps):
        _, _, terminated, truncated, info = envs.step(actions[step % len(actions)])
        episodes += int((terminated | truncated).sum())
    seconds = perf_counter() - start
    print(f"{num_envs} cars, mean speed {info['speed_kmh'].mean():.1f} km/h, {episodes} episodes ended")
    print(f"{num_envs * steps / seconds:,.0f} steps/s (measure properly with: tmenv bench)")
    envs.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-envs", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=500)
    arguments = parser.parse_args()
    drive(arguments.num_envs, arguments.steps)
