"""The probability that Thompson sampling picks each move, integrated rather than sampled, so that it can be logged.

Thompson (1933): a move is picked with the probability that it is the best. The value of a move is its score times the
probability that it works, about which the belief is a beta distribution. The probability that a move is shown, with
exploration, follows in :mod:`brain.domain.recommendations.slate`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from brain.domain.statistics.pooling import Beta

_CELLS = 200
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class ValueDistribution:
    """The distribution of a move's value over the cells of a grid that all moves share.

    ``mass`` is the probability of each cell, ``log_below`` the log probability of lying below the cell's middle.
    """

    mass: tuple[float, ...]
    log_below: tuple[float, ...]


def compute_value_distributions(scores: Sequence[float], beliefs: Sequence[Beta]) -> list[ValueDistribution]:
    """Return each move's distribution of score times probability of working; scores are at least 0."""
    highest = max(scores, default=0.0) or 1.0
    return [_compute_distribution(score, belief, highest) for score, belief in zip(scores, beliefs, strict=True)]


def compute_best_probabilities(distributions: Sequence[ValueDistribution]) -> list[float]:
    """Return for each move the probability that its value is the highest; they add up to 1.

    Midpoint quadrature over the shared grid: the mass of a cell times the probability that all other values lie below
    its middle.
    """
    if not distributions:
        return []
    log_all_below = [
        math.fsum(column) for column in zip(*(distribution.log_below for distribution in distributions), strict=True)
    ]
    unnormalized = [
        math.fsum(
            mass * math.exp(log_all - log_own)
            for mass, log_own, log_all in zip(distribution.mass, distribution.log_below, log_all_below, strict=True)
            if mass > 0
        )
        for distribution in distributions
    ]
    total = math.fsum(unnormalized)
    if total <= 0:
        return [1 / len(unnormalized)] * len(unnormalized)
    return [probability / total for probability in unnormalized]


def _compute_distribution(score: float, belief: Beta, highest: float) -> ValueDistribution:
    scale = score / highest
    mass = [0.0] * _CELLS
    for cell, density in enumerate(_compute_densities(belief)):
        mass[min(_CELLS - 1, int((cell + 0.5) * scale))] += density
    total = math.fsum(mass)
    below, log_below = 0.0, []
    for cell, density in enumerate(mass):
        mass[cell] = density / total
        log_below.append(math.log(max(_TINY, below + mass[cell] / 2)))
        below += mass[cell]
    return ValueDistribution(tuple(mass), tuple(log_below))


def _compute_densities(belief: Beta) -> list[float]:
    """Return the beta density in the middle of each cell, relative to the highest, so that no belief underflows."""
    middles = [(cell + 0.5) / _CELLS for cell in range(_CELLS)]
    logarithms = [
        (belief.successes - 1) * math.log(middle) + (belief.failures - 1) * math.log1p(-middle) for middle in middles
    ]
    highest = max(logarithms)
    return [math.exp(logarithm - highest) for logarithm in logarithms]
