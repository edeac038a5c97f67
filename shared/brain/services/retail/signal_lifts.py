"""Measure the lift of each signal on daily sales and update the ledger of claimed, watched and retired effects.

The nightly job publishes the lifts and the ledger.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import to_json_value
from brain.domain.retail.lifts.effect_ledger import EffectEntry, EffectState, update_effect_ledger
from brain.domain.retail.lifts.signal_lifts import SignalLift, measure_signal_lifts
from brain.domain.retail.series import sum_by_store
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES
from brain.ports.sales_warehouse import ResultTable, ShopDatabase
from brain.services.retail.client_shop import ClientShop
from brain.services.retail.resumable_job import ShopStep, StepFindings
from brain.services.retail.shop_history import ShopHistory, read_shop_history


@dataclass(frozen=True, slots=True)
class SignalLifts:
    """The lifts measured on one day, and the effect ledger after them."""

    as_of: date
    lifts: tuple[SignalLift, ...]
    ledger: tuple[EffectEntry, ...]


def update_signal_lifts(warehouse: ShopDatabase, config: RetailConfig, as_of: date | None = None) -> SignalLifts:
    """Measure every signal on the store totals up to the last day with sales (at most ``as_of``).

    Measuring the same day again writes the same rows. Raises InvalidInputError without sales.
    """
    history = read_shop_history(warehouse, until=as_of)
    return update_signal_lifts_from_history(warehouse, history, config)


def update_signal_lifts_from_history(
    warehouse: ShopDatabase, history: ShopHistory, config: RetailConfig
) -> SignalLifts:
    """Measure every signal on ``history`` and update the ledger of its stores and their chain."""
    day = history.last_day
    lifts = measure_signal_lifts(sum_by_store(history.series), history.shop_data, day, config)
    own_stores = {"store_id": (ALL_STORES, *history.shop_data.stores)}
    previous = warehouse.results(ResultTable.SIGNAL_LIFTS, own_stores, before=day, latest=True)
    ledger = update_effect_ledger([_from_row(row) for row in previous], lifts, day, config.magnitudes)
    warehouse.put_results(ResultTable.SIGNAL_LIFTS, list(_to_rows(ledger, day)))
    return SignalLifts(day, tuple(lifts), tuple(ledger))


def build_signal_lifts_step(config: RetailConfig) -> ShopStep:
    """Return the step that measures and publishes the lifts and their ledger."""
    empty_page: dict[str, Any] = {"rows": [], "retired": []}
    return ShopStep("signals", "shop-signals", empty_page, lambda shop, history: _publish_lifts(shop, history, config))


def _publish_lifts(shop: ClientShop, history: ShopHistory, config: RetailConfig) -> StepFindings:
    measured = update_signal_lifts_from_history(shop, history, config)
    lifts = sorted(measured.lifts, key=lambda lift: (-lift.confidence, lift.store_id, lift.signal_class, lift.signal))
    retired = [effect for effect in measured.ledger if effect.state is EffectState.RETIRED]
    published = [effect for effect in measured.ledger if effect.state is not EffectState.WATCHED]
    return StepFindings(
        {"signals": len(lifts), "claimed": sum(lift.claimed for lift in lifts), "retired": len(retired)},
        {"rows": to_json_value(lifts), "retired": to_json_value(retired)},
        {_document_id(effect): {"kind": "effect", **to_json_value(effect)} for effect in published},
    )


def _document_id(effect: EffectEntry) -> str:
    return f"effect-{hashlib.sha256('|'.join(effect.key).encode()).hexdigest()[:24]}"


def _to_rows(ledger: Iterable[EffectEntry], as_of: date) -> Iterator[dict[str, Any]]:
    for effect in ledger:
        yield {
            **asdict(effect),
            "product_id": effect.product_id or ALL_PRODUCTS,
            "state": str(effect.state),
            "claimed": effect.state is EffectState.CLAIMED,
            "as_of": as_of,
        }


def _from_row(row: dict[str, Any]) -> EffectEntry:
    columns = {name: row[name] for name in EffectEntry.__slots__}
    product_id = None if row["product_id"] == ALL_PRODUCTS else row["product_id"]
    return EffectEntry(**{**columns, "product_id": product_id, "state": EffectState(row["state"])})
