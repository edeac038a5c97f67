"""Simulated logs of a policy whose target's true value is known, for the tests and benchmarks of policy evaluation."""

from dataclasses import dataclass

import numpy as np

from brain.domain.policy_evaluation import PolicyLog, build_policy_log
from brain.domain.types import Floats


@dataclass(frozen=True)
class Bandit:
    """A simulation without context: probabilities of both policies and of a reward, and the log sd of its size."""

    logging: Floats
    target: Floats
    rewarded: Floats
    size_sd: float = 0.0

    @property
    def value(self) -> float:
        """The target policy's true mean reward; sizes have mean 1."""
        return float(self.target @ self.rewarded)

    def log(self, n: int, rng: np.random.Generator) -> PolicyLog:
        """Return ``n`` logged decisions."""
        actions = rng.choice(len(self.logging), n, p=self.logging)
        sizes = np.exp(rng.normal(-(self.size_sd**2) / 2, self.size_sd, n)) if self.size_sd else np.ones(n)
        rewards = (rng.random(n) < self.rewarded[actions]) * sizes
        return build_policy_log(
            [f"a{action}" for action in actions],
            rewards.tolist(),
            self.logging[actions].tolist(),
            self.target[actions].tolist(),
        )


def softmax(values: Floats) -> Floats:
    """Return probabilities in proportion to e^values, along the last axis."""
    exponentials = np.exp(values)
    probabilities: Floats = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


CLICKS = Bandit(softmax(np.linspace(0.5, 0, 10)), softmax(np.linspace(0, 2, 10)), np.linspace(0.05, 0.3, 10))
REVENUE = Bandit(np.full(5, 0.2), np.array([0.05, 0.05, 0.1, 0.2, 0.6]), np.linspace(0.2, 0.6, 5), size_sd=1.0)
HEAVY = Bandit(np.array([0.7, 0.1, 0.1, 0.05, 0.05]), np.array([0.02, 0.02, 0.03, 0.03, 0.9]), np.linspace(0.1, 0.4, 5))
RARE = Bandit(np.full(34, 1 / 34), softmax(np.linspace(0, 3, 34)), np.linspace(0.004, 0.006, 34))
SAME = Bandit(np.full(5, 0.2), np.array([0.05, 0.05, 0.1, 0.2, 0.6]), np.full(5, 0.2))


def simulate_contextual_log(n: int, rng: np.random.Generator, *, levels: bool = False) -> tuple[PolicyLog, float]:
    """Return a log whose policies and rewards depend on three numbers (or levels) of context, and the true value.

    The value is that of the contexts in the log, so that it has no noise of its own.
    """
    truth = np.random.default_rng(99)
    rewards_by, logging_by = truth.normal(0, 0.8, (3, 6)), truth.normal(0, 0.5, (3, 6))
    contexts = rng.normal(size=(n, 3))
    if levels:
        contexts = np.clip(np.round(contexts), -1, 1)
    rewarded = 1 / (1 + np.exp(1 - contexts @ rewards_by))
    logging, target = softmax(contexts @ logging_by), softmax(1.2 * contexts @ rewards_by)
    actions = np.minimum((logging.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1), 5)
    rows = np.arange(n)
    rewards = (rng.random(n) < rewarded[rows, actions]).astype(float)
    log = build_policy_log(
        [f"a{action}" for action in actions],
        rewards.tolist(),
        logging[rows, actions].tolist(),
        target[rows, actions].tolist(),
        {f"context_{j}": [repr(float(value)) for value in contexts[:, j]] for j in range(3)},
    )
    return log, float((target * rewarded).sum(axis=1).mean())
