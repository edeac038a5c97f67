"""What every retail command prints: JSON for a program on standard output, or a table for a person."""

import json
from collections.abc import Iterable, Sequence

import typer
from rich.console import Console
from rich.table import Table

from brain.domain.retail.documents import to_json_value


def print_json(document: object) -> None:
    """Print one document; dates in ISO form, unknown numbers as null."""
    typer.echo(json.dumps(to_json_value(document), indent=2, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> None:
    """Print a table; a column whose name ends with ``>`` is aligned to the right."""
    table = Table(title=title, title_justify="left", caption=caption or None, caption_justify="left")
    for column in columns:
        table.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)


def say(sentence: str) -> None:
    """Print a sentence as it is, without reading markup into it."""
    Console().print(sentence, markup=False, highlight=False)


def percent(value: object, digits: int = 1) -> str:
    """A share as a signed percentage; ``?`` where it is unknown."""
    return f"{value:+.{digits}%}" if isinstance(value, int | float) else "?"
