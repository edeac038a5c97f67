"""Prepare a sales series as the outcome of tests: what is new each day beyond season, weekday, trend and memory."""

from dataclasses import dataclass

import numpy as np

from brain.domain.retail.series import DailySeries
from brain.domain.statistics.harmonics import yearly_harmonics
from brain.domain.statistics.whitening import fit_autoregression, whiten, winsorize
from brain.domain.types import Booleans, Dates, Floats

AUTOREGRESSION_ORDER = 2
FLOOR_SHARE = 0.05
"""Days with less than this share of the median count as that share, since a log knows no zero or negative day."""

MIN_UNIQUE_SHARE = 1e-3
"""Share of a signal's variation that the basis must leave; with less, a coefficient would be a rounding error."""

RIDGE = 1e-9
"""Keeps a row solvable that is known on fewer days than there are terms."""

YEAR_DAYS = 365
HARMONICS_PER_YEAR = 3


@dataclass(frozen=True, slots=True, eq=False)
class SalesOutcome:
    """A prepared series of daily sales.

    Attributes:
        days: the dates, (days,).
        innovation: whitened residual of log sales, (days,); 0 where closed.
        observed: 1 where open, 0 where closed, (days,).
        basis: orthonormal columns of what is explained away, (days, terms).
        coefficients: autoregression coefficients of the residual, (order,).
    """

    days: Dates
    innovation: Floats
    observed: Floats
    basis: Floats
    coefficients: Floats

    def whiten_signals(self, signals: Floats) -> Floats:
        """Return signals (signals, days) transformed like the innovation; 0 where unknown.

        A signal that weekday, trend and season explain almost wholly has nothing of its own to test: all 0.
        """
        is_known = np.isfinite(signals) & (self.observed > 0)
        residual = _compute_residuals(signals, is_known, self.basis)
        variation = (np.where(is_known, signals, 0.0) ** 2).sum(axis=1, keepdims=True)
        is_explained = (residual**2).sum(axis=1, keepdims=True) < MIN_UNIQUE_SHARE * variation
        return whiten(np.where(is_explained, 0.0, residual), self.coefficients)


def build_sales_outcome(series: DailySeries, winsor_sd: float) -> SalesOutcome:
    """Prepare a series; innovations beyond ``winsor_sd`` robust standard deviations are pulled to that limit."""
    is_open = series.open & np.isfinite(series.sales)
    median = float(np.median(series.sales[is_open])) if is_open.any() else 0.0
    floor = FLOOR_SHARE * median if median > 0 else 1.0
    logs = np.log(np.maximum(np.nan_to_num(series.sales), floor))
    basis = _build_basis(series.days)
    residual = _compute_residuals(logs[None], is_open[None], basis)[0]
    observed = is_open.astype(float)
    coefficients = fit_autoregression(residual, observed, AUTOREGRESSION_ORDER)
    innovation = winsorize(whiten(residual, coefficients), observed, winsor_sd) * observed
    return SalesOutcome(series.days, innovation, observed, basis, coefficients)


def _build_basis(days: Dates) -> Floats:
    """Return orthonormal columns: level, quadratic trend, weekdays, and yearly harmonics as the days allow."""
    count = len(days)
    time = np.linspace(-1, 1, count) if count > 1 else np.zeros(count)
    weekday = np.eye(7)[(days.astype(np.int64) + 3) % 7]
    order = HARMONICS_PER_YEAR * min(1.0, count / YEAR_DAYS)
    columns = np.column_stack([weekday, time, time**2, yearly_harmonics(days, int(order))])
    orthonormal: Floats = np.linalg.qr(columns)[0]
    return orthonormal


def _compute_residuals(rows: Floats, is_known: Booleans, basis: Floats) -> Floats:
    """Return what ``basis`` does not explain of the known values of each row (rows, days); 0 where unknown.

    Solves the normal equations of all rows at once; ``basis`` is orthonormal, so they are well conditioned.
    """
    terms = basis.shape[1]
    filled = np.where(is_known, rows, 0.0)
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), terms * terms)
    normal = (is_known.astype(float) @ products).reshape(-1, terms, terms) + RIDGE * np.eye(terms)
    coefficients = np.linalg.solve(normal, (filled @ basis)[:, :, None])[:, :, 0]
    return np.where(is_known, filled - coefficients @ basis.T, 0.0)
