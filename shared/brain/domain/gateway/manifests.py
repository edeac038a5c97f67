"""Manifests: a sender's own list of what it sent, as plain ids, CSV or JSON lines."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from brain.domain.json_text import parse_json
from brain.domain.types import explain_cell_count
from brain.errors import InvalidInputError

ID_COLUMNS: Final = ("event_id", "id")
MAX_ID_CHARACTERS: Final = 512
_EVENT_ID: Final = re.compile(r"evt_[0-9a-f]{24}")
_DEAD_LETTER_ID: Final = re.compile(r"dl_[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """The id of what was sent, how often it was sent, and the outcome that the sender recorded, if any."""

    id: str
    total: int = 1
    outcome: str | None = None

    @property
    def has_event_id(self) -> bool:
        """Whether the id is an event id of an HTTP response."""
        return bool(_EVENT_ID.fullmatch(self.id))

    @property
    def has_dead_letter_id(self) -> bool:
        """Whether the id is a dead letter id of an HTTP response."""
        return bool(_DEAD_LETTER_ID.fullmatch(self.id))


def parse_manifest(text: str) -> list[ManifestLine]:
    """Return the lines of a manifest: one id per line, CSV with a header, or JSON lines.

    Columns are ``id`` (or ``event_id``), and optionally ``total`` (how often it was sent, by default 1) and ``outcome``
    (the outcome in the response).

    Raises:
        InvalidInputError: it is empty, or a line has no id or no valid total; the message names the line.
    """
    numbered = enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
    lines = [(number, stripped) for number, line in numbered if (stripped := line.strip())]
    if not lines:
        raise InvalidInputError("expected a manifest with one id per line, got an empty file")
    if lines[0][1].startswith("{"):
        return [_parse_fields(number, _parse_object(number, line)) for number, line in lines]
    header = [name.strip().lower() for name in next(csv.reader([lines[0][1]]))]
    if set(header) & set(ID_COLUMNS):
        return list(_parse_csv(text, header))
    if len(header) > 1:
        raise InvalidInputError(
            f"line {lines[0][0]}: expected a header with id or event_id, got {len(header)} other columns"
        )
    return [_parse_fields(number, {"id": line}) for number, line in lines]


def _parse_csv(text: str, header: list[str]) -> Iterator[ManifestLine]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    rows = ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
    next(rows)
    for number, row in rows:
        if len(row) != len(header):
            raise InvalidInputError(f"line {number}: {explain_cell_count(len(header), len(row))}")
        yield _parse_fields(
            number, {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
        )


def _parse_object(number: int, line: str) -> dict[str, Any]:
    try:
        fields = parse_json(line.encode())
    except InvalidInputError as exc:
        raise InvalidInputError(f"line {number}: {exc.message}") from exc
    if not isinstance(fields, dict):
        raise InvalidInputError(f"line {number}: expected a JSON object with id, got another value")
    return fields


def _parse_fields(number: int, fields: dict[str, Any]) -> ManifestLine:
    sent_id = next((str(fields[name]) for name in ID_COLUMNS if fields.get(name) not in (None, "")), "")
    if not 0 < len(sent_id) <= MAX_ID_CHARACTERS:
        raise InvalidInputError(
            f"line {number}: id must have 1 to {MAX_ID_CHARACTERS} characters, got {len(sent_id)} characters"
        )
    total = str(fields.get("total", 1))
    if not total.isascii() or not total.isdigit() or not 0 < int(total[:12]) <= 10**9:
        raise InvalidInputError(f"line {number}: total must be a whole number of at least 1, got {total[:20]!r}")
    outcome = fields.get("outcome")
    return ManifestLine(sent_id, int(total), str(outcome) if outcome is not None else None)
