"""``brain retail decide`` and ``brain retail roi``: what was decided, and what it earned."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from brain.cli.analysis.csv_input import read_csv_rows
from brain.cli.retail.database import AsJson, Database, OneStore, open_warehouse
from brain.cli.retail.output import print_json, print_table, say
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.roi import statement_wording
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import COLUMNS as COLUMNS_OF_A_DECISION
from brain.domain.retail.roi.shop_decision import REQUIRED_COLUMNS, ShopDecision, parse_decision
from brain.domain.retail.roi.statement import RoiStatement, StatementPeriod
from brain.domain.retail.roi.statement_document import statement_to_document
from brain.errors import InvalidInputError
from brain.services.retail.decisions import record_decisions
from brain.services.retail.roi import RoiConstants, parse_month, value_decisions
from brain.settings.files import load_config

COLUMNS = ("decision", "where", "days", "worth>", "80 % between>", "verdict")
FAULTS_FOUND = 1


def decide(  # noqa: PLR0913, PLR0917 - one argument an option
    kind: Annotated[str | None, typer.Argument(help="staffing, stock, promotion or post.")] = None,
    start: Annotated[str | None, typer.Option(help="The first day, such as 2026-10-02.")] = None,
    end: Annotated[str | None, typer.Option(help="The last day, included; by default the first.")] = None,
    cost: Annotated[str | None, typer.Option(help="What it costs; 0 if nothing, below 0 if it saves money.")] = None,
    store: OneStore = None,
    product: Annotated[str | None, typer.Option(help="The product it is about.")] = None,
    category: Annotated[str | None, typer.Option(help="The category it is about.")] = None,
    expected: Annotated[str | None, typer.Option(help="What you hope to earn by it.")] = None,
    note: Annotated[str | None, typer.Option(help="A line to remember it by.")] = None,
    name: Annotated[str | None, typer.Option("--id", help="Its name; by default made of the rest.")] = None,
    file: Annotated[
        Path | None, typer.Option(help=f"Many at once: {','.join(REQUIRED_COLUMNS)}[,store_id,product_id,…]")
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Record a decision, best before it starts: what is told only afterwards is marked so in every report."""
    now = datetime.now(UTC)
    told = {"kind": kind, "start": start, "end": end, "cost": cost, "store_id": store, "product_id": product}
    told |= {"category": category, "expected": expected, "note": note, "id": name}
    given = {column: text for column, text in told.items() if text is not None}
    if bool(given) == bool(file):
        raise InvalidInputError("give one decision, such as `promotion --start 2026-10-02 --cost 120`, or --file F.csv")
    decisions = list(_from_file(file, now)) if file else [parse_decision(given, now)]
    with open_warehouse(database) as warehouse:
        warehouse.upgrade()
        done = record_decisions(warehouse, decisions)
    if as_json:
        counts = {"new": done.new, "changed": done.changed, "already_there": done.unchanged}
        print_json(counts | {"decisions": [one.decision_id for one in decisions]})
    else:
        say(f"{done.new} new, {done.changed} changed, {done.unchanged} already there.")


def roi(
    in_month: Annotated[
        str | None, typer.Option("--month", help="Decisions that ended in it, such as 2026-10.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(min=0.01, max=1, help="Gross margin as a share, where none is set.")
    ] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day to know.")] = None,
    store: OneStore = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say what decisions earned against sales as they would have been, the misses and the unknown included."""
    constants = RoiConstants(load_config("brain_retail", RetailConfig), load_config("brain_roi", RoiConfig))
    period = parse_month(in_month, store) if in_month else StatementPeriod(store_id=store)
    with open_warehouse(database) as warehouse:
        told = value_decisions(warehouse, constants.with_margin(margin), period, as_of.date() if as_of else None)
    if as_json:
        print_json(statement_to_document(told))
    elif told is None or not told.valuations:
        say(statement_wording.NO_DECISIONS)
    else:
        _print(told)


def _print(told: RoiStatement) -> None:
    say(statement_wording.write_headline(told))
    print_table("What decisions earned", COLUMNS, [statement_wording.build_table_cells(one) for one in told.valuations])
    for line in statement_wording.write_lines(told):
        say(line)


def _from_file(file: Path, now: datetime) -> Iterable[ShopDecision]:
    for line, row in read_csv_rows(file, _columns(file)):
        try:
            yield parse_decision(row, now)
        except InvalidInputError as exc:
            raise InvalidInputError(f"{file}, line {line}: {exc.message}") from exc


def _columns(file: Path) -> list[str]:
    """The required columns, and those of the others that the file's heading names."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            named = {cell.strip() for cell in next(csv.reader(lines), [])}
    except (OSError, UnicodeDecodeError, csv.Error):
        named = set()  # the reading proper says what is wrong
    return [
        *REQUIRED_COLUMNS,
        *(column for column in COLUMNS_OF_A_DECISION if column in named and column not in REQUIRED_COLUMNS),
    ]
