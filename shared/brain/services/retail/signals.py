"""Measures what each signal is worth to the shop, and keeps the ledger of what is claimed, watched and retired."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.lifts.effect_ledger import EffectEntry, EffectState, update_effect_ledger
from brain.domain.retail.lifts.signal_lifts import SignalLift, measure_signal_lifts
from brain.domain.retail.series import ALL_STORES, sum_by_store
from brain.ports.sales_warehouse import ResultTable, Shop
from brain.services.retail.facts import Known, read_known

ALL_PRODUCTS = "*"


@dataclass(frozen=True, slots=True)
class Measured:
    """The lifts of one day, and where each signal's claim stands after them."""

    as_of: date
    lifts: tuple[SignalLift, ...]
    ledger: tuple[EffectEntry, ...]


def signals(warehouse: Shop, config: RetailConfig, as_of: date | None = None, *, dry_run: bool = False) -> Measured:
    """Measure every signal over the stores' totals up to the last known day (at most ``as_of``).

    The same day again writes the same rows. Raises InvalidInputError without sales.
    """
    return measured(warehouse, read_known(warehouse, until=as_of), config, dry_run=dry_run)


def measured(warehouse: Shop, known: Known, config: RetailConfig, *, dry_run: bool = False) -> Measured:
    """Measure every signal from what is known, and bring the ledger of these stores and their chain up to date."""
    day = known.last_day
    lifts = measure_signal_lifts(sum_by_store(known.series), known.facts, day, config)
    whose = {"store_id": (ALL_STORES, *known.facts.stores)}
    before = warehouse.results(ResultTable.MAGNITUDES, whose, before=day, latest=True)
    ledger = update_effect_ledger([_entry(row) for row in before], lifts, day, config.magnitudes)
    if not dry_run:
        warehouse.put_results(ResultTable.MAGNITUDES, list(_rows(ledger, day)))
    return Measured(day, tuple(lifts), tuple(ledger))


def _rows(ledger: Iterable[EffectEntry], as_of: date) -> Iterable[dict[str, Any]]:
    for entry in ledger:
        claimed = entry.state is EffectState.CLAIMED
        product_id = entry.product_id or ALL_PRODUCTS
        yield {**asdict(entry), "product_id": product_id, "state": str(entry.state), "claimed": claimed, "as_of": as_of}


def _entry(row: dict[str, Any]) -> EffectEntry:
    kept = {name: row[name] for name in EffectEntry.__slots__}
    product_id = None if row["product_id"] == ALL_PRODUCTS else row["product_id"]
    return EffectEntry(**{**kept, "product_id": product_id, "state": EffectState(row["state"])})
