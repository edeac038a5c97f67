"""``brain retail signals``: what rain, holidays, paydays, games and promotions are worth, and how sure that is."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import percent, print_json, print_table, say
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.lifts.effect_ledger import EffectState
from brain.domain.retail.lifts.signal_lifts import SignalLift
from brain.domain.retail.wildcards import ALL_STORES
from brain.services.retail.shop_history import check_store_exists
from brain.services.retail.signal_lifts import update_signal_lifts
from brain.settings.files import load_config

COLUMNS = ("store", "signal", "lift>", "90 % interval>", "times>", "sure>", "claimed")


def signals(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day to know.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what cannot be claimed.")] = False,
    store: OneStore = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Measure the lift of every signal on daily sales, net of trend, weekday and season."""
    config = load_config("brain_retail", RetailConfig)
    with open_warehouse(database) as warehouse:
        if store is not None:
            check_store_exists([ALL_STORES, *(one.store_id for one in warehouse.stores())], store)
        measured = update_signal_lifts(warehouse, config, as_of.date() if as_of else None)
    lifts = [lift for lift in measured.lifts if store in {None, lift.store_id}]
    retired = [one for one in measured.ledger if one.state is EffectState.RETIRED and store in {None, one.store_id}]
    if as_json:
        print_json([asdict(lift) for lift in lifts])
        return
    shown = [lift for lift in lifts if every or lift.claimed]
    ordered = sorted(shown, key=lambda lift: (lift.store_id, -abs(lift.lift)))
    if ordered:
        print_table("What signals are worth", COLUMNS, [_row(lift) for lift in ordered])
    unsure = sum(not lift.claimed for lift in lifts)
    say(f"{len(lifts) - unsure} signs are claimed (95 % sure); {unsure} are not told apart from nothing yet.")
    for one in retired:
        say(f"Retired on {one.since}: {one.signal} in {one.store_id}, {one.reason}.")


def _row(lift: SignalLift) -> tuple[object, ...]:
    return (
        lift.store_id.replace(ALL_STORES, "all stores"),
        lift.signal,
        percent(lift.lift),
        f"{percent(lift.lower)} to {percent(lift.upper)}",
        lift.occurrences,
        f"{lift.confidence:.0%}",
        "yes" if lift.claimed else "",
    )
