"""What a statement says in words: one line on what to do, one sentence a decision, and the JSON for machines."""

from collections.abc import Sequence
from typing import Any

from brain.domain.retail.documents import to_json_value
from brain.domain.retail.roi.statement import Statement, Target, Total
from brain.domain.retail.roi.valuation import Basis, Valued, Verdict

VERDICTS = {
    Verdict.EARNED: "earned money",
    Verdict.LOST: "lost money",
    Verdict.SOLD_MORE: "sold more",
    Verdict.SOLD_LESS: "sold less",
    Verdict.NOT_TOLD_APART: "not told apart from chance",
    Verdict.UNKNOWN: "unknown",
}
TARGETS = {
    Target.REACHED: "the month's target of {target} is reached (at 80 %)",
    Target.MISSED: "the month's target of {target} is missed (at 80 %)",
    Target.NOT_KNOWN: "whether the month's target of {target} is reached is not known",
}
NOTHING = "No decisions are recorded for this period; record one with `brain retail decide`."


def headline(told: Statement) -> str:
    """One line on what to do."""
    if not told.valued:
        return NOTHING
    do = [
        *(f"Stop or change {name(one)}: it lost money." for one in _of(told, Verdict.LOST)),
        *(f"Do {name(one)} again: it earned money." for one in _of(told, Verdict.EARNED)),
        *(f"Look at {name(one)}: fewer sales than without it." for one in _of(told, Verdict.SOLD_LESS)),
        *(
            f"{_opening(name(one))} brought more sales; give a margin to see if it paid."
            for one in _of(told, Verdict.SOLD_MORE)
        ),
    ]
    if do:
        return do[0] if len(do) == 1 else f"{do[0]} {len(do) - 1} more below."
    if told.unknown == sum(len(one.group.decisions) for one in told.valued):
        return "Nothing can be said of any decision yet; the reasons are below."
    return "No decision stands out from chance: change nothing on the strength of this month alone."


def lines(told: Statement) -> list[str]:
    """The totals, the target, what is unknown, and a sentence a decision."""
    if not told.valued:
        return []
    shown = sorted(told.valued, key=_by_worth)
    return [*(total_line(one) for one in told.totals), _count_line(told), *(sentence(one) for one in shown)]


def total_line(total: Total) -> str:
    """The sum over all valued decisions of a basis."""
    what = "Earned in all, after costs" if total.basis is Basis.MARGIN else "More revenue in all, costs not taken off"
    found = total.worth
    count = f"{total.decisions} decision{'' if total.decisions == 1 else 's'}"
    return (
        f"{what}: {money(found.estimate)} (80 % between {money(found.lower_80)} and {money(found.upper_80)}; {count})."
    )


def sentence(one: Valued) -> str:
    """What one decision, or several that ran together, brought."""
    said = f"{_opening(name(one))}: "
    if one.worth is None:
        return f"{said}unknown, because {one.reason}.{_asides(one)}"
    what = "after costs" if one.basis is Basis.MARGIN else f"of revenue (no margin is known; it cost {money(one.cost)})"
    between = f"80 % between {money(one.worth.lower_80)} and {money(one.worth.upper_80)}"
    return f"{said}{money(one.worth.estimate)} {what}, {between}; {VERDICTS[one.verdict]}.{_asides(one)}"


def what(one: Valued) -> str:
    """What was decided, and about what."""
    kinds = " + ".join(dict.fromkeys(str(each.kind) for each in one.group.decisions))
    product, category = one.group.subject
    return f"{kinds} on {product or category}" if product or category else kinds


def name(one: Valued) -> str:
    """What was decided, about what, where and when."""
    place = one.group.store_id or "all stores"
    days = (
        f"{one.group.start:%d %b}"
        if one.group.start == one.group.end
        else f"{one.group.start:%d %b} to {one.group.end:%d %b}"
    )
    return f"{what(one)} in {place}, {days}"


def cells(one: Valued) -> tuple[str, str, str, str, str, str]:
    """A decision as a row of a table: what, where, when, worth, 80 % interval, verdict."""
    days = f"{one.group.start} to {one.group.end}"
    where = one.group.store_id or "all stores"
    if one.worth is None:
        return what(one), where, days, "unknown", "", VERDICTS[one.verdict]
    between = f"{money(one.worth.lower_80)} to {money(one.worth.upper_80)}"
    return what(one), where, days, money(one.worth.estimate), between, VERDICTS[one.verdict]


def money(amount: float) -> str:
    """A sum as people read it, to the unit."""
    rounded = round(amount)
    return f"{rounded:,}".replace("-", "\u2212")


def document(told: Statement | None) -> dict[str, Any]:
    """The statement as JSON has it."""
    if told is None:
        return {
            "first_day": None,
            "last_day": None,
            "decisions": [],
            "totals": [],
            "unknown": 0,
            "headline": NOTHING,
        } | {
            "target": None,
            "target_reached": str(Target.NOT_KNOWN),
        }
    found: dict[str, Any] = to_json_value(
        {
            "first_day": told.first_day,
            "last_day": told.last_day,
            "headline": headline(told),
            "decisions": [_row(one) for one in told.valued],
            "totals": [_total(one) for one in told.totals],
            "unknown": told.unknown,
            "target": told.target,
            "target_reached": str(told.target_reached),
        }
    )
    return found


def _row(one: Valued) -> dict[str, Any]:
    product, category = one.group.subject
    hoped = [each.expected for each in one.group.decisions if each.expected is not None]
    return {
        "decisions": [each.decision_id for each in one.group.decisions],
        "kind": " + ".join(dict.fromkeys(str(each.kind) for each in one.group.decisions)),
        "store_id": one.group.store_id,
        "product_id": product,
        "category": category,
        "start": one.group.start,
        "end": one.group.end,
        "note": "; ".join(each.note for each in one.group.decisions if each.note),
        "cost": one.cost,
        "hoped_for": sum(hoped) if hoped else None,
        "recorded_late": any(each.recorded_late for each in one.group.decisions),
        "basis": str(one.basis),
        "margin": one.margin,
        "actual": one.actual,
        "counterfactual": one.expected,
        **_worth(one),
        "verdict": str(one.verdict),
        "reason": one.reason,
        "open_days": one.open_days,
        "closed_days": one.closed_days,
        "control_stores": list(one.control),
    }


def _total(total: Total) -> dict[str, Any]:
    return {"basis": str(total.basis), "decisions": total.decisions, "verdict": str(total.verdict), **_worth(total)}


def _opening(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _worth(one: Valued | Total) -> dict[str, float | None]:
    names = {"value": "estimate", **{side: side for side in ("lower_80", "upper_80", "lower_95", "upper_95")}}
    return {
        key: None if one.worth is None else round(getattr(one.worth, attribute), 2) for key, attribute in names.items()
    }


def _asides(one: Valued) -> str:
    told = []
    if len(one.group.decisions) > 1:
        told.append(f" {len(one.group.decisions)} decisions ran on the same days; only their sum can be told.")
    if any(each.recorded_late for each in one.group.decisions):
        told.append(" It was recorded only after it ended.")
    if one.closed_days:
        told.append(f" Closed on {one.closed_days} of its days.")
    return "".join(told)


def _count_line(told: Statement) -> str:
    kinds = (
        Verdict.EARNED,
        Verdict.LOST,
        Verdict.SOLD_MORE,
        Verdict.SOLD_LESS,
        Verdict.NOT_TOLD_APART,
        Verdict.UNKNOWN,
    )
    counts = [(kind, len(_of(told, kind))) for kind in kinds]
    parts = ", ".join(f"{count} {VERDICTS[kind]}" for kind, count in counts if count)
    target = TARGETS[told.target_reached].format(target=money(told.target))
    return f"{parts}; {target}."


def _of(told: Statement, verdict: Verdict) -> Sequence[Valued]:
    return sorted((one for one in told.valued if one.verdict is verdict), key=_by_worth)


def _by_worth(one: Valued) -> tuple[float, str]:
    """The largest sums first, lost or earned; the unknown last."""
    size = -abs(one.worth.estimate) if one.worth is not None else float("inf")
    return size, one.group.decisions[0].decision_id
