"""Explains a day: what was expected and why, what came, and what nothing explains, adding up to the last cent.

On the ratio scale effects multiply; each gets its share of the money by the logarithmic mean (Ang 2004), which leaves
nothing over. Cents are then dealt out by the largest remainder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, floor

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.calendar_columns import BASE_GROUPS
from brain.domain.retail.forecast.contributions import decompose_forecast
from brain.domain.retail.forecast.panel import build_panel
from brain.domain.retail.forecast.pipeline import ForecastOutcome, run_forecast
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.errors import InvalidInputError, NotFoundError

WEEK = 7


@dataclass(frozen=True, slots=True)
class SalesContribution:
    """What one cause put into the day, in cents; ``group`` is level, weekday, season, signal or unexplained."""

    cause: str
    group: str
    cents: int


@dataclass(frozen=True, slots=True)
class DayExplanation:
    """A day taken apart: the contributions but the unexplained sum to ``expected_cents``, all to ``actual_cents``.

    ``lower_cents`` and ``upper_cents`` are the 80 % interval of what was expected; ``unusual`` says whether the day
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
    history: Sequence[DailySeries], facts: ShopData, store_id: str, day: date, config: RetailConfig
) -> DayExplanation:
    """Explain ``day`` of the series of ``store_id`` in ``history`` by what was known at the end of the day before.

    The other series are read as they help the forecast; pass one series a store.

    Raises:
        NotFoundError: the store is not among ``history``, or was closed on ``day``.
        InvalidInputError: there are no sales before ``day``.
    """
    row = next((at for at, one in enumerate(history) if one.store_id == store_id), None)
    if row is None:
        raise NotFoundError(f"no sales of store {store_id!r}; the stores are {sorted({h.store_id for h in history})}")
    series = history[row]
    index = (day - series.first_day).days
    if not 0 <= index < len(series) or not series.open[index]:
        raise NotFoundError(f"store {store_id!r} has no sales on {day}: it was closed, or the day is not imported")
    cutoff = day - timedelta(days=1)
    panel = build_panel([one.until(cutoff) for one in history], cutoff)
    if not panel.open[row].any():
        raise InvalidInputError(f"expected sales before {day} to explain it by, got none; choose a later day")
    result = run_forecast(panel, facts, [panel.index_of(cutoff)], 1, config, WEEK)
    return _explained(result, row, series, day, round_to_cents(float(series.sales[index])))


def explain_stores(
    history: Sequence[DailySeries], facts: ShopData, day: date, config: RetailConfig
) -> list[DayExplanation]:
    """Explain ``day`` of every series of ``history`` that traded on it and before it, by one forecast for all.

    That forecast is fitted anew; past fits, which only weigh the models, are renewed as seldom as those of many series.
    """
    cutoff = day - timedelta(days=1)
    if not any(one.until(cutoff).open.any() for one in history):
        return []
    panel = build_panel([one.until(cutoff) for one in history], cutoff)
    result = run_forecast(panel, facts, [panel.index_of(cutoff)], 1, config.seldom_refitted(), WEEK)
    explained = []
    for row, series in enumerate(history):
        index = (day - series.first_day).days
        if 0 <= index < len(series) and series.open[index] and panel.open[row].any():
            explained.append(_explained(result, row, series, day, round_to_cents(float(series.sales[index]))))
    return explained


def _explained(result: ForecastOutcome, row: int, series: DailySeries, day: date, actual_cents: int) -> DayExplanation:
    expected_cents = round_to_cents(float(result.predicted[row, 0, 0]))
    dealt = allocate_cents(_money(result, row), expected_cents)
    contributions = [SalesContribution(name, _group(name), amount) for name, amount in dealt.items()]
    contributions.append(SalesContribution("unexplained", "unexplained", actual_cents - expected_cents))
    lower, upper = (round_to_cents(float(result.bounds[tail, row, 0, 0])) for tail in (0, 1))
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


def _money(result: ForecastOutcome, row: int) -> dict[str, float]:
    """What each cause brings of the expected sales, in the currency's major unit."""
    causes, expected = decompose_forecast(result, row, 0), float(result.predicted[row, 0, 0])
    scale = result.replay.scale
    if scale.ratio[row]:
        return _in_ratio(causes, expected)
    return _in_units(causes, float(scale.unit[row]), expected)


def round_to_cents(amount: float) -> int:
    """The nearest whole cent."""
    return floor(amount * 100.0 + 0.5)


def allocate_cents(amounts: dict[str, float], total: int) -> dict[str, int]:
    """Whole cents close to ``amounts`` (in major units) that sum to ``total`` exactly: largest remainder.

    What rounding leaves over goes, a cent each, to the amounts that lost most by rounding down; ties by order.
    """
    down = {name: floor(amount * 100.0) for name, amount in amounts.items()}
    left = total - sum(down.values())
    by_loss = sorted(amounts, key=lambda name: down[name] - amounts[name] * 100.0)
    rounds, rest = divmod(left, len(by_loss))
    return {name: down[name] + rounds + (1 if by_loss.index(name) < rest else 0) for name in amounts}


def _group(name: str) -> str:
    return name if name in BASE_GROUPS else "signal"


def _in_ratio(causes: dict[str, float], expected: float) -> dict[str, float]:
    """The level's money, and each effect's share of the way from the level to the expectation."""
    effects = {name: value for name, value in causes.items() if name != "level"}
    total = sum(effects.values())
    level = expected / exp(total)
    mean = (expected - level) / total if abs(total) > 1e-12 else level  # noqa: PLR2004 - a total that rounds to none
    return {"level": level, **{name: value * mean for name, value in effects.items()}}


def _in_units(causes: dict[str, float], unit: float, expected: float) -> dict[str, float]:
    """Effects in money; the level takes what was cut off at zero."""
    money = {name: value * unit for name, value in causes.items()}
    money["level"] += expected - sum(money.values())
    return money
