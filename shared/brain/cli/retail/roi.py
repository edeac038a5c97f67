"""``brain retail roi``: show what decisions earned."""

from typing import Annotated

import typer

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import AsOfOption, DatabaseOption, StoreOption
from brain.cli.retail.output import print_json, print_table, print_text
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.statement import RoiStatement, StatementPeriod
from brain.domain.retail.roi.statement_document import statement_to_document
from brain.domain.retail.roi.statement_wording import NO_DECISIONS, build_table_cells, write_headline, write_lines
from brain.services.retail.roi import RoiConstants, parse_month, value_decisions
from brain.settings.files import load_config

COLUMNS = ("decision", "where", "days", "worth>", "80 % between>", "verdict")


def roi(
    month: Annotated[
        str | None,
        typer.Option(metavar="MONTH", help="Only decisions that ended in this month, such as 2026-10. By default all."),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=1,
            help="Gross margin as a share of revenue, such as 0.4, where config/brain_roi.yaml has none.",
        ),
    ] = None,
    as_of: AsOfOption = None,
    store: StoreOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what decisions earned, compared with a forecast of sales without them.

    Lists gains, losses and decisions of unknown value alike, with 80 %
    intervals. Record decisions with `brain retail decide`.
    """
    constants = RoiConstants(load_config("brain_retail", RetailConfig), load_config("brain_roi", RoiConfig))
    period = parse_month(month, store) if month else StatementPeriod(store_id=store)
    with open_warehouse(database) as warehouse:
        statement = value_decisions(warehouse, constants.with_margin(margin), period, as_of)
    if as_json:
        print_json(statement_to_document(statement))
    elif statement is None or not statement.valuations:
        print_text(NO_DECISIONS)
    else:
        _print(statement)


def _print(statement: RoiStatement) -> None:
    print_text(write_headline(statement))
    rows = [build_table_cells(valuation) for valuation in statement.valuations]
    print_table("What decisions earned", COLUMNS, rows)
    for line in write_lines(statement):
        print_text(line)
