"""Compare a shop's stores with each other; the nightly job publishes the pairs."""

from datetime import date

from brain.domain.retail.cross_store import StorePair, measure_store_pairs
from brain.domain.retail.documents import to_json_value
from brain.domain.retail.series import sum_by_store
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ShopDatabase
from brain.services.retail.client_shop import ClientShop
from brain.services.retail.resumable_job import ShopStep, StepFindings
from brain.services.retail.shop_history import ShopHistory, check_store_exists, read_shop_history


def compare_stores(warehouse: ShopDatabase, as_of: date | None = None, store_id: str | None = None) -> list[StorePair]:
    """Compare every pair of stores up to ``as_of``; ``store_id`` returns the pairs of that store only.

    All pairs are tested together in either case. Raises InvalidInputError for an unknown store, without sales, or
    with a single store.
    """
    history = read_shop_history(warehouse, until=as_of)
    if store_id is not None:
        check_store_exists(history.shop_data.stores, store_id)
    pairs = _compare_totals(history)
    return [pair for pair in pairs if store_id in {None, pair.first, pair.second}]


def build_cross_store_step() -> ShopStep:
    """Return the step that compares a client's stores and publishes the pairs, the most certain first."""
    return ShopStep("cross_store", "shop-cross-store", {"rows": []}, _publish_pairs)


def _publish_pairs(_: ClientShop, history: ShopHistory) -> StepFindings:
    pairs = sorted(_compare_totals(history), key=lambda pair: (pair.p_value, pair.first, pair.second, pair.relation))
    claimed = sum(pair.claimed for pair in pairs)
    return StepFindings({"pairs": len(pairs), "pairs_claimed": claimed}, {"rows": to_json_value(pairs)})


def _compare_totals(history: ShopHistory) -> list[StorePair]:
    totals = sum_by_store(history.series)
    if len(totals) == 1:
        raise InvalidInputError(f"comparing stores needs at least two, got one: {totals[0].store_id}")
    return list(measure_store_pairs(totals))
