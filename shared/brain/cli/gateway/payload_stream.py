"""Reads large files of payloads piece by piece, each with its line and where it ends, so that reading can be resumed.

A file holds JSON lines, one JSON array of any length (or several values one after the other), or CSV. Memory holds
one piece at a time; a piece has at most 10 MB, as a request has.
"""

import csv
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from brain.cli.gateway.csv_columns import SAMPLE_LINES, check_columns
from brain.cli.gateway.payload_files import build_read_error
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.json_text import parse_json
from brain.domain.types import explain_cell_count
from brain.errors import InvalidInputError
from brain.services.gateway.backfill import FilePayload, FilePosition

MAX_PIECE_BYTES: Final = 10 * 1024 * 1024
CHUNK_BYTES: Final = 256 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_HEAD_BYTES: Final = 4096
_BETWEEN_VALUES: Final = re.compile(r"(?:\xef\xbb\xbf)?[\s\[\],]*")
_DECODER: Final = json.JSONDecoder(strict=False)


def pieces(file: Path, chosen: FieldMap | None, start: FilePosition) -> Iterator[FilePayload]:
    """Yield the payloads of ``file`` from ``start`` on, those that cannot be read as the error that says why.

    Raises:
        InvalidInputError: the file cannot be opened, or its first line has no column names.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD_BYTES).removeprefix(_BOM).lstrip()
            stream.seek(start.offset)
            if file.suffix.lower() == ".csv" or (chosen is not None and head[:1] not in (b"{", b"[")):
                yield from _rows(stream, chosen.delimiter if chosen else ",", start)
            elif head[:1] == b"[" or not _begins_with_a_line(file):
                yield from _values(stream, start)
            else:
                yield from _lines(stream, start)
    except OSError as error:
        raise build_read_error(file, error) from error


def _begins_with_a_line(file: Path) -> bool:
    """Whether the first line that is not empty is a JSON value of its own, as in a file of JSON lines."""
    with file.open("rb") as stream:
        first = next((line for line in iter(lambda: stream.readline(MAX_PIECE_BYTES), b"") if line.strip()), b"")
    try:
        parse_json(first)
    except InvalidInputError:
        return False
    return True


def _lines(stream: BinaryIO, at: FilePosition) -> Iterator[FilePayload]:
    offset, number = at.offset, at.line
    while line := stream.readline(MAX_PIECE_BYTES):
        offset, number = offset + len(line), number + 1
        if len(line) == MAX_PIECE_BYTES and not line.endswith(b"\n"):
            offset += _rest_of_line(stream)
            line = line[:_HEAD_BYTES]
        if line.strip():
            yield _parsed(line, number, FilePosition(offset, number))


def _rest_of_line(stream: BinaryIO) -> int:
    """Pass over the rest of a line that is too long to be a payload and return its length in bytes."""
    passed = 0
    while rest := stream.readline(MAX_PIECE_BYTES):
        passed += len(rest)
        if rest.endswith(b"\n"):
            break
    return passed


def _parsed(raw: bytes, line: int, end: FilePosition) -> FilePayload:
    try:
        return FilePayload(line, parse_json(raw), end)
    except InvalidInputError as error:
        return FilePayload(line, InvalidInputError(f"line {line}: {error.message}"), end, raw, "application/x-ndjson")


def _values(stream: BinaryIO, at: FilePosition) -> Iterator[FilePayload]:
    """Yield the elements of arrays and the values beside them.

    The bytes are looked at as Latin-1, in which a character is a byte: what begins and ends a JSON value is ASCII, and
    each value is then read strictly as the UTF-8 that it is. Nothing can be found behind a value that is broken.
    """
    text, offset, line, place, more = "", at.offset, at.line, 0, True
    while True:
        begin = _BETWEEN_VALUES.match(text, place).end()  # type: ignore[union-attr] # it matches nothing too
        line, place = line + text.count("\n", place, begin), begin
        end = _end_of_value(text, place, whole=not more)
        if end is not None:
            raw = text[place:end].encode("latin-1")
            first, line, place = line + 1, line + raw.count(b"\n"), end
            yield _parsed(raw, first, FilePosition(offset + end, line))
        elif more and len(text) - place <= MAX_PIECE_BYTES:
            offset, text, place = offset + place, text[place:], 0
            chunk = stream.read(CHUNK_BYTES).decode("latin-1")
            text, more = text + chunk, bool(chunk)
        else:
            if place < len(text):
                yield _broken(
                    text[place : place + _HEAD_BYTES].encode("latin-1"), line + 1, FilePosition(offset + place, line)
                )
            return


def _end_of_value(text: str, begin: int, *, whole: bool) -> int | None:
    """Return where the value at ``begin`` ends, or None where it does not end in this text."""
    if begin == len(text):
        return None
    try:
        _, end = _DECODER.raw_decode(text, begin)
    except (json.JSONDecodeError, RecursionError):
        return None
    return end if end < len(text) or whole else None


def _broken(raw: bytes, line: int, end: FilePosition) -> FilePayload:
    message = (
        f"line {line}: expected a JSON value of at most {MAX_PIECE_BYTES} bytes, got invalid or longer content; "
        "correct the file, the rest was not read"
    )
    return FilePayload(line, InvalidInputError(message), end, raw)


class _TextLines:
    """The lines of a CSV file as text, counted; bytes that are no UTF-8 stay as half surrogates."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.offset = 0
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(MAX_PIECE_BYTES):
            self.offset += len(line)
            self.number += 1
            yield line.removeprefix(_BOM).decode("utf-8", "surrogateescape")

    def go_on_from(self, place: FilePosition) -> None:
        """Go on from a place where a row ended."""
        self._stream.seek(place.offset)
        self.offset, self.number = place.offset, place.line


def _rows(stream: BinaryIO, delimiter: str, start: FilePosition) -> Iterator[FilePayload]:
    stream.seek(0)
    check_columns(list(islice(_TextLines(stream), SAMPLE_LINES)), delimiter)
    stream.seek(0)
    lines = _TextLines(stream)
    reader = csv.reader(lines, delimiter=delimiter)
    header = next(reader, [])
    if start.offset:
        lines.go_on_from(start)
    while True:
        first = lines.number + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield FilePayload(
                first,
                InvalidInputError(f"line {first}: expected CSV, got {error}; correct the row"),
                FilePosition(lines.offset, lines.number),
            )
            continue
        if row is None:
            return
        if row:
            yield _row(header, row, first, FilePosition(lines.offset, lines.number), delimiter)


def _row(header: list[str], row: list[str], line: int, end: FilePosition, delimiter: str) -> FilePayload:
    fault = None
    if len(row) != len(header):
        fault = f"line {line}: {explain_cell_count(len(header), len(row))}"
    elif any(not cell.isascii() and _has_surrogates(cell) for cell in row):
        fault = f"line {line}: expected UTF-8, got other bytes; save the file as UTF-8"
    if fault is None:
        return FilePayload(line, dict(zip(header, row, strict=True)), end)
    return FilePayload(
        line, InvalidInputError(fault), end, delimiter.join(row).encode("utf-8", "surrogateescape"), "text/csv"
    )


def _has_surrogates(cell: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in cell)
