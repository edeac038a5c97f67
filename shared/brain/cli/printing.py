"""Prints a result as JSON for machines, and as a table for a person at a terminal."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import typer


def print_result(result: Mapping[str, Any], *, as_json: bool, explanation: str) -> None:
    """Print ``result`` to standard output, in full precision as JSON when asked for or when no person is reading."""
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(result, allow_nan=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, caption=explanation, caption_justify="left")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), _readable(value))
    Console().print(table)


def _readable(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, list):
        return " to ".join(_readable(part) for part in value)
    return "-" if value is None else str(value)
