"""Payloads on plain files, as the commands take them: JSON, NDJSON, or CSV through a field map."""

import csv
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brain.domain.events import Rejected
from brain.domain.feeds.field_maps import Feeds, FieldMap
from brain.domain.feeds.moments import moment
from brain.domain.json_text import parse_json, parse_json_lines
from brain.errors import InvalidInputError
from brain.settings.files import load_config


def payloads(body: bytes, chosen: FieldMap | None, *, is_csv: bool) -> Iterator[Any]:
    """Yield what the file holds: rows of CSV, lines of NDJSON, or one JSON value."""
    if is_csv or (chosen is not None and body.lstrip(b"\xef\xbb\xbf \r\n")[:1] not in (b"{", b"[")):
        yield from _rows(body, chosen.delimiter if chosen else ",")
        return
    try:
        yield parse_json(body)
    except InvalidInputError as error:
        if b"\n" not in body.strip():
            yield Rejected(error.code, error.message)
            return
        lines = list(parse_json_lines(body))
        if not any(isinstance(line, dict) for line in lines):
            yield Rejected(error.code, error.message)
            return
        yield from (Rejected(one.code, one.message) if isinstance(one, InvalidInputError) else one for one in lines)


def _rows(body: bytes, delimiter: str) -> Iterator[Any]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"Expected UTF-8 text; byte {error.start} is not. Save the file as UTF-8.") from error
    for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter=delimiter), start=2):
        if None in row or None in row.values():
            yield Rejected(
                "invalid_input", f"Line {number}: expected as many columns as the first line has, others came."
            )
        else:
            yield row


def file_bytes(file: Path | None) -> bytes:
    """Return the file's bytes, or standard input's; raises ``InvalidInputError`` when it cannot be read."""
    try:
        return file.read_bytes() if file else sys.stdin.buffer.read()
    except OSError as error:
        raise InvalidInputError(f"Cannot read {file}: {error.strerror}.") from error


def received_time(written: str | None) -> datetime:
    """Return the time that ``--received-at`` says, or now; raises ``InvalidInputError`` when it says none."""
    if written is None:
        return datetime.now(UTC)
    try:
        at = moment(written, naive_is_utc=True)
    except InvalidInputError as error:
        raise InvalidInputError(f"--received-at: {error.message}.") from error
    if at is None:
        raise InvalidInputError("--received-at: expected a time, nothing came.")
    return at


def named_field_map(name: str) -> FieldMap:
    """Return a field map of ``config/feeds.yaml``; raises ``InvalidInputError`` when there is none of that name."""
    maps = load_config("feeds", Feeds).field_maps
    if name not in maps:
        raise InvalidInputError(f"--map: expected one of {', '.join(maps)}; {name!r} came.")
    return maps[name]
