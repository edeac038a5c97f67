"""The probability that Thompson sampling would pick each move, computed and not sampled, so that it can be logged.

Thompson (1933): a move is picked as often as it is believed to be the best. The worth of a move is its score times
the probability that it works, of which the belief is a beta distribution.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from brain.domain.statistics.pooling import Beta

_CELLS = 200
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Worth:
    """The distribution of a move's worth over the cells of a grid that all moves share."""

    mass: tuple[float, ...]
    log_below: tuple[float, ...]


def worths(scores: Sequence[float], beliefs: Sequence[Beta]) -> list[Worth]:
    """Return each move's distribution of score × probability that it works; scores are 0 or more."""
    top = max(scores, default=0.0) or 1.0
    return [_worth(score, belief, top) for score, belief in zip(scores, beliefs, strict=True)]


def probabilities_of_being_best(candidates: Sequence[Worth]) -> list[float]:
    """Return for each move the probability that its worth is the largest; they add up to 1.

    Midpoint quadrature over the shared grid: the mass of a cell times the probability that all others lie below
    its middle.
    """
    if not candidates:
        return []
    all_below = [math.fsum(column) for column in zip(*(c.log_below for c in candidates), strict=True)]
    raw = [
        math.fsum(
            mass * math.exp(total - own)
            for mass, own, total in zip(c.mass, c.log_below, all_below, strict=True)
            if mass > 0
        )
        for c in candidates
    ]
    total = math.fsum(raw)
    return [value / total for value in raw] if total > 0 else [1 / len(raw)] * len(raw)


def _worth(score: float, belief: Beta, top: float) -> Worth:
    density = [_density(belief, (cell + 0.5) / _CELLS) for cell in range(_CELLS)]
    scale = score / top
    mass = [0.0] * _CELLS
    for cell, height in enumerate(density):
        mass[min(_CELLS - 1, int((cell + 0.5) * scale))] += height
    total = math.fsum(mass)
    below, log_below = 0.0, []
    for index, height in enumerate(mass):
        mass[index] = height / total
        log_below.append(math.log(max(_TINY, below + mass[index] / 2)))
        below += mass[index]
    return Worth(tuple(mass), tuple(log_below))


def _density(belief: Beta, chance: float) -> float:
    a, b = belief.successes, belief.failures
    peak = min(max((a - 1) / (a + b - 2), 1e-9), 1 - 1e-9) if a + b > 2 and a >= 1 and b >= 1 else 0.5  # noqa: PLR2004 - the mode exists only beyond a uniform belief
    exponent = (a - 1) * math.log(chance / peak) + (b - 1) * math.log((1 - chance) / (1 - peak))
    return math.exp(exponent)
