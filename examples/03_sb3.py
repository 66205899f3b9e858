"""Stable-Baselines3's PPO on 64 cars (pip install "tmenv[sb3]")."""

import argparse

from stable_baselines3 import PPO

from tmenv.interop.sb3 import make_sb3_vec_env


def learn(steps: int) -> None:
    """Train for about ``steps`` steps."""
    envs = make_sb3_vec_env("tmenv/TM2020-State-v0", num_envs=64)
    model = PPO("MlpPolicy", envs, n_steps=128, batch_size=2048, gamma=0.997, seed=0, device="cpu", verbose=1)
    model.learn(steps)
    envs.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    learn(parser.parse_args().steps)
