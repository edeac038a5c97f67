"""The statement of a period: every decision with its worth, and sums whose intervals know that errors come together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.pipeline import WEEK
from brain.domain.retail.roi.chance import Worth, worth
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.counterfactual import Undone, undone, without_own_events
from brain.domain.retail.roi.decision import Decision
from brain.domain.retail.roi.spells import Group, Spell, spells
from brain.domain.retail.roi.valuation import Basis, Ground, Valued, Verdict, cannot_be_valued, unknown, value, verdict
from brain.domain.retail.series import DailySeries, sum_by_store
from brain.domain.retail.shop_data import ShopData

SIDES = ("lower_80", "upper_80", "lower_95", "upper_95")

Subject = tuple[str | None, str | None]


class Target(StrEnum):
    """Whether the month's target was reached, at 80 %."""

    REACHED = "reached"
    MISSED = "missed"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of everything with a worth on one basis. ``decisions`` counts them."""

    basis: Basis
    decisions: int
    worth: Worth
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """All decisions of a period, the unknown ones included, and the totals of those that have a worth."""

    first_day: date | None
    last_day: date
    valued: tuple[Valued, ...]
    totals: tuple[Total, ...]
    target: float
    target_reached: Target

    @property
    def unknown(self) -> int:
        """How many decisions have no worth."""
        return sum(len(one.group.decisions) for one in self.valued if one.worth is None)


@dataclass(frozen=True, slots=True)
class Period:
    """Which decisions are asked for: those whose last day lies in it (None: open), of one store or of all."""

    first: date | None = None
    last: date | None = None
    store_id: str | None = None

    def holds(self, group: Group) -> bool:
        """Whether the group belongs to the period; a group belongs where its last day lies."""
        inside = (self.first is None or group.end >= self.first) and (self.last is None or group.end <= self.last)
        return inside and (self.store_id is None or self.store_id in {one.store_id for one in group.decisions})


def statement(
    series: Sequence[DailySeries],
    facts: ShopData,
    decisions: Sequence[Decision],
    period: Period,
    config: RetailConfig,
    roi: RoiConfig,
) -> Statement:
    """Value the decisions of ``period``; ``series`` one a store and product, ``decisions`` all there are.

    Raises nothing for what cannot be valued: such decisions are listed as unknown, with the reason.
    """
    shop = _Shop(series, facts, decisions, config, roi)
    asked = [(group, spell) for spell in spells(decisions, roi.rest_days) for group in spell.groups]
    found = [shop.valued(group, spell) for group, spell in asked if period.holds(group)]
    found.sort(key=lambda one: (one.group.end, one.group.start, one.group.decisions[0].decision_id))
    totals = tuple(total for basis in Basis if (total := _total(found, basis)) is not None)
    reached = _target_reached(totals, found, roi.monthly_target)
    return Statement(period.first, period.last or shop.last_day, tuple(found), totals, roi.monthly_target, reached)


class _Shop:
    """What decisions are valued from; a forecast is made once for all groups that start from the same day."""

    def __init__(
        self,
        series: Sequence[DailySeries],
        facts: ShopData,
        decisions: Sequence[Decision],
        config: RetailConfig,
        roi: RoiConfig,
    ) -> None:
        self._series, self._decisions, self._roi = series, decisions, roi
        forecast = config.forecast.model_copy(update={"refit_days": roi.refit_days})
        self._config = config.model_copy(update={"forecast": forecast})
        self._facts = without_own_events(facts, decisions, roi.own_events)
        self._forecasts: dict[tuple[Subject, date, int], Undone | None] = {}
        self.last_day = max(one.last_day for one in series)

    def valued(self, group: Group, spell: Spell) -> Valued:
        """The group with its worth, or the reason why there is none."""
        ahead = (group.end - spell.start).days + 1
        reason = cannot_be_valued(group, self.last_day, self._roi) or self._too_crowded(ahead)
        series = self._of(group.subject)
        if not reason and not series:
            reason = f"nothing called {group.subject[0] or group.subject[1]} was ever sold"
        if reason:
            return unknown(group, reason)
        forecast = self._forecast(group.subject, series, spell.start, -(-ahead // WEEK) * WEEK)
        if forecast is None:
            return unknown(group, f"fewer than {self._roi.history_days} days of sales are known before it")
        rows = tuple(at for at, store in enumerate(forecast.store_ids) if group.store_id in {None, store})
        if not rows:
            return unknown(group, f"store {group.store_id} never sold what it is about")
        return value(
            group, Ground(forecast, rows, self._free(group, forecast), self._margins(group, forecast, rows)), self._roi
        )

    def _too_crowded(self, ahead: int) -> str:
        if ahead <= self._roi.longest_days:
            return ""
        return f"decisions followed each other for {ahead} days with never {self._roi.rest_days} days without one"

    def _of(self, subject: Subject) -> list[DailySeries]:
        """One series a store of what the subject sells."""
        product, category = subject
        picked = [one for one in self._series if product in {None, one.product_id} and category in {None, one.category}]
        return sum_by_store(picked)

    def _forecast(self, subject: Subject, series: Sequence[DailySeries], start: date, days: int) -> Undone | None:
        key = subject, start, days
        if key not in self._forecasts:
            self._forecasts[key] = undone(series, self._facts, start, days, self._decisions, self._config, self._roi)
        return self._forecasts[key]

    def _free(self, group: Group, forecast: Undone) -> tuple[int, ...]:
        """The rows of stores in which nothing was decided from the spell's start to the group's end."""
        busy = {one.store_id for one in self._decisions if one.start <= group.end and one.end >= forecast.start}
        return () if None in busy else tuple(at for at, store in enumerate(forecast.store_ids) if store not in busy)

    def _margins(self, group: Group, forecast: Undone, rows: Sequence[int]) -> tuple[float, ...] | None:
        product, category = group.subject
        if product is not None:
            category = next((one.category for one in self._series if one.product_id == product), None)
        known = [self._roi.margins.of(forecast.store_ids[row], category) for row in rows]
        given = tuple(one for one in known if one is not None)
        return given if len(given) == len(rows) else None


def _total(valued: Sequence[Valued], basis: Basis) -> Total | None:
    """The sum over one basis. Errors are added week by week, so that what goes wrong together counts together."""
    summed = [one for one in valued if one.worth is not None and one.basis is basis]
    if not summed:
        return None
    count = sum(len(one.group.decisions) for one in summed)
    found = sum_of(summed)
    return Total(basis, count, found, verdict(found, basis))


def sum_of(summed: Sequence[Valued]) -> Worth:
    """The worth of several decisions together; where they share too few weeks, as if all erred the same way."""
    worths = [one.worth for one in summed if one.worth is not None]
    chances = [one.by_chance for one in summed if one.by_chance is not None]
    shared = min(len(one) for one in chances)
    together = np.sum([one[:shared] for one in chances], axis=0)
    estimate = sum(one.estimate for one in worths)
    found = worth(0.0, together, max(one.span_weeks for one in summed))
    if found is None:
        sides = [sum(getattr(one, name) for one in worths) for name in SIDES]
    else:
        sides = [estimate + getattr(found, name) - found.estimate for name in SIDES]
    return Worth(estimate, *sides)


def _target_reached(totals: Sequence[Total], valued: Sequence[Valued], target: float) -> Target:
    earned = next((one for one in totals if one.basis is Basis.MARGIN), None)
    if earned is None:
        return Target.NOT_KNOWN
    if earned.worth.lower_80 >= target:
        return Target.REACHED
    complete = all(one.worth is not None and one.basis is Basis.MARGIN for one in valued)
    return Target.MISSED if complete and earned.worth.upper_80 < target else Target.NOT_KNOWN
