"""The robust pooled ridge regression, kept as sums so that each day of history is looked at once.

Older days weigh less (a half-life), days far from what was expected weigh less (Huber 1964), and each series leans on
what the series of the panel have in common, so that a new store starts from the others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brain.domain.retail.series import Floats, nothing_in

Whole = NDArray[np.int64]

NOISE_SHARE = 0.01
"""Variance of a day around the model, in model units squared, that the priors are weighed against."""

LEAST_SERIES_TO_POOL = 3


@dataclass(slots=True, eq=False)
class Sums:
    """Weighted sums over the days seen: ``gram`` (series, p, p), ``moment`` (series, p), ``days`` (series,)."""

    gram: Floats
    moment: Floats
    days: Floats


def empty_sums(series: int, width: int) -> Sums:
    """Sums over no day."""
    return Sums(np.zeros((series, width, width)), np.zeros((series, width)), np.zeros(series))


def add_days(sums: Sums, rows: NDArray[np.float32], modelled: Floats, weights: Floats, decay: float) -> None:
    """Fade what was summed by ``decay``, then add ``rows`` (series, days, p) with weights (series, days), in place."""
    weighted = rows * weights[:, :, None].astype(np.float32)
    sums.gram *= decay
    sums.moment *= decay
    sums.gram += weighted.transpose(0, 2, 1) @ rows
    target = np.where(weights > 0, modelled, 0.0)
    sums.moment += np.einsum("std,st->sd", weighted, target, optimize=True)
    sums.days += (weights > 0).sum(axis=1)


def solve(sums: Sums, prior_mean: Floats, prior_sd: Floats, columns: Whole) -> Floats:
    """Coefficients (series, p) by generalised ridge on ``columns``; the others are 0.

    The first solution's mean over the series (weighted by their days) becomes the prior mean of a second, where at
    least three series share the panel: empirical Bayes in its simplest form (Efron, Morris 1973).
    """
    precision = NOISE_SHARE / prior_sd[columns] ** 2
    gram = sums.gram[:, columns[:, None], columns] + np.diag(precision)
    moment = sums.moment[:, columns]
    mean = prior_mean[columns]
    found = np.linalg.solve(gram, (moment + precision * mean)[:, :, None])[:, :, 0]
    seen = sums.days > 0
    if seen.sum() >= LEAST_SERIES_TO_POOL:
        weight = sums.days / sums.days.sum()
        mean = weight @ found
        found = np.linalg.solve(gram, (moment + precision * mean)[:, :, None])[:, :, 0]
    coefficients = np.zeros(sums.moment.shape)
    coefficients[:, columns] = found
    return coefficients


def robust_weights(residual: Floats, spread: Floats, at_sd: float) -> Floats:
    """Huber's weights for residuals (series, days) with ``spread`` (series,); NaN residuals weigh nothing."""
    distance = np.abs(residual) / np.maximum(spread, 1e-9)[:, None]
    with np.errstate(invalid="ignore"):
        weights = np.minimum(1.0, at_sd / np.maximum(distance, 1e-9))
    return np.where(np.isfinite(residual), weights, 0.0)


def spread_of(residual: Floats) -> Floats:
    """The spread (series,) of residuals (series, days) by their median absolute value, NaN left out."""
    missing = nothing_in(residual)
    safe = np.where(missing[:, None], 0.0, residual)
    spread: Floats = 1.4826 * np.nanmedian(np.abs(safe), axis=1)
    return np.maximum(spread, 1e-6)
