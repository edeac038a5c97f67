"""Weigh the models by their errors on days already observed, and fall back to the naive rule when it did better."""

from collections.abc import Sequence

import numpy as np

from brain.domain.retail.forecast.levels import WEEK
from brain.domain.types import Booleans, Floats

PRIOR_WEEKS = 0.5
"""Before any error is observed, all members count as if they had this many weeks of equal loss."""


def list_new_observations(origins: Sequence[int], horizon: int) -> list[list[tuple[int, int]]]:
    """List for each origin the (origin index, step) pairs whose day was observed since the origin before it."""
    observations: list[list[tuple[int, int]]] = [[] for _ in origins]
    for index, origin in enumerate(origins):
        for step in range(horizon):
            observed_at = int(np.searchsorted(origins, origin + 1 + step))
            if observed_at < len(origins):
                observations[observed_at].append((index, step))
    return observations


def combine_forecasts(
    forecasts: Floats,
    modelled: Floats,
    origins: Sequence[int],
    naive: int,
    memory_weeks: float,
    power: float,
    ratio: Booleans,
) -> Floats:
    """Combine forecasts (members, series, origins, horizon) into (series, origins, horizon).

    A member's weight is its discounted absolute error so far, relative to the best, to the power of minus ``power``
    (Bates, Granger 1969; Stock, Watson 2004). Each origin uses only errors of days observed by then. Where the
    combination did worse than member ``naive`` so far, the naive forecast is used instead.

    Args:
        forecasts: NaN where a member has no forecast.
        modelled: Sales on the model scale, shape (series, days); NaN where closed.
        origins: Ascending columns of ``modelled``.
        naive: Index of the member to fall back to.
        memory_weeks: Half-life of past errors.
        power: How sharply weights favour the better members.
        ratio: Shape (series,). Series that are not on the ratio scale have squared errors, because sums of slow
            products must be right in the mean, not mostly zero.
    """
    members, series, _, horizon = forecasts.shape
    loss = np.zeros((members + 1, series))
    days = np.zeros((members + 1, series))
    combined = np.full(forecasts.shape[1:], np.nan)
    chosen = np.full(forecasts.shape[1:], np.nan)
    previous = origins[0]
    for index, observations in enumerate(list_new_observations(origins, horizon)):
        decay = 0.5 ** ((origins[index] - previous) / WEEK / memory_weeks)
        previous = origins[index]
        loss *= decay
        days *= decay
        for past, step in observations:
            actual = modelled[:, origins[past] + 1 + step]
            _add_errors(loss, days, forecasts[:, :, past, step], combined[:, past, step], actual, ratio)
        combined[:, index] = _average(forecasts[:, :, index], loss, days, power)
        naive_won = (loss[-1] > loss[naive])[:, None]
        naive_forecast = forecasts[naive, :, index]
        chosen[:, index] = np.where(naive_won & np.isfinite(naive_forecast), naive_forecast, combined[:, index])
    return chosen


def _add_errors(
    loss: Floats, days: Floats, forecasts: Floats, combined: Floats, actual: Floats, ratio: Booleans
) -> None:
    """Add the errors of one day in place, if all members forecast it, so that all are compared on the same days."""
    candidates = np.concatenate([forecasts, combined[None]])
    distance = np.abs(candidates - actual)
    error = np.where(ratio, distance, distance**2)
    participating = np.isfinite(error).any(axis=1) | (days.sum(axis=1) == 0)
    is_common = np.isfinite(error[participating]).all(axis=0)
    loss += np.where(is_common & np.isfinite(error), error, 0.0)
    days += is_common & np.isfinite(error)


def _average(forecasts: Floats, loss: Floats, days: Floats, power: float) -> Floats:
    """Return the weighted mean of the members' forecasts, (series, horizon), NaN where no member has one."""
    mean_loss = _shrink_mean_loss(loss[:-1], days[:-1])
    weights = (mean_loss.min(axis=0) / mean_loss) ** power
    present = np.isfinite(forecasts)
    shares = weights[:, :, None] * present
    total = shares.sum(axis=0)
    weighted_sum = (shares * np.where(present, forecasts, 0.0)).sum(axis=0)
    return np.where(total > 0, weighted_sum / np.where(total > 0, total, 1.0), np.nan)


def _shrink_mean_loss(loss: Floats, days: Floats) -> Floats:
    """Return the mean loss of each member, shrunk to the mean over members while few days are observed."""
    pooled = loss.sum(axis=0) / np.maximum(days.sum(axis=0), 1e-9)
    pooled = np.where(pooled > 0, pooled, 1.0)
    return (loss + PRIOR_WEEKS * WEEK * pooled) / (days + PRIOR_WEEKS * WEEK)
