"""The column names of a CSV file: refuses one whose first line has none, or that has another delimiter."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from brain.errors import InvalidInputError

SAMPLE_LINES: Final = 60
_DELIMITERS: Final = (",", ";", "\t", "|")
_BYTE_ORDER_MARK: Final = "\ufeff"
_FIGURE: Final = re.compile(r"[\s\d.,:/%€$£+-]*\d[\s\d.,:/%€$£+-]*")


class _Table(NamedTuple):
    """Where the column names of a table are."""

    line: int
    width: int


def strip_marks(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines without a byte order mark at their start: exports that were joined have several."""
    return (line.removeprefix(_BYTE_ORDER_MARK) for line in lines)


def check_columns(lines: Sequence[str], delimiter: str) -> None:
    """Check that the first of these lines has the column names, separated by ``delimiter``.

    Args:
        lines: The first lines of the file.
        delimiter: What separates the columns.

    Raises:
        InvalidInputError: The columns have another delimiter, or lines of a report's title are before their names.
    """
    found = find_delimiter(lines)
    if found not in (None, delimiter) and _has_only_title(lines, delimiter):
        raise InvalidInputError(
            f"expected columns separated by {delimiter!r}, got {found!r}; name a field map with this delimiter and the "
            "decimal mark of its numbers, such as the one that `brain maps propose` prints"
        )
    table = _find_table(lines, delimiter)
    if table is not None and table.line > 1:
        raise InvalidInputError(
            f"line 1: expected column names, got a title; they seem to be in line {table.line}: remove the lines "
            "before it, and any line of totals at the end"
        )


def find_delimiter(lines: Sequence[str]) -> str | None:
    """Return what separates the columns of a table, None if there is no table.

    >>> find_delimiter(["day;spend", "2026-11-20;3,49"])
    ';'
    """
    tables = {delimiter: _find_table(lines, delimiter) for delimiter in _DELIMITERS}
    widths = {delimiter: table.width for delimiter, table in tables.items() if table}
    return max(widths, key=lambda delimiter: widths[delimiter]) if widths else None


def _has_only_title(lines: Sequence[str], delimiter: str) -> bool:
    return len(next(csv.reader(lines, delimiter=delimiter), [])) == 1


def _find_table(lines: Sequence[str], delimiter: str) -> _Table | None:
    """Return the first of the widest rows, if it consists of names and the next row is as wide."""
    rows = _read_rows(lines, delimiter)
    width = max((len(cells) for _, cells in rows), default=0)
    for (line, names), (_, cells) in pairwise(rows):
        if len(names) == width:
            is_table = width > 1 and len(cells) == width and not any(map(_FIGURE.fullmatch, names))
            return _Table(line, width) if is_table else None
    return None


def _read_rows(lines: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty with their lines, none if this is no CSV."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        return [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error:
        return []
