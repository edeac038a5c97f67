"""Reads the named columns of a CSV file row by row and says in a sentence what is wrong with it, and where."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from brain.errors import InvalidInputError


def csv_rows(
    file: Path, required: Sequence[str], *, and_prefix: str | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, values by column) for each row, with the required columns and those of the prefix.

    The file is UTF-8, with or without a byte order mark; other columns and empty lines are passed over.

    Raises:
        InvalidInputError: the file cannot be read, has no header, lacks a column, names one twice, or a row is short.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            places = _places(file, next(reader, []), required, and_prefix)
            for row in filter(None, reader):
                if len(row) <= max(places.values()):
                    raise InvalidInputError(
                        f"{file}, line {reader.line_num}: expected a value in each of {', '.join(places)}; complete it"
                    )
                yield reader.line_num, {name: row[place].strip() for name, place in places.items()}
    except OSError as exc:
        raise InvalidInputError(f"cannot read {file}: {exc.strerror}") from exc
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InvalidInputError(f"{file} is not CSV in UTF-8 ({exc}); save it as such") from exc


def number(text: str, column: str, file: Path, line: int) -> float:
    """Return the number in a cell; what range it may have is for its reader to say, but NaN is no number."""
    try:
        value = float(text)
    except ValueError as exc:
        raise _no_number(text, column, file, line) from exc
    if value != value or "_" in text:  # noqa: PLR0124 - only NaN differs from itself
        raise _no_number(text, column, file, line)
    return value


def _places(file: Path, header: Iterable[str], required: Sequence[str], prefix: str | None) -> dict[str, int]:
    names = [name.strip() for name in header]
    if not names:
        raise InvalidInputError(f"{file} is empty; expected a header with {', '.join(required)}")
    missing = [name for name in required if name not in names]
    if missing:
        raise InvalidInputError(
            f"{file}: expected the columns {', '.join(required)}; {', '.join(missing)} missing among {', '.join(names)}"
        )
    more = [name for name in names if prefix and name.startswith(prefix)]
    wanted = list(chain(required, more))
    twice = next((name for name in wanted if names.count(name) > 1), None)
    if twice:
        raise InvalidInputError(f"{file}: column {twice} comes twice; keep one")
    return {name: names.index(name) for name in wanted}


def _no_number(text: str, column: str, file: Path, line: int) -> InvalidInputError:
    return InvalidInputError(
        f"{file}, line {line}: expected a number in {column}, got {text!r}; mend or leave out the row"
    )
