"""The robust pooled ridge regression of series that share their regressors, renewed from where it stood.

Older days weigh less (a half-life); a day far from what was expected is held back to a limit (Huber 1964); each
series leans on what the panel has in common (Efron, Morris 1973), so that a new store starts from the others. A
closed day pulls not at all. Series that traded on nearly the same days share one matrix, so that a thousand stores
cost little more than one.
"""

from collections.abc import Sequence

import numpy as np

from brain.domain.retail.series import compute_quantile
from brain.domain.types import Booleans, Floats, Integers

NOISE = 0.01
"""Variance of a day around the model, in model units squared, that the priors are weighed against."""

SHARED_FROM = 0.85
"""Series open on at least this share of the days of their group share its matrix."""

LEAST_SERIES_TO_POOL = 3

SELDOM = 0.03
"""A regressor that acts on a smaller share of days makes those days special: they are odd on purpose."""

SPECIAL_LIMIT = 4.0
"""How many times further than an ordinary day a special day may lie before it is held back."""

BLOCK_DAYS = 28
FILLING_STEPS = 2
"""Steps that let the days on which a series was closed, but its group was not, follow the fit."""


def refit_coefficients(
    rows: Floats,
    target: Floats,
    fading: Floats,
    start: Floats,
    prior: tuple[Floats, Floats],
    limit: Floats,
    passes: int,
) -> Floats:
    """Coefficients (p, series) of ``target`` (days, series; NaN: closed) on ``rows`` (days, p), from ``start``.

    ``prior`` is the mean and sd of each coefficient, (p,) each; ``fading`` (days,) the weight of age; ``limit``
    (series,) how far a day may lie from the fit and its month's level before it is held back (``SPECIAL_LIMIT`` times
    further where a seldom regressor acts). Each pass holds days back by the fit so far and fits anew.
    """
    opened: Booleans = np.isfinite(target)
    special = _special_days(rows)
    weight = fading * opened.any(axis=1)
    bound = np.where(special[:, None], SPECIAL_LIMIT * limit, limit)
    mean, precision = prior[0], NOISE / prior[1] ** 2
    inverse = np.linalg.inv((rows * weight[:, None]).T @ rows + np.diag(precision))
    weighted = (rows * fading[:, None]).T
    found = start
    for _ in range(passes):
        left = target - rows @ found
        level = _local_level(left)
        held = np.nan_to_num(level + np.clip(left - level, -bound, bound))
        for _ in range(FILLING_STEPS):
            step = inverse @ (weighted @ held - precision[:, None] * (found - mean[:, None]))
            found = found + step
            held = (held - rows @ step) * opened
    return found


def _special_days(rows: Floats) -> Booleans:
    """Days on which some regressor acts that acts on few days."""
    acting = rows != 0.0
    share = acting.mean(axis=0)
    special: Booleans = acting[:, share < SELDOM].any(axis=1)
    return special


def _local_level(residual: Floats) -> Floats:
    """The median of each four weeks, counted back from the last day, on each of their days: (days, series)."""
    blocks = -(-len(residual) // BLOCK_DAYS)
    padded = np.full((blocks * BLOCK_DAYS, residual.shape[1]), np.nan)
    padded[len(padded) - len(residual) :] = residual
    middle = compute_quantile(padded.reshape(blocks, BLOCK_DAYS, -1).transpose(0, 2, 1), 0.5)
    level: Floats = np.repeat(np.nan_to_num(middle), BLOCK_DAYS, axis=0)[len(padded) - len(residual) :]
    return level


def group_by_shared_days(opened: Booleans, fading: Floats, place_of: Integers) -> list[Integers]:
    """Indexes of the series that share a matrix: by place, where open on nearly all its days; the others alone.

    ``opened`` (series, days), ``fading`` (days,), ``place_of`` (series,). Series never open are in no group.
    """
    groups: list[Integers] = []
    for place in np.unique(place_of):
        members = np.flatnonzero((place_of == place) & opened.any(axis=1))
        if not len(members):
            continue
        whole = float(fading @ opened[members].any(axis=0))
        share = (opened[members] @ fading) / whole
        together = members[share >= SHARED_FROM]
        groups += [together] if len(together) else []
        groups += [np.array([member]) for member in members[share < SHARED_FROM]]
    return groups


def compute_pooled_mean(coefficients: Floats, days: Integers, believed: Floats) -> Floats:
    """What the series have in common, (p,): the mean weighted by open days; ``believed`` for fewer than three."""
    if (days > 0).sum() < LEAST_SERIES_TO_POOL:
        return believed
    mean: Floats = days @ coefficients / days.sum()
    return mean


def estimate_spread(residual: Floats) -> Floats:
    """The spread (series,) of residuals (series, days) by their median distance from the median; NaN left out."""
    middle = np.nan_to_num(compute_quantile(residual, 0.5))
    distance = compute_quantile(np.abs(residual - middle[:, None]), 0.5)
    return np.maximum(1.4826 * np.nan_to_num(distance), 1e-6)


def apply_coefficients(rows: Sequence[Floats], coefficients: Floats, place_of: Integers) -> Floats:
    """Rows of each place (days, p) times the coefficients (series, p) of its series: (series, days)."""
    answer = np.empty((len(coefficients), len(rows[0])))
    for place, own in enumerate(rows):
        members = np.flatnonzero(place_of == place) if len(rows) > 1 else slice(None)
        answer[members] = coefficients[members] @ own.T
    return answer
