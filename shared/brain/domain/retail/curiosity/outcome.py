"""A series of sales made ready for questions: what is new each day beyond season, weekday, trend and memory."""

from dataclasses import dataclass

import numpy as np

from brain.domain.retail.series import DailySeries
from brain.domain.statistics.harmonics import yearly_harmonics
from brain.domain.statistics.whitening import fit_autoregression, whiten, winsorize
from brain.domain.types import Booleans, Dates, Floats

MEMORY_ORDER = 2
FLOOR_SHARE = 0.05
"""Days that sold less than this share of the median count as that share: a log knows no zero and no negative day."""

LEAST_OWN_SHARE = 1e-3
"""Of a signal's variation; with less, a coefficient would be the rounding of what explains the rest."""

YEAR_DAYS = 365
WAVES_OF_A_YEAR = 3


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """``surprise``: the whitened residual of log sales (days,), 0 where closed; ``seen`` (days,): 1 where open.

    ``basis``: orthonormal columns (days, terms) of what is explained away; ``memory``: autoregression coefficients.
    """

    days: Dates
    surprise: Floats
    seen: Floats
    basis: Floats
    memory: Floats

    def whitened(self, signals: Floats) -> Floats:
        """Signals (signals, days) as the surprise sees them: same terms taken out, same memory; 0 where unknown.

        A signal that weekday, trend and season tell almost wholly has nothing of its own to be tested: all 0.
        """
        known = np.isfinite(signals) & (self.seen > 0)
        own = _residuals(signals, known, self.basis)
        whole = (np.where(known, signals, 0.0) ** 2).sum(axis=1, keepdims=True)
        told = (own**2).sum(axis=1, keepdims=True) < LEAST_OWN_SHARE * whole
        return whiten(np.where(told, 0.0, own), self.memory)


def outcome_of(series: DailySeries, winsor_sd: float) -> Outcome:
    """Prepare a series. Surprises beyond ``winsor_sd`` robust standard deviations are pulled to that limit."""
    opened = series.open & np.isfinite(series.sales)
    middle = float(np.median(series.sales[opened])) if opened.any() else 0.0
    floor = FLOOR_SHARE * middle if middle > 0 else 1.0
    logs = np.log(np.maximum(np.nan_to_num(series.sales), floor))
    basis = _basis(series.days)
    residual = _residuals(logs[None], opened[None], basis)[0]
    seen = opened.astype(float)
    memory = fit_autoregression(residual, seen, MEMORY_ORDER)
    surprise = winsorize(whiten(residual, memory), seen, winsor_sd) * seen
    return Outcome(series.days, surprise, seen, basis, memory)


def _basis(days: Dates) -> Floats:
    """Orthonormal columns: level, trend and its bend, weekdays, and the year as far as enough of it was seen."""
    count = len(days)
    time = np.linspace(-1, 1, count) if count > 1 else np.zeros(count)
    weekday = np.eye(7)[(days.astype(np.int64) + 3) % 7]
    waves = WAVES_OF_A_YEAR * min(1.0, count / YEAR_DAYS)
    columns = np.column_stack([weekday, time, time**2, yearly_harmonics(days, int(waves))])
    orthonormal: Floats = np.linalg.qr(columns)[0]
    return orthonormal


def _residuals(values: Floats, known: Booleans, basis: Floats) -> Floats:
    """What ``basis`` does not explain of the known values of each row (rows, days), 0 where unknown.

    By the normal equations of all rows at once: ``basis`` is orthonormal, so they are as sound as it is.
    """
    terms = basis.shape[1]
    filled = np.where(known, values, 0.0)
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), terms * terms)
    normal = (known.astype(float) @ products).reshape(-1, terms, terms) + RIDGE * np.eye(terms)
    fit = np.linalg.solve(normal, (filled @ basis)[:, :, None])[:, :, 0]
    return np.where(known, filled - fit @ basis.T, 0.0)


RIDGE = 1e-9
"""Keeps a row solvable that is known on fewer days than there are terms."""
