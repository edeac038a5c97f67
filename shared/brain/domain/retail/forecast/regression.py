"""A robust pooled ridge regression of series that share regressors, updated from its previous solution.

Older days weigh less (a half-life). Days far from the fit are limited (Huber 1964). Each series is shrunk to the mean
of the panel (Efron, Morris 1973), so that a new store starts from the others. Closed days have no weight. Series that
traded on nearly the same days share one matrix, so that a thousand stores cost little more than one.
"""

from collections.abc import Sequence

import numpy as np

from brain.domain.retail.series import compute_quantile
from brain.domain.types import Booleans, Floats, Integers

NOISE = 0.01
"""The variance of a day around the fit, in model units squared, against which the priors are weighed."""

MIN_SHARED_OPEN = 0.85
"""Series open on at least this share of the days of their group share its matrix."""

MIN_POOLED_SERIES = 3

RARE_SHARE = 0.03
"""Days on which a regressor is active that is active on a smaller share of days are special."""

SPECIAL_LIMIT = 4.0
"""Special days are limited this many times further from the fit than ordinary days."""

BLOCK_DAYS = 28
FILLING_STEPS = 2
"""Steps in which days on which a series was closed, but its group was not, are filled with the fit."""

MAD_TO_SD = 1.4826


def refit_coefficients(
    rows: Floats,
    target: Floats,
    weight: Floats,
    start: Floats,
    prior: tuple[Floats, Floats],
    limit: Floats,
    passes: int,
) -> Floats:
    """Update the coefficients (columns, series) of ``target`` on ``rows`` from ``start``.

    Each pass limits outliers by the fit so far and fits anew.

    Args:
        rows: Regressors, shape (days, columns).
        target: Shape (days, series); NaN where closed.
        weight: Weight of each day by age, shape (days,).
        start: Coefficients to start from, shape (columns, series).
        prior: Mean and standard deviation of each coefficient, shape (columns,) each.
        limit: Distance from the fit and the month's level at which a day is limited, shape (series,);
            ``SPECIAL_LIMIT`` times that on special days.
        passes: Number of passes.
    """
    opened: Booleans = np.isfinite(target)
    special = _find_special_days(rows)
    group_weight = weight * opened.any(axis=1)
    bound = np.where(special[:, None], SPECIAL_LIMIT * limit, limit)
    mean, precision = prior[0], NOISE / prior[1] ** 2
    inverse = np.linalg.inv((rows * group_weight[:, None]).T @ rows + np.diag(precision))
    weighted = (rows * weight[:, None]).T
    coefficients = start
    for _ in range(passes):
        residual = target - rows @ coefficients
        level = _compute_local_level(residual)
        limited = np.nan_to_num(level + np.clip(residual - level, -bound, bound))
        for _ in range(FILLING_STEPS):
            step = inverse @ (weighted @ limited - precision[:, None] * (coefficients - mean[:, None]))
            coefficients = coefficients + step
            limited = (limited - rows @ step) * opened
    return coefficients


def _find_special_days(rows: Floats) -> Booleans:
    active = rows != 0.0
    share = active.mean(axis=0)
    special: Booleans = active[:, share < RARE_SHARE].any(axis=1)
    return special


def _compute_local_level(residual: Floats) -> Floats:
    """Return for each day the median of its four weeks, counted back from the last day: (days, series)."""
    blocks = -(-len(residual) // BLOCK_DAYS)
    padded = np.full((blocks * BLOCK_DAYS, residual.shape[1]), np.nan)
    padded[len(padded) - len(residual) :] = residual
    median = compute_quantile(padded.reshape(blocks, BLOCK_DAYS, -1).transpose(0, 2, 1), 0.5)
    level: Floats = np.repeat(np.nan_to_num(median), BLOCK_DAYS, axis=0)[len(padded) - len(residual) :]
    return level


def group_by_shared_days(opened: Booleans, weight: Floats, profile_of: Integers) -> list[Integers]:
    """Group the series that share a matrix: by profile, if open on nearly all its days; the others alone.

    Args:
        opened: Shape (series, days).
        weight: Weight of each day by age, shape (days,).
        profile_of: The regressor profile of each series, shape (series,).

    Returns:
        The indexes of the series in each group; series that never opened are in none.
    """
    groups: list[Integers] = []
    for profile in np.unique(profile_of):
        members = np.flatnonzero((profile_of == profile) & opened.any(axis=1))
        if not len(members):
            continue
        total_weight = float(weight @ opened[members].any(axis=0))
        share = (opened[members] @ weight) / total_weight
        sharing = members[share >= MIN_SHARED_OPEN]
        groups += [sharing] if len(sharing) else []
        groups += [np.array([member]) for member in members[share < MIN_SHARED_OPEN]]
    return groups


def compute_pooled_mean(coefficients: Floats, days: Integers, prior_mean: Floats) -> Floats:
    """Return the mean coefficients (columns,) weighted by open days; ``prior_mean`` for fewer than three series."""
    if (days > 0).sum() < MIN_POOLED_SERIES:
        return prior_mean
    mean: Floats = days @ coefficients / days.sum()
    return mean


def estimate_spread(residual: Floats) -> Floats:
    """Estimate the spread (series,) of residuals (series, days) by the median absolute deviation, without NaN."""
    median = np.nan_to_num(compute_quantile(residual, 0.5))
    deviation = compute_quantile(np.abs(residual - median[:, None]), 0.5)
    return np.maximum(MAD_TO_SD * np.nan_to_num(deviation), 1e-6)


def apply_coefficients(rows: Sequence[Floats], coefficients: Floats, profile_of: Integers) -> Floats:
    """Multiply the rows (days, columns) of each profile by the coefficients (series, columns) of its series.

    The result has shape (series, days).
    """
    fitted = np.empty((len(coefficients), len(rows[0])))
    for profile, profile_rows in enumerate(rows):
        members = np.flatnonzero(profile_of == profile) if len(rows) > 1 else slice(None)
        fitted[members] = coefficients[members] @ profile_rows.T
    return fitted
