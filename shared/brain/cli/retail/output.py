"""What every retail command prints or writes: JSON for programs, tables and sentences for people, files."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from brain.domain.retail.documents import to_json_value
from brain.errors import InvalidInputError


def print_json(document: object) -> None:
    """Print a document; dates in ISO 8601, unknown numbers as null."""
    typer.echo(json.dumps(to_json_value(document), indent=2, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> None:
    """Print a table; a column whose name ends with ``>`` is aligned to the right."""
    table = Table(title=escape(title), title_justify="left", caption=caption or None, caption_justify="left")
    for column in columns:
        table.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console().print(table)


def print_text(text: str) -> None:
    """Print a text as it is, without interpreting markup in it."""
    Console().print(text, markup=False, highlight=False)


def format_percent(share: object, digits: int = 1) -> str:
    """Return a share as a signed percentage; ``?`` where it is unknown."""
    return f"{share:+.{digits}%}" if isinstance(share, int | float) else "?"


def format_interval(lower: object, upper: object) -> str:
    """Return an interval of shares as signed percentages."""
    return f"{format_percent(lower)} to {format_percent(upper)}"


@contextmanager
def open_for_writing(file: Path) -> Iterator[TextIO]:
    """Open a text file for writing.

    Raises:
        InvalidInputError: the file cannot be written.
    """
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            yield stream
    except OSError as exc:
        raise InvalidInputError(f"cannot write {file}: {exc.strerror}; choose another file") from exc
