"""What weather does to each product: rain, warmth, wind and clouds measured together, products leaning on each other.

Each product's surprises (log sales without weekday, season, trend and memory) are regressed on all readings at once,
and the coefficients of one reading are pooled over products and stores, as far as they agree.
Products of one shop share its good and bad days, so their errors are correlated; the pooling allows for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import expm1

import numpy as np
from scipy.special import ndtr

from brain.domain.retail.curiosity.config import QuestionTemplate, SignalTransformation
from brain.domain.retail.curiosity.sales_outcome import SalesOutcome, build_sales_outcome
from brain.domain.retail.curiosity.transformations import transform_signal
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.signals.weather_signals import select_known_values
from brain.domain.retail.weather_days import VARIABLES, WeatherDays
from brain.domain.statistics.pooling import Normal
from brain.domain.types import Floats

LEAST_DAYS = 90
WINSOR_SD = 3.5
INTERVAL = 0.90
CLAIM_AT = 0.95
RAIN_MM = 1.0
SAME_READING = 1e-8
"""Readings that tell apart less than this share of each other's variation are taken as one, its effect shared."""

LARGEST_LOG = 20.0
"""Bounds of an effect that nothing is known of stay numbers."""

READINGS = {
    "rain": ("precipitation_mm", "a day with rain"),
    "warmth": ("temperature_c", "one standard deviation warmer"),
    "wind": ("wind_kmh", "one standard deviation more wind"),
    "clouds": ("cloud_cover", "one standard deviation more clouds"),
}
"""Reading -> the column it is made of, and what its effect is counted for."""


@dataclass(frozen=True, slots=True)
class WeatherElasticity:
    """How one product answers one reading: 0.05 is +5 % of its sales for ``unit``.

    ``alone`` is what the product's own days say, ``effect`` after leaning on the others, with a 90 % interval;
    ``confidence`` is the probability of its sign, ``claimed`` from 95 %. ``days`` were open with all readings known.
    """

    store_id: str
    product_id: str | None
    reading: str
    unit: str
    effect: float
    lower: float
    upper: float
    alone: float
    confidence: float
    claimed: bool
    days: int


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    series: DailySeries
    readings: tuple[str, ...]
    slopes: Floats
    variances: Floats
    residual: Floats
    days: int


def estimate_weather_elasticities(series: Sequence[DailySeries], facts: ShopData) -> list[WeatherElasticity]:
    """The elasticities of every product with at least 90 open days of known weather, by store, product and reading."""
    fits = [fit for one in series if (fit := _fit(one, facts)) is not None]
    alike = _correlation(fits)
    rows = [row for name in READINGS for row in _pooled(name, fits, alike)]
    order = list(READINGS)
    return sorted(rows, key=lambda row: (row.store_id, row.product_id or "", order.index(row.reading)))


def _fit(series: DailySeries, facts: ShopData) -> _Fit | None:
    """Generalised least squares of the surprises on every reading that varies; None where too little is known."""
    outcome = build_sales_outcome(series, WINSOR_SD)
    signals = _signals(outcome, facts.weather.get(series.store_id))
    known = {name: row for name, row in signals.items() if np.isfinite(row).any()}
    if not known:
        return None
    raw = np.stack(list(known.values()))
    complete = np.isfinite(raw).all(axis=0) & (outcome.observed > 0)
    whitened = outcome.whiten_signals(np.where(complete, raw, np.nan))
    varies = np.flatnonzero((whitened**2).sum(axis=1) > 0)
    if complete.sum() < LEAST_DAYS or not len(varies):
        return None
    rows, surprise = whitened[varies], np.where(complete, outcome.innovation, 0.0)
    inverse = np.linalg.pinv(rows @ rows.T, rcond=SAME_READING, hermitian=True)
    slopes = inverse @ (rows @ surprise)
    residual = surprise - slopes @ rows
    freedom = complete.sum() - outcome.basis.shape[1] - len(varies)
    unexplained = float(residual @ residual)
    if freedom < 1 or unexplained == 0.0:
        return None
    variances = np.diag(inverse) * unexplained / freedom
    names = tuple(list(known)[at] for at in varies)
    return _Fit(series, names, slopes, variances, residual, int(complete.sum()))


def _signals(outcome: SalesOutcome, weather: WeatherDays | None) -> dict[str, Floats]:
    values = select_known_values(weather, outcome.days)
    return {
        name: transform_signal(_template(name), values[:, VARIABLES.index(column)], outcome.days)
        for name, (column, _) in READINGS.items()
    }


def _template(name: str) -> QuestionTemplate:
    limit = SignalTransformation(above=RAIN_MM) if name == "rain" else SignalTransformation()
    return QuestionTemplate(
        id=name, question=f"What does {name} do?", signal="weather.precipitation_mm", transformation=limit
    )


def _correlation(fits: Sequence[_Fit]) -> Floats:
    """How alike the products' unexplained days are, shape (fits, fits), at least 0: shared shocks, not hedges."""
    if not fits:
        return np.zeros((0, 0))
    first = min(fit.series.first_day for fit in fits)
    days = max((fit.series.last_day - first) // timedelta(days=1) for fit in fits) + 1
    table = np.stack([_placed(fit.residual, (fit.series.first_day - first).days, days) for fit in fits])
    norm = np.sqrt((table**2).sum(axis=1))
    alike = (table @ table.T) / np.where(norm > 0, norm, 1.0)[:, None] / np.where(norm > 0, norm, 1.0)
    np.fill_diagonal(alike, 1.0)
    return np.clip(alike, 0.0, 1.0)


def _placed(residual: Floats, at: int, days: int) -> Floats:
    row = np.zeros(days)
    row[at : at + len(residual)] = residual
    return row


def _pooled(name: str, fits: Sequence[_Fit], alike: Floats) -> list[WeatherElasticity]:
    members = [at for at, fit in enumerate(fits) if name in fit.readings]
    if not members:
        return []
    slopes = np.array([_of(fits[at].slopes, fits[at], name) for at in members])
    variances = np.array([_of(fits[at].variances, fits[at], name) for at in members])
    covariance = np.sqrt(np.outer(variances, variances)) * alike[np.ix_(members, members)]
    mean, sd = _believed(slopes, covariance)
    return [
        _elasticity(fits[at], name, float(slopes[row]), Normal(float(mean[row]), float(sd[row])))
        for row, at in enumerate(members)
    ]


def _believed(slopes: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each product's answer, given all the slopes and their errors' ``covariance``.

    The answers scatter around an unknown common one, how far is not known either: the best linear prediction
    (Henderson 1975) is averaged over that spread, weighed by its restricted likelihood (Harville 1974). What products
    share by chance is in the covariance and so not counted twice.
    """
    widest = float(np.ptp(slopes)) + float(np.sqrt(np.diag(covariance).max()))
    given = [_given(float(spread) ** 2, slopes, covariance) for spread in np.linspace(0.0, widest, SPREADS)]
    likelihood = np.array([log_likelihood for _, _, log_likelihood in given])
    weights = np.exp(likelihood - likelihood.max())
    weights /= weights.sum()
    means = np.stack([mean for mean, _, _ in given])
    variances = np.stack([variance for _, variance, _ in given])
    mean = weights @ means
    return mean, np.sqrt(weights @ (variances + (means - mean) ** 2))


SPREADS = 41


def _given(between: float, slopes: Floats, covariance: Floats) -> tuple[Floats, Floats, float]:
    """Mean and variance of the answers and the restricted log likelihood, were their variance ``between``."""
    total = covariance + between * np.eye(len(slopes))
    inverse = np.linalg.pinv(total)
    ones = np.ones(len(slopes))
    precision = float(ones @ inverse @ ones)
    apart = slopes - float(ones @ inverse @ slopes) / precision
    mean = slopes - apart + between * (inverse @ apart)
    left = ones - between * (inverse @ ones)
    variance = np.maximum(between - between**2 * np.diag(inverse) + left**2 / precision, 0.0)
    log_likelihood = -0.5 * (np.linalg.slogdet(total)[1] + np.log(precision) + apart @ inverse @ apart)
    return mean, variance, float(log_likelihood)


def _elasticity(fit: _Fit, name: str, own: float, belief: Normal) -> WeatherElasticity:
    lower, upper = belief.interval(INTERVAL)
    confidence = float(ndtr(abs(belief.mean) / belief.sd)) if belief.sd > 0 else 1.0
    return WeatherElasticity(
        store_id=fit.series.store_id,
        product_id=fit.series.product_id,
        reading=name,
        unit=READINGS[name][1],
        effect=_share(belief.mean),
        lower=_share(lower),
        upper=_share(upper),
        alone=_share(own),
        confidence=confidence,
        claimed=confidence >= CLAIM_AT,
        days=fit.days,
    )


def _of(values: Floats, fit: _Fit, name: str) -> float:
    return float(values[fit.readings.index(name)])


def _share(log: float) -> float:
    return expm1(min(log, LARGEST_LOG))
