"""Estimates what each signal did to one series, net of level, trend, weekday, season and the other signals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from brain.domain.types import Booleans, Dates, Floats

YEAR_DAYS = 365.25
LEVEL_RATE = 0.03
"""How fast the level of sales is let drift, a share a day: slow drift is not a signal's doing."""

WAVES = 4
WAVES_IN_FIRST_YEARS = 2
FULL_SEASON_DAYS = 550
HUBER_AT_SD = 2.0
PASSES = 4
LOOSE_SD: Final = 100.0
WAVE_SD: Final = 0.5
OTHERS_SD: Final = 0.1
"""What is believed of the signals of other classes while the lifts of one class are estimated."""

OWN_SD: Final = 2.0
"""The signals of the class in question are all but free: what is believed of them enters when they are pooled."""


@dataclass(frozen=True, slots=True, eq=False)
class RawLifts:
    """``estimate`` and sampling ``variance`` (signals,), and ``residual`` (days,), NaN where closed."""

    estimate: Floats
    variance: Floats
    residual: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """The weighted normal equations: ``gram`` and ``sandwich`` (p, p), ``moment`` (p,), ``noise`` a day's variance."""

    gram: Floats
    sandwich: Floats
    moment: Floats
    noise: float

    def solve(self, prior_sd: Floats) -> tuple[Floats, Floats]:
        """Coefficients and their variances, (p,) each, under normal priors around 0."""
        penalty = np.diag(self.noise / prior_sd**2)
        inverse = np.linalg.inv(self.gram + penalty)
        covariance = self.noise * inverse @ (self.sandwich + penalty) @ inverse
        return inverse @ self.moment, np.diag(covariance).copy()


def estimate_lifts(
    modelled: Floats, days: Dates, signals: Booleans, classes: Sequence[str], half_life_days: float
) -> RawLifts:
    """Regress ``modelled`` sales (days,) (NaN: closed) on ``signals`` (days, signals) and the base of a shop's year.

    One class at a time is all but free while the others are held near zero, so that a class is neither shrunk before
    it is pooled nor lost among the rest. A drifting level is whitened by exponential smoothing (Hyndman et al. 2008,
    ch. 9); odd days are held back by Huber's weights; older days weigh less, and the variance is their sandwich.
    """
    at = np.flatnonzero(np.isfinite(modelled))
    base, base_sd = _base(days)
    white = _whitened(np.concatenate([modelled[:, None], base, signals], axis=1)[at])
    age = 0.5 ** ((at[-1] - at) / half_life_days)
    start_sd = np.concatenate([base_sd, np.full(signals.shape[1], OTHERS_SD)])
    system, residual = _robust_system(white[:, 1:], white[:, 0], age, start_sd)
    estimate, variance = np.zeros(signals.shape[1]), np.zeros(signals.shape[1])
    for name in dict.fromkeys(classes):
        own = np.array([one == name for one in classes])
        prior_sd = np.concatenate([base_sd, np.where(own, OWN_SD, OTHERS_SD)])
        found, spread = system.solve(prior_sd)
        estimate[own], variance[own] = found[len(base_sd) :][own], spread[len(base_sd) :][own]
    left = np.full(len(modelled), np.nan)
    left[at] = residual
    return RawLifts(estimate, variance, left)


def _robust_system(regressors: Floats, target: Floats, age: Floats, prior_sd: Floats) -> tuple[_System, Floats]:
    """The equations after a few rounds of Huber's weights, and the residuals (days,)."""
    weights, noise = age, float(np.var(target)) + 1e-12
    sandwich = (regressors * (age**2)[:, None]).T @ regressors
    for _ in range(PASSES):
        weighted = regressors * weights[:, None]
        system = _System(weighted.T @ regressors, sandwich, weighted.T @ target, noise)
        residual = target - regressors @ system.solve(prior_sd)[0]
        spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-9
        distance = np.abs(residual) / (HUBER_AT_SD * spread)
        noise = _noise(residual, distance, age, len(prior_sd))
        weights = age / np.maximum(distance, 1.0)
    return system, residual


def _noise(residual: Floats, distance: Floats, age: Floats, width: int) -> float:
    """A day's variance for Huber's estimator: clipped residuals over the share not clipped (Huber 1981, ch. 7)."""
    clipped = residual / np.maximum(distance, 1.0)
    unclipped = float((age * (distance <= 1.0)).sum() / age.sum())
    effective = float(age.sum() ** 2 / (age**2).sum())
    freedom = max(effective - width, 1.0)
    variance = float((age * clipped**2).sum() / age.sum()) * effective / freedom
    return max(variance / max(unclipped, 0.2) ** 2, 1e-12)


def _base(days: Dates) -> tuple[Floats, Floats]:
    number = days.astype(np.int64)
    weekday = (number + 3) % 7
    angle = 2 * np.pi * number / YEAR_DAYS
    waves = WAVES if len(days) >= FULL_SEASON_DAYS else WAVES_IN_FIRST_YEARS
    seasons = [turn(wave * angle) for wave in range(1, waves + 1) for turn in (np.sin, np.cos)]
    trend = (number - number[-1]) / YEAR_DAYS
    columns = [np.ones(len(days)), trend, *((weekday == one).astype(float) for one in range(1, 7)), *seasons]
    sd = [LOOSE_SD, 1.0, *[LOOSE_SD] * 6, *[WAVE_SD] * len(seasons)]
    return np.stack(columns, axis=1), np.array(sd)


def _whitened(values: Floats) -> Floats:
    """Each row less the exponentially smoothed level of the rows before it."""
    level = np.zeros(values.shape[1])
    out = np.empty_like(values)
    for at, row in enumerate(values):
        out[at] = row - level
        level = level + LEVEL_RATE * out[at]
    return out
