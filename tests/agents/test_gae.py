import numpy as np
import pytest
import torch

from tmenv_agents.ppo.gae import advantages_and_returns


def by_definition(rewards, values, dones, cut_values, *, gamma, lam):
    """Advantage of each step as the written-out sum of discounted one-step errors, car by car."""
    steps, cars = rewards.shape
    advantages = np.zeros((steps, cars))
    for car in range(cars):
        for start in range(steps):
            weight = 1.0
            for t in range(start, steps):
                following = cut_values[t, car] if dones[t, car] else values[t + 1, car]
                advantages[start, car] += weight * (rewards[t, car] + gamma * following - values[t, car])
                if dones[t, car]:
                    break
                weight *= gamma * lam
    return advantages


def tensors(*rows):
    return [torch.tensor(row, dtype=torch.float32) for row in rows]


def test_a_truncated_step_is_worth_its_final_observation_and_a_terminated_one_nothing():
    # Two cars, one step each, value 3 now; the next episode's value 100 must not leak in.
    rewards, values, dones, cut = tensors([[1.0, 1.0]], [[3.0, 3.0], [100.0, 100.0]], [[1.0, 1.0]], [[10.0, 0.0]])
    advantages, returns = advantages_and_returns(rewards, values, dones, cut, gamma=0.5, gae_lambda=0.9)
    assert advantages.tolist() == [[1.0 + 0.5 * 10.0 - 3.0, 1.0 - 3.0]]
    assert returns.tolist() == [[6.0, 1.0]]


def test_a_rollout_that_goes_on_is_worth_the_observation_after_it():
    rewards, values, dones, cut = tensors([[1.0], [2.0]], [[0.0], [4.0], [8.0]], [[0.0], [0.0]], [[0.0], [0.0]])
    advantages, _ = advantages_and_returns(rewards, values, dones, cut, gamma=0.5, gae_lambda=0.5)
    second = 2.0 + 0.5 * 8.0 - 4.0
    assert advantages.tolist() == [[1.0 + 0.5 * 4.0 - 0.0 + 0.25 * second], [second]]


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_definition(seed):
    rng = np.random.default_rng(seed)
    rewards, values = rng.normal(size=(12, 4)), rng.normal(size=(13, 4))
    dones = (rng.random((12, 4)) < 0.25).astype(float)
    cut_values = rng.normal(size=(12, 4)) * dones * (rng.random((12, 4)) < 0.5)
    got, returns = advantages_and_returns(
        *tensors(rewards, values, dones, cut_values), gamma=0.97, gae_lambda=0.9
    )  # fmt: skip
    expected = by_definition(rewards, values, dones, cut_values, gamma=0.97, lam=0.9)
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(returns.numpy(), expected + values[:-1], rtol=1e-4, atol=1e-5)
