"""Estimate a decision's value and its intervals from placebo differences: those of weeks without any decision."""

import math
from dataclasses import dataclass

import numpy as np

from brain.domain.statistics.welch import t_quantile
from brain.domain.types import Booleans, Floats

INTERVAL_LEVELS = (0.80, 0.95)
MIN_COMPARISONS = 3
"""Number of effective placebo differences below which their spread is unknown."""

HALF_LIFE_WEEKS = 13.0


@dataclass(frozen=True, slots=True)
class ValueEstimate:
    """An amount of money with its 80 % and 95 % intervals."""

    amount: float
    lower_80: float
    upper_80: float
    lower_95: float
    upper_95: float


def estimate_value(difference: float, placebo_differences: Floats, span_weeks: float) -> ValueEstimate | None:
    """Return ``difference`` less the mean placebo difference, with prediction intervals.

    Args:
        difference: actual less forecast money of the decision's days.
        placebo_differences: the differences of the same days 1, 2, … weeks earlier on the same scale, (weeks,), NaN
            where there is none. Their mean is the forecast's bias. Earlier ones weigh less, since the forecast was
            younger then.
        span_weeks: number of weeks that a difference spans. Differences that overlap count as fewer: the interval is
            Student's prediction interval by the effective number of comparisons (Kish 1965).

    Differences of several decisions are summed week by week before they come here, so that errors that come together
    stay together.

    Returns:
        The estimate; None when fewer than ``MIN_COMPARISONS`` comparisons are effective.
    """
    is_known = np.isfinite(placebo_differences)
    comparisons = count_effective_comparisons(placebo_differences, span_weeks)
    if comparisons < MIN_COMPARISONS:
        return None
    weights = _weight_by_recency(is_known)
    bias = float(weights @ placebo_differences[is_known])
    variance = float(weights @ (placebo_differences[is_known] - bias) ** 2) * comparisons / (comparisons - 1)
    standard_error = math.sqrt(variance * (1 + 1 / comparisons))
    half_80, half_95 = (t_quantile((1 + level) / 2, comparisons - 1) * standard_error for level in INTERVAL_LEVELS)
    amount = difference - bias
    return ValueEstimate(amount, amount - half_80, amount + half_80, amount - half_95, amount + half_95)


def count_effective_comparisons(placebo_differences: Floats, span_weeks: float) -> float:
    """Return how many independent differences of equal weight ``placebo_differences`` are worth."""
    is_known = np.isfinite(placebo_differences)
    if is_known.sum() < MIN_COMPARISONS:
        return 0.0
    return float(1 / np.sum(_weight_by_recency(is_known) ** 2)) / max(1.0, span_weeks)


def adjust_for_control(treated: Floats, control: Floats, required_ratio: float) -> Floats | None:
    """Return the ``treated`` differences less what the ``control`` stores predict; None when that does not help.

    This is a difference in differences with the slope of regression adjustment. The slope is estimated on the earlier
    weeks; each of them is judged by the slope of the others (leave-one-out).

    Args:
        treated: differences as shares of the forecast, (weeks,), NaN where unknown; index 0 is the decision's own.
        control: the same of the control stores.
        required_ratio: the adjustment is used only if it brings the errors below this share of what they were.
    """
    is_known = np.isfinite(treated) & np.isfinite(control)
    is_earlier = is_known.copy()
    is_earlier[0] = False
    if not is_known[0] or is_earlier.sum() < MIN_COMPARISONS:
        return None
    x = control - control[is_earlier].mean()
    y = treated - treated[is_earlier].mean()
    total = float(np.sum(x[is_earlier] ** 2))
    if total <= 0:
        return None
    slope = float(np.sum(x[is_earlier] * y[is_earlier])) / total
    residual = y - slope * x
    leverage = np.minimum(x[is_earlier] ** 2 / total, 0.99)
    residual[is_earlier] /= 1 - leverage
    error, unadjusted_error = (float(np.sqrt(np.mean(errors[is_earlier] ** 2))) for errors in (residual, y))
    if error > required_ratio * unadjusted_error:
        return None
    return np.where(is_known, residual + treated[is_earlier].mean(), np.nan)


def _weight_by_recency(is_known: Booleans) -> Floats:
    """Return weights of the known weeks that sum to 1 and halve every ``HALF_LIFE_WEEKS``."""
    decay: Floats = 0.5 ** (np.flatnonzero(is_known) / HALF_LIFE_WEEKS)
    weights: Floats = decay / decay.sum()
    return weights
