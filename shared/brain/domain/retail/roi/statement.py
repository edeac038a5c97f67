"""The statement on the decisions of a period: the value of each, and sums that allow for errors that come together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.counterfactual import Counterfactual, exclude_own_events, forecast_counterfactual
from brain.domain.retail.roi.decision_groups import DecisionGroup, DecisionSpell, DecisionSubject, group_into_spells
from brain.domain.retail.roi.shop_decision import ShopDecision
from brain.domain.retail.roi.valuation import (
    DecisionValuation,
    DecisionVerdict,
    ValuationInputs,
    ValueBasis,
    build_unknown_valuation,
    choose_verdict,
    find_obstacle,
    value_group,
)
from brain.domain.retail.roi.value_estimate import ValueEstimate, estimate_value
from brain.domain.retail.series import DailySeries, sum_by_store
from brain.domain.retail.shop_data import ShopData
from brain.domain.types import Floats

BOUNDS = ("lower_80", "upper_80", "lower_95", "upper_95")


class TargetStatus(StrEnum):
    """Whether the month's target was reached, at 80 %."""

    REACHED = "reached"
    MISSED = "missed"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class BasisTotal:
    """The sum of all known values on one basis; ``decisions`` is the number of decisions in it."""

    basis: ValueBasis
    decisions: int
    estimate: ValueEstimate
    verdict: DecisionVerdict


@dataclass(frozen=True, slots=True, eq=False)
class RoiStatement:
    """All decisions of a period, those of unknown value included, and the totals of those with a value."""

    first_day: date | None
    last_day: date
    valuations: tuple[DecisionValuation, ...]
    totals: tuple[BasisTotal, ...]
    target: float
    target_status: TargetStatus

    @property
    def unknown_count(self) -> int:
        """The number of decisions of unknown value."""
        return sum(len(valuation.group.decisions) for valuation in self.valuations if valuation.estimate is None)


@dataclass(frozen=True, slots=True)
class StatementPeriod:
    """The decisions to value: those that end from ``first`` to ``last`` (None: open), of one store or all."""

    first: date | None = None
    last: date | None = None
    store_id: str | None = None

    def includes(self, group: DecisionGroup) -> bool:
        """Return whether the group ends in the period and is about the store."""
        is_inside = (self.first is None or group.end >= self.first) and (self.last is None or group.end <= self.last)
        store_ids = {decision.store_id for decision in group.decisions}
        return is_inside and (self.store_id is None or self.store_id in store_ids)


def build_statement(
    series: Sequence[DailySeries],
    shop_data: ShopData,
    decisions: Sequence[ShopDecision],
    period: StatementPeriod,
    config: RetailConfig,
    roi: RoiConfig,
) -> RoiStatement:
    """Value the decisions of ``period``.

    Decisions that cannot be valued raise nothing; they are listed as unknown, with the reason.

    Args:
        series: sales, one series per store and product.
        shop_data: stores, events and weather.
        decisions: all decisions of the shop, those outside the period included.
        period: the decisions to value.
        config: settings of the forecast.
        roi: settings of the valuation.
    """
    valuer = _GroupValuer(series, shop_data, decisions, config, roi)
    valuations = [
        valuer.value_group(group, spell)
        for spell in group_into_spells(decisions, roi.rest_days)
        for group in spell.groups
        if period.includes(group)
    ]
    valuations.sort(key=_by_end)
    totals = tuple(total for basis in ValueBasis if (total := _sum_basis(valuations, basis)) is not None)
    status = _check_target(totals, valuations, roi.monthly_target)
    last_day = period.last or valuer.last_day
    return RoiStatement(period.first, last_day, tuple(valuations), totals, roi.monthly_target, status)


class _GroupValuer:
    """Values groups; a forecast is made once for all groups with the same subject and start."""

    def __init__(
        self,
        series: Sequence[DailySeries],
        shop_data: ShopData,
        decisions: Sequence[ShopDecision],
        config: RetailConfig,
        roi: RoiConfig,
    ) -> None:
        self._series, self._decisions, self._roi = series, decisions, roi
        forecast = config.forecast.model_copy(update={"refit_days": roi.refit_days})
        self._config = config.model_copy(update={"forecast": forecast})
        self._shop_data = exclude_own_events(shop_data, decisions, roi.own_events)
        self._forecasts: dict[tuple[DecisionSubject, date, int], Counterfactual | None] = {}
        self.last_day = max(product_series.last_day for product_series in series)

    def value_group(self, group: DecisionGroup, spell: DecisionSpell) -> DecisionValuation:
        """Return the value of the group, or the reason why it is unknown."""
        days_ahead = (group.end - spell.start).days + 1
        reason = find_obstacle(group, self.last_day, self._roi) or self._find_crowding(days_ahead)
        series = self._sum_subject(group.subject)
        if not reason and not series:
            reason = f"nothing called {group.subject[0] or group.subject[1]} was ever sold"
        if reason:
            return build_unknown_valuation(group, reason)
        forecast = self._forecast(group.subject, series, spell.start, -(-days_ahead // WEEK) * WEEK)
        if forecast is None:
            reason = f"fewer than {self._roi.history_days} days of sales are known before it"
            return build_unknown_valuation(group, reason)
        rows = tuple(row for row, store_id in enumerate(forecast.store_ids) if group.store_id in {None, store_id})
        if not rows:
            return build_unknown_valuation(group, f"store {group.store_id} never sold what it is about")
        control_rows = self._list_control_rows(group, forecast)
        inputs = ValuationInputs(forecast, rows, control_rows, self._find_margins(group, forecast, rows))
        return value_group(group, inputs, self._roi)

    def _find_crowding(self, days_ahead: int) -> str:
        if days_ahead <= self._roi.longest_days:
            return ""
        return f"decisions followed each other for {days_ahead} days with never {self._roi.rest_days} days without one"

    def _sum_subject(self, subject: DecisionSubject) -> list[DailySeries]:
        """Return the sales of a product or category, one series per store."""
        product_id, category = subject
        return sum_by_store(
            [
                series
                for series in self._series
                if product_id in {None, series.product_id} and category in {None, series.category}
            ]
        )

    def _forecast(
        self, subject: DecisionSubject, series: Sequence[DailySeries], start: date, days: int
    ) -> Counterfactual | None:
        key = subject, start, days
        if key not in self._forecasts:
            self._forecasts[key] = forecast_counterfactual(
                series, self._shop_data, start, days, self._decisions, self._config, self._roi
            )
        return self._forecasts[key]

    def _list_control_rows(self, group: DecisionGroup, forecast: Counterfactual) -> tuple[int, ...]:
        """Return the rows of stores without any decision from the spell's start to the group's end."""
        busy_ids = {
            decision.store_id
            for decision in self._decisions
            if decision.start <= group.end and decision.end >= forecast.start
        }
        if None in busy_ids:
            return ()
        return tuple(row for row, store_id in enumerate(forecast.store_ids) if store_id not in busy_ids)

    def _find_margins(
        self, group: DecisionGroup, forecast: Counterfactual, rows: Sequence[int]
    ) -> tuple[float, ...] | None:
        """Return the margin of each row; None when any is unknown."""
        product_id, category = group.subject
        if product_id is not None:
            category = next((series.category for series in self._series if series.product_id == product_id), None)
        margins = [self._roi.margins.find_margin(forecast.store_ids[row], category) for row in rows]
        known_margins = tuple(margin for margin in margins if margin is not None)
        return known_margins if len(known_margins) == len(rows) else None


def sum_values(valuations: Sequence[DecisionValuation]) -> ValueEstimate:
    """Return the value of several decisions of known value together.

    Their placebo differences are added week by week, so that errors that come together count together. Where the
    decisions share too few weeks, the bounds are added as if all errors had the same sign.
    """
    estimates = [valuation.estimate for valuation in valuations if valuation.estimate is not None]
    amount = sum(estimate.amount for estimate in estimates)
    spread = estimate_value(0.0, _sum_placebos(valuations), max(valuation.span_weeks for valuation in valuations))
    if spread is None:
        bounds = [sum(getattr(estimate, bound) for estimate in estimates) for bound in BOUNDS]
    else:
        bounds = [amount + getattr(spread, bound) - spread.amount for bound in BOUNDS]
    return ValueEstimate(amount, *bounds)


def _sum_placebos(valuations: Sequence[DecisionValuation]) -> Floats:
    """Return the placebo differences of all decisions together in each week that they share, (weeks,)."""
    placebos = [valuation.placebo_differences for valuation in valuations if valuation.placebo_differences is not None]
    shared_weeks = min(map(len, placebos))
    summed: Floats = np.sum([differences[:shared_weeks] for differences in placebos], axis=0)
    return summed


def _sum_basis(valuations: Sequence[DecisionValuation], basis: ValueBasis) -> BasisTotal | None:
    """Return the sum of the known values on one basis; None when there are none."""
    summed = [valuation for valuation in valuations if valuation.estimate is not None and valuation.basis is basis]
    if not summed:
        return None
    decision_count = sum(len(valuation.group.decisions) for valuation in summed)
    estimate = sum_values(summed)
    return BasisTotal(basis, decision_count, estimate, choose_verdict(estimate, basis))


def _by_end(valuation: DecisionValuation) -> tuple[date, date, str]:
    return valuation.group.end, valuation.group.start, valuation.group.decisions[0].decision_id


def _check_target(totals: Sequence[BasisTotal], valuations: Sequence[DecisionValuation], target: float) -> TargetStatus:
    earned = next((total for total in totals if total.basis is ValueBasis.MARGIN), None)
    if earned is None:
        return TargetStatus.NOT_KNOWN
    if earned.estimate.lower_80 >= target:
        return TargetStatus.REACHED
    is_complete = all(
        valuation.estimate is not None and valuation.basis is ValueBasis.MARGIN for valuation in valuations
    )
    return TargetStatus.MISSED if is_complete and earned.estimate.upper_80 < target else TargetStatus.NOT_KNOWN
