"""Replays the past: at each origin, what every model would have said of the days ahead, knowing only what was known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brain.domain.retail.forecast.design import Design
from brain.domain.retail.forecast.levels import (
    LEVEL_MEMORY_DAYS,
    WEEK,
    last_year_at_this_level,
    median_of,
    seasonal_naive,
    smoothed_levels,
)
from brain.domain.retail.forecast.outlook import (
    FEATURES,
    WEATHER_SD,
    Norm,
    Outlook,
    departures_ahead,
    departures_seen,
    fit_norm,
)
from brain.domain.retail.forecast.panel import Panel, Scale, choose_scale, running_size
from brain.domain.retail.forecast.ridge import Sums, add_days, empty_sums, robust_weights, solve, spread_of
from brain.domain.retail.retail_config import Forecast
from brain.domain.retail.series import Floats

Whole = NDArray[np.int64]

FIRST_PASSES = 3
NEVER_CLIPPED = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """One renewal of the regression: coefficients per column set (sets, series, p) and spreads (series,)."""

    coefficients: Floats
    spread: Floats
    norm: Norm | None


@dataclass(slots=True, eq=False)
class Replay:
    """``said`` (members, series, origins, horizon) on the model scale, NaN where a member has nothing to say."""

    members: tuple[str, ...]
    origins: tuple[int, ...]
    said: Floats
    scale: Scale
    modelled: Floats
    last_fit: Fit | None = None


class Replayer:
    """Walks the origins in order, renewing the regression every ``refit_days``."""

    def __init__(self, panel: Panel, design: Design, outlook: Outlook | None, config: Forecast) -> None:
        self._panel, self._design, self._outlook, self._config = panel, design, outlook, config
        self._weather_width = len(FEATURES) if outlook is not None else 0
        width = len(design.columns) + self._weather_width
        self._prior_mean = np.concatenate([design.prior_mean, np.zeros(self._weather_width)])
        self._prior_sd = np.concatenate([design.prior_sd, np.full(self._weather_width, WEATHER_SD)])
        self._width = width
        coarse = np.concatenate([design.coarse, np.arange(len(design.columns), width)])
        self._coarse, self._all = coarse, np.arange(width)

    def run(self, origins: Sequence[int], horizon: int) -> Replay:
        """Say, at each of the ascending ``origins`` (columns), what comes in the next ``horizon`` days."""
        panel, config = self._panel, self._config
        size = running_size(panel)
        scale = choose_scale(panel, size, origins[0], config.intermittent_share)
        modelled = scale.to_model(panel.sales, size)
        names = [f"{kind}_{rate}" for kind in ("fine", "coarse") for rate in (*config.level_rates, "recent")]
        names += ["seasonal_naive", "last_year"]
        said = np.full((len(names), len(panel.sales), len(origins), horizon), np.nan)
        sums, upto, fit = empty_sums(len(panel.sales), self._width), 0, None
        for first, block in _blocks(origins, config.refit_days):
            finest = self._all if origins[first] >= config.fine_season_after_days else self._coarse
            sets = (finest, self._coarse)
            fit, upto = self._renew(sums, modelled, scale, upto, origins[first], sets, fit), origins[first] + 1
            self._say(said, [origins[at] for at in block], block, fit, modelled, scale, horizon)
        return Replay(tuple(names), tuple(origins), said, scale, modelled, fit)

    def _renew(
        self,
        sums: Sums,
        modelled: Floats,
        scale: Scale,
        upto: int,
        cutoff: int,
        sets: tuple[Whole, ...],
        fit: Fit | None,
    ) -> Fit:
        """Take the days ``upto`` to ``cutoff`` into the sums and solve anew."""
        norm = fit_norm(self._outlook, cutoff, self._config.refit_days) if self._outlook is not None else None
        rows = self._rows_seen(upto, cutoff, norm)
        fresh = modelled[:, upto : cutoff + 1]
        ages = cutoff - np.arange(upto, cutoff + 1)
        fading = 0.5 ** (ages / self._config.half_life_days)
        at_sd = np.where(scale.ratio, self._config.robust_at_sd, NEVER_CLIPPED)
        decay = 0.5 ** ((cutoff + 1 - upto) / self._config.half_life_days)
        if fit is None:
            weights = np.isfinite(fresh) * fading
            for _ in range(FIRST_PASSES):
                trial = empty_sums(len(fresh), self._width)
                add_days(trial, rows, fresh, weights, 1.0)
                coefficients = solve(trial, self._prior_mean, self._prior_sd, sets[0])
                residual = fresh - np.einsum("std,sd->st", rows, coefficients, optimize=True)
                spread = spread_of(residual)
                weights = robust_weights(residual / at_sd[:, None], spread, 1.0) * fading
            sums.gram, sums.moment, sums.days = trial.gram, trial.moment, trial.days
        else:
            residual = fresh - np.einsum("std,sd->st", rows, fit.coefficients[0], optimize=True)
            centred = residual - np.nan_to_num(median_of(residual))[:, None]
            weights = robust_weights(centred / at_sd[:, None], fit.spread, 1.0) * fading
            add_days(sums, rows, fresh, weights, decay)
        coefficients = np.stack([solve(sums, self._prior_mean, self._prior_sd, columns) for columns in sets])
        last = max(0, cutoff + 1 - LEVEL_MEMORY_DAYS)
        residual = self._residual(modelled, last, cutoff, coefficients[0], norm)
        spread = spread_of(residual - np.nan_to_num(median_of(residual))[:, None])
        return Fit(coefficients, spread, norm)

    def _rows_seen(self, first: int, cutoff: int, norm: Norm | None) -> NDArray[np.float32]:
        rows = self._design.rows(first, cutoff + 1)
        if norm is not None and self._outlook is not None:
            weather = departures_seen(self._outlook, norm, first, cutoff + 1, cutoff)
            rows = np.concatenate([rows, weather.astype(np.float32)], axis=2)
        return rows[self._design.place_of]

    def _rows_ahead(self, cutoff: int, stop: int, norm: Norm | None) -> NDArray[np.float32]:
        rows = self._design.rows_known_by(cutoff, stop)
        if norm is not None and self._outlook is not None:
            weather = departures_ahead(self._outlook, norm, cutoff, stop)
            rows = np.concatenate([rows, weather.astype(np.float32)], axis=2)
        return rows[self._design.place_of]

    def _residual(self, modelled: Floats, first: int, cutoff: int, coefficients: Floats, norm: Norm | None) -> Floats:
        rows = self._rows_seen(first, cutoff, norm)
        left: Floats = modelled[:, first : cutoff + 1] - np.einsum("std,sd->st", rows, coefficients, optimize=True)
        return left

    def _say(
        self, said: Floats, origins: list[int], block: list[int], fit: Fit, modelled: Floats, scale: Scale, horizon: int
    ) -> None:
        config = self._config
        first = max(0, origins[0] + 1 - LEVEL_MEMORY_DAYS)
        clip = np.where(scale.ratio, config.level_clip_sd, NEVER_CLIPPED)
        ahead = [self._rows_ahead(origin, origin + 1 + horizon, fit.norm) for origin in origins]
        member = 0
        for coefficients in fit.coefficients:
            residual = self._residual(modelled, first, origins[-1], coefficients, fit.norm)
            levels = smoothed_levels(
                residual, fit.spread, clip, config.level_rates, [origin + 1 - first for origin in origins]
            )
            for at, (index, origin) in enumerate(zip(block, origins, strict=True)):
                base = np.einsum("shd,sd->sh", ahead[at], coefficients, optimize=True)
                said[member : member + len(config.level_rates), :, index] = base + levels[at][:, :, None]
                middle = np.nan_to_num(median_of(residual[:, max(0, origin - first - 13) : origin - first + 1]))
                said[member + len(config.level_rates), :, index] = base + middle[:, None]
            member += len(config.level_rates) + 1
        for index, origin in zip(block, origins, strict=True):
            said[member, :, index] = seasonal_naive(modelled, origin, horizon, WEEK)
            said[member + 1, :, index] = last_year_at_this_level(modelled, origin, horizon)


def _blocks(origins: Sequence[int], refit_days: int) -> list[tuple[int, list[int]]]:
    """Origins grouped by renewal: (index of the first, indexes of all) of each group."""
    groups: list[tuple[int, list[int]]] = []
    for index, origin in enumerate(origins):
        if groups and origin < origins[groups[-1][0]] + refit_days:
            groups[-1][1].append(index)
        else:
            groups.append((index, [index]))
    return groups
