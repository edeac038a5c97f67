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
            check_store_exists([ALL_STORES, *(shop_store.store_id for shop_store in warehouse.stores())], store)
        night = run_curiosity(warehouse, config, as_of, dry_run=dry_run)
    hypotheses = tuple(hypothesis for hypothesis in night.hypotheses if store in {None, hypothesis.store_id})
    if as_json:
        print_json({"night": night.night, "hypotheses": [hypothesis.to_row() for hypothesis in hypotheses]})
        return
    _print(CuriosityNight(night.night, hypotheses))


def _print(night: CuriosityNight) -> None:
    hypotheses = night.select_hypotheses(*PUBLISHED_STATES)
    counts = {state: len(night.select_hypotheses(state)) for state in HypothesisState}
    if hypotheses:
        rows = [build_hypothesis_row(hypothesis) for hypothesis in hypotheses[:MAX_ROWS]]
        caption = f"{len(hypotheses) - MAX_ROWS} more with --json" if len(hypotheses) > MAX_ROWS else ""
        print_table(f"Curiosity, night of {night.night}", COLUMNS, rows, caption)
    else:
        print_text(f"Night of {night.night}: no effect on sales is detectable in the data so far.")
    tested_count = len(night.hypotheses) - counts[HypothesisState.TOO_LITTLE_DATA]
    print_text(
        f"{tested_count} questions tested: {counts[HypothesisState.FINDING]} findings, "
        f"{counts[HypothesisState.LEAD]} leads, {counts[HypothesisState.NOTHING]} without a result; "
        f"{counts[HypothesisState.TOO_LITTLE_DATA]} more lack data."
    )
    if counts[HypothesisState.LEAD]:
        first = min(
            hypothesis.due_on for hypothesis in night.select_hypotheses(HypothesisState.LEAD) if hypothesis.due_on
        )
        print_text(f"A lead is a question, not an answer: it is tested once, on later days; the first on {first}.")
