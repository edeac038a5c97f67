"""``brain retail decide``: record decisions whose value is to be measured."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from brain.cli.analysis.csv_input import read_csv_rows
from brain.cli.gateway.payload_files import describe_source
from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import DatabaseOption
from brain.cli.retail.output import print_json, print_text
from brain.domain.retail.roi.shop_decision import (
    COLUMNS,
    REQUIRED_COLUMNS,
    DecisionKind,
    ShopDecision,
    parse_decision,
)
from brain.errors import InvalidInputError
from brain.services.retail.decisions import record_decisions

OPTIONAL_COLUMNS = tuple(column for column in COLUMNS if column not in REQUIRED_COLUMNS)
KindArgument = Annotated[
    str | None, typer.Argument(metavar="KIND", help=f"What was decided: {', '.join(DecisionKind)}.")
]
StartOption = Annotated[
    str | None, typer.Option(metavar="DATE", help="The first day on which it runs, such as 2026-10-02.")
]
EndOption = Annotated[
    str | None, typer.Option(metavar="DATE", help="The last day, included. By default the first day.")
]
CostOption = Annotated[
    str | None,
    typer.Option(metavar="AMOUNT", help="What it costs: 0 for nothing, negative when it saves money. Required."),
]
DecisionStoreOption = Annotated[
    str | None, typer.Option(metavar="ID", help="The store it is about. By default all stores.")
]
ProductOption = Annotated[
    str | None, typer.Option(metavar="ID", help="The product it is about. By default the whole shop.")
]
CategoryOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="The category it is about, instead of a product.")
]
ExpectedOption = Annotated[str | None, typer.Option(metavar="AMOUNT", help="What you expect it to earn.")]
NoteOption = Annotated[str | None, typer.Option(metavar="TEXT", help="A note for the reports.")]
IdOption = Annotated[
    str | None,
    typer.Option("--id", metavar="ID", help="Its id. By default built from kind, store, product and first day."),
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=f"Record many from a CSV file with the columns {', '.join(REQUIRED_COLUMNS)} and optionally "
        f"{', '.join(OPTIONAL_COLUMNS)}; - reads standard input.",
    ),
]


def decide(  # noqa: PLR0913, PLR0917 - one parameter per option
    kind: KindArgument = None,
    start: StartOption = None,
    end: EndOption = None,
    cost: CostOption = None,
    store: DecisionStoreOption = None,
    product: ProductOption = None,
    category: CategoryOption = None,
    expected: ExpectedOption = None,
    note: NoteOption = None,
    decision_id: IdOption = None,
    file: FileOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record decisions, so that `brain retail roi` can tell what they earned.

    Record a decision before it starts: one that is recorded only after it
    ended is marked so in every report. The same decision again changes
    nothing.

    Example: brain retail decide promotion --start 2026-10-05 --cost 150
    """
    texts = (kind, start, end, cost, store, product, category, expected, note, decision_id)
    filled_texts = {column: text for column, text in zip(COLUMNS, texts, strict=True) if text is not None}
    if bool(filled_texts) == bool(file):
        raise InvalidInputError(
            f"expected one decision, such as `promotion --start 2026-10-02 --cost 120`, or --file F.csv, got "
            f"{'both' if filled_texts else 'neither'}"
        )
    now = datetime.now(UTC)
    decisions = list(_read_decisions(file, now)) if file else [parse_decision(filled_texts, now)]
    with open_warehouse(database) as warehouse:
        warehouse.upgrade()
        counts = record_decisions(warehouse, decisions)
    if as_json:
        document = {"new": counts.new, "changed": counts.changed, "already_there": counts.unchanged}
        print_json(document | {"decisions": [decision.decision_id for decision in decisions]})
    else:
        print_text(f"{counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged.")


def _read_decisions(file: Path, recorded_at: datetime) -> Iterator[ShopDecision]:
    for line, row in read_csv_rows(file, REQUIRED_COLUMNS, optional=OPTIONAL_COLUMNS):
        try:
            yield parse_decision(row, recorded_at)
        except InvalidInputError as exc:
            raise InvalidInputError(f"{describe_source(file)}, line {line}: {exc.message}") from exc
