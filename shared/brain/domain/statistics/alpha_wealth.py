"""Pays for tests that come one after another for years, so that all findings together keep one false discovery rate.

LORD++ (Ramdas, Yang, Wainwright, Jordan 2017): every test spends wealth and every discovery earns some back. The
level of test t is γ(t)·w₀ + (α − w₀)·γ(t − τ₁) + α·Σ_{j>1} γ(t − τⱼ) with τⱼ the tests that were discoveries.
"""

from collections.abc import Sequence

from scipy.special import zeta

SPENDING_POWER = 1.6
"""γ(t) ∝ t^-1.6: a shop confirms a few findings a month, so most wealth is for the first dozens of tests."""

STARTING_SHARE = 0.5
"""w₀ / α, the wealth before the first discovery."""


def next_level(discoveries: Sequence[bool], alpha: float) -> float:
    """The level at which to test next, given whether each test so far (in order) was a discovery."""
    test = len(discoveries) + 1
    starting = STARTING_SHARE * alpha
    level = starting * _spending(test)
    found = [number for number, discovery in enumerate(discoveries, start=1) if discovery]
    for place, at in enumerate(found):
        level += (alpha - starting if place == 0 else alpha) * _spending(test - at)
    return level


def _spending(age: int) -> float:
    return float(age**-SPENDING_POWER / zeta(SPENDING_POWER))
