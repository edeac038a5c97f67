"""``brain retail cross-store``: find stores whose sales lead, follow or replace those of another store."""

from dataclasses import asdict

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import AsOfOption, DatabaseOption, StoreOption
from brain.cli.retail.output import print_json, print_table, print_text
from brain.domain.retail.cross_store import MIN_COMMON_DAYS
from brain.services.retail.cross_store import compare_stores

COLUMNS = ("store", "relation", "other store", "days later>", "correlation>", "p>")


def cross_store(
    as_of: AsOfOption = None,
    store: StoreOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find stores whose sales predict another store's, or take customers from it.

    Trend, weekday, season and whatever moves all stores alike are removed
    first.
    """
    with open_warehouse(database) as warehouse:
        pairs = compare_stores(warehouse, as_of, store)
    if as_json:
        print_json([asdict(pair) for pair in pairs])
        return
    claimed = [pair for pair in pairs if pair.claimed]
    if claimed:
        rows = [
            (pair.first, pair.relation, pair.second, pair.lag_days, f"{pair.correlation:+.2f}", f"{pair.p_value:.2g}")
            for pair in claimed
        ]
        print_table("Relations between stores", COLUMNS, rows)
    if pairs:
        print_text(f"{len(claimed)} of {len(pairs)} possible relations stand out from what moves all stores alike.")
    else:
        print_text(f"Not enough data yet: two stores need {MIN_COMMON_DAYS} days on which both were open.")
