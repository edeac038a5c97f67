"""How the weights of the score are learned with planted, no and changing effects, against other learners.

``python -m benchmarks learning``. Contenders: no learning, recursive least squares, AdaGrad (Duchi et al. 2011), and
a challenger fitted to the last 500 outcomes (ridge, cross-validated). The error is the mean absolute log error on 1000
later outcomes without noise, so 0 is perfect; medians over 20 seeds.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from brain.domain.learning.challenger import fit_challenger, mean_error
from brain.domain.learning.gram import sum_outcomes
from brain.domain.learning.outcomes import COMPONENTS, ScoreOutcome
from brain.domain.learning.state import initial_state
from brain.domain.learning.weight_pooling import estimate_client, fit_priors, pool_weights
from brain.domain.learning.weight_update import fold_outcomes
from brain.testing.simulations.outcomes import CONFIG, ONES, TRUTH, simulate_outcomes

SEEDS = range(20)
CHECKPOINTS = (100, 500, 2000, 5000)
NOISE = 0.2
Learner = Callable[[Sequence[ScoreOutcome]], Mapping[str, float]]
OTHER_TRUTH = {**TRUTH, "engagement": 0.7, "impressions": 1.4, "temporal": 1.3}


def run() -> None:
    """Print how the error falls, what noise alone does, and what pooling gains."""
    print(f"mean absolute log error on later outcomes, noise {NOISE}, by number of outcomes learned from")
    heads = "".join(f"{n:>9}" for n in CHECKPOINTS)
    worlds = {
        "planted": lambda n, seed: simulate_outcomes(n, TRUTH, noise=NOISE, seed=seed),
        "null": lambda n, seed: simulate_outcomes(n, ONES, noise=NOISE, seed=seed),
        "changed halfway": lambda n, seed: (
            simulate_outcomes(n // 2, TRUTH, noise=NOISE, seed=seed)
            + simulate_outcomes(n - n // 2, OTHER_TRUTH, noise=NOISE, seed=seed + 500, first=n // 2)
        ),
    }
    truths = {"planted": TRUTH, "null": ONES, "changed halfway": OTHER_TRUTH}
    for world, made in worlds.items():
        print(f"{world:<26}{heads}")
        later = simulate_outcomes(1000, truths[world], noise=0.0, seed=999, first=10**5)
        for name, learner in LEARNERS.items():
            figures = [
                statistics.median(mean_error(later, learner(made(n, seed))) for seed in SEEDS) for n in CHECKPOINTS
            ]
            print(f"  {name:<24}{''.join(f'{figure:>9.3f}' for figure in figures)}", flush=True)
    _pooling()
    batch = simulate_outcomes(5000, TRUTH)
    began = time.perf_counter()
    fold_outcomes(initial_state(CONFIG), batch, CONFIG)
    print(f"{len(batch) / (time.perf_counter() - began):,.0f} outcomes folded per second")


def unlearned(_: Sequence[ScoreOutcome]) -> Mapping[str, float]:
    """Keep every weight at 1."""
    return ONES


def gradient(batch: Sequence[ScoreOutcome]) -> Mapping[str, float]:
    """Learn by the Brain's daily gradient steps."""
    return fold_outcomes(initial_state(CONFIG), batch, CONFIG).weights


def challenger(batch: Sequence[ScoreOutcome]) -> Mapping[str, float]:
    """Fit a challenger to the last 500 outcomes; the weights stay at 1 if there is none."""
    found = fit_challenger(batch[-500:], initial_state(CONFIG), CONFIG)
    return found.weights if found else ONES


def recursive_least_squares(batch: Sequence[ScoreOutcome]) -> Mapping[str, float]:
    """Learn by recursive least squares, starting at weights of 1 ± 0.5, without forgetting."""
    weights, covariance = np.ones(len(COMPONENTS)), np.eye(len(COMPONENTS)) * 0.25 / NOISE**2
    for outcome in batch:
        logs = np.array([outcome.components[name] for name in COMPONENTS])
        gain = covariance @ logs / (1 + logs @ covariance @ logs)
        weights = weights + gain * (outcome.target - logs @ weights)
        covariance = covariance - np.outer(gain, logs @ covariance)
    return dict(zip(COMPONENTS, weights.tolist(), strict=True))


def adagrad(batch: Sequence[ScoreOutcome], rate: float = 0.1) -> Mapping[str, float]:
    """Learn by AdaGrad."""
    weights, squares = np.ones(len(COMPONENTS)), np.full(len(COMPONENTS), 1e-8)
    for outcome in batch:
        logs = np.array([outcome.components[name] for name in COMPONENTS])
        slope = (logs @ weights - outcome.target) * logs
        squares += slope**2
        weights -= rate * slope / np.sqrt(squares)
    return dict(zip(COMPONENTS, weights.tolist(), strict=True))


LEARNERS: dict[str, Learner] = {
    "no learning": unlearned,
    "the Brain's gradient": gradient,
    "the Brain's challenger": challenger,
    "recursive least squares": recursive_least_squares,
    "AdaGrad": adagrad,
}


def _pooling() -> None:
    print("clients of one vertical, true weights spread by 0.2, noise 0.4: mean distance of the weights from the truth")
    print(f"{'outcomes per client':<26}{'own data only':>15}{'default':>10}{'pooled':>9}")
    for n in (20, 50, 200):
        distances = np.mean([_one_vertical(n, seed) for seed in SEEDS], axis=0)
        print(f"{n:<26}{distances[0]:>15.3f}{distances[1]:>10.3f}{distances[2]:>9.3f}", flush=True)


def _one_vertical(n: int, seed: int, clients: int = 8) -> tuple[float, float, float]:
    chance = np.random.default_rng(seed)
    truths = [{name: max(TRUTH[name] + chance.normal(0, 0.2), 0.1) for name in COMPONENTS} for _ in range(clients)]
    estimates = []
    for k, truth in enumerate(truths):
        batch = simulate_outcomes(n, truth, noise=0.4, seed=1000 * seed + k)
        estimate = estimate_client(f"c{k}", "d2c", n, sum_outcomes(batch, CONFIG.move_weights), ONES, CONFIG)
        assert estimate
        estimates.append(estimate)
    priors = fit_priors(estimates, CONFIG)
    found = np.zeros(3)
    for estimate, truth in zip(estimates, truths, strict=True):
        beliefs = pool_weights(estimate, "d2c", priors, CONFIG)
        for name in COMPONENTS:
            trio = (estimate.weights[name], 1.0, beliefs[name].mean)
            found += [abs(value - truth[name]) for value in trio]
    alone, default, pooled = found / (clients * len(COMPONENTS))
    return float(alone), float(default), float(pooled)


if __name__ == "__main__":
    run()
