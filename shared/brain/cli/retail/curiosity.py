"""``brain retail curiosity`` and ``brain retail ledger``: what moves sales, and everything that was ever asked."""

from datetime import datetime
from typing import Annotated

import typer

from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import percent, print_json, print_table, say
from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.curiosity.ledger import HypothesisEntry, HypothesisState
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import LedgerQuery
from brain.services.retail.curiosity import PUBLISHED_STATES, CuriosityNight, run_curiosity
from brain.services.retail.shop_history import check_store_exists
from brain.settings.files import load_config

COLUMNS = ("state", "whose sales", "question", "effect>", "interval>", "p>")
MOST_ROWS = 30


def ask(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day to know.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing into the ledger.")] = False,
    store: OneStore = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Run tonight's questions: leads to wait for, findings confirmed on later days, and what could not be told.

    Every question of every store is asked whatever --store shows, so that the night's false discoveries stay few.
    """
    config = load_config("hypotheses", CuriosityConfig)
    with open_warehouse(database) as warehouse:
        if store is not None:
            check_store_exists([one.store_id for one in warehouse.stores()], store)
        night = run_curiosity(warehouse, config, as_of.date() if as_of else None, dry_run=dry_run)
    entries = [entry for entry in night.entries if store in {None, entry.store_id}]
    if as_json:
        print_json({"night": night.night, "hypotheses": [entry.to_row() for entry in entries]})
        return
    _print(CuriosityNight(night.night, tuple(entries)))


def ledger(
    search: Annotated[str | None, typer.Argument(help="Words of the id, the question or the note.")] = None,
    state: Annotated[HypothesisState | None, typer.Option(help="Only questions that stand so.")] = None,
    every_night: Annotated[bool, typer.Option("--every-night", help="Each night, not only the last.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows, the newest first.")] = 50,
    store: OneStore = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Search every question that was ever asked, those that found nothing included."""
    query = LedgerQuery(search, str(state) if state else None, store, latest=not every_night)
    with open_warehouse(database) as warehouse:
        found = [HypothesisEntry.from_row(row) for row in reversed(warehouse.ledger(query))]
    shown = found[:limit]
    if as_json:
        print_json({"found": len(found), "hypotheses": [entry.to_row() for entry in shown]})
        return
    if not found:
        raise InvalidInputError("nothing in the ledger matches; run `brain retail curiosity` first or search for less")
    columns = ("night", *COLUMNS)
    print_table("Ledger", columns, [(entry.night, *_row(entry)) for entry in shown], f"{len(shown)} of {len(found)}")


def _print(night: CuriosityNight) -> None:
    shown = night.select_entries(*PUBLISHED_STATES)
    counts = {state: len(night.select_entries(state)) for state in HypothesisState}
    if shown:
        more = f"{len(shown) - MOST_ROWS} more with --json" if len(shown) > MOST_ROWS else ""
        print_table(f"Curiosity, night of {night.night}", COLUMNS, [_row(one) for one in shown[:MOST_ROWS]], more)
    else:
        say(f"Night of {night.night}: nothing moves sales that the days so far can show.")
    asked = len(night.entries) - counts[HypothesisState.TOO_LITTLE_DATA]
    say(
        f"{asked} questions asked, {counts[HypothesisState.FINDING]} findings, {counts[HypothesisState.LEAD]} leads, "
        f"{counts[HypothesisState.NOTHING]} with nothing to show, "
        f"{counts[HypothesisState.TOO_LITTLE_DATA]} without enough data yet."
    )
    if counts[HypothesisState.LEAD]:
        first = min(entry.due_on for entry in night.select_entries(HypothesisState.LEAD) if entry.due_on)
        say(f"A lead is a question, not an answer: it is tested once, on days that come now; the first on {first}.")


def _row(entry: HypothesisEntry) -> tuple[object, ...]:
    whose = entry.store_id if entry.product_id == ALL_PRODUCTS else f"{entry.store_id}: {entry.product_id}"
    effect = "" if entry.effect is None else percent(entry.effect)
    interval = f"{percent(entry.lower)} to {percent(entry.upper)}" if effect else ""
    p_value = "" if entry.p_value is None else f"{entry.p_value:.2g}"
    state = entry.state.replace("_", " ")
    return (state, whose.replace(ALL_STORES, "all stores"), entry.template, effect, interval, p_value)
