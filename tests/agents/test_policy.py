import gymnasium as gym
import numpy as np
import pytest
import torch

from tmenv_agents.errors import OptionError
from tmenv_agents.ppo.network import Policy, Shape
from tmenv_agents.ppo.normalise import LARGEST, SMALLEST_STD, RunningNorm
from tmenv_agents.ppo.seen import NO_IMAGE, ImageEncoder, sizes_of, stack

KEYS = Shape(observations=3, actions=12, discrete=True, hidden=(16, 16))
NONE = torch.zeros((20, *NO_IMAGE), dtype=torch.uint8)
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
    before = policy.value(rows, NONE)
    policy.rescale_value(1000.0 + 300.0 * torch.randn(500, generator=seeded(2)))
    torch.testing.assert_close(policy.value(rows, NONE), before, rtol=1e-3, atol=1e-2)
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


SIGHTED = Shape(observations=3, actions=12, discrete=True, hidden=(16,), image=(2, 32, 40))


def test_a_policy_with_an_image_reads_both_parts():
    policy, rng = Policy(SIGHTED, seeded()), np.random.default_rng(0)
    seen = {
        "telemetry": rng.normal(size=(5, 3)).astype(np.float32),
        "image": rng.integers(0, 256, (5, 2, 32, 40), np.uint8),
    }
    parts = [torch.from_numpy(seen[key]) for key in ("telemetry", "image")]
    head, value = policy(*parts)
    assert (head.shape, value.shape) == ((5, 12), (5,))
    dark, still = policy(parts[0], torch.zeros_like(parts[1]))[1], policy(torch.zeros_like(parts[0]), parts[1])[1]
    assert (value - dark).abs().min() > 1e-3
    assert (value - still).abs().min() > 1e-3
    assert policy.act(seen).shape == (5,)


def test_a_policy_with_an_image_says_when_it_is_missing():
    with pytest.raises(OptionError, match=r"images \(2, 32, 40\)"):
        Policy(SIGHTED, seeded()).act(np.zeros((2, 3), np.float32))


def test_brightness_of_images_is_centred():
    encoder = ImageEncoder((1, 32, 32), seeded())
    layers, encoder.layers = encoder.layers, torch.nn.Identity()
    np.testing.assert_allclose(encoder(torch.tensor([[[[0, 255]]]], dtype=torch.uint8)).flatten(), [-1.0, 1.0])
    assert layers(torch.zeros(2, 1, 32, 32)).shape == (2, 128)


def test_images_that_are_too_small_are_named():
    with pytest.raises(OptionError, match="16 x 16"):
        ImageEncoder((1, 16, 16), None)


def test_spaces_ppo_cannot_read_are_named():
    box = gym.spaces.Box(-1.0, 1.0, (3,), np.float32)
    image = gym.spaces.Box(0, 255, (4, 64, 64), np.uint8)
    assert sizes_of(box) == (3, NO_IMAGE)
    assert sizes_of(gym.spaces.Dict({"image": image, "telemetry": box})) == (3, (4, 64, 64))
    for space in (image, gym.spaces.Dict({"image": image}), gym.spaces.Dict({"speed": box, "gear": box})):
        with pytest.raises(OptionError, match="flatten=True"):
            sizes_of(space)


def test_final_observations_are_stacked_part_by_part():
    flat, parts = np.empty(2, object), np.empty(2, object)
    for row in range(2):
        flat[row] = np.full(3, row)
        parts[row] = {"telemetry": np.full(3, row), "image": np.full((1, 2, 2), row)}
    assert stack(flat).tolist() == [[0, 0, 0], [1, 1, 1]]
    assert stack(parts)["image"].shape == (2, 1, 2, 2)
