"""Prediction intervals from past errors, corrected when they miss more often than their level allows.

Split conformal prediction on the errors observed so far (Vovk et al. 2005), normalised by the size of errors at each
step ahead and of late, with a level that adapts to the misses (Gibbs, Candès 2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.retail.forecast.combination import list_new_observations
from brain.domain.retail.forecast.levels import WEEK
from brain.domain.types import Booleans, Floats

TAILS = (0.1, 0.9, 0.025, 0.975)
"""Lower and upper tail of the 80 % interval, then of the 95 % interval."""

SCALE_WEEKS = 26.0
ADAPTATION_RATE = 0.01
SORT_INTERVAL_DAYS = 14
"""Days between two sorts of the errors; in between only the levels adapt."""

PRIOR_DAYS = 7.0
PRIOR_SHAPE = (1.28 / 0.8, 1.96 / 0.8)
"""Normal quantiles in units of the mean absolute error: the width of an interval before any error is observed."""


@dataclass(frozen=True, slots=True, eq=False)
class ConformalBounds:
    """Quantiles on the model scale, (tails, series, origins, horizon), and the errors behind them.

    ``scores`` (series, errors) are the normalised errors known at the last origin, NaN where there is none; ``scales``
    (series, origins, horizon) convert them back.
    """

    quantiles: Floats
    scores: Floats
    scales: Floats


def compute_conformal_bounds(
    combined: Floats, modelled: Floats, origins: Sequence[int], starting_error: Floats, memory_weeks: int
) -> ConformalBounds:
    """Compute bounds of ``combined`` (series, origins, horizon), for each origin from the errors known by then.

    Args:
        combined: Forecasts on the model scale.
        modelled: Sales on the model scale, shape (series, days); NaN where closed.
        origins: Ascending columns of ``modelled``.
        starting_error: Mean absolute error assumed before any is observed, shape (series,).
        memory_weeks: Weeks of errors that the quantiles are taken from.
    """
    series, count, horizon = combined.shape
    quantiles = np.full((len(TAILS), *combined.shape), np.nan)
    scales = np.full(combined.shape, np.nan)
    scores = np.full(combined.shape, np.nan)
    error_sum, weight = starting_error * PRIOR_DAYS, np.full(series, PRIOR_DAYS)
    step_error, step_days = np.full((series, horizon), PRIOR_DAYS), np.full((series, horizon), PRIOR_DAYS)
    level = np.tile(np.array(TAILS)[:, None], (1, series))
    previous, sorted_at = origins[0], origins[0]
    window_origins = memory_weeks * _count_origins_per_week(origins)
    ordered = np.zeros((series, 0))
    for index, observations in enumerate(list_new_observations(origins, horizon)):
        decay = 0.5 ** ((origins[index] - previous) / WEEK / SCALE_WEEKS)
        previous = origins[index]
        error_sum, weight = error_sum * decay, weight * decay
        for past, step in observations:
            error = modelled[:, origins[past] + 1 + step] - combined[:, past, step]
            observed = np.isfinite(error)
            error = np.where(observed, error, 0.0)
            scores[:, past, step] = np.where(observed, error / scales[:, past, step], np.nan)
            error_sum, weight = error_sum + np.abs(error), weight + observed
            step_error[:, step] += np.where(observed, np.abs(error) / scales[:, past, step], 0.0)
            step_days[:, step] += observed
            _adapt_level(level, quantiles[:, :, past, step], combined[:, past, step] + error, observed)
        scale = (error_sum / weight)[:, None] * (step_error / step_days)
        scales[:, index] = np.maximum(scale, 1e-9)
        if origins[index] >= sorted_at + SORT_INTERVAL_DAYS or index == count - 1:
            window = scores[:, max(0, index - window_origins) : index]
            ordered, sorted_at = np.sort(window.reshape(series, -1), axis=1), origins[index]
        score_quantiles = _compute_score_quantiles(ordered, level)
        quantiles[:, :, index] = combined[None, :, index] + score_quantiles[:, :, None] * scales[None, :, index]
    last_scores = scores[:, max(0, count - window_origins) :].reshape(series, -1)
    return ConformalBounds(quantiles, last_scores, scales)


def _count_origins_per_week(origins: Sequence[int]) -> int:
    days_between_origins = origins[1] - origins[0] if len(origins) > 1 else WEEK
    return max(1, WEEK // max(1, days_between_origins))


def _adapt_level(level: Floats, bound: Floats, actual: Floats, observed: Booleans) -> None:
    """Move the working level of each tail against its misses, in place."""
    for tail, nominal in enumerate(TAILS):
        below = (actual < bound[tail]).astype(float)
        step = ADAPTATION_RATE * min(nominal, 1 - nominal) * 5
        level[tail] += np.where(observed & np.isfinite(bound[tail]), step * (nominal - below), 0.0)
    np.clip(level, 0.002, 0.998, out=level)


def _compute_score_quantiles(ordered: Floats, level: Floats) -> Floats:
    """Return quantiles (tails, series) of ordered scores at each series' levels, shrunk to a normal shape if few."""
    count = np.isfinite(ordered).sum(axis=1)
    prior = np.array([-PRIOR_SHAPE[0], PRIOR_SHAPE[0], -PRIOR_SHAPE[1], PRIOR_SHAPE[1]])[:, None]
    if ordered.shape[1] == 0:
        return np.broadcast_to(prior, level.shape).copy()
    position = np.clip(level * (count + 1) - 1, 0, np.maximum(count - 1, 0))
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    rows = np.arange(len(ordered))
    finite = np.where(np.isfinite(ordered), ordered, 0.0)
    empirical = finite[rows, low] + (position - low) * (finite[rows, high] - finite[rows, low])
    trust = count / (count + PRIOR_DAYS)
    quantiles: Floats = trust * empirical + (1 - trust) * prior
    return quantiles
