"""Proximal policy optimisation in small readable parts: ``train(Args(...)) -> Result``.

``train.py`` is the recipe; each line of its loop is one of the other modules.
"""

from tmenv_agents.ppo.args import Args
from tmenv_agents.ppo.checkpoint import load_policy
from tmenv_agents.ppo.train import Result, train

__all__ = ["Args", "Result", "load_policy", "train"]
