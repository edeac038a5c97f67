"""Confidence sequences: intervals that stay true however often one looks, so that looking every day fools nobody."""

import math


def boundary(n: int, alpha: float, tuned_for: int) -> float:
    """Return how many standard errors of the mean a confidence sequence reaches to each side after ``n`` observations.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021, theorem 2.2): the
    chance that the mean is ever outside is at most ``alpha``, over all n together. It is narrowest, by their
    approximation of the best rho, near ``tuned_for`` observations, and wide early, where means are least normal.
    """
    log_level = -2 * math.log(alpha)
    intrinsic = n * (log_level + math.log(log_level) + 1) / tuned_for
    return math.sqrt((intrinsic + 1) / intrinsic * (log_level + math.log(intrinsic + 1)))
