"""The forecast at a set of cutoffs: replay of the models, combination, intervals, and the probability of a rush day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.combination import combine_forecasts
from brain.domain.retail.forecast.conformal import compute_conformal_bounds
from brain.domain.retail.forecast.design import build_design
from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.forecast.model_replay import ModelReplay, replay_models
from brain.domain.retail.forecast.panel import Panel, is_weekly
from brain.domain.retail.forecast.regressors import Regressors
from brain.domain.retail.forecast.rush_days import compute_rush_lines, estimate_rush_probability
from brain.domain.retail.forecast.weather_outlook import build_weather_outlook
from brain.domain.retail.shop_data import ShopData
from brain.domain.types import Floats

INTERMITTENT_STARTING_ERROR = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class ForecastOutcome:
    """The forecasts at each of ``origins`` (columns of the panel).

    ``combined`` (series, origins, horizon) is on the model scale; ``predicted`` of the same shape and ``bounds``
    (tails, series, origins, horizon) are in sales. ``rush_line`` (series, origins) are the sales of a rush day,
    ``rush_probability`` (series, horizon) its probability on the days after the last origin.
    """

    panel: Panel
    regressors: Regressors
    replay: ModelReplay
    combined: Floats
    origins: tuple[int, ...]
    predicted: Floats
    bounds: Floats
    rush_line: Floats
    rush_probability: Floats
    weekly: bool


def run_forecast(
    panel: Panel, shop_data: ShopData, origins: Sequence[int], horizon: int, config: RetailConfig, gap: int
) -> ForecastOutcome:
    """Forecast at ``origins`` (ascending columns), replaying the past every ``gap`` days for weights and errors.

    The replay looks at least ``gap`` days ahead, so that it learns from every weekday whatever the horizon.
    """
    settings = config.forecast
    reach = max(horizon, gap)
    past_origins = [origins[0] - gap * back for back in range(settings.replay_weeks * WEEK // gap, 0, -1)]
    all_origins = [origin for origin in past_origins if origin >= WEEK - 1] + list(origins)
    weekly = is_weekly(panel, origins[0])
    regressors = _build_regressors(panel, shop_data, origins[-1], reach, config, weekly=weekly)
    replay = replay_models(panel, regressors, settings, all_origins, reach, origins[0])
    ratio = replay.scale.ratio
    naive = replay.members.index("last_year" if weekly else "seasonal_naive")
    modelled = _pad_days(replay.modelled, all_origins[-1] + reach + 1)
    combined = combine_forecasts(
        replay.forecasts, modelled, all_origins, naive, settings.memory_weeks, settings.weight_power, ratio
    )
    starting_error = np.where(ratio, settings.starting_error, INTERMITTENT_STARTING_ERROR)
    bounds = compute_conformal_bounds(combined, modelled, all_origins, starting_error, settings.interval_memory_weeks)
    requested = (slice(None), slice(len(all_origins) - len(origins), None), slice(horizon))
    rush_line = np.stack([compute_rush_lines(panel, origin, settings.rush_share) for origin in origins], axis=1)
    return ForecastOutcome(
        panel=panel,
        regressors=regressors,
        replay=replay,
        combined=combined[requested],
        origins=tuple(origins),
        predicted=replay.scale.to_sales(combined[requested]),
        bounds=np.stack([replay.scale.to_sales(tail[requested]) for tail in bounds.quantiles]),
        rush_line=rush_line,
        rush_probability=estimate_rush_probability(replay, combined[requested][:, -1], bounds, rush_line[:, -1]),
        weekly=weekly,
    )


def _build_regressors(
    panel: Panel, shop_data: ShopData, last_origin: int, reach: int, config: RetailConfig, *, weekly: bool
) -> Regressors:
    days = np.arange(last_origin + 1 + reach) + panel.days[0]
    stores = [shop_data.get_store(store_id) for store_id in panel.store_ids]
    last_cutoff = days[last_origin].astype(object)
    separate = frozenset(shop_data.weather)
    design = build_design(days, stores, shop_data.events, config, last_cutoff, weekly=weekly, separate=separate)
    if not shop_data.weather:
        return Regressors(design, None)
    weather = [shop_data.weather.get(store_id) for store_id in design.store_ids]
    return Regressors(design, build_weather_outlook(weather, days))


def _pad_days(modelled: Floats, day_count: int) -> Floats:
    """Extend (series, days) with unknown days up to ``day_count``."""
    missing = day_count - modelled.shape[1]
    if missing <= 0:
        return modelled
    return np.concatenate([modelled, np.full((len(modelled), missing), np.nan)], axis=1)
