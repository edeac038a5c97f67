"""Explain a day's sales: what was expected and why, what was sold, and the unexplained rest, exact to the cent.

On the ratio scale effects multiply; the logarithmic mean (Ang 2004) turns them into money without a residual. Cents
are then allocated by the largest remainder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, floor

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.calendar_columns import BASE_GROUPS
from brain.domain.retail.forecast.contributions import decompose_forecast
from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.forecast.panel import Panel, build_panel
from brain.domain.retail.forecast.pipeline import ForecastOutcome, run_forecast
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.errors import InvalidInputError, NotFoundError


@dataclass(frozen=True, slots=True)
class SalesContribution:
    """The cents that one cause adds to a day; ``group`` is level, weekday, season, signal or unexplained."""

    cause: str
    group: str
    cents: int


@dataclass(frozen=True, slots=True)
class DayExplanation:
    """A day's sales by cause: all contributions sum to ``actual_cents``, without the unexplained ``expected_cents``.

    ``lower_cents`` and ``upper_cents`` are the 80 % interval of the expectation; ``unusual`` tells whether the day
    fell outside it.
    """

    store_id: str
    product_id: str | None
    day: date
    expected_cents: int
    actual_cents: int
    lower_cents: int
    upper_cents: int
    unusual: bool
    contributions: tuple[SalesContribution, ...]


def explain_day(
    history: Sequence[DailySeries], shop_data: ShopData, store_id: str, day: date, config: RetailConfig
) -> DayExplanation:
    """Explain ``day`` of the series of ``store_id`` in ``history`` by what was known at the end of the day before.

    The other series improve the forecast; pass one series per store.

    Raises:
        NotFoundError: the store is not in ``history``, or was closed on ``day``.
        InvalidInputError: there are no sales before ``day``.
    """
    row = next((index for index, series in enumerate(history) if series.store_id == store_id), None)
    if row is None:
        store_ids = sorted({series.store_id for series in history})
        raise NotFoundError(f"store must be one of {store_ids}, got {store_id!r}")
    store_series = history[row]
    index = (day - store_series.first_day).days
    if not 0 <= index < len(store_series) or not store_series.open[index]:
        raise NotFoundError(f"store {store_id!r} has no sales on {day}: it was closed, or the day is not imported")
    panel = _build_panel_before(history, day)
    if not panel.open[row].any():
        raise InvalidInputError(f"expected sales before {day} to explain it by, got none; choose a later day")
    return _explain_from_outcome(_forecast_last_day(panel, shop_data, config), row, store_series, day)


def explain_stores(
    history: Sequence[DailySeries], shop_data: ShopData, day: date, config: RetailConfig
) -> list[DayExplanation]:
    """Explain ``day`` of every series of ``history`` that traded on it and before it, by one forecast for all.

    Only that forecast is fitted on all days; earlier fits, which only weigh the models, are as rare as those of many
    series.
    """
    cutoff = day - timedelta(days=1)
    if not any(series.until(cutoff).open.any() for series in history):
        return []
    panel = _build_panel_before(history, day)
    outcome = _forecast_last_day(panel, shop_data, config.with_rare_refits())
    explanations = []
    for row, series in enumerate(history):
        index = (day - series.first_day).days
        if 0 <= index < len(series) and series.open[index] and panel.open[row].any():
            explanations.append(_explain_from_outcome(outcome, row, series, day))
    return explanations


def round_to_cents(amount: float) -> int:
    """Round an amount in major units to the nearest whole cent."""
    return floor(amount * 100.0 + 0.5)


def allocate_cents(amounts: dict[str, float], total: int) -> dict[str, int]:
    """Round ``amounts`` (in major units) to cents that sum to ``total`` exactly, by the largest remainder.

    Every amount is rounded down; the cents left over go to the amounts that lost most, ties in order.
    """
    rounded_down = {cause: floor(amount * 100.0) for cause, amount in amounts.items()}
    left_over = total - sum(rounded_down.values())
    by_loss = sorted(amounts, key=lambda cause: rounded_down[cause] - amounts[cause] * 100.0)
    cents_each, extra = divmod(left_over, len(by_loss))
    return {cause: rounded_down[cause] + cents_each + (1 if by_loss.index(cause) < extra else 0) for cause in amounts}


def _build_panel_before(history: Sequence[DailySeries], day: date) -> Panel:
    cutoff = day - timedelta(days=1)
    return build_panel([series.until(cutoff) for series in history], cutoff)


def _forecast_last_day(panel: Panel, shop_data: ShopData, config: RetailConfig) -> ForecastOutcome:
    """Forecast the one day after the panel's last one."""
    return run_forecast(panel, shop_data, [len(panel.days) - 1], 1, config, WEEK)


def _explain_from_outcome(outcome: ForecastOutcome, row: int, series: DailySeries, day: date) -> DayExplanation:
    actual_cents = round_to_cents(float(series.sales[(day - series.first_day).days]))
    expected_cents = round_to_cents(float(outcome.predicted[row, 0, 0]))
    allocated = allocate_cents(_convert_to_money(outcome, row), expected_cents)
    contributions = [SalesContribution(cause, _group_of(cause), cents) for cause, cents in allocated.items()]
    contributions.append(SalesContribution("unexplained", "unexplained", actual_cents - expected_cents))
    lower, upper = (round_to_cents(float(outcome.bounds[tail, row, 0, 0])) for tail in (0, 1))
    return DayExplanation(
        store_id=series.store_id,
        product_id=series.product_id,
        day=day,
        expected_cents=expected_cents,
        actual_cents=actual_cents,
        lower_cents=lower,
        upper_cents=upper,
        unusual=not lower <= actual_cents <= upper,
        contributions=tuple(contributions),
    )


def _group_of(cause: str) -> str:
    return cause if cause in BASE_GROUPS else "signal"


def _convert_to_money(outcome: ForecastOutcome, row: int) -> dict[str, float]:
    """Return what each cause adds to the expected sales, in the currency's major unit."""
    effects, expected = decompose_forecast(outcome, row, 0), float(outcome.predicted[row, 0, 0])
    scale = outcome.replay.scale
    if scale.ratio[row]:
        return _convert_log_effects(effects, expected)
    return _convert_linear_effects(effects, float(scale.unit[row]), expected)


def _convert_log_effects(effects: dict[str, float], expected: float) -> dict[str, float]:
    """Give each effect its share of the way from the level to the expectation, by the logarithmic mean."""
    log_effects = {cause: effect for cause, effect in effects.items() if cause != "level"}
    total = sum(log_effects.values())
    level = expected / exp(total)
    mean = (expected - level) / total if abs(total) > 1e-12 else level  # noqa: PLR2004 - the limit for a total of 0
    return {"level": level, **{cause: effect * mean for cause, effect in log_effects.items()}}


def _convert_linear_effects(effects: dict[str, float], unit: float, expected: float) -> dict[str, float]:
    """Scale effects to money; the level absorbs what the floor at zero cuts off."""
    money = {cause: effect * unit for cause, effect in effects.items()}
    money["level"] += expected - sum(money.values())
    return money
