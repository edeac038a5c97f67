"""Store a shop's decisions by natural key, so that recording the same decision again does not duplicate it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.domain.retail.roi.shop_decision import DecisionKind, ShopDecision, merge_decision
from brain.domain.retail.wildcards import ALL_STORES
from brain.ports.sales_warehouse import ResultTable, ShopDatabase
from brain.services.retail.shop_history import check_store_exists

COPIED_COLUMNS = ("decision_id", "product_id", "category", "cost", "expected", "note", "recorded_at")
"""Columns of the decisions table that hold an attribute of the decision unchanged."""


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """How many decisions were new, changed, or already stored as they are."""

    new: int
    changed: int
    unchanged: int


def record_decisions(warehouse: ShopDatabase, decisions: Sequence[ShopDecision]) -> RecordCounts:
    """Store ``decisions``; an unchanged decision retains the time at which it was first recorded.

    Raises InvalidInputError when a decision names a store that does not exist; nothing is stored then.
    """
    store_ids = [store.store_id for store in warehouse.stores()]
    for decision in decisions:
        if decision.store_id is not None:
            check_store_exists(store_ids, decision.store_id)
    stored = {_key(decision): decision for decision in list_decisions(warehouse)}
    merged = {_key(decision): merge_decision(decision, stored.get(_key(decision))) for decision in decisions}
    changed = [decision for key, decision in merged.items() if stored.get(key) != decision]
    warehouse.put_results(ResultTable.DECISIONS, [_to_row(decision) for decision in changed])
    new = sum(key not in stored for key in merged)
    return RecordCounts(new, len(changed) - new, len(merged) - len(changed))


def list_decisions(warehouse: ShopDatabase, recorded_by: datetime | None = None) -> list[ShopDecision]:
    """Return the decisions recorded up to ``recorded_by`` (None: all), by start and id."""
    decisions = decisions_from_rows(warehouse.results(ResultTable.DECISIONS))
    return [decision for decision in decisions if recorded_by is None or decision.recorded_at <= recorded_by]


def decisions_from_rows(rows: Iterable[Mapping[str, Any]]) -> list[ShopDecision]:
    """Return the decisions in rows of the table, by start and id."""
    decisions = [_from_row(row) for row in rows]
    return sorted(decisions, key=lambda decision: (decision.start, decision.decision_id, decision.store_id or ""))


def _key(decision: ShopDecision) -> tuple[str | None, str]:
    return decision.store_id, decision.decision_id


def _to_row(decision: ShopDecision) -> dict[str, object]:
    return {
        **{name: getattr(decision, name) for name in COPIED_COLUMNS},
        "starts_on": decision.start,
        "ends_on": decision.end,
        "kind": str(decision.kind),
        "store_id": decision.store_id or ALL_STORES,
    }


def _from_row(row: Mapping[str, Any]) -> ShopDecision:
    return ShopDecision(
        **{name: row[name] for name in COPIED_COLUMNS},
        kind=DecisionKind(row["kind"]),
        start=row["starts_on"],
        end=row["ends_on"],
        store_id=None if row["store_id"] == ALL_STORES else row["store_id"],
    )
