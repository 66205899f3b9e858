"""One car, full gas, no steering: the walls turn it round the corners. Shows what reset and step return."""

import argparse

import gymnasium as gym
import numpy as np

import tmenv

gym.register_envs(tmenv)  # says why tmenv is imported: that registers the ids

FULL_GAS = np.array([0.0, 1.0], np.float32)  # steer -1 left .. 1 right, throttle -1 brake .. 1 gas


def drive(steps: int) -> None:
    """Print where the car is, once a second, until the episode ends."""
    env = gym.make("tmenv/TM2020-Lidar-v0", track="tm2020-first-drive")
    observation, info = env.reset(seed=0)
    print(f"observation: {observation.shape[0]} numbers, action: {env.action_space}")
    total = 0.0
    for step in range(steps):
        observation, reward, terminated, truncated, info = env.step(FULL_GAS)
        total += float(reward)
        if step % 20 == 0:
            print(f"{info['race_time_ms'] / 1000:6.2f} s  {info['progress_m']:7.1f} m  {info['speed_kmh']:6.1f} km/h")
        if terminated or truncated:
            print(f"over: {info['outcome']}")
            break
    print(f"progress {info['progress_m']:.1f} m, return {total:.2f}")
    env.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000, help="longest drive, in steps of 50 ms")
    drive(parser.parse_args().steps)
