"""Payloads in plain files: JSON, NDJSON, or CSV through a field map."""

import csv
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from brain.cli.gateway.csv_columns import SAMPLE_LINES, check_columns, strip_marks
from brain.domain.events import SOURCES, FeedType, Rejected
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.feeds.times import parse_time
from brain.domain.json_text import parse_json, parse_json_lines
from brain.domain.types import explain_cell_count
from brain.errors import InvalidInputError

STANDARD_INPUT: Final = Path("-")
_BOM_AND_SPACE: Final = b"\xef\xbb\xbf \r\n"


def read_payloads(
    body: bytes, field_map: FieldMap | None, *, is_csv: bool, delimiter: str | None = None
) -> Iterator[Any]:
    """Yield the payloads of a file: rows of CSV, lines of NDJSON, or one JSON value; ``Rejected`` for unreadable ones.

    A file is CSV when its name says so, or when a field map is given and it does not start like JSON.
    """
    if is_csv or (field_map is not None and body.lstrip(_BOM_AND_SPACE)[:1] not in (b"{", b"[")):
        yield from _read_csv(body, delimiter or (field_map.delimiter if field_map else ","))
        return
    try:
        yield parse_json(body, max_values=None)
    except InvalidInputError as error:
        yield from _read_lines(body, error)


def _read_lines(body: bytes, error: InvalidInputError) -> Iterator[Any]:
    """Yield the lines of NDJSON, or ``error`` as a rejection when the body is no NDJSON either."""
    lines = list(parse_json_lines(body)) if b"\n" in body.strip() else []
    if not any(isinstance(line, dict) for line in lines):
        yield Rejected(error.code, error.message)
        return
    for line in lines:
        yield Rejected(line.code, line.message) if isinstance(line, InvalidInputError) else line


def _read_csv(body: bytes, delimiter: str) -> Iterator[Any]:
    text = decode_text(body, "CSV")
    check_columns(list(islice(strip_marks(io.StringIO(text, newline="")), SAMPLE_LINES)), delimiter)
    reader = csv.reader(strip_marks(io.StringIO(text, newline="")), delimiter=delimiter)
    try:
        header = next(reader, [])
        for row in filter(None, reader):
            if len(row) == len(header):
                yield dict(zip(header, row, strict=True))
            else:
                message = f"line {reader.line_num}: {explain_cell_count(len(header), len(row))}"
                yield Rejected("invalid_input", message)
    except csv.Error as error:
        message = f"line {reader.line_num}: expected CSV, got {error}; correct the row"
        raise InvalidInputError(message) from error


def read_bytes(file: Path | None) -> bytes:
    """Return the bytes of a file, or of standard input for None and ``-``.

    Raises:
        InvalidInputError: the file cannot be read.
    """
    try:
        if file is not None and file != STANDARD_INPUT:
            return file.read_bytes()
        if sys.stdin is None:
            raise InvalidInputError(
                "expected a file or piped input, got a closed standard input; name a file or pipe one in"
            )
        return sys.stdin.buffer.read()
    except OSError as error:
        raise build_read_error(file, error) from error


def read_text(file: Path | None) -> str:
    """Return the text of a file or of standard input, without a byte order mark.

    Raises:
        InvalidInputError: the file cannot be read or is not UTF-8.
    """
    return decode_text(read_bytes(file), describe_source(file))


def decode_text(content: bytes, source: str) -> str:
    """Return UTF-8 as text, without a byte order mark; ``source`` is its name in the error for other bytes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{source} must be UTF-8, got other bytes at byte {error.start}; save it as UTF-8"
        raise InvalidInputError(message) from error


def describe_source(file: Path | None) -> str:
    """Return the name of an input file in messages; ``-`` and None are standard input."""
    return "standard input" if file in (None, STANDARD_INPUT) else str(file)


def build_read_error(file: Path | None, error: OSError) -> InvalidInputError:
    """Return the error for a file that the operating system does not let us read."""
    return InvalidInputError(f"cannot read {describe_source(file)}: {error.strerror}; check the path")


def parse_feed(text: str, argument: str) -> FeedType:
    """Return the feed of that name; raises ``InvalidInputError`` that names the argument when there is none."""
    if text not in set(FeedType):
        raise InvalidInputError(f"{argument} must be one of {', '.join(FeedType)}, got {text!r}")
    return FeedType(text)


def parse_source(text: str, argument: str = "the feed") -> str:
    """Return the feed of that name, or ``auto``; raises ``InvalidInputError`` that names the argument otherwise."""
    if text not in SOURCES:
        raise InvalidInputError(f"{argument} must be one of {', '.join(SOURCES)}, got {text!r}")
    return text


def parse_received_at(text: str | None) -> datetime:
    """Return the time given by ``--received-at``, by default now; raises ``InvalidInputError`` for anything else."""
    if text is None:
        return datetime.now(UTC)
    try:
        received_at = parse_time(text, naive_is_utc=True)
    except InvalidInputError as error:
        raise InvalidInputError(f"--received-at: {error.message}") from error
    if received_at is None:
        raise InvalidInputError("--received-at must be a time in ISO 8601, got an empty text")
    return received_at
