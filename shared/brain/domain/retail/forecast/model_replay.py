"""Replays the past: at each origin, what every model would have said of the days ahead, knowing only what was known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.retail.config import ForecastConfig
from brain.domain.retail.forecast.levels import (
    LEVEL_MEMORY_DAYS,
    RECENT_DAYS,
    WEEK,
    forecast_adjusted_last_year,
    forecast_seasonal_naive,
    smooth_levels,
)
from brain.domain.retail.forecast.panel import Panel, Scale, choose_scale, compute_running_size
from brain.domain.retail.forecast.regression import (
    apply_coefficients,
    compute_pooled_mean,
    estimate_spread,
    group_by_shared_days,
    refit_coefficients,
)
from brain.domain.retail.forecast.regressors import Regressors
from brain.domain.retail.forecast.weather_outlook import WeatherNorm
from brain.domain.retail.series import compute_quantile
from brain.domain.types import Floats, Integers

FIRST_PASSES, LATER_PASSES = 6, 1
NO_LIMIT = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class RegressionFit:
    """One renewal of the regression: coefficients per column set (sets, series, p) and spreads (series,).

    ``fine`` says whether the two sets differ.
    """

    coefficients: Floats
    spread: Floats
    norm: WeatherNorm | None
    fine: bool


@dataclass(frozen=True, slots=True, eq=False)
class ModelReplay:
    """``said`` (members, series, origins, horizon) on the model scale, NaN where a member has nothing to say."""

    members: tuple[str, ...]
    said: Floats
    scale: Scale
    modelled: Floats
    last_fit: RegressionFit


def replay_models(
    panel: Panel, regressors: Regressors, config: ForecastConfig, origins: Sequence[int], horizon: int, reported: int
) -> ModelReplay:
    """Say, at each of the ascending ``origins`` (columns), what comes in the next ``horizon`` days.

    The regression is renewed every so many days as the config says for so many series, and at the last origin; between
    renewals only the levels follow the sales. ``reported`` is the first origin whose forecasts are shown: the scale is
    chosen by it. Two column sets are fitted: all, and the coarse ones; they are the same while the history is too short
    for the fine season.
    """
    size = compute_running_size(panel)
    scale = choose_scale(panel, size, reported, config.intermittent_share)
    modelled = scale.to_model(panel.sales, size)
    names = [f"{kind}_{rate}" for kind in ("fine", "coarse") for rate in (*config.level_rates, "recent")]
    names += ["seasonal_naive", "last_year"]
    said = np.full((len(names), len(panel.sales), len(origins), horizon), np.nan)
    fit = _renewed(None, modelled, scale, regressors, config, origins[0])
    for block in _blocks(origins, config.refit_interval(len(panel.sales))):
        if block[0]:
            fit = _renewed(fit, modelled, scale, regressors, config, origins[block[0]])
        _say_regressions(said[:-2], [origins[at] for at in block], block, fit, (modelled, scale, regressors), config)
    for index, origin in enumerate(origins):
        said[-2, :, index] = forecast_seasonal_naive(modelled, origin, horizon, WEEK)
        said[-1, :, index] = forecast_adjusted_last_year(modelled, origin, horizon)
    return ModelReplay(tuple(names), said, scale, modelled, fit)


def _renewed(
    fit: RegressionFit | None,
    modelled: Floats,
    scale: Scale,
    regressors: Regressors,
    config: ForecastConfig,
    cutoff: int,
) -> RegressionFit:
    """The regression on all days up to ``cutoff``, from where the last renewal stood."""
    norm = regressors.norm(cutoff, config.refit_interval(len(modelled)))
    seen = modelled[:, : cutoff + 1]
    rows = regressors.seen(0, cutoff, norm)
    fading = 0.5 ** (np.arange(cutoff, -1, -1) / config.half_life_days)
    groups = group_by_shared_days(np.isfinite(seen), fading, regressors.place_of)
    coefficients = np.zeros((2, len(modelled), regressors.width)) if fit is None else fit.coefficients.copy()
    spread = estimate_spread(seen) if fit is None else fit.spread
    fine = cutoff >= config.fine_season_after_days
    for at, columns in ((0, regressors.all_columns), (1, regressors.coarse_columns)):
        if at == 0 and not fine:
            continue
        first = fit is None or not coefficients[at].any()
        for _ in range(2 if first else 1):
            limit = np.where(scale.ratio, config.robust_at_sd * spread, NO_LIMIT)
            _solve_set(coefficients[at], columns, groups, (seen, rows, fading), limit, regressors)
            spread = _recent_spread(seen, rows, coefficients[at], regressors)
    if not fine:
        coefficients[0] = coefficients[1]
    return RegressionFit(coefficients, spread, norm, fine)


def _solve_set(
    coefficients: Floats,
    columns: Integers,
    groups: Sequence[Integers],
    past: tuple[Floats, Sequence[Floats], Floats],
    limit: Floats,
    regressors: Regressors,
) -> None:
    """Renew the coefficients (series, p) of one column set in place; series without a day get what is shared."""
    seen, rows, fading = past
    days = np.isfinite(seen).sum(axis=1)
    believed, sd = regressors.prior_mean[columns], regressors.prior_sd[columns]
    begun = coefficients.any()
    mean = compute_pooled_mean(coefficients[:, columns], days, believed) if begun else believed
    for group in groups:
        own = rows[regressors.place_of[group[0]]][:, columns]
        start = coefficients[np.ix_(group, columns)].T
        passes = LATER_PASSES if begun else FIRST_PASSES
        found = refit_coefficients(own, seen[group].T, fading, start, (mean, sd), limit[group], passes)
        coefficients[np.ix_(group, columns)] = found.T
    unseen = np.flatnonzero(days == 0)
    coefficients[np.ix_(unseen, columns)] = compute_pooled_mean(coefficients[:, columns], days, believed)


def _recent_spread(seen: Floats, rows: Sequence[Floats], coefficients: Floats, regressors: Regressors) -> Floats:
    last = slice(max(0, seen.shape[1] - LEVEL_MEMORY_DAYS), None)
    return estimate_spread(
        seen[:, last] - apply_coefficients([own[last] for own in rows], coefficients, regressors.place_of)
    )


def _say_regressions(
    said: Floats,
    origins: list[int],
    block: list[int],
    fit: RegressionFit,
    model: tuple[Floats, Scale, Regressors],
    config: ForecastConfig,
) -> None:
    """Fill ``said`` for the origins of one block: regression plus level, for each column set and level rule."""
    modelled, scale, regressors = model
    rates = len(config.level_rates)
    horizon = said.shape[3]
    first = max(0, origins[0] + 1 - LEVEL_MEMORY_DAYS)
    rows = regressors.seen(first, origins[-1], fit.norm)
    ahead = [regressors.ahead(origin, origin + 1 + horizon, fit.norm) for origin in origins]
    clip = np.where(scale.ratio, config.level_clip_sd * fit.spread, NO_LIMIT)
    for kind, coefficients in enumerate(fit.coefficients):
        at = kind * (rates + 1)
        if kind and not fit.fine:
            said[at : at + rates + 1][:, :, block] = said[: rates + 1][:, :, block]
            continue
        left = modelled[:, first : origins[-1] + 1] - apply_coefficients(rows, coefficients, regressors.place_of)
        levels = smooth_levels(left, clip, config.level_rates, [origin + 1 - first for origin in origins])
        for index, origin, coming, level in zip(block, origins, ahead, levels, strict=True):
            base = apply_coefficients(coming, coefficients, regressors.place_of)
            said[at : at + rates, :, index] = base + level[:, :, None]
            recent = left[:, max(0, origin + 1 - RECENT_DAYS - first) : origin + 1 - first]
            said[at + rates, :, index] = base + _middle(recent, scale)[:, None]


def _middle(recent: Floats, scale: Scale) -> Floats:
    """The median of what is left lately; the mean for sums, whose median is nothing at all. 0 where nothing is."""
    days = np.maximum(np.isfinite(recent).sum(axis=1), 1)
    return np.where(scale.ratio, np.nan_to_num(compute_quantile(recent, 0.5)), np.nan_to_num(recent).sum(axis=1) / days)


def _blocks(origins: Sequence[int], refit_days: int) -> list[list[int]]:
    """Indexes of the origins between one renewal and the next."""
    blocks: list[list[int]] = []
    for index, origin in enumerate(origins):
        if blocks and origin < origins[blocks[-1][0]] + refit_days and index < len(origins) - 1:
            blocks[-1].append(index)
        else:
            blocks.append([index])
    return blocks
