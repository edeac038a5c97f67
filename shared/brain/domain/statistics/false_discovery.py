"""Which of many tests count as discoveries when the share of false ones is to stay below a level."""

import numpy as np
from numpy.typing import NDArray

from brain.domain.types import Floats


def harmonic(tests: int) -> float:
    """1 + 1/2 + … + 1/tests, the price of not knowing how the tests depend on each other."""
    return float(np.sum(1.0 / np.arange(1, tests + 1))) if tests else 0.0


def benjamini_yekutieli(p_values: Floats, level: float, weights: Floats | None = None) -> NDArray[np.bool_]:
    """Discoveries at false discovery rate ``level`` whatever the dependence (Benjamini, Yekutieli 2001).

    ``weights`` (mean 1) say beforehand where discoveries are expected; a p-value counts as p / weight (Genovese,
    Roeder, Wasserman 2006; under dependence Blanchard, Roquain 2008).
    """
    tests = len(p_values)
    if not tests:
        return np.zeros(0, dtype=bool)
    weighted = p_values if weights is None else p_values / weights
    order = np.argsort(weighted, kind="stable")
    limits = level * np.arange(1, tests + 1) / (tests * harmonic(tests))
    below = np.flatnonzero(weighted[order] <= limits)
    discovered = np.zeros(tests, dtype=bool)
    if len(below):
        discovered[order[: below[-1] + 1]] = True
    return discovered


def lone_discovery_level(tests: int, level: float) -> float:
    """The p-value that a single real effect among ``tests`` must reach: what a detectable effect is measured by."""
    return level / (tests * harmonic(tests)) if tests else level
