"""Values one group of decisions: what came less what would have come, in money, how sure, or why unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from brain.domain.retail.forecast.pipeline import WEEK
from brain.domain.retail.roi.chance import Worth, effective, net_of, worth
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.counterfactual import Undone
from brain.domain.retail.roi.decision import Decision, Kind
from brain.domain.retail.roi.spells import Group
from brain.domain.types import Booleans, Floats


class Basis(StrEnum):
    """What the money is: gross margin less cost, or revenue alone where no margin is known."""

    MARGIN = "margin"
    REVENUE = "revenue"


class Verdict(StrEnum):
    """What can be said at 95 %; of revenue alone only whether it rose."""

    EARNED = "earned"
    LOST = "lost"
    SOLD_MORE = "sold_more"
    SOLD_LESS = "sold_less"
    NOT_TOLD_APART = "not_told_apart"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Valued:
    """A group with its worth, or ``worth`` None and the ``reason``.

    ``actual`` and ``expected`` are sales over the open days, ``cost`` the sum of costs, ``margin`` the share used (the
    mean over stores by sales; None: revenue). ``by_chance`` (weeks back,) are the differences of earlier weeks on the
    scale of ``worth``, NaN where unknown; each spans ``span_weeks``. ``control`` names the stores used.
    """

    group: Group
    cost: float
    worth: Worth | None
    verdict: Verdict
    basis: Basis
    reason: str = ""
    margin: float | None = None
    actual: float | None = None
    expected: float | None = None
    open_days: int = 0
    closed_days: int = 0
    control: tuple[str, ...] = ()
    by_chance: Floats | None = None
    span_weeks: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What a group is valued from: the forecasts of its spell, and margins by row.

    ``rows`` are the treated stores of ``undone``, ``free`` those without any decision on the group's days; ``margins``
    is None where not every treated store has one.
    """

    undone: Undone
    rows: tuple[int, ...]
    free: tuple[int, ...]
    margins: tuple[float, ...] | None


def unknown(group: Group, reason: str) -> Valued:
    """The group with nothing but its cost and why no more can be said."""
    return Valued(group, _cost(group.decisions), None, Verdict.UNKNOWN, Basis.REVENUE, reason)


def value(group: Group, ground: Ground, roi: RoiConfig) -> Valued:
    """Value a group: sales of its days less the forecast's, times margin, less cost."""
    offsets = _offsets(group, ground.undone.start)
    weights = np.array(ground.margins or [1.0] * len(ground.rows))
    made, base, days = _differences(ground.undone, ground.rows, weights, offsets)
    reason = _why_unknown(made, base, days, ground, roi)
    if reason:
        return unknown(group, reason)
    share = made / base
    span = offsets[-1] + 1
    share[1 : -(-span // WEEK)] = np.nan  # these days belong to the decision itself, in part
    netted = _net_of_control(share, ground, offsets, roi)
    share = share if netted is None else netted
    by_chance = share[1:] * base[0]
    span_weeks = (offsets[-1] - offsets[0] + 1) / WEEK
    cost = _cost(group.decisions) if ground.margins else 0.0
    found = worth(float(share[0] * base[0]) - cost, by_chance, span_weeks)
    if found is None or effective(by_chance, span_weeks) < roi.least_comparisons:
        return unknown(group, _too_short(effective(by_chance, span_weeks), roi))
    sold, said, open_days = (float(one[0]) for one in _differences_in_sales(ground.undone, ground.rows, offsets))
    basis = Basis.MARGIN if ground.margins else Basis.REVENUE
    return Valued(
        group=group,
        cost=_cost(group.decisions),
        worth=found,
        verdict=verdict(found, basis),
        basis=basis,
        margin=float(base[0]) / said if ground.margins else None,
        actual=sold,
        expected=said,
        open_days=int(open_days),
        closed_days=len(offsets) * len(ground.rows) - int(open_days),
        control=() if netted is None else tuple(ground.undone.store_ids[row] for row in ground.free),
        by_chance=by_chance,
        span_weeks=span_weeks,
    )


def verdict(found: Worth, basis: Basis) -> Verdict:
    """What the 95 % interval allows to be said."""
    if found.lower_95 > 0:
        return Verdict.EARNED if basis is Basis.MARGIN else Verdict.SOLD_MORE
    if found.upper_95 < 0:
        return Verdict.LOST if basis is Basis.MARGIN else Verdict.SOLD_LESS
    return Verdict.NOT_TOLD_APART


def cannot_be_valued(group: Group, last_day: date, roi: RoiConfig) -> str:
    """Why a group cannot be valued whatever its sales were; empty when it can."""
    if group.start > last_day:
        return f"it starts on {group.start}; sales are known up to {last_day}"
    if group.end > last_day:
        return f"it runs until {group.end}, and sales are known up to {last_day}; known after that day's import"
    if (group.end - group.start).days + 1 > roi.longest_days:
        return f"it runs longer than {roi.longest_days} days, and a forecast that far ahead says too little"
    blind = [one for one in group.decisions if one.kind is Kind.STOCK and one.product_id is None and not one.category]
    if blind:
        return "a stock decision is seen only in the sales of its goods; name the product or category"
    return ""


def _offsets(group: Group, start: date) -> list[int]:
    """The days on which any decision of the group runs, counted from the spell's start."""
    days = {(one.start - start).days + at for one in group.decisions for at in range(one.days)}
    return sorted(days)


def _differences(
    undone: Undone, rows: Sequence[int], weights: Floats, offsets: Sequence[int]
) -> tuple[Floats, Floats, Floats]:
    """Sold less forecast, forecast, and open days over ``rows`` and ``offsets``, by weeks back; rows weighted."""
    treated, running = np.array(rows), np.array(offsets)
    sold, said = (whole[treated][:, :, running] for whole in (undone.sold, undone.predicted))
    known: Booleans = np.isfinite(sold) & np.isfinite(said)
    by_row = weights[:, None, None]
    made = np.where(known, (sold - said) * by_row, 0.0).sum(axis=(0, 2))
    base = np.where(known, said * by_row, 0.0).sum(axis=(0, 2))
    days = known.sum(axis=(0, 2)).astype(float)
    # A week of which half is missing is no comparison.
    enough = (days >= days[0] / 2) & (base > 0)
    return np.where(enough, made, np.nan), np.where(enough, base, np.nan), days


def _differences_in_sales(undone: Undone, rows: Sequence[int], offsets: Sequence[int]) -> tuple[Floats, Floats, Floats]:
    made, base, days = _differences(undone, rows, np.ones(len(rows)), offsets)
    return made + base, base, days


def _why_unknown(made: Floats, base: Floats, days: Floats, ground: Ground, roi: RoiConfig) -> str:
    if not days[0]:
        return "the shop has no sales on its days: it was closed, or they are not imported"
    if ground.undone.open_days[list(ground.rows)].min() < roi.history_days:
        fewest = int(ground.undone.open_days[list(ground.rows)].min())
        return f"there are {fewest} days of sales before it without another decision; {roi.history_days} are needed"
    if not np.isfinite(made[0]) or not np.isfinite(base[0]):
        return "the forecast expects no sales at all on its days, so there is nothing to compare with"
    return ""


def _too_short(number: float, roi: RoiConfig) -> str:
    return (
        f"only {int(number)} earlier stretches of the same length, without a decision, can be compared with; "
        f"{roi.least_comparisons} are needed"
    )


def _net_of_control(share: Floats, ground: Ground, offsets: Sequence[int], roi: RoiConfig) -> Floats | None:
    if not ground.free:
        return None
    made, base, _ = _differences(ground.undone, ground.free, np.ones(len(ground.free)), offsets)
    return net_of(share, made / base, roi.control_worth)


def _cost(decisions: Sequence[Decision]) -> float:
    return float(sum(one.cost for one in decisions))
