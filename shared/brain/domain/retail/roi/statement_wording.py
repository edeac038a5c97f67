"""Word a statement for readers: one line on what to do, one sentence per decision, and the cells of a table."""

from collections.abc import Sequence

from brain.domain.retail.roi.decision_groups import DecisionGroup
from brain.domain.retail.roi.statement import BasisTotal, RoiStatement, TargetStatus
from brain.domain.retail.roi.valuation import DecisionValuation, DecisionVerdict, ValueBasis

VERDICTS = {
    DecisionVerdict.EARNED: "earned money",
    DecisionVerdict.LOST: "lost money",
    DecisionVerdict.SOLD_MORE: "sold more",
    DecisionVerdict.SOLD_LESS: "sold less",
    DecisionVerdict.NOT_TOLD_APART: "not distinguishable from chance",
    DecisionVerdict.UNKNOWN: "unknown",
}
ADVICE = {
    DecisionVerdict.LOST: "Stop or change {name}: it lost money.",
    DecisionVerdict.EARNED: "Do {name} again: it earned money.",
    DecisionVerdict.SOLD_LESS: "Look at {name}: fewer sales than without it.",
    DecisionVerdict.SOLD_MORE: "{name} brought more sales; give a margin to see if it paid.",
}
TARGETS = {
    TargetStatus.REACHED: "the month's target of {target} is reached (at 80 %)",
    TargetStatus.MISSED: "the month's target of {target} is missed (at 80 %)",
    TargetStatus.NOT_KNOWN: "whether the month's target of {target} is reached is not known",
}
NO_DECISIONS = "No decisions are recorded for this period; record one with `brain retail decide`."


def write_headline(statement: RoiStatement) -> str:
    """Return one line on what to do."""
    if not statement.valuations:
        return NO_DECISIONS
    advice = [
        _capitalize(text.format(name=name_group(valuation.group)))
        for verdict, text in ADVICE.items()
        for valuation in _select_verdict(statement, verdict)
    ]
    if advice:
        return advice[0] if len(advice) == 1 else f"{advice[0]} {len(advice) - 1} more below."
    if statement.unknown_count == sum(len(valuation.group.decisions) for valuation in statement.valuations):
        return "Nothing can be said of any decision yet; the reasons are below."
    return "No decision stands out from chance: change nothing on the strength of this month alone."


def write_lines(statement: RoiStatement) -> list[str]:
    """Return the totals, the target, what is unknown, and a sentence per decision."""
    if not statement.valuations:
        return []
    ordered = sorted(statement.valuations, key=_by_amount)
    return [
        *(write_total_line(total) for total in statement.totals),
        _write_count_line(statement),
        *(write_sentence(valuation) for valuation in ordered),
    ]


def write_total_line(total: BasisTotal) -> str:
    """Return the sum of all decisions of known value on one basis."""
    is_margin = total.basis is ValueBasis.MARGIN
    subject = "Earned in all, after costs" if is_margin else "More revenue in all, costs not taken off"
    estimate = total.estimate
    interval = f"80 % between {format_money(estimate.lower_80)} and {format_money(estimate.upper_80)}"
    decisions = f"{total.decisions} decision{'' if total.decisions == 1 else 's'}"
    return f"{subject}: {format_money(estimate.amount)} ({interval}; {decisions})."


def write_sentence(valuation: DecisionValuation) -> str:
    """Return what one decision, or several that ran together, earned."""
    subject = f"{_capitalize(name_group(valuation.group))}: "
    remarks = _write_remarks(valuation)
    if valuation.estimate is None:
        return f"{subject}unknown, because {valuation.reason}.{remarks}"
    basis = (
        "after costs"
        if valuation.basis is ValueBasis.MARGIN
        else f"of revenue (no margin is known; it cost {format_money(valuation.group.cost)})"
    )
    estimate = valuation.estimate
    interval = f"80 % between {format_money(estimate.lower_80)} and {format_money(estimate.upper_80)}"
    verdict = VERDICTS[valuation.verdict]
    return f"{subject}{format_money(estimate.amount)} {basis}, {interval}; {verdict}.{remarks}"


def describe_kinds(group: DecisionGroup) -> str:
    """Return the kinds of the decisions."""
    return " + ".join(dict.fromkeys(str(decision.kind) for decision in group.decisions))


def describe_group(group: DecisionGroup) -> str:
    """Return what was decided, and about what."""
    product_id, category = group.subject
    kinds = describe_kinds(group)
    return f"{kinds} on {product_id or category}" if product_id or category else kinds


def name_group(group: DecisionGroup) -> str:
    """Return what was decided, about what, where and when."""
    first_day, last_day = f"{group.start:%d %b}", f"{group.end:%d %b}"
    days = first_day if group.start == group.end else f"{first_day} to {last_day}"
    return f"{describe_group(group)} in {group.store_id or 'all stores'}, {days}"


def build_table_cells(valuation: DecisionValuation) -> tuple[str, str, str, str, str, str]:
    """Return the cells of a decision's row: what, where, when, value, 80 % interval, verdict."""
    group, estimate = valuation.group, valuation.estimate
    header = (describe_group(group), group.store_id or "all stores", f"{group.start} to {group.end}")
    if estimate is None:
        return *header, "unknown", "", VERDICTS[valuation.verdict]
    interval = f"{format_money(estimate.lower_80)} to {format_money(estimate.upper_80)}"
    return *header, format_money(estimate.amount), interval, VERDICTS[valuation.verdict]


def format_money(amount: float) -> str:
    """Return an amount in whole units, with thousands separators and a real minus sign.

    >>> format_money(-1234.4)
    '\N{MINUS SIGN}1,234'
    """
    return f"{round(amount):,}".replace("-", "\N{MINUS SIGN}")


def _capitalize(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _write_remarks(valuation: DecisionValuation) -> str:
    decisions = valuation.group.decisions
    remarks = []
    if len(decisions) > 1:
        remarks.append(f" {len(decisions)} decisions ran on the same days; only their sum can be told.")
    if any(decision.recorded_late for decision in decisions):
        remarks.append(" It was recorded only after it ended.")
    if valuation.closed_days:
        remarks.append(f" Closed on {valuation.closed_days} of its days.")
    return "".join(remarks)


def _write_count_line(statement: RoiStatement) -> str:
    counts = [(verdict, len(_select_verdict(statement, verdict))) for verdict in DecisionVerdict]
    parts = ", ".join(f"{count} {VERDICTS[verdict]}" for verdict, count in counts if count)
    target = TARGETS[statement.target_status].format(target=format_money(statement.target))
    return f"{parts}; {target}."


def _select_verdict(statement: RoiStatement, verdict: DecisionVerdict) -> Sequence[DecisionValuation]:
    selected = (valuation for valuation in statement.valuations if valuation.verdict is verdict)
    return sorted(selected, key=_by_amount)


def _by_amount(valuation: DecisionValuation) -> tuple[float, str]:
    """Return a sort key: the largest amounts first, lost or earned, and the unknown last."""
    size = -abs(valuation.estimate.amount) if valuation.estimate is not None else float("inf")
    return size, valuation.group.decisions[0].decision_id
