"""Estimate the effect of each signal on one series, net of level, trend, weekday, season and the other signals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from brain.domain.types import Booleans, Dates, Floats

YEAR_DAYS = 365.25
LEVEL_RATE = 0.03
"""The share by which the smoothed level follows sales each day: slow drift is not the effect of a signal."""

WAVES = 4
WAVES_IN_FIRST_YEARS = 2
FULL_SEASON_DAYS = 550
HUBER_SD = 2.0
PASSES = 4
LOOSE_SD: Final = 100.0
WAVE_SD: Final = 0.5
OTHERS_SD: Final = 0.1
"""The prior of the signals of other classes while the lifts of one class are estimated."""

OWN_SD: Final = 2.0
"""The signals of the estimated class are nearly unrestricted: their prior enters when they are pooled."""


@dataclass(frozen=True, slots=True, eq=False)
class RawLifts:
    """``estimate`` and sampling ``variance`` (signals,), and ``residual`` (days,), NaN where closed."""

    estimate: Floats
    variance: Floats
    residual: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """Weighted normal equations: ``gram`` and ``sandwich`` (p, p), ``moment`` (p,), ``noise`` the variance of a day."""

    gram: Floats
    sandwich: Floats
    moment: Floats
    noise: float

    def solve(self, prior_sd: Floats) -> tuple[Floats, Floats]:
        """Return the coefficients and their variances, (p,) each, under normal priors around 0."""
        penalty = np.diag(self.noise / prior_sd**2)
        inverse = np.linalg.inv(self.gram + penalty)
        covariance = self.noise * inverse @ (self.sandwich + penalty) @ inverse
        return inverse @ self.moment, np.diag(covariance).copy()


def estimate_lifts(
    modelled: Floats, days: Dates, signals: Booleans, classes: Sequence[str], half_life_days: float
) -> RawLifts:
    """Regress ``modelled`` sales (days,), NaN where closed, on ``signals`` (days, signals), trend, weekday and season.

    One class at a time is nearly unrestricted while the others are shrunk to zero, so that a class is neither shrunk
    before it is pooled nor absorbed by the others. A drifting level is whitened by exponential smoothing (Hyndman et
    al. 2008, ch. 9). Outliers are limited by Huber's weights, older days weigh less, and the variance is a sandwich.
    """
    open_days = np.flatnonzero(np.isfinite(modelled))
    base, base_sd = _build_base_columns(days)
    white = _whiten(np.concatenate([modelled[:, None], base, signals], axis=1)[open_days])
    age = 0.5 ** ((open_days[-1] - open_days) / half_life_days)
    start_sd = np.concatenate([base_sd, np.full(signals.shape[1], OTHERS_SD)])
    system, residual = _fit_robust_system(white[:, 1:], white[:, 0], age, start_sd)
    estimate, variance = np.zeros(signals.shape[1]), np.zeros(signals.shape[1])
    for estimated_class in dict.fromkeys(classes):
        own = np.array([signal_class == estimated_class for signal_class in classes])
        prior_sd = np.concatenate([base_sd, np.where(own, OWN_SD, OTHERS_SD)])
        coefficients, variances = system.solve(prior_sd)
        estimate[own], variance[own] = coefficients[len(base_sd) :][own], variances[len(base_sd) :][own]
    all_residuals = np.full(len(modelled), np.nan)
    all_residuals[open_days] = residual
    return RawLifts(estimate, variance, all_residuals)


def _fit_robust_system(regressors: Floats, target: Floats, age: Floats, prior_sd: Floats) -> tuple[_System, Floats]:
    """Return the equations after a few rounds of Huber's weights, and the residuals (days,)."""
    weights, noise = age, float(np.var(target)) + 1e-12
    sandwich = (regressors * (age**2)[:, None]).T @ regressors
    for _ in range(PASSES):
        weighted = regressors * weights[:, None]
        system = _System(weighted.T @ regressors, sandwich, weighted.T @ target, noise)
        residual = target - regressors @ system.solve(prior_sd)[0]
        spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-9
        distance = np.abs(residual) / (HUBER_SD * spread)
        noise = _estimate_noise(residual, distance, age, len(prior_sd))
        weights = age / np.maximum(distance, 1.0)
    return system, residual


def _estimate_noise(residual: Floats, distance: Floats, age: Floats, width: int) -> float:
    """Estimate the variance of a day by the clipped residuals over the share not clipped (Huber 1981, ch. 7)."""
    clipped = residual / np.maximum(distance, 1.0)
    unclipped = float((age * (distance <= 1.0)).sum() / age.sum())
    effective = float(age.sum() ** 2 / (age**2).sum())
    freedom = max(effective - width, 1.0)
    variance = float((age * clipped**2).sum() / age.sum()) * effective / freedom
    return max(variance / max(unclipped, 0.2) ** 2, 1e-12)


def _build_base_columns(days: Dates) -> tuple[Floats, Floats]:
    """Return the columns of level, trend, weekday and season, (days, columns), and their prior sd, (columns,)."""
    day_number = days.astype(np.int64)
    weekday = (day_number + 3) % 7
    angle = 2 * np.pi * day_number / YEAR_DAYS
    waves = WAVES if len(days) >= FULL_SEASON_DAYS else WAVES_IN_FIRST_YEARS
    seasons = [turn(wave * angle) for wave in range(1, waves + 1) for turn in (np.sin, np.cos)]
    trend = (day_number - day_number[-1]) / YEAR_DAYS
    columns = [np.ones(len(days)), trend, *((weekday == number).astype(float) for number in range(1, 7)), *seasons]
    sd = [LOOSE_SD, 1.0, *[LOOSE_SD] * 6, *[WAVE_SD] * len(seasons)]
    return np.stack(columns, axis=1), np.array(sd)


def _whiten(values: Floats) -> Floats:
    """Subtract from each row the exponentially smoothed level of the rows before it."""
    level = np.zeros(values.shape[1])
    whitened = np.empty_like(values)
    for day, row in enumerate(values):
        whitened[day] = row - level
        level = level + LEVEL_RATE * whitened[day]
    return whitened
