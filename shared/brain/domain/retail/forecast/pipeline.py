"""Runs the whole forecast over a set of cutoffs: replay, combination, intervals, and the chance of a rush day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.combination import combine_forecasts
from brain.domain.retail.forecast.conformal import ConformalBounds, compute_conformal_bounds
from brain.domain.retail.forecast.design import build_design
from brain.domain.retail.forecast.levels import YEAR
from brain.domain.retail.forecast.model_replay import ModelReplay, replay_models
from brain.domain.retail.forecast.panel import Panel, is_weekly
from brain.domain.retail.forecast.regressors import Regressors
from brain.domain.retail.forecast.weather_outlook import build_weather_outlook
from brain.domain.retail.series import compute_quantile
from brain.domain.retail.shop_data import ShopData
from brain.domain.types import Floats

WEEK = 7
INTERMITTENT_STARTING_ERROR = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class ForecastOutcome:
    """What was forecast at each of ``origins`` (columns of the panel), on both scales.

    ``predicted`` (series, origins, horizon) and ``bounds`` (tails, series, origins, horizon) are in sales;
    ``rush_line`` (series, origins) is the sales from which a day is a rush day, ``rush`` (series, horizon) the chance
    of one on the days after the last origin.
    """

    panel: Panel
    regressors: Regressors
    replay: ModelReplay
    joined: Floats
    origins: tuple[int, ...]
    predicted: Floats
    bounds: Floats
    rush_line: Floats
    rush: Floats
    weekly: bool


def run_forecast(
    panel: Panel, facts: ShopData, origins: Sequence[int], horizon: int, config: RetailConfig, gap: int
) -> ForecastOutcome:
    """Forecast at ``origins`` (ascending columns), replaying the past every ``gap`` days for weights and errors.

    The replay looks at least ``gap`` days ahead, so that it learns from every weekday whatever the horizon.
    """
    settings = config.forecast
    reach = max(horizon, gap)
    past = [origins[0] - gap * back for back in range(settings.replay_weeks * WEEK // gap, 0, -1)]
    every = [origin for origin in past if origin >= WEEK - 1] + list(origins)
    weekly = is_weekly(panel, origins[0])
    regressors = _regressors(panel, facts, origins[-1], reach, config, weekly=weekly)
    replayed = replay_models(panel, regressors, settings, every, reach, origins[0])
    ratio = replayed.scale.ratio
    naive = replayed.members.index("last_year" if weekly else "seasonal_naive")
    came = _padded(replayed.modelled, every[-1] + reach + 1)
    joined = combine_forecasts(replayed.said, came, every, naive, settings.memory_weeks, settings.weight_power, ratio)
    start = np.where(ratio, settings.starting_error, INTERMITTENT_STARTING_ERROR)
    bounds = compute_conformal_bounds(joined, came, every, start, settings.interval_memory_weeks)
    kept = (slice(None), slice(len(every) - len(origins), None), slice(horizon))
    line = np.stack([compute_rush_lines(panel, origin, settings.rush_share) for origin in origins], axis=1)
    return ForecastOutcome(
        panel=panel,
        regressors=regressors,
        replay=replayed,
        joined=joined[kept],
        origins=tuple(origins),
        predicted=replayed.scale.to_sales(joined[kept]),
        bounds=np.stack([replayed.scale.to_sales(tail[kept]) for tail in bounds.quantiles]),
        rush_line=line,
        rush=_rush_chance(replayed, joined[kept][:, -1], bounds, line[:, -1]),
        weekly=weekly,
    )


def _regressors(
    panel: Panel, facts: ShopData, last_origin: int, reach: int, config: RetailConfig, *, weekly: bool
) -> Regressors:
    days = np.arange(last_origin + 1 + reach) + panel.days[0]
    stores = [facts.get_store(store_id) for store_id in panel.store_ids]
    last_cutoff = days[last_origin].astype(object)
    apart = frozenset(facts.weather)
    design = build_design(days, stores, facts.events, config, last_cutoff, weekly=weekly, apart=apart)
    if not facts.weather:
        return Regressors(design, None)
    return Regressors(design, build_weather_outlook([facts.weather.get(store) for store in design.store_ids], days))


def compute_rush_lines(panel: Panel, cutoff: int, share: float) -> Floats:
    """Sales from which a day is a rush day: exceeded on ``share`` of the last 52 weeks' open days up to ``cutoff``."""
    known = panel.sales[:, max(0, cutoff + 1 - YEAR) : cutoff + 1]
    line = compute_quantile(known, 1 - share)
    return np.where(np.isfinite(line), line, np.inf)


def _rush_chance(replayed: ModelReplay, joined: Floats, bounds: ConformalBounds, line: Floats) -> Floats:
    """The share of past errors that would carry a day over the line, with half a vote for what the forecast says."""
    scale = replayed.scale
    safe = np.where(np.isfinite(line), np.maximum(line, 1e-9), 1.0)
    target = np.where(scale.ratio, np.log(safe), safe / scale.unit)
    needed = (target[:, None] - joined) / bounds.scales[:, -1, : joined.shape[1]]
    chance = np.zeros(joined.shape)
    for row, scores in enumerate(bounds.scores):
        ordered = np.sort(scores[np.isfinite(scores)])
        above = len(ordered) - np.searchsorted(ordered, needed[row])
        chance[row] = (above + np.clip(0.5 - needed[row] / 4.0, 0.0, 1.0)) / (len(ordered) + 1.0)
    return np.where(np.isfinite(line)[:, None], chance, 0.0)


def _padded(modelled: Floats, size: int) -> Floats:
    """The same with unknown days added up to ``size``."""
    missing = size - modelled.shape[1]
    if missing <= 0:
        return modelled
    return np.concatenate([modelled, np.full((len(modelled), missing), np.nan)], axis=1)
