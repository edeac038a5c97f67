"""Online control of the false discovery rate, for tests that arrive one after another for years.

LORD++ (Ramdas, Yang, Wainwright and Jordan, 2017, "Online control of the false discovery rate with decaying memory"):
each test spends wealth and each discovery earns some back. With α the false discovery rate, w₀ the initial wealth and
τⱼ the position of the j-th discovery, the level of test t is γ(t)·w₀ + (α − w₀)·γ(t − τ₁) + α·Σ_{j>1} γ(t − τⱼ).
"""

from collections.abc import Sequence

from scipy.special import zeta

SPENDING_POWER = 1.6
"""γ(t) ∝ t^-1.6. A shop confirms a few findings per month, so most of the wealth goes to the first dozens of tests."""

INITIAL_WEALTH_SHARE = 0.5
"""w₀ / α, the share of the error rate that may be spent before the first discovery."""


def compute_test_level(discoveries: Sequence[bool], alpha: float) -> float:
    """Return the significance level of the next test.

    Args:
        discoveries: Whether each test so far was a discovery, oldest first.
        alpha: The false discovery rate to keep over all tests, between 0 and 1.

    Example:
        A discovery raises the level of the next test.

        >>> round(compute_test_level([], alpha=0.1), 4)
        0.0219
        >>> round(compute_test_level([False], alpha=0.1), 4)
        0.0072
        >>> round(compute_test_level([True], alpha=0.1), 4)
        0.0291
    """
    test = len(discoveries) + 1
    initial_wealth = INITIAL_WEALTH_SHARE * alpha
    level = initial_wealth * _spending_share(test)
    discovery_tests = [number for number, discovery in enumerate(discoveries, start=1) if discovery]
    for index, discovery_test in enumerate(discovery_tests):
        reward = alpha - initial_wealth if index == 0 else alpha
        level += reward * _spending_share(test - discovery_test)
    return level


def _spending_share(age: int) -> float:
    """Return γ(age), the share of its wealth that an account spends on its ``age``-th test; the shares sum to 1."""
    return float(age**-SPENDING_POWER / zeta(SPENDING_POWER))
