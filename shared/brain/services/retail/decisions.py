"""Keeps what the shop decided, by natural key: the same decision told again is one decision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.domain.retail.roi.decision import Decision, Kind, kept
from brain.domain.retail.series import ALL_STORES
from brain.ports.sales_warehouse import ResultTable, Shop
from brain.services.retail.facts import known_store

COPIED = ("decision_id", "product_id", "category", "cost", "expected", "note", "recorded_at")


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many decisions are new, were changed, or were there word for word."""

    new: int
    changed: int
    already_there: int


def record(shop: Shop, decisions: Sequence[Decision]) -> Recorded:
    """Keep ``decisions``; one that is told again unchanged keeps the time at which it was told first.

    Raises InvalidInputError when one names a store that does not exist; then none is kept.
    """
    stores = [store.store_id for store in shop.stores()]
    for one in decisions:
        if one.store_id is not None:
            known_store(stores, one.store_id)
    before = {(one.store_id, one.decision_id): one for one in recorded(shop)}
    told = {(one.store_id, one.decision_id): one for one in decisions}
    fresh = {key: kept(one, before.get(key)) for key, one in told.items()}
    changed = [one for key, one in fresh.items() if before.get(key) != one]
    shop.put_results(ResultTable.DECISIONS, [_row(one) for one in changed])
    new = sum(key not in before for key in fresh)
    return Recorded(new, len(changed) - new, len(fresh) - len(changed))


def recorded(shop: Shop, by: datetime | None = None) -> list[Decision]:
    """Return the decisions told up to ``by`` (None: all), by start and id."""
    found = decisions_of(shop.results(ResultTable.DECISIONS))
    return [one for one in found if by is None or one.recorded_at <= by]


def decisions_of(rows: Iterable[Mapping[str, Any]]) -> list[Decision]:
    """Return the decisions in rows of the table, by start and id."""
    found = [_decision(row) for row in rows]
    return sorted(found, key=lambda one: (one.start, one.decision_id, one.store_id or ""))


def _row(one: Decision) -> dict[str, object]:
    dates = {"starts_on": one.start, "ends_on": one.end}
    return (
        {name: getattr(one, name) for name in COPIED}
        | dates
        | {"kind": str(one.kind), "store_id": one.store_id or ALL_STORES}
    )


def _decision(row: Mapping[str, Any]) -> Decision:
    store_id = None if row["store_id"] == ALL_STORES else row["store_id"]
    return Decision(
        **{name: row[name] for name in COPIED},
        kind=Kind(row["kind"]),
        start=row["starts_on"],
        end=row["ends_on"],
        store_id=store_id,
    )
