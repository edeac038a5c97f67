"""What commands print: JSON for programs, tables and progress for people."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

# Without a terminal nothing is cut to the 80 columns that rich would assume.
PIPED_WIDTH = 200


class ProgressReporter(Protocol):
    """Moves a progress bar."""

    def __call__(self, steps: int = 1, *, total: int | None = None, activity: str | None = None) -> None:
        """Advance by ``steps``, and set the number of steps in all or name what is being done now."""


def to_json(content: Any) -> str:
    """Return ``content`` as one line of JSON; times are ISO 8601."""
    return json.dumps(content, default=_encode, ensure_ascii=False)


def _encode(content: Any) -> str:
    return content.isoformat() if isinstance(content, datetime) else str(content)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, keep_first: bool = True
) -> None:
    """Print a table; ``keep_first`` never breaks the first column, which is often an id to be copied.

    Brackets in a cell are printed as they are: a name or a message may contain what rich would read as markup.
    """
    table = Table(title=escape(title), title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=keep_first and number == 0)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def print_figures(title: str, figures: Mapping[str, object], *, json_output: bool) -> None:
    """Print named figures as a table, or as JSON."""
    if json_output:
        print(to_json(figures))
    else:
        print_table(title, ("figure", "value"), figures.items(), keep_first=False)


def print_fault(fault: Mapping[str, object]) -> None:
    """Print one faulty item to standard error, as a line of JSON."""
    print(to_json(fault), file=sys.stderr)


def print_result(result: Mapping[str, Any], *, as_json: bool, explanation: str) -> None:
    """Print ``result`` to standard output: as a table at a terminal, as JSON in full precision otherwise."""
    if as_json or not sys.stdout.isatty():
        print(json.dumps(result, allow_nan=False))
        return
    table = Table(show_header=False, box=None, caption=explanation, caption_justify="left")
    for name, content in result.items():
        table.add_row(name.replace("_", " "), Text(_format(content)))
    Console().print(table)


def _format(content: Any) -> str:
    if isinstance(content, float):
        return f"{content:,.4g}"
    if isinstance(content, list):
        return " to ".join(_format(part) for part in content)
    return "-" if content is None else str(content)


@contextmanager
def show_progress(label: str, total: int | None = None, *, log: bool = False) -> Iterator[ProgressReporter]:
    """Yield a reporter that moves a progress bar on standard error.

    Without a terminal nothing is drawn; with ``log`` each new activity is then printed on a line of its own.
    """
    drawn = sys.stderr.isatty()
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), disable=not drawn, transient=True) as bar:
        task = bar.add_task(label, total=total)

        def report(steps: int = 1, *, total: int | None = None, activity: str | None = None) -> None:
            bar.update(task, total=total, description=activity, advance=steps)
            if activity and log and not drawn:
                print(activity, file=sys.stderr, flush=True)

        yield report
