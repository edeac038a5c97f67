"""The weather elasticity of each product: rain, warmth, wind and clouds estimated jointly and pooled over products.

Each product's innovations (log sales without weekday, season, trend and autocorrelation) are regressed on all readings
at once. The coefficients of one reading are then pooled over products and stores, as far as they agree. Products of
one shop share its good and bad days, so their errors are correlated; the pooling accounts for that.
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

MIN_DAYS = 90
WINSOR_SD = 3.5
INTERVAL = 0.90
CLAIM_AT = 0.95
RAIN_MM = 1.0
COLLINEAR_SHARE = 1e-8
"""Readings with less than this share of variation of their own count as one reading, its effect shared."""

MAX_LOG_EFFECT = 20.0
"""Keeps the bounds of an effect finite when the data hold next to no information on it."""

SPREAD_GRID = 41

READINGS = {
    "rain": ("precipitation_mm", "a day with rain"),
    "warmth": ("temperature_c", "one standard deviation warmer"),
    "wind": ("wind_kmh", "one standard deviation more wind"),
    "clouds": ("cloud_cover", "one standard deviation more clouds"),
}
"""Reading -> its weather variable, and the unit of its effect."""


@dataclass(frozen=True, slots=True)
class WeatherElasticity:
    """The response of one product's sales to one reading: 0.05 is +5 % per ``unit``.

    ``alone`` is estimated from the product's own days, ``effect`` is pooled over products, with a 90 % interval.
    ``confidence`` is the probability of its sign, ``claimed`` from 95 % on. ``days`` counts the open days on which all
    readings are known.
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
class _ProductFit:
    """The regression of one product: ``slopes`` and ``variances`` (readings,), ``residual`` (days,)."""

    series: DailySeries
    readings: tuple[str, ...]
    slopes: Floats
    variances: Floats
    residual: Floats
    days: int


def estimate_weather_elasticities(series: Sequence[DailySeries], shop_data: ShopData) -> list[WeatherElasticity]:
    """Estimate the elasticities of every product with at least 90 open days of known weather.

    Returns:
        One entry per product and reading, sorted by store, product and reading.
    """
    fits = [fit for product in series if (fit := _fit_product(product, shop_data)) is not None]
    correlation = _correlate_residuals(fits)
    rows = [row for reading in READINGS for row in _pool_reading(reading, fits, correlation)]
    order = list(READINGS)
    return sorted(rows, key=lambda row: (row.store_id, row.product_id or "", order.index(row.reading)))


def _fit_product(series: DailySeries, shop_data: ShopData) -> _ProductFit | None:
    """Fit the innovations on every reading that varies, by generalised least squares; None with too few days."""
    outcome = build_sales_outcome(series, WINSOR_SD)
    signals = _build_signals(outcome, shop_data.weather.get(series.store_id))
    reported = {reading: signal for reading, signal in signals.items() if np.isfinite(signal).any()}
    if not reported:
        return None
    signal_matrix = np.stack(list(reported.values()))
    complete = np.isfinite(signal_matrix).all(axis=0) & (outcome.observed > 0)
    whitened = outcome.whiten_signals(np.where(complete, signal_matrix, np.nan))
    varying = np.flatnonzero((whitened**2).sum(axis=1) > 0)
    if complete.sum() < MIN_DAYS or not len(varying):
        return None
    regressors, innovation = whitened[varying], np.where(complete, outcome.innovation, 0.0)
    inverse = np.linalg.pinv(regressors @ regressors.T, rcond=COLLINEAR_SHARE, hermitian=True)
    slopes = inverse @ (regressors @ innovation)
    residual = innovation - slopes @ regressors
    degrees_of_freedom = complete.sum() - outcome.basis.shape[1] - len(varying)
    residual_energy = float(residual @ residual)
    if degrees_of_freedom < 1 or residual_energy == 0.0:
        return None
    variances = np.diag(inverse) * residual_energy / degrees_of_freedom
    readings = tuple(list(reported)[index] for index in varying)
    return _ProductFit(series, readings, slopes, variances, residual, int(complete.sum()))


def _build_signals(outcome: SalesOutcome, weather: WeatherDays | None) -> dict[str, Floats]:
    values = select_known_values(weather, outcome.days)
    return {
        reading: transform_signal(_build_template(reading), values[:, VARIABLES.index(variable)], outcome.days)
        for reading, (variable, _) in READINGS.items()
    }


def _build_template(reading: str) -> QuestionTemplate:
    limit = SignalTransformation(above=RAIN_MM) if reading == "rain" else SignalTransformation()
    return QuestionTemplate(
        id=reading, question=f"What does {reading} do?", signal="weather.precipitation_mm", transformation=limit
    )


def _correlate_residuals(fits: Sequence[_ProductFit]) -> Floats:
    """Return the correlations of the products' residuals, shape (fits, fits), at least 0: shared shocks, not hedges."""
    if not fits:
        return np.zeros((0, 0))
    first_day = min(fit.series.first_day for fit in fits)
    days = max((fit.series.last_day - first_day) // timedelta(days=1) for fit in fits) + 1
    residuals = np.stack([_align(fit.residual, (fit.series.first_day - first_day).days, days) for fit in fits])
    norm = np.sqrt((residuals**2).sum(axis=1))
    scale = np.where(norm > 0, norm, 1.0)
    correlation = (residuals @ residuals.T) / scale[:, None] / scale
    np.fill_diagonal(correlation, 1.0)
    return np.clip(correlation, 0.0, 1.0)


def _align(residual: Floats, start: int, days: int) -> Floats:
    """Place a residual at ``start`` of ``days`` days, 0 on the others."""
    row = np.zeros(days)
    row[start : start + len(residual)] = residual
    return row


def _pool_reading(reading: str, fits: Sequence[_ProductFit], correlation: Floats) -> list[WeatherElasticity]:
    members = [index for index, fit in enumerate(fits) if reading in fit.readings]
    if not members:
        return []
    positions = [fits[index].readings.index(reading) for index in members]
    slopes = np.array([fits[index].slopes[position] for index, position in zip(members, positions, strict=True)])
    variances = np.array([fits[index].variances[position] for index, position in zip(members, positions, strict=True)])
    covariance = np.sqrt(np.outer(variances, variances)) * correlation[np.ix_(members, members)]
    mean, sd = _pool_slopes(slopes, covariance)
    return [
        _build_elasticity(fits[index], reading, float(slopes[row]), Normal(float(mean[row]), float(sd[row])))
        for row, index in enumerate(members)
    ]


def _pool_slopes(slopes: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return the posterior mean and standard deviation of each product's slope.

    The slopes scatter around an unknown common slope by an unknown spread: the best linear unbiased prediction
    (Henderson 1975) is averaged over that spread, weighted by its restricted likelihood (Harville 1974). Errors that
    products share by chance are in ``covariance`` and so not counted twice.
    """
    max_spread = float(np.ptp(slopes)) + float(np.sqrt(np.diag(covariance).max()))
    spreads = np.linspace(0.0, max_spread, SPREAD_GRID)
    predictions = [_predict_slopes(float(spread) ** 2, slopes, covariance) for spread in spreads]
    likelihood = np.array([log_likelihood for _, _, log_likelihood in predictions])
    weights = np.exp(likelihood - likelihood.max())
    weights /= weights.sum()
    means = np.stack([mean for mean, _, _ in predictions])
    variances = np.stack([variance for _, variance, _ in predictions])
    mean = weights @ means
    return mean, np.sqrt(weights @ (variances + (means - mean) ** 2))


def _predict_slopes(between: float, slopes: Floats, covariance: Floats) -> tuple[Floats, Floats, float]:
    """Return mean and variance of the slopes and the restricted log likelihood for the slope variance ``between``."""
    total = covariance + between * np.eye(len(slopes))
    inverse = np.linalg.pinv(total)
    ones = np.ones(len(slopes))
    precision = float(ones @ inverse @ ones)
    deviation = slopes - float(ones @ inverse @ slopes) / precision
    mean = slopes - deviation + between * (inverse @ deviation)
    mean_weight = ones - between * (inverse @ ones)
    variance = np.maximum(between - between**2 * np.diag(inverse) + mean_weight**2 / precision, 0.0)
    log_likelihood = -0.5 * (np.linalg.slogdet(total)[1] + np.log(precision) + deviation @ inverse @ deviation)
    return mean, variance, float(log_likelihood)


def _build_elasticity(fit: _ProductFit, reading: str, own_slope: float, posterior: Normal) -> WeatherElasticity:
    lower, upper = posterior.interval(INTERVAL)
    confidence = float(ndtr(abs(posterior.mean) / posterior.sd)) if posterior.sd > 0 else 1.0
    return WeatherElasticity(
        store_id=fit.series.store_id,
        product_id=fit.series.product_id,
        reading=reading,
        unit=READINGS[reading][1],
        effect=_to_lift(posterior.mean),
        lower=_to_lift(lower),
        upper=_to_lift(upper),
        alone=_to_lift(own_slope),
        confidence=confidence,
        claimed=confidence >= CLAIM_AT,
        days=fit.days,
    )


def _to_lift(log_effect: float) -> float:
    return expm1(min(log_effect, MAX_LOG_EFFECT))
