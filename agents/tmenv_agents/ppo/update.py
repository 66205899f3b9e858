"""One PPO update: several passes of clipped policy-gradient steps over a rollout."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tmenv_agents.ppo.args import Args
from tmenv_agents.ppo.network import Policy


@dataclass(frozen=True)
class Batch:
    """The B = T x N steps of a rollout, flattened.

    Attributes:
        seen: float32 (B, D), normalised numbers of the observations.
        image: uint8 (B, C, H, W); C is 0 where there is none.
        actions: int64 (B,) or float32 (B, A), as drawn from the distribution (before any clipping).
        log_probs: float32 (B,), of the actions when they were drawn.
        advantages, returns: float32 (B,), in units of reward.
    """

    seen: Tensor
    image: Tensor
    actions: Tensor
    log_probs: Tensor
    advantages: Tensor
    returns: Tensor

    def rows(self, index: Tensor) -> "Batch":
        """The rows ``index``, int64 (M,)."""
        return Batch(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def make_optimizer(policy: Policy, args: Args) -> torch.optim.Adam:
    """Adam as PPO is usually run (eps 1e-5), fused into one kernel per step."""
    learned = [p for p in policy.parameters() if p.requires_grad]
    return torch.optim.Adam(learned, lr=args.learning_rate, eps=1e-5, fused=True)


def losses(policy: Policy, part: Batch, clip: float) -> dict[str, Tensor]:
    """Policy loss, value loss and entropy of a minibatch, and how far the policy has moved; all ()."""
    head, value = policy(part.seen, part.image)  # (M, A), (M,)
    log_probs, entropy = policy.log_prob_and_entropy(head, part.actions)
    log_ratio = log_probs - part.log_probs
    ratio = log_ratio.exp()
    gain = (part.advantages - part.advantages.mean()) / (part.advantages.std(correction=0) + 1e-8)
    clipped = ratio.clamp(1.0 - clip, 1.0 + clip)
    target = (part.returns - policy.returns.mean) / policy.returns.std
    return {
        "policy_loss": -torch.min(ratio * gain, clipped * gain).mean(),
        "value_loss": 0.5 * (value - target).square().mean(),
        "entropy": entropy.mean(),
        "kl": (ratio.detach() - 1.0 - log_ratio.detach()).mean(),
        "clipped": (ratio.detach() != clipped.detach()).float().mean(),
    }


def update(
    policy: Policy, optimizer: torch.optim.Adam, batch: Batch, args: Args, *, left: float, generator: torch.Generator
) -> dict[str, float]:
    """Improve ``policy`` in place on ``batch``.

    Args:
        policy: with its return scale already moved to this batch (``rescale_value``).
        optimizer: from ``make_optimizer``.
        batch: B steps.
        args: epochs, minibatches, clip, coefficients.
        left: share of the budget that is left, 1 to 0; scales the learning rate and the entropy bonus.
        generator: order of the steps.

    Returns:
        Means over the update of policy_loss, value_loss, entropy, kl, clipped.
    """
    optimizer.param_groups[0]["lr"] = args.learning_rate * left
    steps = len(batch.returns)
    sums: dict[str, Tensor] = {}
    for _ in range(args.epochs):
        for index in torch.randperm(steps, generator=generator).chunk(args.minibatches):
            parts = losses(policy, batch.rows(index), args.clip)
            loss = parts["policy_loss"] + args.value_coef * parts["value_loss"]
            loss = loss - args.entropy_coef * left * parts["entropy"]
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(policy.parameters(), args.max_grad_norm)
            optimizer.step()
            sums = {name: sums.get(name, 0.0) + part.detach() for name, part in parts.items()}
    return {name: float(total) / (args.epochs * args.minibatches) for name, total in sums.items()}
