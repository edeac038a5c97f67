"""False and true promotions in simulations, with a look after every pair of errors, against the usual rules.

``python -m benchmarks promotion``. Contenders see the same pairs: a plain confidence sequence (Waudby-Smith et al.
2021, no blocks), a t-test at 5 % after every 50 pairs, and "3 % better on 500 pairs, checked every 50".
``BRAIN_BENCH_RUNS`` is the number of runs per simulation (200).
"""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.promotion import ModelComparison, PromotionDecision
from brain.domain.statistics.confidence_sequence import compute_boundary
from brain.settings.files import load_config

Pairs = tuple[NDArray[np.float64], NDArray[np.float64]]
POLICY = load_config("brain_learning", LearningConfig).promotion
LENGTH = 5000
LOOKS = np.arange(1, LENGTH + 1)
REACH = np.array([compute_boundary(int(n), POLICY.alpha, POLICY.tuned_for_observations) for n in LOOKS])


@dataclass(frozen=True)
class World:
    """How the champion's errors are generated, and how much lower (above 0) or higher the challenger's are."""

    name: str
    gain: float
    errors: Callable[[NDArray[np.float64], NDArray[np.float64]], Pairs]
    correlation: float = 0.0


def lognormal(sigma: float) -> Callable[..., Pairs]:
    """Return a generator of errors with this standard deviation of their log."""
    return lambda x, y: (np.exp(sigma * x), np.exp(sigma * y))


def drifting(x: NDArray[np.float64], y: NDArray[np.float64]) -> Pairs:
    """Return log-normal errors of both models that grow fourfold over the run."""
    growth = np.exp(np.linspace(0, math.log(4), LENGTH))
    return growth * np.exp(0.5 * x), growth * np.exp(0.5 * y)


def unlike(x: NDArray[np.float64], y: NDArray[np.float64]) -> Pairs:
    """Return errors with equal means and different shapes: the challenger is often better, sometimes much worse."""
    return np.exp(0.3 * x - 0.045), np.exp(y - 0.5)


def chained(x: NDArray[np.float64], y: NDArray[np.float64]) -> Pairs:
    """Return log-normal errors with an autocorrelation of 0.5."""

    def chain(noise: NDArray[np.float64]) -> NDArray[np.float64]:
        made = noise.copy()
        for i in range(1, LENGTH):
            made[:, i] = 0.5 * made[:, i - 1] + math.sqrt(0.75) * noise[:, i]
        return made

    return np.exp(0.5 * chain(x)), np.exp(0.5 * chain(y))


WORLDS = [
    World("A/A log-normal 0.5", 0.0, lognormal(0.5), 0.0),
    World("A/A log-normal 0.5", 0.0, lognormal(0.5), 0.5),
    World("A/A log-normal 0.5", 0.0, lognormal(0.5), 0.9),
    World("A/A log-normal 1 (heavy)", 0.0, lognormal(1.0), 0.0),
    World("A/A log-normal 1 (heavy)", 0.0, lognormal(1.0), 0.9),
    World("A/A errors grow fourfold", 0.0, drifting, 0.5),
    World("A/A autocorrelated", 0.0, chained),
    World("equal means, other shape", 0.0, unlike),
    World("10 % better, 0.5", 0.1, lognormal(0.5), 0.0),
    World("10 % better, 0.5", 0.1, lognormal(0.5), 0.5),
    World("10 % better, 0.5", 0.1, lognormal(0.5), 0.9),
    World("10 % better, 0.8", 0.1, lognormal(0.8), 0.0),
    World("10 % better, 1 (heavy)", 0.1, lognormal(1.0), 0.0),
    World("10 % better, 1 (heavy)", 0.1, lognormal(1.0), 0.5),
    World("5 % worse, 0.5", -0.05, lognormal(0.5), 0.0),
    World("5 % worse, 0.5", -0.05, lognormal(0.5), 0.9),
    World("5 % worse, 1 (heavy)", -0.05, lognormal(1.0), 0.0),
]


def run() -> None:
    """Print the share of runs that end in a promotion, for each simulation and rule."""
    runs = int(os.environ.get("BRAIN_BENCH_RUNS", "200"))
    print(f"promoted within {LENGTH} pairs, % of {runs} runs; pairs: median number until the Brain decides")
    heads = f"{'simulation':<26}{'corr.':>6}{'Brain':>8}{'pairs':>7}{'plain':>8}{'t-test':>8}{'3 %':>8}"
    print(f"{heads}   goal for the Brain")
    seconds, taken = 0.0, 0
    for number, world in enumerate(WORLDS):
        champion, challenger = simulated(world, runs, seed=100 + number)
        began = time.perf_counter()
        promoted, decided_at = brain(champion, challenger)
        seconds += time.perf_counter() - began
        taken += sum(decided_at)
        shares = [100 * promoted, *(100 * share for share in rivals(champion, challenger))]
        figures = f"{shares[0]:>8.1f}{int(np.median(decided_at)):>7}" + "".join(f"{s:>8.1f}" for s in shares[1:])
        print(f"{world.name:<26}{world.correlation:>6}{figures}   {wanted(world)}", flush=True)
    print(f"{taken / seconds:,.0f} pairs per second")


def wanted(world: World) -> str:
    """Return the goal for a simulation, in % of the runs."""
    if world.gain > 0:
        return ">= 99"
    return "<= 5" if world.gain == 0 else "<= 0.5"


def simulated(world: World, runs: int, seed: int) -> Pairs:
    """Return the errors of champion and challenger, one row per run."""
    chance = np.random.default_rng(seed)
    common, first, second = (chance.standard_normal((runs, LENGTH)) for _ in range(3))
    shared, own = math.sqrt(world.correlation), math.sqrt(1 - world.correlation)
    champion, challenger = world.errors(shared * common + own * first, shared * common + own * second)
    return champion, (1 - world.gain) * challenger


def brain(champion: NDArray[np.float64], challenger: NDArray[np.float64]) -> tuple[float, list[int]]:
    """Return the share of promoted runs, and the number of pairs after which each run was decided."""
    promoted, decided_at = 0, []
    for errors in zip(champion.tolist(), challenger.tolist(), strict=True):
        comparison = ModelComparison(POLICY)
        for pair in zip(*errors, strict=True):
            if comparison.observe(*pair) is not PromotionDecision.CONTINUE:
                break
        promoted += comparison.decision is PromotionDecision.PROMOTE
        decided_at.append(comparison.pairs.n)
    return promoted / len(champion), decided_at


def rivals(champion: NDArray[np.float64], challenger: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the shares of runs promoted by a plain sequence, by a t-test and by 3 % alone (every 50 pairs)."""
    sums = challenger.cumsum(axis=1), champion.cumsum(axis=1)
    enough = (1 - sums[0] / sums[1] >= POLICY.minimum_improvement) & (POLICY.minimum_observations <= LOOKS)
    difference = champion - challenger
    mean = difference.cumsum(axis=1) / LOOKS
    spread = np.sqrt(np.maximum((difference**2).cumsum(axis=1) / LOOKS - mean**2, 0))
    errors_away = mean * np.sqrt(LOOKS) / np.maximum(spread, 1e-300)
    seldom = LOOKS % 50 == 0
    looks = (enough & (errors_away > REACH), enough & seldom & (errors_away > 1.96), enough & seldom)
    plain, tests, alone = (float(look.any(axis=1).mean()) for look in looks)
    return plain, tests, alone


if __name__ == "__main__":
    run()
