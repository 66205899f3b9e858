import numpy as np
import pytest
import torch

from tmenv_agents.errors import OptionError
from tmenv_agents.ppo.network import Policy, Shape
from tmenv_agents.ppo.normalise import LARGEST, SMALLEST_STD, RunningNorm

KEYS = Shape(observations=3, actions=12, discrete=True, hidden=(16, 16))
AXES = Shape(observations=3, actions=2, discrete=False, hidden=(16, 16))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_normaliser_has_the_mean_and_spread_of_all_rows_it_saw():
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(1000, 3)) * [1.0, 50.0, 0.1] + [0.0, 300.0, -2.0]).astype(np.float32)
    norm = RunningNorm(3)
    for part in np.array_split(rows, [1, 10, 400]):
        norm.update(torch.from_numpy(part))
    np.testing.assert_allclose(norm.mean.numpy(), rows.mean(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(norm.std.numpy(), rows.std(0), rtol=1e-4)
    seen = norm(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(seen.std(0), 1.0, rtol=1e-3)


def test_normaliser_bounds_what_it_has_never_seen_move():
    norm = RunningNorm(1)
    norm.update(torch.full((10, 1), 5.0))
    assert norm.std.item() == pytest.approx(SMALLEST_STD)
    assert norm(torch.tensor([[1000.0]])).item() == LARGEST


def test_normaliser_with_a_horizon_forgets():
    norm = RunningNorm(1, horizon=100)
    for value in (0.0, 10.0):
        for _ in range(50):
            norm.update(torch.full((100, 1), value))
    assert norm.mean.item() == pytest.approx(10.0, abs=1e-3)


def test_rescaling_the_value_keeps_its_answers():
    policy, rows = Policy(KEYS, seeded()), torch.randn(20, 3, generator=seeded(1))
    before = policy.value(rows)
    policy.rescale_value(1000.0 + 300.0 * torch.randn(500, generator=seeded(2)))
    torch.testing.assert_close(policy.value(rows), before, rtol=1e-3, atol=1e-2)
    assert policy.returns.mean.item() == pytest.approx(1000.0, rel=0.05)


@pytest.mark.parametrize("shape", [KEYS, AXES])
def test_log_prob_and_entropy_are_those_of_torch_distributions(shape):
    policy, head = Policy(shape, seeded()), torch.randn(50, shape.actions, generator=seeded(1))
    actions = policy.sample(head, seeded(2))
    if shape.discrete:
        reference = torch.distributions.Categorical(logits=head)
        expected, entropy = reference.log_prob(actions), reference.entropy()
    else:
        reference = torch.distributions.Normal(head, policy.log_std.exp().expand_as(head))
        expected, entropy = reference.log_prob(actions).sum(-1), reference.entropy().sum(-1)
    got, got_entropy = policy.log_prob_and_entropy(head, actions)
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(got_entropy.expand_as(entropy), entropy)


def test_samples_follow_the_probabilities():
    policy = Policy(Shape(1, 3, True, (4,)), seeded())
    wanted = torch.tensor([0.6, 0.3, 0.1])
    drawn = policy.sample(wanted.log().expand(20_000, 3).contiguous(), seeded(3))
    torch.testing.assert_close(torch.bincount(drawn) / 20_000, wanted, atol=0.02, rtol=0.0)


def test_act_mixes_greedy_and_sampled_cars_and_stays_in_the_space():
    policy, seen = Policy(AXES, seeded()), np.zeros((6, 3), np.float32)
    with torch.no_grad():
        policy.log_std.fill_(3.0)
    greedy = np.array([True, False] * 3)
    actions = policy.act(seen, greedy, seeded(1))
    assert actions.shape == (6, 2)
    assert actions.dtype == np.float32
    np.testing.assert_array_equal(actions[greedy], policy.act(seen)[greedy])
    assert np.abs(actions).max() == 1.0
    keys = Policy(KEYS, seeded()).act(seen, False, seeded(1))
    assert keys.shape == (6,)
    assert keys.dtype == np.int64


def test_act_says_when_the_observation_is_another():
    with pytest.raises(OptionError, match=r"reads \(N, 3\) observations"):
        Policy(KEYS).act(np.zeros((2, 5), np.float32))
    with pytest.raises(OptionError, match="Generator"):
        Policy(KEYS).act(np.zeros((2, 3), np.float32), greedy=False)
