"""Value one group of decisions: actual less counterfactual sales in money, with intervals, or why it is unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.counterfactual import Counterfactual
from brain.domain.retail.roi.decision_groups import DecisionGroup
from brain.domain.retail.roi.shop_decision import DecisionKind
from brain.domain.retail.roi.value_estimate import (
    ValueEstimate,
    adjust_for_control,
    count_effective_comparisons,
    estimate_value,
)
from brain.domain.types import Booleans, Floats


class ValueBasis(StrEnum):
    """What the money is: gross margin less cost, or revenue alone where no margin is known."""

    MARGIN = "margin"
    REVENUE = "revenue"


class DecisionVerdict(StrEnum):
    """What can be said at 95 %; of revenue alone only whether it rose."""

    EARNED = "earned"
    LOST = "lost"
    SOLD_MORE = "sold_more"
    SOLD_LESS = "sold_less"
    NOT_TOLD_APART = "not_told_apart"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class DecisionValuation:
    """The valuation of a group of decisions.

    Attributes:
        group: the decisions.
        estimate: what they earned; None when that is unknown.
        verdict: what can be said.
        basis: what the money is.
        reason: why the value is unknown.
        margin: the margin used, as the mean over stores by sales; None when the basis is revenue.
        actual: actual sales on the open days.
        expected: forecast sales on the open days.
        open_days: number of days of all stores on which they were open.
        closed_days: number of days of all stores on which they were closed.
        control_stores: the stores used as control.
        placebo_differences: differences of earlier weeks on the scale of ``estimate``, (weeks,), NaN where unknown.
        span_weeks: the number of weeks that each difference spans.
    """

    group: DecisionGroup
    estimate: ValueEstimate | None
    verdict: DecisionVerdict
    basis: ValueBasis
    reason: str = ""
    margin: float | None = None
    actual: float | None = None
    expected: float | None = None
    open_days: int = 0
    closed_days: int = 0
    control_stores: tuple[str, ...] = ()
    placebo_differences: Floats | None = None
    span_weeks: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class ValuationInputs:
    """What a group is valued from.

    Attributes:
        counterfactual: the forecasts of the group's spell.
        treated_rows: rows of the stores that the group is about.
        control_rows: rows of the stores without any decision on the group's days.
        margins: the margin of each treated row; None when any is unknown.
    """

    counterfactual: Counterfactual
    treated_rows: tuple[int, ...]
    control_rows: tuple[int, ...]
    margins: tuple[float, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class _WeeklySums:
    """Sums over rows and days by weeks back, (weeks,): actual less forecast, forecast, and open days."""

    difference: Floats
    forecast: Floats
    open_days: Floats


def build_unknown_valuation(group: DecisionGroup, reason: str) -> DecisionValuation:
    """Return the valuation of a group whose value is unknown."""
    return DecisionValuation(group, None, DecisionVerdict.UNKNOWN, ValueBasis.REVENUE, reason)


def value_group(group: DecisionGroup, inputs: ValuationInputs, roi: RoiConfig) -> DecisionValuation:
    """Value a group: actual less forecast sales of its days, times margin, less cost."""
    counterfactual, rows = inputs.counterfactual, inputs.treated_rows
    offsets = _list_offsets(group, counterfactual.start)
    weights = np.array(inputs.margins or [1.0] * len(rows))
    sums = _sum_by_week(counterfactual, rows, weights, offsets)
    reason = _find_data_gap(sums, inputs, roi)
    if reason:
        return build_unknown_valuation(group, reason)
    shares, control_stores = _adjust_shares(sums, inputs, offsets, roi)
    placebo_differences = shares[1:] * sums.forecast[0]
    span_weeks = (offsets[-1] - offsets[0] + 1) / WEEK
    cost = group.cost if inputs.margins else 0.0
    estimate = estimate_value(float(shares[0] * sums.forecast[0]) - cost, placebo_differences, span_weeks)
    comparisons = count_effective_comparisons(placebo_differences, span_weeks)
    if estimate is None or comparisons < roi.least_comparisons:
        return build_unknown_valuation(group, _describe_lack_of_comparisons(comparisons, roi))
    sales = _sum_by_week(counterfactual, rows, np.ones(len(rows)), offsets)
    expected, open_days = float(sales.forecast[0]), int(sales.open_days[0])
    basis = ValueBasis.MARGIN if inputs.margins else ValueBasis.REVENUE
    return DecisionValuation(
        group=group,
        estimate=estimate,
        verdict=choose_verdict(estimate, basis),
        basis=basis,
        margin=float(sums.forecast[0]) / expected if inputs.margins else None,
        actual=float((sales.difference + sales.forecast)[0]),
        expected=expected,
        open_days=open_days,
        closed_days=len(offsets) * len(rows) - open_days,
        control_stores=control_stores,
        placebo_differences=placebo_differences,
        span_weeks=span_weeks,
    )


def choose_verdict(estimate: ValueEstimate, basis: ValueBasis) -> DecisionVerdict:
    """Return what the 95 % interval allows to say."""
    if estimate.lower_95 > 0:
        return DecisionVerdict.EARNED if basis is ValueBasis.MARGIN else DecisionVerdict.SOLD_MORE
    if estimate.upper_95 < 0:
        return DecisionVerdict.LOST if basis is ValueBasis.MARGIN else DecisionVerdict.SOLD_LESS
    return DecisionVerdict.NOT_TOLD_APART


def find_obstacle(group: DecisionGroup, last_day: date, roi: RoiConfig) -> str:
    """Return why a group cannot be valued whatever its sales were; empty when it can."""
    if group.start > last_day:
        return f"it starts on {group.start}; sales are known up to {last_day}"
    if group.end > last_day:
        return f"it runs until {group.end}, and sales are known up to {last_day}; known after that day's import"
    if (group.end - group.start).days + 1 > roi.longest_days:
        return f"it runs longer than {roi.longest_days} days, and a forecast that far ahead says too little"
    if any(
        decision.kind is DecisionKind.STOCK and decision.product_id is None and not decision.category
        for decision in group.decisions
    ):
        return "a stock decision is seen only in the sales of its goods; name the product or category"
    return ""


def _list_offsets(group: DecisionGroup, start: date) -> list[int]:
    """Return the days on which any decision of the group runs, counted from ``start``."""
    running_days = {
        decision.start + timedelta(days=index) for decision in group.decisions for index in range(decision.days)
    }
    return sorted((day - start).days for day in running_days)


def _sum_by_week(
    counterfactual: Counterfactual, rows: Sequence[int], weights: Floats, offsets: Sequence[int]
) -> _WeeklySums:
    """Sum over ``rows``, multiplied by ``weights``, and over the days at ``offsets``."""
    row_index, day_index = np.array(rows), np.array(offsets)
    actual = counterfactual.actual[row_index][:, :, day_index]
    predicted = counterfactual.predicted[row_index][:, :, day_index]
    is_known: Booleans = np.isfinite(actual) & np.isfinite(predicted)
    row_weights = weights[:, None, None]
    difference = np.where(is_known, (actual - predicted) * row_weights, 0.0).sum(axis=(0, 2))
    forecast = np.where(is_known, predicted * row_weights, 0.0).sum(axis=(0, 2))
    open_days = is_known.sum(axis=(0, 2)).astype(float)
    # A week with less than half of the days is no comparison.
    is_comparable = (open_days >= open_days[0] / 2) & (forecast > 0)
    difference, forecast = np.where(is_comparable, (difference, forecast), np.nan)
    return _WeeklySums(difference, forecast, open_days)


def _adjust_shares(
    sums: _WeeklySums, inputs: ValuationInputs, offsets: Sequence[int], roi: RoiConfig
) -> tuple[Floats, tuple[str, ...]]:
    """Return the differences as shares of the forecast, (weeks,), adjusted for control stores, and those stores."""
    shares = sums.difference / sums.forecast
    overlapping_weeks = -(-(offsets[-1] + 1) // WEEK)
    shares[1:overlapping_weeks] = np.nan  # partly the days of the decision itself
    if not inputs.control_rows:
        return shares, ()
    control = _sum_by_week(inputs.counterfactual, inputs.control_rows, np.ones(len(inputs.control_rows)), offsets)
    adjusted = adjust_for_control(shares, control.difference / control.forecast, roi.control_worth)
    if adjusted is None:
        return shares, ()
    return adjusted, tuple(inputs.counterfactual.store_ids[row] for row in inputs.control_rows)


def _find_data_gap(sums: _WeeklySums, inputs: ValuationInputs, roi: RoiConfig) -> str:
    """Return why the sales do not suffice for a valuation; empty when they do."""
    if not sums.open_days[0]:
        return "the shop has no sales on its days: it was closed, or they are not imported"
    history_days = int(inputs.counterfactual.open_days[list(inputs.treated_rows)].min())
    if history_days < roi.history_days:
        return (
            f"there are {history_days} days of sales before it without another decision; {roi.history_days} are needed"
        )
    if not np.isfinite(sums.difference[0]) or not np.isfinite(sums.forecast[0]):
        return "the forecast expects no sales at all on its days, so there is nothing to compare with"
    return ""


def _describe_lack_of_comparisons(comparisons: float, roi: RoiConfig) -> str:
    return (
        f"only {int(comparisons)} earlier stretches of the same length, without a decision, can be compared with; "
        f"{roi.least_comparisons} are needed"
    )
