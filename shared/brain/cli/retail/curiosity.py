"""``brain retail curiosity``: run one night of questions about what moves sales."""

from typing import Annotated

import typer

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.hypothesis_row import COLUMNS, build_hypothesis_row
from brain.cli.retail.options import AsOfOption, DatabaseOption, StoreOption
from brain.cli.retail.output import print_json, print_table, print_text
from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.curiosity.ledger import HypothesisState
from brain.domain.retail.wildcards import ALL_STORES
from brain.services.retail.curiosity import PUBLISHED_STATES, CuriosityNight, run_curiosity
from brain.services.retail.shop_history import check_store_exists
from brain.settings.files import load_config

MAX_ROWS = 30


def curiosity(
    as_of: AsOfOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing in the ledger.")] = False,
    store: StoreOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask what moves sales: find leads, confirm earlier leads on later days, retire findings that ended.

    The questions are in config/hypotheses.yaml. All questions about all
    stores are asked, whichever --store is listed, so that few of the
    night's leads are false. The answers are stored in the ledger,
    brain_hypotheses; the same night again replaces them.
    """
    config = load_config("hypotheses", CuriosityConfig)
    with open_warehouse(database) as warehouse:
        if store is not None:
            check_store_exists([ALL_STORES, *(known.store_id for known in warehouse.stores())], store)
        night = run_curiosity(warehouse, config, as_of, dry_run=dry_run)
    entries = tuple(entry for entry in night.entries if store in {None, entry.store_id})
    if as_json:
        print_json({"night": night.night, "hypotheses": [entry.to_row() for entry in entries]})
        return
    _print(CuriosityNight(night.night, entries))


def _print(night: CuriosityNight) -> None:
    entries = night.select_entries(*PUBLISHED_STATES)
    counts = {state: len(night.select_entries(state)) for state in HypothesisState}
    if entries:
        rows = [build_hypothesis_row(entry) for entry in entries[:MAX_ROWS]]
        caption = f"{len(entries) - MAX_ROWS} more with --json" if len(entries) > MAX_ROWS else ""
        print_table(f"Curiosity, night of {night.night}", COLUMNS, rows, caption)
    else:
        print_text(f"Night of {night.night}: nothing moves sales that the days so far can show.")
    asked = len(night.entries) - counts[HypothesisState.TOO_LITTLE_DATA]
    print_text(
        f"{asked} questions asked, {counts[HypothesisState.FINDING]} findings, {counts[HypothesisState.LEAD]} leads, "
        f"{counts[HypothesisState.NOTHING]} without a result, "
        f"{counts[HypothesisState.TOO_LITTLE_DATA]} without enough data yet."
    )
    if counts[HypothesisState.LEAD]:
        first = min(entry.due_on for entry in night.select_entries(HypothesisState.LEAD) if entry.due_on)
        print_text(f"A lead is a question, not an answer: it is tested once, on later days; the first on {first}.")
