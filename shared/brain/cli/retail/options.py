"""Options that several retail commands share."""

from datetime import date, datetime
from typing import Annotated

import typer

from brain.cli.retail.database import DEFAULT_FILE
from brain.errors import InvalidInputError

DATE_FORMAT = "%Y-%m-%d"


def parse_day(text: str) -> date:
    """Return a date such as 2026-01-31."""
    try:
        return datetime.strptime(text, DATE_FORMAT).date()  # noqa: DTZ007 - a date has no time zone
    except ValueError as exc:
        raise InvalidInputError(f"expected a date such as 2026-01-31, got {text!r}") from exc


DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="The shop's database, such as sqlite:///shop.db or postgresql://user:password@host/shop. "
        f"By default DATABASE_URL, or else sqlite:///{DEFAULT_FILE}.",
    ),
]
StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="ID", help="Only this store. By default all stores.")
]
AsOfOption = Annotated[
    date | None,
    typer.Option(
        parser=parse_day,
        metavar="DATE",
        help="Use sales up to this day only, such as 2026-01-31. By default all sales.",
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="List effects that are not significant too.")]
