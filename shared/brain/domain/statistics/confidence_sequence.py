"""Confidence sequences: intervals that remain valid however often one looks (anytime-valid inference)."""

import math


def compute_boundary(n: int, alpha: float, tuned_for: int) -> float:
    """Return the half-width of a confidence sequence after ``n`` observations, in standard errors of the mean.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021, "Time-uniform central
    limit theory and asymptotic confidence sequences", theorem 2.2). It is narrowest, by their approximation of the
    best rho, near ``tuned_for`` observations, and wide early, where means are least normal.

    Args:
        n: The number of observations so far, at least 1.
        alpha: The chance that the mean is ever outside, over all n together.
        tuned_for: The number of observations at which the sequence is narrowest.

    Example:
        The price of looking at every observation, where a fixed sample size would give 1.96:

        >>> round(compute_boundary(1000, alpha=0.05, tuned_for=1000), 2)
        3.04
    """
    log_level = -2 * math.log(alpha)
    intrinsic_time = n * (log_level + math.log(log_level) + 1) / tuned_for
    return math.sqrt((intrinsic_time + 1) / intrinsic_time * (log_level + math.log(intrinsic_time + 1)))
