"""Measures what each signal is worth to the shop and keeps the measurement."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from brain.domain.retail.magnitudes import SignalLift, magnitudes
from brain.domain.retail.retail_config import RetailConfig
from brain.domain.retail.series import store_totals
from brain.ports.sales_warehouse import ResultTable, SalesWarehouse
from brain.services.retail_facts import read_known

ALL_PRODUCTS = "*"


def signals(
    warehouse: SalesWarehouse,
    config: RetailConfig,
    store_id: str | None = None,
    as_of: date | None = None,
    *,
    dry_run: bool = False,
) -> list[SignalLift]:
    """Measure every signal over the stores' totals up to the last known day (at most ``as_of``).

    Every store is measured, for stores lean on each other; ``store_id`` chooses whose rows come back. Raises
    InvalidInputError for a store that does not exist or without sales.
    """
    known = read_known(warehouse, until=as_of, must_have=store_id)
    day = known.last_day
    lifts = magnitudes(store_totals(known.series), known.facts, day, config)
    if not dry_run:
        warehouse.put_results(ResultTable.MAGNITUDES, _rows(lifts, day))
    return [lift for lift in lifts if store_id in {None, lift.store_id}]


def _rows(lifts: Sequence[SignalLift], as_of: date) -> list[dict[str, Any]]:
    named = ("store_id", "signal", "signal_class", "lift", "lower", "upper", "occurrences", "confidence", "claimed")
    return [
        {name: getattr(lift, name) for name in (*named, "last_seen")}
        | {"product_id": lift.product_id or ALL_PRODUCTS, "as_of": as_of, "state": _state(lift)}
        for lift in lifts
    ]


def _state(lift: SignalLift) -> str:
    return "claimed" if lift.claimed else "unsure"
