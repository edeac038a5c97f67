"""The JSON document of a statement, for programs and published pages."""

from typing import Any

from brain.domain.retail.documents import to_json_value
from brain.domain.retail.roi.statement import BOUNDS, BasisTotal, RoiStatement, TargetStatus
from brain.domain.retail.roi.statement_wording import NO_DECISIONS, describe_kinds, write_headline
from brain.domain.retail.roi.valuation import DecisionValuation
from brain.domain.retail.roi.value_estimate import ValueEstimate

NO_STATEMENT: dict[str, Any] = {
    "first_day": None,
    "last_day": None,
    "decisions": [],
    "totals": [],
    "unknown": 0,
    "headline": NO_DECISIONS,
    "target": None,
    "target_reached": str(TargetStatus.NOT_KNOWN),
}


def statement_to_document(statement: RoiStatement | None) -> dict[str, Any]:
    """Return the document of a statement; None stands for a shop that never recorded a decision."""
    if statement is None:
        return dict(NO_STATEMENT)
    document: dict[str, Any] = to_json_value(
        {
            "first_day": statement.first_day,
            "last_day": statement.last_day,
            "headline": write_headline(statement),
            "decisions": [_valuation_to_document(valuation) for valuation in statement.valuations],
            "totals": [_total_to_document(total) for total in statement.totals],
            "unknown": statement.unknown_count,
            "target": statement.target,
            "target_reached": str(statement.target_status),
        }
    )
    return document


def _valuation_to_document(valuation: DecisionValuation) -> dict[str, Any]:
    group = valuation.group
    product_id, category = group.subject
    expected_values = [decision.expected for decision in group.decisions if decision.expected is not None]
    return {
        "decisions": [decision.decision_id for decision in group.decisions],
        "kind": describe_kinds(group),
        "store_id": group.store_id,
        "product_id": product_id,
        "category": category,
        "start": group.start,
        "end": group.end,
        "note": "; ".join(decision.note for decision in group.decisions if decision.note),
        "cost": group.cost,
        "hoped_for": sum(expected_values) if expected_values else None,
        "recorded_late": any(decision.recorded_late for decision in group.decisions),
        "basis": str(valuation.basis),
        "margin": valuation.margin,
        "actual": valuation.actual,
        "counterfactual": valuation.expected,
        **_value_to_document(valuation.estimate),
        "verdict": str(valuation.verdict),
        "reason": valuation.reason,
        "open_days": valuation.open_days,
        "closed_days": valuation.closed_days,
        "control_stores": list(valuation.control_stores),
    }


def _total_to_document(total: BasisTotal) -> dict[str, Any]:
    return {
        "basis": str(total.basis),
        "decisions": total.decisions,
        "verdict": str(total.verdict),
        **_value_to_document(total.estimate),
    }


def _value_to_document(estimate: ValueEstimate | None) -> dict[str, float | None]:
    if estimate is None:
        return dict.fromkeys(("value", *BOUNDS))
    return {"value": round(estimate.amount, 2), **{bound: round(getattr(estimate, bound), 2) for bound in BOUNDS}}
