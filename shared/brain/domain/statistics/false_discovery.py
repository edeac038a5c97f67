"""Control of the false discovery rate: which of many tests count as discoveries."""

import numpy as np

from brain.domain.types import Booleans, Floats


def harmonic_number(tests: int) -> float:
    """Return 1 + 1/2 + … + 1/tests, the factor that arbitrary dependence between the tests costs.

    Example:
        >>> harmonic_number(2)
        1.5
    """
    return float(np.sum(1.0 / np.arange(1, tests + 1))) if tests else 0.0


def benjamini_yekutieli(p_values: Floats, level: float, weights: Floats | None = None) -> Booleans:
    """Select the discoveries at a false discovery rate, valid under any dependence (Benjamini and Yekutieli, 2001).

    Args:
        p_values: One per test, shape (tests,).
        level: The false discovery rate to keep, between 0 and 1.
        weights: Prior weights with mean 1, shape (tests,), chosen without looking at the p-values: a p-value counts as
            p / weight (Genovese, Roeder and Wasserman, 2006; under dependence Blanchard and Roquain, 2008).

    Returns:
        Whether each test is a discovery, shape (tests,).

    Example:
        >>> benjamini_yekutieli(np.array([0.001, 0.2, 0.02]), level=0.05).tolist()
        [True, False, False]
        >>> benjamini_yekutieli(np.array([0.001, 0.2, 0.02]), level=0.05, weights=np.array([0.5, 0.5, 2.0])).tolist()
        [True, False, True]
    """
    tests = len(p_values)
    if not tests:
        return np.zeros(0, dtype=bool)
    weighted = p_values if weights is None else p_values / weights
    order = np.argsort(weighted, kind="stable")
    limits = level * np.arange(1, tests + 1) / (tests * harmonic_number(tests))
    ranks_below = np.flatnonzero(weighted[order] <= limits)
    discoveries = np.zeros(tests, dtype=bool)
    if len(ranks_below):
        discoveries[order[: ranks_below[-1] + 1]] = True
    return discoveries


def single_discovery_level(tests: int, level: float) -> float:
    """Return the p-value that a single true effect among ``tests`` must reach at the false discovery rate ``level``.

    The smallest detectable effect is derived from it.

    Example:
        >>> round(single_discovery_level(10, level=0.05), 5)
        0.00171
    """
    return level / (tests * harmonic_number(tests)) if tests else level
