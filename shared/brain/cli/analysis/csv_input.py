"""Read the rows of a CSV file or of standard input, with errors that name the line."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from brain.cli.gateway.payload_files import describe_source, read_text
from brain.domain.types import explain_cell_count
from brain.errors import InvalidInputError


def read_csv_rows(
    file: Path, required: Sequence[str], *, optional: Sequence[str] = (), prefix: str | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the trimmed cells by column of each row.

    The rows hold the required columns, the optional ones that the file has, and those whose name starts with
    ``prefix``; other columns and empty lines are ignored.

    Raises:
        InvalidInputError: the file cannot be read, is not CSV, has no header, lacks a column, has a column twice, or a
            row is short.
    """
    source = describe_source(file)
    reader = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
    try:
        header = next(reader, [])
        positions = _find_columns(source, header, required, optional, prefix)
        for row in filter(None, reader):
            if len(row) <= max(positions.values()):
                raise InvalidInputError(
                    f"{source}, line {reader.line_num}: {explain_cell_count(len(header), len(row))}"
                )
            yield reader.line_num, {name: row[position].strip() for name, position in positions.items()}
    except csv.Error as exc:
        raise InvalidInputError(f"{source}, line {reader.line_num}: expected CSV, got {exc}; correct the row") from exc


def parse_number(text: str, column: str, file: Path, line: int) -> float:
    """Return the number in a cell; infinity is accepted, NaN is not."""
    try:
        number = float(text)
    except ValueError as exc:
        raise _number_error(text, column, file, line) from exc
    if number != number or "_" in text:  # noqa: PLR0124 - only NaN differs from itself
        raise _number_error(text, column, file, line)
    return number


def _find_columns(
    source: str, header: Sequence[str], required: Sequence[str], optional: Sequence[str], prefix: str | None
) -> dict[str, int]:
    """Return the position of each column to read."""
    names = [name.strip() for name in header]
    _require_columns(source, names, required)
    present = (name for name in optional if name in names)
    selected = [*required, *present, *(name for name in names if prefix and name.startswith(prefix))]
    require_unique(source, names, selected)
    return {name: names.index(name) for name in selected}


def require_unique(source: str, names: Sequence[str], selected: Sequence[str]) -> None:
    """Accept a header whose ``selected`` names appear once; raises ``InvalidInputError`` otherwise."""
    repeated = next((name for name in selected if names.count(name) > 1), None)
    if repeated is not None:
        raise InvalidInputError(f"{source}: column {repeated!r} must appear once, got it twice; rename or remove one")


def _require_columns(source: str, names: Sequence[str], required: Sequence[str]) -> None:
    if not names:
        raise InvalidInputError(f"{source} must have a header with {', '.join(required)}, got empty input; add it")
    missing = [name for name in required if name not in names]
    if missing:
        raise InvalidInputError(
            f"{source} must have the columns {', '.join(required)}, got {', '.join(names)}; add {', '.join(missing)}"
        )


def _number_error(text: str, column: str, file: Path, line: int) -> InvalidInputError:
    source = describe_source(file)
    return InvalidInputError(
        f"{source}, line {line}: {column} must be a number, got {text!r}; correct or remove the row"
    )
