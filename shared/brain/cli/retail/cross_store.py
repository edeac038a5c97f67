"""``brain retail cross-store``: which store leads another, and which take customers from each other."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import print_json, print_table, say
from brain.domain.retail.cross_store import MIN_COMMON_DAYS
from brain.services.retail.cross_store import compare_stores

COLUMNS = ("store", "relation", "other store", "days later>", "correlation>", "p>")


def cross_store(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day to know.")] = None,
    store: OneStore = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Tell which store foretells another and which replace each other, apart from what moves them all."""
    with open_warehouse(database) as warehouse:
        pairs = compare_stores(warehouse, as_of.date() if as_of else None, store)
    if as_json:
        print_json([asdict(pair) for pair in pairs])
        return
    claimed = [pair for pair in pairs if pair.claimed]
    if claimed:
        rows = [
            (pair.first, pair.relation, pair.second, pair.lag_days, f"{pair.correlation:+.2f}", f"{pair.p_value:.2g}")
            for pair in claimed
        ]
        print_table("Stores and each other", COLUMNS, rows)
    if pairs:
        say(f"{len(claimed)} of {len(pairs)} possible relations stand out from what moves all stores alike.")
    else:
        say(f"Not enough data yet: two stores need {MIN_COMMON_DAYS} days on which both were open.")
