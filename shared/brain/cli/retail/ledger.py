"""``brain retail ledger``: search all questions that the curiosity engine ever asked."""

from typing import Annotated

import typer

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.hypothesis_row import COLUMNS, build_hypothesis_row
from brain.cli.retail.options import DatabaseOption, StoreOption
from brain.cli.retail.output import print_json, print_table
from brain.domain.retail.curiosity.ledger import HypothesisEntry, HypothesisState
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import LedgerQuery
from brain.services.retail.shop_history import check_store_exists


def ledger(
    search: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="Text in the id, the question or the note, in any case.")
    ] = None,
    state: Annotated[
        HypothesisState | None,
        typer.Option(metavar="STATE", help=f"Only questions in this state: {', '.join(HypothesisState)}."),
    ] = None,
    every_night: Annotated[
        bool, typer.Option("--every-night", help="List every night of a question, not only its last.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="The maximum number of questions, newest first.")] = 50,
    store: StoreOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search all questions that were ever asked about what moves sales, null results included.

    Run `brain retail curiosity` first; it fills the ledger.
    """
    query = LedgerQuery(search, str(state) if state else None, store, latest=not every_night)
    with open_warehouse(database) as warehouse:
        if store is not None:
            check_store_exists([ALL_STORES, *(shop_store.store_id for shop_store in warehouse.stores())], store)
        matches = [HypothesisEntry.from_row(row) for row in reversed(warehouse.ledger(query))]
    hypotheses = matches[:limit]
    if as_json:
        print_json({"found": len(matches), "hypotheses": [hypothesis.to_row() for hypothesis in hypotheses]})
        return
    if not matches:
        raise InvalidInputError(
            "nothing in the ledger matches; run `brain retail curiosity` first, or search for fewer words"
        )
    rows = [(hypothesis.night, *build_hypothesis_row(hypothesis)) for hypothesis in hypotheses]
    print_table("Ledger", ("night", *COLUMNS), rows, f"{len(hypotheses)} of {len(matches)}")
