"""Replay of the past: what every model would have forecast at each origin from what was known then."""

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
    """One fit of the regression: ``coefficients`` (column sets, series, columns) and ``spread`` (series,).

    ``fine`` tells whether the two column sets differ.
    """

    coefficients: Floats
    spread: Floats
    norm: WeatherNorm | None
    fine: bool


@dataclass(frozen=True, slots=True, eq=False)
class ModelReplay:
    """``forecasts`` (members, series, origins, horizon) on the model scale, NaN where a member has none."""

    members: tuple[str, ...]
    forecasts: Floats
    scale: Scale
    modelled: Floats
    last_fit: RegressionFit


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """What all fits of one replay share; ``modelled`` (series, days) are the sales on the model scale."""

    modelled: Floats
    scale: Scale
    regressors: Regressors
    config: ForecastConfig


def replay_models(
    panel: Panel,
    regressors: Regressors,
    config: ForecastConfig,
    origins: Sequence[int],
    horizon: int,
    first_reported: int,
) -> ModelReplay:
    """Forecast the next ``horizon`` days at each of the ascending ``origins`` (columns), with every model.

    The regression is refitted at the interval of the configuration, and at the last origin; in between only the levels
    follow the sales. Two column sets are fitted: all columns, and the coarse ones; they are the same while the history
    is too short for the fine season. ``first_reported`` is the first origin whose forecasts are reported: it determines
    the scale.
    """
    size = compute_running_size(panel)
    scale = choose_scale(panel, size, first_reported, config.intermittent_share)
    model = _Model(scale.to_model(panel.sales, size), scale, regressors, config)
    members = [f"{columns}_{rate}" for columns in ("fine", "coarse") for rate in (*config.level_rates, "recent")]
    members += ["seasonal_naive", "last_year"]
    forecasts = np.full((len(members), len(panel.sales), len(origins), horizon), np.nan)
    fit = _refit(model, None, origins[0])
    for block in _split_at_refits(origins, config.refit_interval(len(panel.sales))):
        if block[0]:
            fit = _refit(model, fit, origins[block[0]])
        _fill_regression_forecasts(model, fit, forecasts[:-2], [origins[index] for index in block], block)
    for index, origin in enumerate(origins):
        forecasts[-2, :, index] = forecast_seasonal_naive(model.modelled, origin, horizon, WEEK)
        forecasts[-1, :, index] = forecast_adjusted_last_year(model.modelled, origin, horizon)
    return ModelReplay(tuple(members), forecasts, scale, model.modelled, fit)


def _refit(model: _Model, previous: RegressionFit | None, cutoff: int) -> RegressionFit:
    """Fit the regression on all days up to ``cutoff``, starting from the ``previous`` fit."""
    regressors, config = model.regressors, model.config
    norm = regressors.fit_norm(cutoff, config.refit_interval(len(model.modelled)))
    target = model.modelled[:, : cutoff + 1]
    rows = regressors.build_past_rows(0, cutoff, norm)
    weight = 0.5 ** (np.arange(cutoff, -1, -1) / config.half_life_days)
    groups = group_by_shared_days(np.isfinite(target), weight, regressors.profile_of)
    if previous is None:
        coefficients, spread = np.zeros((2, len(target), regressors.width)), estimate_spread(target)
    else:
        coefficients, spread = previous.coefficients.copy(), previous.spread
    fine = cutoff >= config.fine_season_min_history_days
    column_sets = (regressors.all_columns, regressors.coarse_columns)
    for index, columns in enumerate(column_sets):
        if index == 0 and not fine:
            continue
        is_first = previous is None or not coefficients[index].any()
        for _ in range(2 if is_first else 1):
            limit = np.where(model.scale.ratio, config.robust_at_sd * spread, NO_LIMIT)
            _solve_column_set(coefficients[index], columns, groups, (target, rows, weight), limit, regressors)
            spread = _estimate_recent_spread(target, rows, coefficients[index], regressors)
    if not fine:
        coefficients[0] = coefficients[1]
    return RegressionFit(coefficients, spread, norm, fine)


def _solve_column_set(
    coefficients: Floats,
    columns: Integers,
    groups: Sequence[Integers],
    history: tuple[Floats, Sequence[Floats], Floats],
    limit: Floats,
    regressors: Regressors,
) -> None:
    """Refit the coefficients (series, columns) of one column set in place; series without a day get the pooled mean.

    ``history`` is the target (series, days), the rows per profile, and the weight of each day.
    """
    target, rows, weight = history
    open_days = np.isfinite(target).sum(axis=1)
    prior_mean, prior_sd = regressors.prior_mean[columns], regressors.prior_sd[columns]
    has_previous = coefficients.any()
    mean = compute_pooled_mean(coefficients[:, columns], open_days, prior_mean) if has_previous else prior_mean
    passes = LATER_PASSES if has_previous else FIRST_PASSES
    for group in groups:
        group_rows = rows[regressors.profile_of[group[0]]][:, columns]
        start = coefficients[np.ix_(group, columns)].T
        solution = refit_coefficients(
            group_rows, target[group].T, weight, start, (mean, prior_sd), limit[group], passes
        )
        coefficients[np.ix_(group, columns)] = solution.T
    never_open = np.flatnonzero(open_days == 0)
    coefficients[np.ix_(never_open, columns)] = compute_pooled_mean(coefficients[:, columns], open_days, prior_mean)


def _estimate_recent_spread(
    target: Floats, rows: Sequence[Floats], coefficients: Floats, regressors: Regressors
) -> Floats:
    recent = slice(max(0, target.shape[1] - LEVEL_MEMORY_DAYS), None)
    fitted = apply_coefficients([profile_rows[recent] for profile_rows in rows], coefficients, regressors.profile_of)
    return estimate_spread(target[:, recent] - fitted)


def _fill_regression_forecasts(
    model: _Model, fit: RegressionFit, forecasts: Floats, origins: list[int], block: list[int]
) -> None:
    """Fill ``forecasts`` at the indexes ``block``: regression plus level, for each column set and level rule."""
    regressors, rates = model.regressors, model.config.level_rates
    horizon = forecasts.shape[3]
    first = max(0, origins[0] + 1 - LEVEL_MEMORY_DAYS)
    rows = regressors.build_past_rows(first, origins[-1], fit.norm)
    future_rows = [regressors.build_future_rows(origin, origin + 1 + horizon, fit.norm) for origin in origins]
    limit = np.where(model.scale.ratio, model.config.level_clip_sd * fit.spread, NO_LIMIT)
    for column_set, coefficients in enumerate(fit.coefficients):
        member = column_set * (len(rates) + 1)
        recent_member = member + len(rates)
        if column_set and not fit.fine:
            forecasts[member : recent_member + 1][:, :, block] = forecasts[: len(rates) + 1][:, :, block]
            continue
        fitted = apply_coefficients(rows, coefficients, regressors.profile_of)
        residual = model.modelled[:, first : origins[-1] + 1] - fitted
        levels = smooth_levels(residual, limit, rates, [origin + 1 - first for origin in origins])
        for index, origin, origin_rows, level in zip(block, origins, future_rows, levels, strict=True):
            base = apply_coefficients(origin_rows, coefficients, regressors.profile_of)
            forecasts[member:recent_member, :, index] = base + level[:, :, None]
            recent = residual[:, max(0, origin + 1 - RECENT_DAYS - first) : origin + 1 - first]
            forecasts[recent_member, :, index] = base + _compute_center(recent, model.scale)[:, None]


def _compute_center(residual: Floats, scale: Scale) -> Floats:
    """Return the median of residuals (series, days), or the mean on the linear scale, where the median is often 0."""
    days = np.maximum(np.isfinite(residual).sum(axis=1), 1)
    mean = np.nan_to_num(residual).sum(axis=1) / days
    return np.where(scale.ratio, np.nan_to_num(compute_quantile(residual, 0.5)), mean)


def _split_at_refits(origins: Sequence[int], refit_days: int) -> list[list[int]]:
    """Split the indexes of the origins into blocks that share a fit; the last origin has its own."""
    blocks: list[list[int]] = []
    for index, origin in enumerate(origins):
        if blocks and origin < origins[blocks[-1][0]] + refit_days and index < len(origins) - 1:
            blocks[-1].append(index)
        else:
            blocks.append([index])
    return blocks
