"""Compares the shop's stores with each other from what is in the warehouse."""

from datetime import date

from brain.domain.retail.cross_store import StorePair, measure_store_pairs
from brain.domain.retail.series import sum_by_store
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import Shop
from brain.services.retail.facts import known_store, read_known


def compare_stores(warehouse: Shop, as_of: date | None = None, store_id: str | None = None) -> list[StorePair]:
    """Every pair of stores up to ``as_of``; ``store_id`` keeps its own pairs, all are tested together.

    Raises InvalidInputError for an unknown store, without sales, or with a single store.
    """
    known = read_known(warehouse, until=as_of)
    if store_id is not None:
        known_store(known.facts.stores, store_id)
    totals = sum_by_store(known.series)
    if len(totals) == 1:
        raise InvalidInputError(f"there is one store only, {totals[0].store_id}; comparing stores needs two")
    return [pair for pair in measure_store_pairs(totals) if store_id in {None, pair.first, pair.second}]
