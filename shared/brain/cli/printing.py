"""What commands print: JSON for machines, tables and progress for people."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table


def as_json(value: Any) -> str:
    """Return a value as one line of JSON; times are ISO 8601."""
    return json.dumps(value, default=lambda v: v.isoformat() if isinstance(v, datetime) else str(v), ensure_ascii=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people."""
    drawn = Table(title=title, title_justify="left")
    for column in columns:
        drawn.add_column(column)
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    Console().print(drawn)


def figures(title: str, values: Mapping[str, object], *, json_output: bool) -> None:
    """Print names and values as a table, or as JSON."""
    if json_output:
        print(as_json(values))
    else:
        table(title, ("what", "how many"), values.items())


def complaint(values: Mapping[str, object]) -> None:
    """Tell of one faulty item on standard error, as a line of JSON."""
    print(as_json(values), file=sys.stderr)


def print_result(result: Mapping[str, Any], *, as_json: bool, explanation: str) -> None:
    """Print ``result`` to standard output, in full precision as JSON when asked for or when no person is reading."""
    if as_json or not sys.stdout.isatty():
        print(json.dumps(result, allow_nan=False))
        return
    drawn = Table(show_header=False, box=None, caption=explanation, caption_justify="left")
    for name, value in result.items():
        drawn.add_row(name.replace("_", " "), _readable(value))
    Console().print(drawn)


def _readable(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, list):
        return " to ".join(_readable(part) for part in value)
    return "-" if value is None else str(value)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Any]:
    """Yield ``advance(n=1, total=None)`` behind a progress bar on a terminal; elsewhere nothing is drawn."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(what, total=total)

        def advance(by: int = 1, *, total: int | None = None) -> None:
            if total is not None:
                bar.update(task, total=total)
            bar.advance(task, by)

        yield advance
