"""Intervals that keep their promise: errors of the past, put around the forecast, and corrected when they miss.

Split conformal prediction on the errors known so far (Vovk et al. 2005), normalised by how large errors are at each
step ahead and lately, with the level adapted to the misses seen (Gibbs, Candès 2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.retail.forecast.combination import list_new_observations
from brain.domain.types import Floats

LEVELS = (0.80, 0.95)
TAILS = (0.1, 0.9, 0.025, 0.975)
"""Lower and upper tail of each of ``LEVELS``, in order."""

SCALE_WEEKS = 26.0
ADAPTING_RATE = 0.01
RENEW_DAYS = 14
"""The errors are put in order anew so often; in between only the levels adapt."""

PRIOR_DAYS = 7.0
PRIOR_SHAPE = (1.28 / 0.8, 1.96 / 0.8)
"""Normal quantiles in units of the mean absolute error: how wide an interval is before any error was seen."""


@dataclass(frozen=True, slots=True, eq=False)
class ConformalBounds:
    """Quantiles on the model scale, (tails, series, origins, horizon), and what they were made of.

    ``scores`` (series, errors) are the normalised errors known at the last origin (NaN: none), ``scales`` (series,
    origins, horizon) what multiplies them.
    """

    quantiles: Floats
    scores: Floats
    scales: Floats


def compute_conformal_bounds(
    joined: Floats, modelled: Floats, origins: Sequence[int], starting_error: Floats, memory_weeks: int
) -> ConformalBounds:
    """Bounds of ``joined`` (series, origins, horizon), each origin by the errors of days known by then.

    ``starting_error`` (series,) is the mean absolute error assumed before any was seen.
    """
    series, count, horizon = joined.shape
    quantiles = np.full((len(TAILS), *joined.shape), np.nan)
    scales = np.full(joined.shape, np.nan)
    scores = np.full(joined.shape, np.nan)
    size, weight = starting_error * PRIOR_DAYS, np.full(series, PRIOR_DAYS)
    steps, step_days = np.full((series, horizon), PRIOR_DAYS), np.full((series, horizon), PRIOR_DAYS)
    level = np.tile(np.array(TAILS)[:, None], (1, series))
    previous, renewed = origins[0], origins[0]
    ordered = np.zeros((series, 0))
    for index, pairs in enumerate(list_new_observations(origins, horizon)):
        decay = 0.5 ** ((origins[index] - previous) / 7.0 / SCALE_WEEKS)
        previous = origins[index]
        size, weight = size * decay, weight * decay
        for at, step in pairs:
            error = modelled[:, origins[at] + 1 + step] - joined[:, at, step]
            known = np.isfinite(error)
            error = np.where(known, error, 0.0)
            scores[:, at, step] = np.where(known, error / scales[:, at, step], np.nan)
            size, weight = size + np.abs(error), weight + known
            steps[:, step] += np.where(known, np.abs(error) / scales[:, at, step], 0.0)
            step_days[:, step] += known
            _adapt(level, quantiles[:, :, at, step], joined[:, at, step] + error, known)
        scale = (size / weight)[:, None] * (steps / step_days)
        scales[:, index] = np.maximum(scale, 1e-9)
        if origins[index] >= renewed + RENEW_DAYS or index == count - 1:
            window = scores[:, max(0, index - memory_weeks * _per_week(origins)) : index]
            ordered, renewed = np.sort(window.reshape(series, -1), axis=1), origins[index]
        found = _tails(ordered, level)
        quantiles[:, :, index] = joined[None, :, index] + found[:, :, None] * scales[None, :, index]
    last = scores[:, max(0, count - memory_weeks * _per_week(origins)) :].reshape(series, -1)
    return ConformalBounds(quantiles, last, scales)


def _per_week(origins: Sequence[int]) -> int:
    """How many origins a week has."""
    gap = origins[1] - origins[0] if len(origins) > 1 else 7
    return max(1, 7 // max(1, gap))


def _adapt(level: Floats, bound: Floats, came: Floats, known: Floats) -> None:
    """Move each tail's working level against what it missed, in place."""
    for tail, nominal in enumerate(TAILS):
        below = (came < bound[tail]).astype(float)
        step = ADAPTING_RATE * min(nominal, 1 - nominal) * 5
        level[tail] += np.where(known & np.isfinite(bound[tail]), step * (nominal - below), 0.0)
    np.clip(level, 0.002, 0.998, out=level)


def _tails(ordered: Floats, level: Floats) -> Floats:
    """Quantiles (tails, series) of ordered scores at each series' levels; a normal shape while there are few."""
    count = np.isfinite(ordered).sum(axis=1)
    prior = np.array([-PRIOR_SHAPE[0], PRIOR_SHAPE[0], -PRIOR_SHAPE[1], PRIOR_SHAPE[1]])[:, None]
    if ordered.shape[1] == 0:
        return np.broadcast_to(prior, level.shape).copy()
    position = np.clip(level * (count + 1) - 1, 0, np.maximum(count - 1, 0))
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    rows = np.arange(len(ordered))
    safe = np.where(np.isfinite(ordered), ordered, 0.0)
    found = safe[rows, low] + (position - low) * (safe[rows, high] - safe[rows, low])
    trust = count / (count + PRIOR_DAYS)
    tails: Floats = trust * found + (1 - trust) * prior
    return tails
